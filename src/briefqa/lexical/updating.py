"""A lexical index made from the one before, of which most rows stay: as `writing` would make it, and much sooner.

What each term is worth depends on all rows, so that every number is written anew; but how often it stands in a row that
stays is known from what it was worth there. A word that no row holds any more is forgotten, its number is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.lexical.analysis import stop_stems
from briefqa.lexical.matrix import Growing, postings_of, write_matrix
from briefqa.lexical.writing import KEYS, NONE, Vocabulary, keys_of, listed, take, write_about

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.lexical.acronyms import Found
    from briefqa.lexical.matrix import Matrix
    from briefqa.lexical.stored import Parts
    from briefqa.lexical.writing import Entry

# Entries that are turned over at a time.
_AT_ONCE = 1_000_000
# What a term is worth is kept in 24 bits, which tell frequencies apart up to here and somewhat beyond.
_MOST_OFTEN = 1000


class TooOften(Exception):
    """A term stands so often in one row that its worth does not tell how often: the index is written from nothing."""


def update_lexical(folder: Path, before: Parts, kept: NDArray[np.int64], entries: Iterable[Entry]) -> None:
    """Write an index over rows of another, in their order, and over entries after them. Raises TooOften.

    kept: all rows of some briefs. entries: of other briefs.
    """
    folder.mkdir()
    taken = take(folder, entries, Vocabulary(before.words))
    briefs = np.unique(before.brief_of[kept]).astype(np.int64)
    keys: list[NDArray[np.uint64]] = []
    passages = _Joined.of(before.matrices[0], kept)
    with Growing(folder / KEYS, np.uint64) as file:
        lengths = np.concatenate([before.matrices[0].lengths[kept], taken.passages.lengths()])
        for part in write_matrix(folder, "passages", passages.with_new(taken.passages.parts()), lengths):
            file.append(part)
            keys.append(part)
    lengths = np.concatenate([before.matrices[1].lengths[briefs], taken.briefs.lengths()])
    joined = _Joined.of(before.matrices[1], briefs)
    for _ in write_matrix(folder, "briefs", joined.with_new(taken.briefs.parts()), lengths):  # the same keys
        pass
    brief_of = np.searchsorted(briefs, before.brief_of[kept]).astype(np.int32)
    languages = [before.about.languages[place] for place in before.language_of[briefs]] + taken.languages
    write_about(
        folder,
        _living(listed(taken.vocabulary.numbers), np.concatenate([np.empty(0, dtype=np.uint64), *keys]), languages),
        _renumbered(before.acronyms, joined.place, taken.defined.found, len(briefs)),
        np.concatenate([brief_of, taken.brief_of + np.int32(len(briefs))]).astype(np.int32),
        languages,
    )


@dataclass(frozen=True, slots=True)
class _Joined:
    """Rows of a matrix that stay. place: for each row of it the one that it becomes, -1 where it goes."""

    matrix: Matrix
    place: NDArray[np.int32]
    count: int

    @classmethod
    def of(cls, matrix: Matrix, kept: NDArray[np.int64]) -> _Joined:
        place = np.full(len(matrix.lengths), -1, dtype=np.int32)
        place[kept] = np.arange(len(kept), dtype=np.int32)
        return cls(matrix, place, len(kept))

    def with_new(self, new: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        """Give the postings of the rows that stay and of new rows, which come after them, in parts."""
        waiting = np.concatenate(list(new))
        waiting = waiting[np.argsort(waiting["key"], kind="stable")]
        waiting["row"] += np.int32(self.count)
        first = 0
        for start, end in self._blocks():
            last = (
                len(waiting)
                if end == len(self.matrix.keys)
                else int(np.searchsorted(waiting["key"], self.matrix.keys[end]))
            )
            yield np.concatenate([self._staying(start, end), waiting[first:last]])
            first = last
        if first < len(waiting):
            yield waiting[first:]

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Columns from which to which hold some entries, and all of them in the end."""
        start, indptr = 0, self.matrix.indptr
        while start < len(self.matrix.keys):
            end = int(np.searchsorted(indptr, indptr[start] + _AT_ONCE))
            end = min(max(end, start + 1), len(self.matrix.keys))
            yield start, end
            start = end

    def _staying(self, start: int, end: int) -> NDArray[Any]:
        matrix = self.matrix
        rows = self.place[matrix.indices[int(matrix.indptr[start]) : int(matrix.indptr[end])]]
        stays = rows >= 0
        often = matrix.frequencies(start, end)[stays]
        if often.max(initial=0) > _MOST_OFTEN:
            raise TooOften
        keys = np.repeat(matrix.keys[start:end], np.diff(matrix.indptr[start : end + 1]))
        return postings_of(keys[stays], rows[stays], often)


def _living(words: list[str], keys: NDArray[np.uint64], languages: Sequence[str]) -> list[str]:
    """Words in the order of their numbers, without those that stand nowhere any more.

    Stop words have no column of their own: they tell of nothing, and stay.
    """
    own = keys_of(np.arange(1, len(words) + 1, dtype=np.uint64), 0)
    places = np.minimum(np.searchsorted(keys, own), max(len(keys) - 1, 0))
    there = keys[places] == own if len(keys) else np.zeros(len(words), dtype=np.bool_)
    stops = frozenset().union(*map(stop_stems, set(languages)))
    living = [word if held or word in stops else NONE for word, held in zip(words, there.tolist(), strict=True)]
    while living and living[-1] == NONE:
        living.pop()
    return living


def _renumbered(before: Found, place: NDArray[np.int32], new: Found, start: int) -> Found:
    """What acronyms stand for, by the rows that briefs have now. start: the row of the first new one."""
    found: Found = {}
    for given, rows_of in ((before, place.__getitem__), (new, lambda row: row + start)):
        for short, meanings in given.items():
            for meaning, rows in meanings.items():
                staying = [row for row in map(int, map(rows_of, rows)) if row >= 0]
                if staying:
                    found.setdefault(short, {}).setdefault(meaning, []).extend(staying)
    return found
