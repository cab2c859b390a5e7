"""A model that was converted, by ONNX Runtime: what serves and indexes on a CPU.

The folder of a converted model holds `model.onnx` (token ids in, one vector a text out, pooling and all),
`tokenizer.json`, and `embedder.json`, which says what else decides over its vectors.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.embedding.embedder import encodable
from briefqa.embedding.gathering import Gathering
from briefqa.embedding.sentence import Traits, fingerprint_of
from briefqa.machine import cores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

GRAPH, TOKENIZER, RECORD = "model.onnx", "tokenizer.json", "embedder.json"
FORMAT = 1

# Tokens computed at once, padding included. Two or three full passages keep the caches warm and both cores busy; a
# hundred short ones cost one call.
_TOKENS_AT_ONCE = 512
# With padding, so many times the tokens of the texts. Of questions that came together, padded to the longest, each took
# longer than by itself; so it takes two thirds.
_MOST_PADDED = 1.25
# A thread that waits for its part of the next step spins so long before it sleeps, in microseconds: steps of a question
# follow within it, and to be woken takes longer. For a millisecond, as it would by itself, half is lost beside another
# busy process.
_SPINNING_US = 20


class ConvertedEmbedder:
    """A converted model. Safe for many threads, which may compute at the same time."""

    def __init__(  # noqa: PLR0913 - what decides over its vectors, and how they are made
        self,
        model: str,
        folder: Path,
        *,
        query_prompt: str = "",
        passage_prompt: str = "",
        threads: int = 0,
        many: bool = False,
    ) -> None:
        """Open the model in folder. threads, many: as in `load_embedder`.

        Raises OSError, ValueError or KeyError if it is not whole or of another format.
        """
        from tokenizers import Tokenizer  # noqa: PLC0415 - a tenth of a second

        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise ValueError(f"its format is {record['format']}")
        with (folder / GRAPH).open("rb") as graph:
            if hashlib.file_digest(graph, "sha256").hexdigest() != record["sha256"]:
                raise ValueError(f"{folder / GRAPH} is damaged")
        tokenizer = (folder / TOKENIZER).read_text(encoding="utf-8")
        traits = Traits(record["window"], record["query_prompt"], record["passage_prompt"], tokenizer, record["digest"])
        self._query_prompt = query_prompt or traits.query_prompt
        self._passage_prompt = passage_prompt or traits.passage_prompt
        self._tokenizer = tokenizer
        self._cutting = Tokenizer.from_str(tokenizer)
        self._cutting.enable_truncation(traits.window)
        self._padding: int = record["padding"]
        threads = threads or cores()
        # In eight-bit integers there is so little to compute that two threads cost a question more than they save.
        apart = many or bool(record.get("rounded"))
        # So many batches of one call are computed at a time.
        self._at_once = threads if apart else 1
        self._session = graph_session(folder / GRAPH, 1 if apart else threads)
        self.model = model
        self.window = traits.window
        self.dimension: int = record["dimension"]
        self.fingerprint = fingerprint_of(traits, self._passage_prompt)
        # In eight-bit integers, what is embedded together changes each other's vectors: questions stay by themselves.
        self._questions = None if record.get("rounded") else Gathering(self._embed)

    @cached_property
    def _counting(self) -> Tokenizer:
        """The tokenizer without truncation; questions need none."""
        from tokenizers import Tokenizer  # noqa: PLC0415 - a tenth of a second

        return Tokenizer.from_str(self._tokenizer)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, special tokens and the passage prompt included."""
        prompted = [self._passage_prompt + encodable(text) for text in texts]
        return [len(encoding.ids) for encoding in self._counting.encode_batch_fast(prompted)]

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape (len(texts), dimension)."""
        return self._embed([self._passage_prompt + encodable(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,). Those that come at once are computed together."""
        prompted = self._query_prompt + encodable(text)
        if self._questions is not None:
            return self._questions.vector(prompted)
        alone: NDArray[np.float32] = self._embed([prompted])[0]
        return alone

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(texts) == 1:
            # Unlike a batch, it keeps Python's lock: a question's words, which another thread looks for while it is
            # embedded, would have it before the computing has begun.
            ids = [self._cutting.encode(texts[0]).ids]
        else:
            ids = [encoding.ids for encoding in self._cutting.encode_batch_fast(texts)]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)

        def embed(rows: list[int]) -> None:
            longest = len(ids[rows[-1]])
            tokens = np.full((len(rows), longest), self._padding, dtype=np.int64)
            mask = np.zeros((len(rows), longest), dtype=np.int64)
            for place, row in enumerate(rows):
                tokens[place, : len(ids[row])] = ids[row]
                mask[place, : len(ids[row])] = 1
            [vectors[rows]] = self._session.run(None, {"input_ids": tokens, "attention_mask": mask})

        batches = list(_batches([len(of) for of in ids]))
        if min(self._at_once, len(batches)) > 1:
            with ThreadPoolExecutor(self._at_once) as pool:
                # The longest first, so that none is left to be waited for.
                list(pool.map(embed, reversed(batches)))
        else:
            for rows in batches:
                embed(rows)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Put texts of like length together, shortest first, as many as both bounds allow."""
    batch: list[int] = []
    own = 0
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        own += lengths[row]
        padded = (len(batch) + 1) * lengths[row]
        if batch and (padded > _TOKENS_AT_ONCE or padded > _MOST_PADDED * own):
            yield batch
            batch, own = [], lengths[row]
        batch.append(row)
    if batch:
        yield batch


def graph_session(graph: Path, threads: int = 0) -> Any:
    """Open the file of a graph for the CPU, by ONNX Runtime, as it computes fastest beside other work.

    By its name: a session keeps the bytes that it is given, beside the weights that it makes of them. threads: that
    compute one run; 0: one for each core.
    """
    import onnxruntime  # noqa: PLC0415 - a tenth of a second

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(_SPINNING_US))
    options.log_severity_level = 3
    # Fused with the sum before it, a layer's normalisation takes three times as long as both by themselves do.
    slow = ["SkipLayerNormFusion"]
    return onnxruntime.InferenceSession(
        str(graph), options, providers=["CPUExecutionProvider"], disabled_optimizers=slow
    )
