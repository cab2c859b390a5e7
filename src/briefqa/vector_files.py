"""The files that hold the vectors of a generation, one row a passage or a brief, read as they are touched."""

from __future__ import annotations

import mmap
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.errors import CorruptGeneration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

REMEDY = "Run `briefqa rollback`, or `briefqa reindex` to build it anew."
"""What to do about a damaged file."""
_PARSING = threading.Lock()


@dataclass(frozen=True, slots=True)
class InContext:
    """Passages as they are searched: each vector with that of its brief.

    embeddings: shape (passages, dimension). briefs: (briefs, dimension). brief_of: (passages,), the row of each one's
    brief. weight: of the own vectors, beside that of their briefs.
    """

    embeddings: NDArray[np.float32]
    briefs: NDArray[np.float32]
    brief_of: NDArray[np.int32]
    weight: float = 1.0

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        """Half the sum of both vectors of some rows."""
        summed = self.embeddings[rows].copy() if isinstance(rows, slice) else self.embeddings.take(rows, axis=0)
        if self.weight != 1.0:
            summed *= np.float32(self.weight)
        summed += self.briefs.take(self.brief_of[rows], axis=0)
        summed *= np.float32(0.5)  # in place: a new array for each step takes longer than the steps
        return summed


def write_briefs(file: Path, embeddings: NDArray[np.float32], brief_of: NDArray[np.int32]) -> NDArray[np.float32]:
    """Write the vector of each brief: the mean of its passages', made of unit length. Returns all of them.

    The passages of a brief come one after another.
    """
    embeddings = np.asarray(embeddings)  # every slice of a map is slow to make
    starts = np.flatnonzero(np.diff(brief_of, prepend=-1))
    briefs = np.zeros((len(starts), embeddings.shape[1]), dtype=np.float32)
    # Ten times as fast as reduceat, which adds up along the first axis number by number.
    for brief, (start, end) in enumerate(pairwise([*starts.tolist(), len(brief_of)])):
        np.add.reduce(embeddings[start:end], axis=0, out=briefs[brief])
    briefs /= np.diff(starts, append=len(brief_of))[:, None].astype(np.float32)
    briefs /= np.maximum(np.linalg.norm(briefs, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    np.save(file, briefs)
    return briefs


def create_embeddings(file: Path, count: int, dimension: int) -> NDArray[np.float32]:
    """Make a file for count vectors, mapped into memory to be filled row by row; flush it when it is full."""
    if count == 0:
        empty = np.empty((0, dimension), dtype=np.float32)
        np.save(file, empty)
        return empty
    embeddings = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=(count, dimension))
    if hasattr(os, "posix_fallocate"):
        # A page that finds no room when it is written to memory ends the process (SIGBUS): find it now, or fail.
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return embeddings


def open_embeddings(file: Path, *, scattered: bool = False) -> NDArray[np.float32]:
    """Open the vectors of a generation, shape (passages, dimension), read as they are touched.

    scattered: as in `mapped`. Raises CorruptGeneration where the file holds anything else.
    """
    with reading(file):
        embeddings: NDArray[np.float32] = mapped(file, scattered=scattered)
    if not isinstance(embeddings, np.ndarray) or embeddings.ndim != 2 or embeddings.dtype != np.float32:
        raise CorruptGeneration(f"{file} does not hold vectors. {REMEDY}")
    return embeddings


def mapped(file: Path, *, scattered: bool = False) -> Any:
    """Map an array into memory. Raises as numpy does.

    scattered: it is read here and there, so that the system need not read what lies around: with little memory, that
    would drive out what is read again.
    """
    # numpy has Python parse an array's head, which several threads must not do at a time: CPython 3.11 then fails.
    with _PARSING:
        try:
            # Not as np.memmap, whose every slice is slow to make.
            array = np.load(file, mmap_mode="r", allow_pickle=False)
            if scattered and isinstance(array.base, mmap.mmap) and hasattr(mmap, "MADV_RANDOM"):
                array.base.madvise(mmap.MADV_RANDOM)
            return np.asarray(array)
        except ValueError:  # an empty one cannot be mapped
            return np.load(file, allow_pickle=False)


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn whatever a damaged file makes faiss or numpy raise into CorruptGeneration."""
    try:
        yield
    except FileNotFoundError as error:
        raise CorruptGeneration(f"{file} is missing. {REMEDY}") from error
    except (RuntimeError, ValueError, OSError, EOFError, MemoryError, OverflowError) as error:
        raise CorruptGeneration(f"{file} is damaged or not a file of briefqa. {REMEDY}") from error
