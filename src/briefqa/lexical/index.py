"""BM25 over passages and over whole briefs, in one folder, mapped into memory as it is read.

A passage's score is its own and that of its brief: the words of a question often stand apart, one in the heading or
ten pages before the rest.

Files: for passages and for briefs the arrays of a `Matrix`, one column a term; the words, a list in the order of the
columns; the hashes of the pairs, sorted, whose columns come after the words'; for each passage the row of its brief;
for each brief the place of its language; and what all that was made with.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from math import log
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from briefqa.errors import CorruptGeneration
from briefqa.lexical.analysis import terms, variants, words
from briefqa.lexical.languages import known_language
from briefqa.lexical.matrix import PARTS, Matrix, mapped, open_matrix, write_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_ABOUT, _WORDS, _PAIRS = "lexical.json", "words.json", "pairs.npy"
_BRIEF_OF, _LANGUAGE_OF = "brief_of.npy", "language_of.npy"
FILES = (
    _ABOUT,
    _WORDS,
    _PAIRS,
    _BRIEF_OF,
    _LANGUAGE_OF,
    *(f"{kind}.{part}.npy" for kind in ("passages", "briefs") for part in PARTS),
)
"""All files of a lexical index."""

# Words shorter than this are left as they are typed, because one slip turns them into too many others; longer ones, and
# all that come after so many, because they are no words of a question.
_MISTYPED = range(5, 25)
_MOST_MENDED = 8


class Entry(Protocol):
    """What is counted of one passage. The passages of a brief come one after another."""

    @property
    def brief_id(self) -> str:
        """The brief that the passage is from."""

    @property
    def language(self) -> str:
        """The brief's language, as it says itself, or ""."""

    @property
    def heading(self) -> str:
        """What the whole brief is about: counted for each passage, and once for the brief."""

    @property
    def text(self) -> str:
        """The passage and all that belongs to it, such as the notes that it cites."""


