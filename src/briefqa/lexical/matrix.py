"""What each term is worth in each row: BM25 as a sparse matrix that is mapped into memory, whole or some rows of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

# Chosen on the development collections, see docs/evaluate.md.
_K1, _B = 1.2, 0.6
_PAIR_WEIGHT = 0.5

PARTS = ("data", "indices", "indptr", "lengths")
"""The arrays of a matrix, each a file. lengths: how many terms each row has."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A sparse matrix as bm25s makes it, by columns, one a term; those of pairs come after those of words."""

    data: NDArray[np.float32]
    indices: NDArray[np.int32]
    indptr: NDArray[np.int64]
    lengths: NDArray[np.int32]
    words: int

    def column(self, column: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Rows that hold a term, and what it is worth in each."""
        start, end = self.indptr[column : column + 2]
        return self.indices[start:end], self.data[start:end]

    def rows_of(self, column: int) -> NDArray[np.int32]:
        """Rows that hold a term."""
        return self.column(column)[0]

    def summed(self, columns: Iterable[int]) -> NDArray[np.float32]:
        """Sum up columns. No row is twice in one, which bm25s's own slower way allows for."""
        scores = np.zeros(len(self.lengths), dtype=np.float32)
        for column in columns:
            rows, worth = self.column(column)
            scores[rows] += worth
        return scores

    def within(self, rows: NDArray[np.int64]) -> Matrix:
        """See some rows, in their order, as if there were no others: with their own statistics."""
        return _Within.of(self, rows)


@dataclass(frozen=True, slots=True)
class _Within(Matrix):
    """Some rows of a matrix. What a word is worth depends on how many rows hold it, and on how long they all are.

    With the numbers of the whole, whoever sees scores could count words in rows that are not theirs to see. So each
    column is reckoned anew, from the frequency of the term in each row, which its worth in the whole gives back.
    """

    visible: NDArray[np.bool_]
    norms: NDArray[np.float32]
    whole_norms: NDArray[np.float32]
    count: int

    @classmethod
    def of(cls, whole: Matrix, rows: NDArray[np.int64]) -> _Within:
        visible = np.zeros(len(whole.lengths), dtype=np.bool_)
        visible[rows] = True
        whole_norms = _norms(whole.lengths, np.arange(len(whole.lengths)))
        norms = _norms(whole.lengths, np.flatnonzero(visible))
        return cls(
            whole.data, whole.indices, whole.indptr, whole.lengths, whole.words, visible, norms, whole_norms, len(rows)
        )

    def column(self, column: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        start, end = self.indptr[column : column + 2]
        rows, worth = self.indices[start:end], self.data[start:end]
        weight = _PAIR_WEIGHT if column >= self.words else 1.0
        shown = self.visible[rows]
        part = worth[shown] / np.float32(weight * _idf(len(rows), len(self.lengths)))
        rows = rows[shown]
        frequency = np.rint(part * self.whole_norms[rows] / (1 - part))
        reckoned = np.float32(weight * _idf(len(rows), self.count)) * frequency / (frequency + self.norms[rows])
        return rows, reckoned.astype(np.float32)


def _idf(holding: int, count: int) -> float:
    """How much it says that a row holds a term, as Lucene reckons it."""
    return log(1 + (count - holding + 0.5) / (holding + 0.5))


def _norms(lengths: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """How much the frequency of a term in each row is damped for the row's length, beside those of `rows`."""
    counted = lengths.astype(np.float64)
    counted[rows[-1:]] += 1  # the term of `write_matrix` that is none
    mean = counted[rows].mean() if len(rows) else 1.0
    norms: NDArray[np.float32] = (_K1 * ((1 - _B) + _B * counted / mean)).astype(np.float32)
    return norms


def write_matrix(folder: Path, kind: str, rows: list[NDArray[np.int64]], words: int, columns: int) -> None:
    """Reckon and write a matrix. rows: the columns of the terms of each; words: how many of the columns are words."""
    parts: dict[str, Any] = {
        "data": np.empty(0, np.float32),
        "indices": np.empty(0, np.int32),
        "indptr": np.zeros(1, np.int64),
    }
    lengths = np.array([len(row) for row in rows], dtype=np.int32)
    if rows:
        import bm25s  # noqa: PLC0415 - a quarter of a second

        model = bm25s.BM25(k1=_K1, b=_B, method="lucene")
        # bm25s wants at least one term in the whole; the last column is that of no term at all.
        rows = [*rows[:-1], np.append(rows[-1], columns)]
        parts = model.build_index_from_ids(list(range(columns + 1)), rows, show_progress=False)
        # The weight of a pair beside a word, set once here and not for every question.
        parts["data"][parts["indptr"][words] :] *= _PAIR_WEIGHT
    for part in PARTS:
        np.save(folder / f"{kind}.{part}.npy", lengths if part == "lengths" else parts[part])


def open_matrix(folder: Path, kind: str, rows: int, words: int, columns: int) -> Matrix:
    """Open what `write_matrix` wrote. Raises ValueError where its parts do not fit together."""
    data, indices, indptr, lengths = (mapped(folder / f"{kind}.{part}.npy") for part in PARTS)
    if len(indptr) != columns + 2 or len(data) != len(indices) or len(lengths) != rows:
        raise ValueError(f"{kind} do not fit together")
    return Matrix(data, indices, indptr, lengths, words)


def mapped(file: Path) -> Any:
    """Map an array into memory; an empty one cannot be mapped."""
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)
    except ValueError:
        return np.load(file, allow_pickle=False)
