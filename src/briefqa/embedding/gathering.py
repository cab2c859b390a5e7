"""Texts that many threads want computed one by one, computed together where they come at the same time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

# More in one batch would only let the first wait for the last.
_MOST_AT_ONCE = 16


class _Wanted:
    """A text that is waited for. ready: its vector is there, or its thread is to compute the next batch."""

    __slots__ = ("ready", "text", "vector")

    def __init__(self, text: str) -> None:
        self.text = text
        self.ready = threading.Event()
        self.vector: NDArray[np.float32] | None = None


class Gathering:
    """Computes vectors of single texts, those together that come while others are computed. Safe for many threads.

    Nobody waits for company: a text that comes alone is computed at once.
    """

    def __init__(self, compute: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        """Take what computes the vectors of several texts, shape (len(texts), dimension)."""
        self._compute = compute
        self._lock = threading.Lock()
        self._waiting: list[_Wanted] = []
        self._computing = False

    def vector(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a text, shape (dimension,). Raises what computing it alone raises."""
        wanted = _Wanted(text)
        with self._lock:
            self._waiting.append(wanted)
            first = not self._computing
            self._computing = True
        if not first:
            wanted.ready.wait()
        if wanted.vector is None:
            self._compute_next(wanted)
        return self._compute([text])[0] if wanted.vector is None else wanted.vector

    def _compute_next(self, own: _Wanted) -> None:
        """Compute what has come by now, unless own is of a batch that has failed; then have the next thread go on."""
        with self._lock:
            if own not in self._waiting:
                return
            batch = self._waiting[:_MOST_AT_ONCE]
        try:
            vectors = self._compute([wanted.text for wanted in batch])
            for wanted, vector in zip(batch, vectors, strict=True):
                wanted.vector = vector
        except Exception:  # each thread finds out by itself whether it was its text
            if len(batch) == 1:
                raise
        finally:
            with self._lock:
                del self._waiting[: len(batch)]
                following = self._waiting[0] if self._waiting else None
                self._computing = following is not None
            for wanted in batch:
                wanted.ready.set()
            if following is not None:
                following.ready.set()