@dataclass(frozen=True, slots=True)
class _About:
    """passages, briefs: how many rows. languages: those of the briefs, in the order of their codes."""

    passages: int
    briefs: int
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is in the files. words: the column of each. matrices: of passages and of briefs, None if there are none."""

    about: _About
    words: dict[str, int]
    pairs: NDArray[np.uint64]
    brief_of: NDArray[np.int32]
    language_of: NDArray[np.int32]
    matrices: tuple[Matrix, Matrix] | None


def write_lexical(folder: Path, entries: Iterable[Entry]) -> None:
    """Write an index over entries, the first being row 0."""
    folder.mkdir()
    vocabulary = _Vocabulary()
    passages: list[NDArray[np.int64]] = []
    briefs: list[NDArray[np.int64]] = []
    brief_of = array("i")
    languages: list[str] = []
    for group in _by_brief(entries):
        language = known_language(group[0].language, words("\n".join(entry.text for entry in group)))
        languages.append(language)
        heading = vocabulary.learn(group[0].heading, language)
        bodies = [vocabulary.learn(entry.text, language) for entry in group]
        brief_of.extend([len(briefs)] * len(group))
        passages += [np.concatenate([heading, body]) for body in bodies]
        briefs.append(np.concatenate([heading, *bodies]))
    pairs, columns = vocabulary.columns()
    write_matrix(folder, "passages", [columns[ids] for ids in passages], vocabulary.words, len(columns))
    write_matrix(folder, "briefs", [columns[ids] for ids in briefs], vocabulary.words, len(columns))
    (folder / _WORDS).write_text(json.dumps(list(vocabulary.known_words)), encoding="ascii")
    np.save(folder / _PAIRS, pairs)
    np.save(folder / _BRIEF_OF, np.array(brief_of, dtype=np.int32))
    codes = sorted(set(languages))
    np.save(folder / _LANGUAGE_OF, np.array([codes.index(language) for language in languages], dtype=np.int32))
    about = _About(len(passages), len(briefs), tuple(codes))
    (folder / _ABOUT).write_text(json.dumps(asdict(about)), encoding="ascii")


class Lexical:
    """An index that is open for searching. Safe for many threads."""

    def __init__(self, parts: _Parts, rows: NDArray[np.int64] | None = None) -> None:
        """Take the parts. rows: the passages to see, None all of them."""
        self._parts = parts
        self._rows = rows
        self._words = parts.words
        self._pairs = parts.pairs
        self._brief_of = parts.brief_of
        self._matrices = parts.matrices
        about = parts.about
        seen = parts.language_of[parts.brief_of if rows is None else parts.brief_of[rows]]
        frequent = np.bincount(seen, minlength=len(about.languages))
        order = np.lexsort((np.arange(len(frequent)), -frequent))
        self._languages = [about.languages[place] for place in order if frequent[place]]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in folder. Raises CorruptGeneration where it is damaged."""
        try:
            said = json.loads((folder / _ABOUT).read_bytes())
            about = _About(said["passages"], said["briefs"], tuple(said["languages"]))
            known = json.loads((folder / _WORDS).read_bytes())
            pairs = mapped(folder / _PAIRS)
            brief_of = mapped(folder / _BRIEF_OF)
            language_of = mapped(folder / _LANGUAGE_OF)
            matrices = None
            if about.passages:
                columns = len(known) + len(pairs)
                matrices = (
                    open_matrix(folder, "passages", about.passages, len(known), columns),
                    open_matrix(folder, "briefs", about.briefs, len(known), columns),
                )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptGeneration(
                f"{folder} is damaged ({error}). Run `briefqa rollback`, or `briefqa reindex` to build it anew."
            ) from error
        by_word = {word: column for column, word in enumerate(known)}
        return cls(_Parts(about, by_word, pairs, brief_of, language_of, matrices))

    def within(self, rows: NDArray[np.int64]) -> Lexical:
        """See some passages as an index of them alone would: no other word, number or language shows in anything.

        rows: all the passages of some briefs, in their order. Rows keep their numbers, those of others score 0.
        """
        matrices = None
        if self._matrices is not None and len(rows):
            passages, briefs = self._matrices
            matrices = (passages.within(rows), briefs.within(np.unique(self._brief_of[rows])))
        return Lexical(replace(self._parts, matrices=matrices), rows)

    @property
    def count(self) -> int:
        """How many passages there are."""
        return self._parts.about.passages if self._rows is None else len(self._rows)

    @property
    def brief_of(self) -> NDArray[np.int32]:
        """For each passage the row of its brief, shape (count,)."""
        return self._brief_of

    def scores(self, question: str) -> NDArray[np.float32]:
        """Score every row, shape (rows,); 0 where neither it nor its brief has any word of the question."""
        columns = self.columns(question)
        if self._matrices is None or not columns:
            return np.zeros(len(self._brief_of), dtype=np.float32)
        passages, briefs = (matrix.summed(columns) for matrix in self._matrices)
        summed: NDArray[np.float32] = passages + briefs[self._brief_of]
        return summed

    @staticmethod
    def best(
        scores: NDArray[np.float32], k: int, only: Sequence[int] | NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Pick the k highest of `scores`, best first, equal ones in the order of the rows.

        only: the rows to pick from. A score of 0 is never picked.
        """
        if only is None:
            rows = np.flatnonzero(scores > 0)
        else:
            rows = np.unique(np.asarray(only, dtype=np.int64))
            rows = rows[scores[rows] > 0]
        found = scores[rows]
        if len(found) > k > 0:
            least = np.partition(found, len(found) - k)[len(found) - k]
            rows, found = rows[found >= least], found[found >= least]
        order = np.lexsort((rows, -found))[:k]
        return [(int(rows[place]), float(found[place])) for place in order]

    def coverage(self, question: str, row: int) -> float:
        """Tell what part of the question's words a passage holds, from 0 to 1, rare ones counting more.

        The best over the languages of the briefs. A question of stop words only has nothing to hold: 0.
        """
        return max((self._coverage(question, row, language) for language in self._languages), default=0.0)

    def _coverage(self, question: str, row: int, language: str) -> float:
        if self._matrices is None:
            return 0.0
        matrix = self._matrices[0]
        held = total = 0.0
        for word in set(terms(question, language)[0]):
            column = self._column(word)
            rows = matrix.rows_of(column) if column >= 0 else ()
            weight = log(1 + (self.count - len(rows) + 0.5) / (len(rows) + 0.5))
            total += weight
            held += weight if row in rows else 0.0
        return held / total if total else 0.0

    def holding(self, phrase: str) -> NDArray[np.int64]:
        """Find the rows that hold every term of a phrase; whether in its order is for the text to tell."""
        # Hyphens make no difference here, or their words as one would be asked for, too.
        phrase = " ".join(words(phrase))
        found = [self._holding(phrase, language) for language in self._languages]
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def _holding(self, phrase: str, language: str) -> NDArray[np.int64]:
        single, pairs = terms(phrase, language)
        columns = [self._column(word) for word in single] + [self._column_of_pair(pair) for pair in pairs]
        if self._matrices is None or -1 in columns:
            return np.empty(0, dtype=np.int64)
        rows = np.arange(len(self._brief_of))
        for column in columns:
            rows = np.intersect1d(rows, self._matrices[0].rows_of(column), assume_unique=True)
        return rows

    def columns(self, question: str) -> list[int]:
        """Give the columns of the question's terms, in every language of the briefs, slips of the typist mended."""
        found: list[int] = []
        for language in self._languages:
            single, pairs = terms(question, language)
            mended = [self._column(word) for word in single]
            mended += [self._column_of_pair(pair) for pair in pairs]
            known = set(found)
            found += [column for column in mended if column >= 0 and (not known or column not in known)]
        return found + [column for column in self._mended(question) if column not in found]

    def _mended(self, question: str) -> Iterator[int]:
        """Columns for the words of the question that no brief holds in any language: the most frequent near one's."""
        typed = [word for word in dict.fromkeys(words(question)) if len(word) in _MISTYPED and word.isalpha()]
        for word in [word for word in typed if not self._is_known(word)][:_MOST_MENDED]:
            stems = {
                stem
                for language in self._languages
                for stem in terms(" ".join(sorted(variants(word))), language)[0]
                if stem in self._words
            }
            near = {stem: self._column(stem) for stem in stems} | self._halves(word)
            known = [(-len(self._rows_of(column)), term, column) for term, column in near.items() if column >= 0]
            if known:
                yield min(known)[2]

    def _is_known(self, word: str) -> bool:
        return any(self._column(stem) >= 0 for language in self._languages for stem in terms(word, language)[0])

    def _halves(self, word: str) -> dict[str, int]:
        """The pairs that a word written as one is in the briefs ("SputnikV"), each with its column."""
        return {
            pair: self._column_of_pair(pair)
            for language in self._languages
            for place in range(1, len(word))
            for pair in terms(f"{word[:place]} {word[place:]}", language)[1]
        }

    def _column(self, word: str) -> int:
        """Find the column of a term that some passage holds; -1 if none does."""
        return self._held(self._words.get(word, -1))

    def _column_of_pair(self, pair: str) -> int:
        hashed = _hash(pair)
        place = int(np.searchsorted(self._pairs, np.uint64(hashed)))
        found = place < len(self._pairs) and self._pairs[place] == hashed
        return self._held(len(self._words) + place if found else -1)

    def _held(self, column: int) -> int:
        return column if column >= 0 and len(self._rows_of(column)) else -1

    def _rows_of(self, column: int) -> NDArray[np.int32]:
        return self._matrices[0].rows_of(column) if self._matrices else np.empty(0, dtype=np.int32)


class _Vocabulary:
    """Numbers terms as they come; `columns` puts them in their final order when all are known."""

    def __init__(self) -> None:
        self._numbers: dict[str | int, int] = {}
        self.words = 0

    @property
    def known_words(self) -> Iterator[str]:
        return (term for term in self._numbers if isinstance(term, str))

    def learn(self, text: str, language: str) -> NDArray[np.int64]:
        """Number the terms of a text."""
        single, pairs = terms(text, language)
        keys: list[str | int] = [*single, *map(_hash, pairs)]
        numbers = self._numbers
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)

    def columns(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the hashes of the pairs, sorted, and for each number its column: words first, then pairs."""
        is_word = np.fromiter((isinstance(key, str) for key in self._numbers), dtype=bool, count=len(self._numbers))
        self.words = int(is_word.sum())
        hashes = np.fromiter((key for key in self._numbers if isinstance(key, int)), dtype=np.uint64)
        order = np.argsort(hashes)
        places = np.empty(len(hashes), dtype=np.int64)
        places[order] = np.arange(len(hashes))
        columns = np.empty(len(self._numbers), dtype=np.int64)
        columns[is_word] = np.arange(self.words)
        columns[~is_word] = self.words + places
        return hashes[order], columns


def _hash(pair: str) -> int:
    return int.from_bytes(blake2b(pair.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _by_brief(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    group: list[Entry] = []
    for entry in entries:
        if group and group[-1].brief_id != entry.brief_id:
            yield group
            group = []
        group.append(entry)
    if group:
        yield group
