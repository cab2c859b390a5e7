"""BM25 over passages and over whole briefs, in one folder, mapped into memory as it is read.

A passage's score is its own and that of its brief: the words of a question often stand apart, one in the heading or
ten pages before the rest.

Files: for passages and for briefs the three arrays of a sparse matrix as bm25s writes them, one column a term; the
words, a list in the order of the columns; the hashes of the pairs, sorted, whose columns come after the words'; for
each passage the row of its brief; and what all that was made with.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import asdict, dataclass
from hashlib import blake2b
from math import log
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from briefqa.errors import CorruptGeneration
from briefqa.lexical.analysis import terms, variants, words
from briefqa.lexical.languages import known_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Chosen on the development collections, see docs/evaluate.md.
_K1, _B = 1.2, 0.6
_PAIR_WEIGHT = 0.5

_ABOUT, _WORDS, _PAIRS, _BRIEF_OF = "lexical.json", "words.json", "pairs.npy", "brief_of.npy"
_PARTS = ("data", "indices", "indptr")
FILES = (
    _ABOUT,
    _WORDS,
    _PAIRS,
    _BRIEF_OF,
    *(f"{kind}.{part}.npy" for kind in ("passages", "briefs") for part in _PARTS),
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
    """passages, briefs: how many rows. languages: those of the briefs, the most frequent first."""

    passages: int
    briefs: int
    languages: tuple[str, ...]


def write_lexical(folder: Path, entries: Iterable[Entry]) -> None:
    """Write an index over entries, the first being row 0."""
    folder.mkdir()
    vocabulary = _Vocabulary()
    passages: list[NDArray[np.int64]] = []
    briefs: list[NDArray[np.int64]] = []
    brief_of = array("i")
    languages: dict[str, int] = {}
    for group in _by_brief(entries):
        language = known_language(group[0].language, words("\n".join(entry.text for entry in group)))
        languages[language] = languages.get(language, 0) + len(group)
        heading = vocabulary.learn(group[0].heading, language)
        bodies = [vocabulary.learn(entry.text, language) for entry in group]
        brief_of.extend([len(briefs)] * len(group))
        passages += [np.concatenate([heading, body]) for body in bodies]
        briefs.append(np.concatenate([heading, *bodies]))
    pairs, columns = vocabulary.columns()
    _write_matrix(folder, "passages", [columns[ids] for ids in passages], vocabulary.words, len(columns))
    _write_matrix(folder, "briefs", [columns[ids] for ids in briefs], vocabulary.words, len(columns))
    (folder / _WORDS).write_text(json.dumps(list(vocabulary.known_words)), encoding="ascii")
    np.save(folder / _PAIRS, pairs)
    np.save(folder / _BRIEF_OF, np.array(brief_of, dtype=np.int32))
    about = _About(len(passages), len(briefs), tuple(sorted(languages, key=lambda code: (-languages[code], code))))
    (folder / _ABOUT).write_text(json.dumps(asdict(about)), encoding="ascii")


class Lexical:
    """An index that is open for searching. Safe for many threads."""

    def __init__(
        self,
        about: _About,
        word_columns: dict[str, int],
        pairs: NDArray[np.uint64],
        brief_of: NDArray[np.int32],
        matrices: tuple[_Matrix, _Matrix] | None,
    ) -> None:
        self._about = about
        self._words = word_columns
        self._pairs = pairs
        self._brief_of = brief_of
        self._matrices = matrices

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in folder. Raises CorruptGeneration where it is damaged."""
        try:
            said = json.loads((folder / _ABOUT).read_bytes())
            about = _About(said["passages"], said["briefs"], tuple(said["languages"]))
            known = json.loads((folder / _WORDS).read_bytes())
            pairs = _mapped(folder / _PAIRS)
            brief_of = _mapped(folder / _BRIEF_OF)
            matrices = None
            if about.passages:
                columns = len(known) + len(pairs)
                matrices = (
                    _open_matrix(folder, "passages", about.passages, columns),
                    _open_matrix(folder, "briefs", about.briefs, columns),
                )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptGeneration(
                f"{folder} is damaged ({error}). Run `briefqa rollback`, or `briefqa reindex` to build it anew."
            ) from error
        return cls(about, {word: column for column, word in enumerate(known)}, pairs, brief_of, matrices)

    @property
    def count(self) -> int:
        """How many passages there are."""
        return self._about.passages

    @property
    def brief_of(self) -> NDArray[np.int32]:
        """For each passage the row of its brief, shape (count,)."""
        return self._brief_of

    def scores(self, question: str) -> NDArray[np.float32]:
        """Score every passage, shape (count,); 0 where neither it nor its brief has any word of the question."""
        columns = self.columns(question)
        if self._matrices is None or not columns:
            return np.zeros(self.count, dtype=np.float32)
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
        return max((self._coverage(question, row, language) for language in self._about.languages), default=0.0)

    def _coverage(self, question: str, row: int, language: str) -> float:
        if self._matrices is None:
            return 0.0
        matrix = self._matrices[0]
        held = total = 0.0
        for word in set(terms(question, language)[0]):
            column = self._words.get(word, -1)
            rows = matrix.rows_of(column) if column >= 0 else ()
            weight = log(1 + (self.count - len(rows) + 0.5) / (len(rows) + 0.5))
            total += weight
            held += weight if row in rows else 0.0
        return held / total if total else 0.0

    def holding(self, phrase: str) -> NDArray[np.int64]:
        """Find the rows that hold every term of a phrase; whether in its order is for the text to tell."""
        # Hyphens make no difference here, or their words as one would be asked for, too.
        phrase = " ".join(words(phrase))
        found = [self._holding(phrase, language) for language in self._about.languages]
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def _holding(self, phrase: str, language: str) -> NDArray[np.int64]:
        single, pairs = terms(phrase, language)
        columns = [self._words.get(word, -1) for word in single] + [self._column_of_pair(pair) for pair in pairs]
        if self._matrices is None or -1 in columns:
            return np.empty(0, dtype=np.int64)
        rows = np.arange(self.count)
        for column in columns:
            rows = np.intersect1d(rows, self._matrices[0].rows_of(column), assume_unique=True)
        return rows

    def columns(self, question: str) -> list[int]:
        """Give the columns of the question's terms, in every language of the briefs, slips of the typist mended."""
        found: list[int] = []
        for language in self._about.languages:
            single, pairs = terms(question, language)
            mended = [self._words.get(word, -1) for word in single]
            mended += [self._column_of_pair(pair) for pair in pairs]
            known = set(found)
            found += [column for column in mended if column >= 0 and (not known or column not in known)]
        return found + [column for column in self._mended(question) if column not in found]

    def _mended(self, question: str) -> Iterator[int]:
        """Columns for the words of the question that no brief holds in any language: the most frequent near one's."""
        if self._matrices is None:
            return
        starts = self._matrices[0].indptr
        typed = [word for word in dict.fromkeys(words(question)) if len(word) in _MISTYPED and word.isalpha()]
        for word in [word for word in typed if not self._is_known(word)][:_MOST_MENDED]:
            near = {
                self._words[stem]
                for language in self._about.languages
                for stem in terms(" ".join(sorted(variants(word))), language)[0]
                if stem in self._words
            }
            near |= self._halves(word)
            if near:
                yield max(near, key=lambda column: (int(starts[column + 1] - starts[column]), -column))

    def _is_known(self, word: str) -> bool:
        return any(stem in self._words for language in self._about.languages for stem in terms(word, language)[0])

    def _halves(self, word: str) -> set[int]:
        """The pair that a word written as one is in the briefs ("SputnikV")."""
        pairs = {
            self._column_of_pair(pair)
            for language in self._about.languages
            for place in range(1, len(word))
            for pair in terms(f"{word[:place]} {word[place:]}", language)[1]
        }
        return pairs - {-1}

    def _column_of_pair(self, pair: str) -> int:
        hashed = _hash(pair)
        place = int(np.searchsorted(self._pairs, np.uint64(hashed)))
        return len(self._words) + place if place < len(self._pairs) and self._pairs[place] == hashed else -1


