"""The vectors of questions that were asked lately, so that asking again costs no embedding.

In memory only, of this process, gone when it ends; nothing of a brief is among them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from briefqa.embedding import Embedder


class Remembering:
    """An embedder that keeps the vectors of the questions asked last. Safe for many threads, as the one it leans on."""

    def __init__(self, embedder: Embedder, most: int) -> None:
        """Take the model, whose fingerprint holds for all that is kept, and how many questions to keep."""
        self._embedder = embedder
        self._most = most
        self._lock = threading.Lock()
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self.model = embedder.model
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension
        self.window = embedder.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, as the model counts."""
        return self._embedder.count_tokens(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape (len(texts), dimension)."""
        return self._embedder.embed_passages(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,), not to be written to."""
        with self._lock:
            if text in self._vectors:
                self._vectors.move_to_end(text)
                return self._vectors[text]
        vector = self._embedder.embed_query(text).copy()  # its own memory, not that of a whole batch
        vector.flags.writeable = False
        with self._lock:
            self._vectors[text] = vector
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
        return vector
