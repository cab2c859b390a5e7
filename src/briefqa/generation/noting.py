"""Passages found by their own vectors and by those of the notes that they cite.

A question that a note answers is near to the note, while the passage may speak of something else. So each note that
says something has a vector, a row of its own, and a passage is as near to a question as the nearest of its rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from briefqa.generation.beside import begun
from briefqa.scored import Scored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NOTE_WEIGHT = 0.8
"""Of a note's vector beside its passage's: a note speaks for its passage a little less than the passage itself."""

# Vectors of so many notes are compared in less time than another thread takes to begin.
_FEW = 2_500


class Near(Protocol):
    """Vectors of a generation, wherever they lie; `Vectors` are those in files."""

    @property
    def count(self) -> int:
        """How many there are."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def within(self, rows: NDArray[np.int64]) -> Near:
        """See some rows only."""

    def search(
        self, vector: NDArray[np.float32], k: int, only: Sequence[int] | NDArray[np.int64] | None = None
    ) -> Scored:
        """Find the k rows of greatest inner product with vector, best first, equal ones in the order of the rows."""

    def scores(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Compare some rows with vector, shape (len(rows),)."""


class WithNotes:
    """Passages with the notes that they cite. Rows and counts are those of the passages. Safe for many threads."""

    def __init__(self, passages: Near, notes: Near, passage_of: NDArray[np.int32], total: int) -> None:
        """passage_of: for each note's row that of its passage, ascending. total: rows of passages, seen or not."""
        self._passages = passages
        self._notes = notes
        self._passage_of = passage_of
        self._total = total
        # The notes of each passage follow on each other.
        self._first_of = np.searchsorted(passage_of, np.arange(total + 1, dtype=passage_of.dtype))

    @property
    def count(self) -> int:
        """How many passages there are."""
        return self._passages.count

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._passages.dimension

    def within(self, rows: NDArray[np.int64]) -> WithNotes:
        """See some passages only, and their notes. They keep their numbers."""
        return WithNotes(
            self._passages.within(rows), self._notes.within(self._cited_by(rows)), self._passage_of, self._total
        )

    def search(
        self, vector: NDArray[np.float32], k: int, only: Sequence[int] | NDArray[np.int64] | None = None
    ) -> Scored:
        """Find the k passages that are nearest by themselves or by a note, best first; see `Near.search`."""
        notes = None if only is None else self._cited_by(np.asarray(only, dtype=np.int64))

        def of_notes() -> Scored:
            return self._notes.search(vector, k, notes)

        ended = begun(of_notes) if self._notes.count > _FEW else of_notes
        best = self._passages.search(vector, k, only)
        near = ended()
        fetch = k
        while len(best.rows):
            # Most often no note is as near as the last passage, and can change nothing.
            telling = near.scores >= best.scores[-1] if len(best.rows) == k else slice(None)
            rows = self._passage_of[near.rows[telling]].astype(np.int64)
            ranked = _highest(best, Scored(rows, near.scores[telling])).first(k, ascending=True) if len(rows) else best
            # What was not fetched is no nearer than the last that was. Most often the first k notes are enough.
            if len(near.rows) < fetch or near.scores[-1] < ranked.scores[-1]:
                return ranked
            fetch *= 2
            near = self._notes.search(vector, fetch, notes)
        return best

    def scores(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Compare some passages and their notes with vector: the greatest score of each, shape (len(rows),)."""
        scores = self._passages.scores(vector, rows)
        notes, counts = self._notes_of(rows)
        if len(notes):
            np.maximum.at(scores, np.repeat(np.arange(len(rows)), counts), self._notes.scores(vector, notes))
        return scores

    def nearer(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> list[list[float]]:
        """For some passages tell how much nearer to vector than itself each of its notes is, in their order."""
        notes, counts = self._notes_of(rows)
        apart = self._notes.scores(vector, notes) - np.repeat(self._passages.scores(vector, rows), counts)
        return [its.tolist() for its in np.split(apart, np.cumsum(counts)[:-1])]

    def _notes_of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the notes that some passages cite, passage by passage, and how many each cites."""
        starts = self._first_of[rows]
        counts = self._first_of[rows + 1] - starts
        return np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts), counts

    def _cited_by(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the notes that some passages cite, in their order."""
        wanted = np.zeros(self._total, dtype=bool)
        wanted[rows] = True
        return np.flatnonzero(wanted[self._passage_of])


def _highest(one: Scored, other: Scored) -> Scored:
    """Give each row that is in either once, with the higher of its scores, in the order of the rows."""
    rows, scores = np.concatenate([one.rows, other.rows]), np.concatenate([one.scores, other.scores])
    order = np.lexsort((-scores, rows))
    rows, scores = rows[order], scores[order]
    first = np.diff(rows, prepend=-1) > 0
    return Scored(rows[first], scores[first])
