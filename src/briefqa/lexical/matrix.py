"""What each term is worth in each row: BM25 as a sparse matrix, written in one pass and mapped into memory.

Whoever writes gives postings (term, row, how often) as they come, row after row. They are parted by their keys, on disk
where they are many, and each part is sorted by itself, so that the memory needed grows with neither rows nor terms.
bm25s, which made this matrix before, holds all postings as Python's own objects: 3.3 GB for 100,000 passages.

Files of a matrix, one column a term in the order of the keys: `data` (what the term is worth), `indices` (in which
row), `indptr` (where each column begins); and `lengths` (how many terms each row has). The last bit of a key says
whether the term is a pair of words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from briefqa.vector_files import mapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Chosen on the development collections, see docs/evaluate.md.
_K1, _B = 1.2, 0.6
_PAIR_WEIGHT = 0.5

_PARTS = ("data", "indices", "indptr", "lengths")
# Postings are sorted a part at a time, parted by the first bits of their keys.
_SPOOL_BITS = 6
_POSTING = np.dtype([("key", np.uint64), ("row", np.int32), ("often", np.uint16)])


def files_of(kind: str) -> tuple[str, ...]:
    """Names of the files of a matrix."""
    return tuple(f"{kind}.{part}.npy" for part in _PARTS)


class Columns(ABC):
    """A matrix, column by column. lengths: how many terms each row has, shape (rows,)."""

    lengths: NDArray[np.int32]

    @abstractmethod
    def key(self, column: int) -> int:
        """Return the key of a column."""

    @abstractmethod
    def column(self, column: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Rows that hold a term, in their order, and what it is worth in each."""

    def rows_of(self, column: int) -> NDArray[np.int32]:
        """Rows that hold a term, in their order."""
        return self.column(column)[0]

    def each(self, columns: Sequence[int]) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
        """Give several columns, as `column` gives one."""
        return list(map(self.column, columns))

    def held(self, columns: Sequence[int]) -> list[int]:
        """Put -1 for each column that no row holds; -1 stays."""
        return [column if column >= 0 and len(self.rows_of(column)) else -1 for column in columns]

    def summed(self, weights: Sequence[tuple[int, float]]) -> NDArray[np.float32]:
        """Sum up columns, each times its weight; shape (rows,)."""
        summed = np.zeros(len(self.lengths), dtype=np.float32)
        columns = self.each([column for column, _ in weights])
        for (rows, worth), (_, weight) in zip(columns, weights, strict=True):
            # Where they lie: bincount makes numbers of eight bytes of all of them first.
            np.add.at(summed, rows, worth if weight == 1 else worth * np.float32(weight))
        return summed

    def within(self, rows: NDArray[np.int64]) -> Columns:
        """See some rows, in their order, as if there were no others: with their own statistics."""
        return _Within(self, rows)


