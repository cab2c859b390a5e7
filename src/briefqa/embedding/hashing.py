"""An embedder without a model, for tests and for a first look."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from briefqa.embedding.packaged import HASHING_MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


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
