"""The lexical index of a generation, in blocks of terms that are fetched as questions ask for them.

What a question is worth is reckoned here, by the code that reckons it in files: both homes give the same hits with the
same scores, and whoever sees some collections has their own statistics. The blocks asked for most are kept.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.errors import CorruptGeneration
from briefqa.lexical import About, Columns, Lexical, Stored
from briefqa.postgres.texts import restored, storable

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from briefqa.postgres.tables import Session

_BLOCKS_KEPT = 64_000_000  # bytes
_WORDS_KEPT = 100_000
# The number of a column: that of its block, and its place there.
_PLACES = 1 << 24
_KINDS = ("passages", "briefs")
_PARTS = ", ".join(["keys", *(f"{kind}_{part}" for kind in _KINDS for part in ("ends", "rows", "worth"))])


@dataclass(frozen=True, slots=True)
class Block:
    """Some terms. postings: of passages and of briefs, each the places where postings end, their rows and worth."""

    keys: NDArray[np.uint64]
    postings: tuple[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]], ...]
    size: int

    @classmethod
    def of(cls, keys: bytes, *parts: bytes) -> Block:
        """Read the columns of a row."""
        postings = tuple(
            (np.frombuffer(ends, "<i4"), np.frombuffer(rows, "<i4"), np.frombuffer(worth, "<f4"))
            for ends, rows, worth in (parts[:3], parts[3:])
        )
        return cls(np.frombuffer(keys, "<u8"), postings, sum(map(len, (keys, *parts))))


class Blocks:
    """The terms of a generation, as far as they were asked for. Safe for many threads."""

    def __init__(self, session: Session, first: NDArray[np.uint64]) -> None:
        """first: the first key of each block, in their order."""
        self._session = session
        self._first = first
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Block] = OrderedDict()
        self._size = 0
        self._words: dict[str, int] = {}

    def numbers(self, words: Collection[str]) -> dict[str, int]:
        """Number words; those that no row holds are left out."""
        known = self._words
        if missing := [word for word in words if word not in known]:
            rows = self._session.ask(
                "SELECT word, number FROM words WHERE word = ANY(%s)", [list(map(storable, missing))]
            )
            known = dict.fromkeys(missing, 0) | {restored(word): number for word, number in rows} | known
            self._words = known if len(known) <= _WORDS_KEPT else {}
        return {word: known[word] for word in words if known[word]}

    def columns(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Find the columns of keys; -1 for each that there is not."""
        found = np.full(len(keys), -1, dtype=np.int64)
        numbers = np.searchsorted(self._first, keys, side="right") - 1
        blocks = self.fetched({number for number, key in zip(numbers.tolist(), keys.tolist(), strict=True) if key})
        for place, (number, key) in enumerate(zip(numbers.tolist(), keys, strict=True)):
            block = blocks.get(number)
            if block is not None:
                at = int(np.searchsorted(block.keys, key))
                if at < len(block.keys) and block.keys[at] == key:
                    found[place] = number * _PLACES + at
        return found

    def fetched(self, numbers: Collection[int]) -> dict[int, Block]:
        """Return blocks by their numbers; one below 0 is none."""
        with self._lock:
            blocks = {number: self._kept[number] for number in numbers if number in self._kept}
            for number in blocks:
                self._kept.move_to_end(number)
        missing = [number for number in numbers if number >= 0 and number not in blocks]
        if not missing:
            return blocks
        query = f"SELECT block, {_PARTS} FROM terms WHERE block = ANY(%s)"  # noqa: S608 - of constants
        read = {row[0]: Block.of(*row[1:]) for row in self._session.ask(query, [missing])}
        if len(read) < len(missing):
            raise CorruptGeneration(f"Terms are missing in {self._session.schema}: run `briefqa rollback`.")
        with self._lock:
            for number, block in read.items():
                if number not in self._kept:
                    self._kept[number] = block
                    self._size += block.size
            while self._size > _BLOCKS_KEPT and len(self._kept) > 1:
                self._size -= self._kept.popitem(last=False)[1].size
        return blocks | read


class TableColumns(Columns):
    """The matrix of passages (0) or of briefs (1), in blocks."""

    def __init__(self, blocks: Blocks, kind: int, lengths: NDArray[np.int32]) -> None:
        self._blocks = blocks
        self._kind = kind
        self.lengths = lengths

    def key(self, column: int) -> int:
        """Return the key of a column."""
        block, place = self._at(column)
        return int(block.keys[place])

    def column(self, column: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Rows that hold a term, and what it is worth in each."""
        block, place = self._at(column)
        ends, rows, worth = block.postings[self._kind]
        start = int(ends[place - 1]) if place else 0
        return rows[start : ends[place]], worth[start : ends[place]]

    def _at(self, column: int) -> tuple[Block, int]:
        number, place = divmod(column, _PLACES)
        return self._blocks.fetched([number])[number], place


def open_noted(session: Session) -> NDArray[np.int32]:
    """For each vector of a note the row of the passage that cites it."""
    return np.frombuffer(_arrays(session, "name = 'noted'").get("noted", b""), "<i4").astype(np.int32)


def open_lexical(session: Session) -> Lexical:
    """Open the lexical index of a generation. Raises CorruptGeneration."""
    try:
        whole = _arrays(session, "name NOT IN ('noted', 'part_of')")
        said = json.loads(whole["about"])
        about = About(said["passages"], said["briefs"], tuple(said["languages"]))
        first: Any = np.frombuffer(whole["first"], "<u8")
        blocks = Blocks(session, first)
        brief_of, language_of, *lengths = (
            np.frombuffer(whole[name], "<i4")
            for name in ("brief_of", "language_of", "passages_lengths", "briefs_lengths")
        )
        matrices = TableColumns(blocks, 0, lengths[0]), TableColumns(blocks, 1, lengths[1])
        acronyms = json.loads(whole["acronyms"])
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptGeneration(f"The lexical index in {session.schema} is damaged ({error}).") from error
    if (len(brief_of), len(language_of)) != (about.passages, about.briefs):
        raise CorruptGeneration(f"The arrays of the lexical index in {session.schema} do not fit together.")
    return Lexical(Stored(about, brief_of, language_of, acronyms, blocks, matrices))


def _arrays(session: Session, where: str) -> dict[str, bytes]:
    """Read arrays whole."""
    pieces: dict[str, list[bytes]] = {}
    query = f"SELECT name, bytes FROM arrays WHERE {where} ORDER BY name, piece"  # noqa: S608 - of constants
    for name, piece in session.ask(query):
        pieces.setdefault(name, []).append(piece)
    return {name: b"".join(parts) for name, parts in pieces.items()}
