"""Any model by sentence-transformers: on a GPU, and for those that cannot be converted.

torch and sentence-transformers take seconds to import, so they are imported when a model is loaded.
"""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from briefqa.embedding.embedder import encodable
from briefqa.embedding.packaged import PACKAGED_MODEL, packaged_folder
from briefqa.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

# Small batches of texts of like length waste the least padding; on a CPU sizes from 4 to 32 are about as fast.
_BATCH = 16
# What a model without a limit of its own (static word vectors) is held to.
_UNLIMITED_WINDOW = 8192


class Traits(NamedTuple):
    """What decides over a model's vectors, beside the text.

    window: tokens that it sees. query_prompt, passage_prompt: those of its own configuration. tokenizer: as the JSON of
    a tokenizer that cuts and pads nothing. digest: of weights, layers and tokenizer.
    """

    window: int
    query_prompt: str
    passage_prompt: str
    tokenizer: str
    digest: str


def fingerprint_of(traits: Traits, passage_prompt: str) -> str:
    """Name what shapes a passage's vector. A question's prompt has no part in it."""
    return hashlib.sha256(json.dumps([traits.digest, traits.window, passage_prompt]).encode()).hexdigest()[:32]


class SentenceEmbedder:
    """A sentence-transformers model. One call computes at a time: its tokenizer holds state that threads would mix."""

    def __init__(
        self, model: str, transformer: Any, traits: Traits, *, query_prompt: str = "", passage_prompt: str = ""
    ) -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415 - comes with the slow import

        self._transformer = transformer
        self._query_prompt = query_prompt or traits.query_prompt
        self._passage_prompt = passage_prompt or traits.passage_prompt
        self._tokenizer = Tokenizer.from_str(traits.tokenizer)
        self._lock = threading.Lock()
        self.model = model
        self.window = traits.window
        self.fingerprint = fingerprint_of(traits, self._passage_prompt)
        self.dimension: int = self._encode(["dimension"], "").shape[1]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, special tokens and the passage prompt included."""
        prompted = [self._passage_prompt + encodable(text) for text in texts]
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(prompted)]

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape (len(texts), dimension)."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self._encode(texts, self._passage_prompt, task="document")

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,)."""
        vector: NDArray[np.float32] = self._encode([text], self._query_prompt, task="query")[0]
        return vector

    def _encode(self, texts: Sequence[str], prompt: str, task: str = "document") -> NDArray[np.float32]:
        encode = self._transformer.encode_query if task == "query" else self._transformer.encode_document
        with self._lock:
            vectors = encode(
                [encodable(text) for text in texts],
                prompt=prompt,
                batch_size=_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)


def load_transformer(model: str, device: str) -> Any:
    """Load the SentenceTransformer of that name; see `load_embedder`. Raises EmbeddingError."""
    name, offline = model, False
    if model == PACKAGED_MODEL:
        name, offline = str(packaged_folder()), True
    elif Path(model).expanduser().is_dir():
        name, offline = str(Path(model).expanduser()), True
    elif model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise EmbeddingError(f"There is no model folder {model}: check the setting `model`.")
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds, see the module's docstring

        with _without_progress_bars():
            return SentenceTransformer(name, device=device, local_files_only=offline)
    except Exception as error:  # whatever the libraries below raise, the remedy is the same
        hint = (
            "Check that the folder holds a sentence-transformers model and that the setting `device` is right."
            if offline
            else f"Check the name and the network, download it beforehand and set `model` to its folder, or use the "
            f'packaged model: model = "{PACKAGED_MODEL}".'
        )
        raise EmbeddingError(f"The model {model} cannot be loaded ({type(error).__name__}: {error}). {hint}") from error


def traits_of(model: str, transformer: Any) -> Traits:
    """Read what decides over the vectors of a loaded model. Raises EmbeddingError if it has no fast tokenizer."""
    prompts: dict[str, str] = transformer.prompts
    default = prompts.get(transformer.default_prompt_name or "", "")
    tokenizer = _counting_tokenizer(model, transformer)
    return Traits(
        window=int(min(transformer.max_seq_length or _UNLIMITED_WINDOW, _UNLIMITED_WINDOW)),
        query_prompt=prompts.get("query") or default,
        passage_prompt=next(
            (prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), default
        ),
        tokenizer=tokenizer,
        digest=_digest(transformer, tokenizer),
    )


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Keep transformers from drawing on a terminal that is not its own."""
    from transformers.utils import logging as module  # noqa: PLC0415 - part of the slow import

    logging: Any = module  # it is not typed
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _counting_tokenizer(model: str, transformer: Any) -> str:
    """Copy the model's tokenizer into one that cuts and pads nothing; its own is set to do both as it goes."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - comes with the slow import

    own = getattr(transformer.tokenizer, "backend_tokenizer", transformer.tokenizer)
    if not isinstance(own, Tokenizer):
        raise EmbeddingError(f"The model {model} has no fast tokenizer (tokenizer.json): choose another model.")
    copy = Tokenizer.from_str(own.to_str())
    copy.no_truncation()
    copy.no_padding()
    text: str = copy.to_str()
    return text


def _digest(transformer: Any, tokenizer: str) -> str:
    """Hash weights, layers, pooling and tokenizer."""
    import torch  # noqa: PLC0415 - seconds, see the module's docstring

    digest = hashlib.sha256(tokenizer.encode())
    for layer in transformer:
        configuration = layer.get_config_dict() if hasattr(layer, "get_config_dict") else {}
        digest.update(f"{type(layer).__name__} {json.dumps(configuration, sort_keys=True, default=str)}".encode())
    for name, weights in transformer.state_dict().items():
        digest.update(f"{name} {tuple(weights.shape)}".encode())
        digest.update(weights.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
