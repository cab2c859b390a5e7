"""What a lexical index is made of, in files or wherever it lies.

Files: the words, a list in the order of their numbers, and for who looks some of them up their digests, sorted, with
their numbers; the keys of all terms, sorted, one a column (a term is a word or a pair of words, its key is made of
their numbers); for passages and for briefs a `matrix` over these columns; for each passage the row of its brief, for
each brief the place of its language; what acronyms stand for; and what all that was made with.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from briefqa.errors import CorruptGeneration
from briefqa.lexical.matrix import Columns, Matrix
from briefqa.lexical.writing import (
    ABOUT,
    ACRONYMS,
    BRIEF_OF,
    KEYS,
    LANGUAGE_OF,
    WORD_DIGESTS,
    WORD_NUMBERS,
    WORDS,
    About,
    digests_of,
)
from briefqa.vector_files import mapped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.lexical.acronyms import Found


@dataclass(frozen=True, slots=True)
class Parts:
    """What is in the files. matrices: of passages and of briefs. acronyms: by brief."""

    folder: Path
    about: About
    terms: Terms
    keys: NDArray[np.uint64]
    brief_of: NDArray[np.int32]
    language_of: NDArray[np.int32]
    matrices: tuple[Matrix, Matrix]
    acronyms: Found

    @classmethod
    def open(cls, folder: Path, *, scattered: bool) -> Self:
        """Open the files in folder, see `mapped`. Raises CorruptGeneration where they are damaged."""
        with reading(folder):
            said = json.loads((folder / ABOUT).read_bytes())
            about = About(said["passages"], said["briefs"], tuple(said["languages"]))
            digests, numbers, keys = (
                mapped(folder / name, scattered=scattered) for name in (WORD_DIGESTS, WORD_NUMBERS, KEYS)
            )
            if len(digests) != len(numbers):
                raise ValueError("its words do not fit together")
            brief_of, language_of = (mapped(folder / name) for name in (BRIEF_OF, LANGUAGE_OF))
            matrices = (
                Matrix.open(folder, "passages", about.passages, keys, scattered=scattered),
                Matrix.open(folder, "briefs", about.briefs, keys, scattered=scattered),
            )
            acronyms = json.loads((folder / ACRONYMS).read_bytes())
            terms = TermsInFiles(digests, numbers, keys)
            return cls(folder, about, terms, keys, brief_of, language_of, matrices, acronyms)

    @property
    def words(self) -> list[str]:
        """All words in the order of their numbers, `NONE` where a number is free. Raises CorruptGeneration."""
        with reading(self.folder):
            return list(map(str, json.loads((self.folder / WORDS).read_bytes())))


class Terms(Protocol):
    """The terms of an index, wherever they lie."""

    def numbers(self, words: Collection[str]) -> dict[str, int]:
        """Number words, from 1; those that no row holds are left out."""

    def columns(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Find the columns of keys; -1 for each that there is not."""


class TermsInFiles:
    """The terms of an index in a folder."""

    def __init__(self, digests: NDArray[np.uint64], numbers: NDArray[np.int32], keys: NDArray[np.uint64]) -> None:
        """digests: of all words, sorted. numbers: of the same words. keys: sorted, one a column."""
        self._digests = digests
        self._numbers = numbers
        self._keys = keys

    def numbers(self, words: Collection[str]) -> dict[str, int]:
        """Number words."""
        if not len(self._digests):
            return {}
        sought = digests_of(words)
        places = self._digests.searchsorted(sought)
        found = zip(words, sought == self._digests.take(places, mode="clip"), places.tolist(), strict=True)
        return {word: int(self._numbers[place]) for word, there, place in found if there}

    def columns(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Find the columns of keys."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[places] == keys, places, -1)


@dataclass(frozen=True, slots=True)
class Stored:
    """An index wherever it lies: its terms, the matrices of passages and of briefs, and what is small beside them."""

    about: About
    brief_of: NDArray[np.int32]
    language_of: NDArray[np.int32]
    acronyms: Found
    terms: Terms
    matrices: tuple[Columns, Columns]


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Say so where what is read is damaged."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise CorruptGeneration(
            f"{folder} is damaged ({error}). Run `briefqa rollback`, or `briefqa reindex` to build it anew."
        ) from error