@dataclass(frozen=True)
class Matrix(Columns):
    """A matrix in files that are open for reading."""

    keys: NDArray[np.uint64]
    data: NDArray[np.float32]
    indices: NDArray[np.int32]
    indptr: NDArray[np.int64]
    lengths: NDArray[np.int32]

    @classmethod
    def open(cls, folder: Path, kind: str, rows: int, keys: NDArray[np.uint64], *, scattered: bool) -> Matrix:
        """Map the files into memory, see `mapped`. Raises ValueError where they do not fit together."""
        data, indices, indptr, lengths = (mapped(folder / name, scattered=scattered) for name in files_of(kind))
        if (len(indptr), len(data), len(lengths)) != (len(keys) + 1, len(indices), rows) or indptr[-1] != len(data):
            raise ValueError(f"{kind} do not fit together")
        return cls(keys, data, indices, indptr, lengths)

    def key(self, column: int) -> int:
        """Return the key of a column."""
        return int(self.keys[column])

    def column(self, column: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Rows that hold a term, in their order, and what it is worth in each."""
        start, end = self.indptr[column : column + 2]
        return self.indices[start:end], self.data[start:end]

    def each(self, columns: Sequence[int]) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
        """Give several columns: where they begin and end is looked up at once, which takes most of the time."""
        at = np.array(columns, dtype=np.int64)
        bounds = zip(self.indptr[at].tolist(), self.indptr[at + 1].tolist(), strict=True)
        return [(self.indices[start:end], self.data[start:end]) for start, end in bounds]

    def held(self, columns: Sequence[int]) -> list[int]:
        """Put -1 for each column that no row holds; -1 stays."""
        at = np.array(columns, dtype=np.int64)
        held: list[int] = np.where((at >= 0) & (self.indptr[at] < self.indptr[at + 1]), at, -1).tolist()
        return held

    def frequencies(self, start: int, end: int) -> NDArray[np.float64]:
        """Tell from what it is worth how often a term stands in a row, for all entries of some columns."""
        entries = slice(int(self.indptr[start]), int(self.indptr[end]))
        holding = np.diff(self.indptr[start : end + 1])
        part = self.data[entries] / np.repeat(_rarity(self.keys[start:end], holding, len(self.lengths)), holding)
        often: NDArray[np.float64] = np.rint(
            part * _norms(self.lengths, self.lengths)[self.indices[entries]] / (1 - part)
        )
        return often


class _Within(Columns):
    """Some rows of a matrix. What a word is worth depends on how many rows hold it, and on how long they all are.

    With the numbers of the whole, whoever sees scores could count words in rows that are not theirs to see. So each
    column is reckoned anew, from the frequency of the term in each row, which its worth in the whole gives back.
    """

    def __init__(self, whole: Columns, rows: NDArray[np.int64]) -> None:
        self._whole = whole
        self.lengths = whole.lengths
        self._visible = np.zeros(len(whole.lengths), dtype=np.bool_)
        self._visible[rows] = True
        self._norms = _norms(whole.lengths, whole.lengths[rows])
        self._whole_norms = _norms(whole.lengths, whole.lengths)
        self._count = len(rows)

    def key(self, column: int) -> int:
        """Return the key of a column."""
        return self._whole.key(column)

    def column(self, column: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Rows that hold a term, and what it is worth in each, beside the visible rows alone."""
        rows, worth = self._whole.column(column)
        key = np.array([self.key(column)], dtype=np.uint64)
        whole = _rarity(key, np.array([len(rows)]), len(self.lengths))
        shown = self._visible[rows]
        rows, part = rows[shown], worth[shown] / whole
        often = np.rint(part * self._whole_norms[rows] / (1 - part))
        reckoned = _rarity(key, np.array([len(rows)]), self._count) * often / (often + self._norms[rows])
        return rows, reckoned.astype(np.float32)


def _rarity(keys: NDArray[np.uint64], holding: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """How much it says that a row holds a term, as Lucene reckons it; of a pair, beside what a word says."""
    weights = np.where(keys & np.uint64(1), _PAIR_WEIGHT, 1.0)
    rarity: NDArray[np.float64] = weights * np.log1p((count - holding + 0.5) / (holding + 0.5))
    return rarity


def _norms(lengths: NDArray[np.int32], among: NDArray[np.int32]) -> NDArray[np.float64]:
    """How much the frequency of a term in each row is damped for the row's length, beside the mean of some lengths."""
    mean = max(float(among.mean()) if len(among) else 1.0, 1.0)
    norms: NDArray[np.float64] = _K1 * (1 - _B + _B * lengths.astype(np.float64) / mean)
    return norms


class Postings:
    """Collects postings, and gives them back parted by their keys."""

    def __init__(self, folder: Path, kind: str, most_held: int) -> None:
        """Keep at most so many in memory; others go to files in folder that are named for kind."""
        self._most_held = most_held
        self._spool = [folder / f"{kind}.{part}.spool" for part in range(1 << _SPOOL_BITS)]
        self._waiting: list[NDArray[Any]] = []
        self._count = self._held = 0
        self._spilled = False

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def add(self, keys: NDArray[np.uint64], rows: NDArray[np.int32]) -> None:
        """Add terms of some rows, one by one as they stand there, the rows not before those of an earlier call."""
        order = np.lexsort((rows, keys))
        keys, rows = keys[order], rows[order]
        first = np.flatnonzero(_changes(keys) | _changes(rows))
        postings = np.empty(len(first), dtype=_POSTING)
        postings["key"], postings["row"] = keys[first], rows[first]
        postings["often"] = np.minimum(np.diff(first, append=len(keys)), np.iinfo(np.uint16).max)
        self._waiting.append(postings)
        self._count += len(postings)
        self._held += len(postings)
        if self._held > self._most_held:
            self._spill()

    def parts(self) -> Iterator[NDArray[Any]]:
        """Give all of them, in parts: the keys of one are smaller than those of the next, rows in their order."""
        if not self._spilled:
            yield np.concatenate([*self._waiting, np.empty(0, dtype=_POSTING)])
            return
        self._spill()
        for file in self._spool:
            yield np.fromfile(file, dtype=_POSTING) if file.exists() else np.empty(0, dtype=_POSTING)
            file.unlink(missing_ok=True)

    def _spill(self) -> None:
        bounds = (np.arange(1, len(self._spool), dtype=np.uint64)) << np.uint64(64 - _SPOOL_BITS)
        parts = [np.split(block, np.searchsorted(block["key"], bounds)) for block in self._waiting]
        for place, file in enumerate(self._spool):
            with file.open("ab") as spool:
                for block in parts:
                    block[place].tofile(spool)
        self._waiting.clear()
        self._held = 0
        self._spilled = True


def write_matrix(
    folder: Path, kind: str, parts: Iterable[NDArray[Any]], lengths: NDArray[np.int32]
) -> Iterator[NDArray[Any]]:
    """Write a matrix, and give the keys of its columns, in parts; it is complete when all of them are taken.

    parts: postings, the keys of one part smaller than those of the next, the rows of each key in their order. lengths:
    how many terms each row has, shape (rows,). Worth is reckoned as Lucene does: Kamphuis, de Vries, Boytsov
    and Lin, "Which BM25 Do You Mean?", ECIR 2020.
    """
    norms = _norms(lengths, lengths)
    data_file, indices_file, indptr_file, lengths_file = (folder / name for name in files_of(kind))
    np.save(lengths_file, lengths)
    with ExitStack() as files:
        data = files.enter_context(Growing(data_file, np.float32))
        indices = files.enter_context(Growing(indices_file, np.int32))
        indptr = files.enter_context(Growing(indptr_file, np.int64))
        indptr.append(np.zeros(1, dtype=np.int64))
        for part in parts:
            part = part[np.argsort(part["key"], kind="stable")]  # noqa: PLW2901 - the unsorted one is let go
            starts = np.flatnonzero(_changes(part["key"]))
            rows_with = np.diff(starts, append=len(part))
            rarity = _rarity(part["key"][starts], rows_with, len(lengths))
            often = part["often"].astype(np.float64)
            worth = np.repeat(rarity, rows_with) * often / (often + norms[part["row"]])
            indptr.append(data.count + starts[1:])
            data.append(worth)
            indices.append(part["row"])
            if len(starts):
                indptr.append(np.array([data.count]))
            yield part["key"][starts]


def postings_of(keys: NDArray[np.uint64], rows: NDArray[np.int32], often: NDArray[Any]) -> NDArray[Any]:
    """Put postings together."""
    postings = np.empty(len(keys), dtype=_POSTING)
    postings["key"], postings["row"], postings["often"] = keys, rows, often
    return postings


class Growing:
    """A file of one array whose length is not known before it is full."""

    def __init__(self, file: Path, dtype: type[np.generic]) -> None:
        self._dtype = np.dtype(dtype)
        self._file = file.open("wb")
        self.count = 0

    def __enter__(self) -> Self:
        self._write_header()
        return self

    def __exit__(self, *_: object) -> None:
        # NumPy leaves room in its headers for the length to grow, so that the second is as long as the first.
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def append(self, values: NDArray[Any]) -> None:
        """Put values at the end."""
        np.ascontiguousarray(values, dtype=self._dtype).tofile(self._file)
        self.count += len(values)

    def _write_header(self) -> None:
        described = {"descr": self._dtype.str, "fortran_order": False, "shape": (self.count,)}
        np.lib.format.write_array_header_1_0(self._file, described)
        self._file.flush()  # tofile writes past Python's buffer


def _changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a value differs from the one before it; the first does."""
    changes = np.ones(len(values), dtype=bool)
    changes[1:] = values[1:] != values[:-1]
    return changes