@dataclass(frozen=True, slots=True)
class _Matrix:
    """What each term is worth in each row, by columns: a sparse matrix as bm25s makes it."""

    data: NDArray[np.float32]
    indices: NDArray[np.int32]
    indptr: NDArray[np.int64]
    rows: int

    def rows_of(self, column: int) -> NDArray[np.int32]:
        """Rows that hold a term."""
        return self.indices[self.indptr[column] : self.indptr[column + 1]]

    def summed(self, columns: Iterable[int]) -> NDArray[np.float32]:
        """Sum up columns. No row is twice in one, which bm25s's own slower way allows for."""
        scores = np.zeros(self.rows, dtype=np.float32)
        for column in columns:
            start, end = self.indptr[column : column + 2]
            scores[self.indices[start:end]] += self.data[start:end]
        return scores


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


def _write_matrix(folder: Path, kind: str, rows: list[NDArray[np.int64]], words: int, columns: int) -> None:
    if not rows:
        parts: dict[str, Any] = {
            "data": np.empty(0, np.float32),
            "indices": np.empty(0, np.int32),
            "indptr": np.zeros(1, np.int64),
        }
    else:
        import bm25s  # noqa: PLC0415 - a quarter of a second

        model = bm25s.BM25(k1=_K1, b=_B, method="lucene")
        # bm25s wants at least one term in the whole; the last column is that of no term at all.
        rows = [*rows[:-1], np.append(rows[-1], columns)]
        parts = model.build_index_from_ids(list(range(columns + 1)), rows, show_progress=False)
        # The weight of a pair beside a word, set once here and not for every question.
        parts["data"][parts["indptr"][words] :] *= _PAIR_WEIGHT
    for part in _PARTS:
        np.save(folder / f"{kind}.{part}.npy", parts[part])


def _open_matrix(folder: Path, kind: str, rows: int, columns: int) -> _Matrix:
    data, indices, indptr = (_mapped(folder / f"{kind}.{part}.npy") for part in _PARTS)
    if len(indptr) != columns + 2 or len(data) != len(indices):
        raise ValueError(f"{kind} do not fit together")
    return _Matrix(data, indices, indptr, rows)


def _mapped(file: Path) -> Any:
    """Map an array into memory; an empty one cannot be mapped."""
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)
    except ValueError:
        return np.load(file, allow_pickle=False)
