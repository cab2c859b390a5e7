"""BM25 over passages and over whole briefs, in one folder, mapped into memory as it is read.

A passage's score is its own and that of its brief: the words of a question often stand apart, one in the heading or
ten pages before the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from briefqa.lexical.acronyms import Acronyms, agreed
from briefqa.lexical.analysis import PAIR, function_stems, near_stems, stems_of, terms, words
from briefqa.lexical.matrix import Matrix
from briefqa.lexical.stored import Parts, Stored, reading
from briefqa.lexical.writing import key_of
from briefqa.scored import Scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Words shorter than this are left as they are typed, because one slip turns them into too many others; longer ones, and
# all that come after so many, because they are no words of a question.
_MISTYPED = range(5, 25)
_MOST_MENDED = 8
# What a word is worth that the question does not say, beside one that it says: of an acronym's meaning.
_MEANT = 0.5
# Texts whose columns are kept at hand: a question's are asked for by each step of its search.
_AT_HAND = 512
# The highest of so many scores are looked at first, to leave out what cannot be among the best.
_BLOCK = 64
# Questions for which the rows of each word are kept at hand until `coverage` looks at them.
_PREPARED = 16
_NO_ROWS = memoryview(b"")
# Passages that are thought to be there when it is told how rare a word is: of one brief alone every word that it holds
# would be frequent, and what it does not hold would be all that counts.
_UNSEEN = 100


class Asked(NamedTuple):
    """Columns of a text's terms in a language, -1 for each that no passage holds.

    every: of words and pairs, as they come. words: of each word once, by its stem.
    """

    every: list[int]
    words: dict[str, int]


class Lexical:
    """An index that is open for searching. Safe for many threads."""

    def __init__(self, stored: Stored, rows: NDArray[np.int64] | None = None) -> None:
        """Take what is stored. rows: the passages to see, None all of them."""
        self._stored = stored
        self._rows = rows
        self._terms = stored.terms
        self._brief_of = stored.brief_of
        self._place_of_brief = stored.brief_of.astype(np.intp)  # or every search would make it anew
        self._passages, self._briefs = stored.matrices
        about = stored.about
        briefs = stored.brief_of if rows is None else stored.brief_of[rows]
        frequent = np.bincount(stored.language_of[briefs], minlength=len(about.languages))
        order = np.lexsort((np.arange(len(frequent)), -frequent))
        self._languages = [about.languages[place] for place in order if frequent[place]]
        seen = np.bincount(briefs, minlength=about.briefs) > 0
        if len(seen) > about.briefs:
            raise ValueError(f"a passage is of brief {len(seen) - 1}, and there are {about.briefs}")
        self._acronyms = Acronyms(agreed(stored.acronyms, None if rows is None else seen), self._languages)
        self._columns_of = lru_cache(_AT_HAND)(self._look_up)
        # Rows that lie in files cost nothing to hold; others would be held for each question.
        self._prepared = lru_cache(_PREPARED)(self._prepare) if isinstance(self._passages, Matrix) else None
        self._apart_at_hand = lru_cache(_AT_HAND)(self._apart)

    @staticmethod
    def open(folder: Path, *, whole: bool = False) -> LexicalFiles:
        """Open the index in folder. Raises CorruptGeneration where it is damaged.

        whole: it is to be read from end to end, and not searched here and there.
        """
        with reading(folder):  # what does not fit together may show in either
            return LexicalFiles(Parts.open(folder, scattered=not whole))

    def within(self, rows: NDArray[np.int64]) -> Lexical:
        """See some passages as an index of them alone would: no other word, number or language shows in anything.

        rows: all the passages of some briefs, in their order. Rows keep their numbers, those of others score 0.
        """
        matrices = (self._passages.within(rows), self._briefs.within(np.unique(self._brief_of[rows])))
        return Lexical(replace(self._stored, matrices=matrices), rows)

    @property
    def count(self) -> int:
        """How many passages there are."""
        return self._stored.about.passages if self._rows is None else len(self._rows)

    @property
    def brief_of(self) -> NDArray[np.int32]:
        """For each passage the row of its brief, shape (rows,)."""
        return self._brief_of

    def scores(self, question: str) -> NDArray[np.float32]:
        """Score every row, shape (rows,); 0 where neither it nor its brief has any word of the question."""
        weights = self.columns(question)
        summed: NDArray[np.float32] = self._passages.summed(weights)
        if len(summed):
            # As "clip" goes without a copy of the whole, and no row is out of bounds.
            summed += self._briefs.summed(weights).take(self._place_of_brief, mode="clip")
        return summed

    @staticmethod
    def best(scores: NDArray[np.float32], k: int, only: Sequence[int] | NDArray[np.int64] | None = None) -> Scored:
        """Pick the k highest of `scores`, best first, equal ones in the order of the rows.

        only: the rows to pick from. A score of 0 is never picked.
        """
        if only is None:
            rows = _promising(scores, k)
        else:
            among = np.asarray(only, dtype=np.int64)
            if not (among[1:] > among[:-1]).all():
                among = np.unique(among)
            rows = among[_promising(scores[among], k)]
        found = scores[rows]
        if len(found) > k > 0:
            least = np.partition(found, len(found) - k)[len(found) - k]
            rows, found = rows[found >= least], found[found >= least]
        return Scored(rows, found).first(k, ascending=True)

    def coverage(self, question: str, row: int) -> float:
        """Tell what part of the question's words a passage holds, from 0 to 1, rare ones counting more.

        The best over the languages of the briefs. Words that only ask ("what", "did") count where there are no others:
        briefs hold them seldom, and to a few briefs they would be the rarest of all. A question of stop words only has
        nothing to hold: 0.
        """
        asked, rows_of = (self._prepared or self._prepare)(question)
        # Cheaper than NumPy's search, which takes no single number as it is.
        worth = {column: (rarity, _holds(rows, row)) for column, (rarity, rows) in rows_of.items()}
        return max((_share(worth[column] for column in columns) for columns in asked), default=0.0)

    def prepare(self, question: str) -> None:
        """Look up what `coverage` will look at, where that can be held: who calls it before has less to wait for."""
        if self._prepared:
            self._prepared(question)

    def _prepare(self, question: str) -> tuple[list[list[int]], dict[int, tuple[float, memoryview]]]:
        """For each language the columns of a question's words, and for each column how rare it is, and its rows."""
        asked = list(map(_telling, self._languages, self._columns_of(question)))
        held = [column for column in dict.fromkeys(chain.from_iterable(asked)) if column >= 0]
        rows_of = {-1: (self._rarity(0), _NO_ROWS)}
        for column, (rows, _) in zip(held, self._passages.each(held), strict=True):
            rows_of[column] = self._rarity(len(rows)), rows.data
        return asked, rows_of

    def _rarity(self, holding: int) -> float:
        """How rare a term is that so many passages hold, were there some more that do not."""
        return log(1 + (self.count + _UNSEEN - holding + 0.5) / (holding + 0.5))

    def holding(self, phrase: str) -> NDArray[np.int64]:
        """Find the rows that hold every term of a phrase; whether in its order is for the text to tell."""
        # Hyphens make no difference here, or their words as one would be asked for, too.
        phrase = " ".join(words(phrase))
        # Most often one language is as good as another; what one counts as nothing stands everywhere.
        distinct = dict.fromkeys(tuple(asked.every) for asked in self._columns_of(phrase))
        found = list(map(self._holding, [()] if () in distinct else distinct))
        return found[0] if len(found) == 1 else np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    def _holding(self, columns: Sequence[int]) -> NDArray[np.int64]:
        if -1 in columns:
            return np.empty(0, dtype=np.int64)
        if not columns:
            return np.arange(len(self._brief_of))
        # The rarest first: what is looked for in the others is never more than it has.
        first, *others = sorted((self._passages.rows_of(column) for column in columns), key=len)
        rows = first.astype(np.int64)
        for holding in others:
            places = np.minimum(holding.searchsorted(rows.astype(holding.dtype)), len(holding) - 1)
            rows = rows[holding[places] == rows]
        return rows

    def columns(self, question: str) -> list[tuple[int, float]]:
        """Give the columns of the question's terms, each with its weight.

        They are the terms in every language of the briefs, slips of the typist mended, acronyms spelled out.
        """
        found = self._asked(question)
        known = set(found)
        found += [column for column in self._mended(question) if column not in known]
        known.update(found)
        weighted = [(column, 1.0) for column in found]
        for meant, said in self._acronyms.meant_by(question).items():
            weight = _MEANT * self._apart_at_hand(meant, said)
            weighted += [(column, weight) for column in dict.fromkeys(self._asked(meant)) if column not in known]
        return [(column, weight) for column, weight in weighted if weight]

    def _apart(self, meant: str, said: str) -> float:
        """Part of the passages that hold what is meant and not what is said: the others are found as it is."""
        holds = np.zeros(len(self._brief_of), dtype=np.bool_)
        holds[self.holding(said)] = True
        rows = self.holding(meant)
        return 1.0 - float(holds[rows].mean()) if len(rows) else 0.0

    def _asked(self, text: str) -> list[int]:
        """Columns of a text's terms; those of a second language only where no other has them."""
        found: list[int] = []
        for asked in self._columns_of(text):
            known = set(found)
            found += [column for column in asked.every if column >= 0 and column not in known]
        return found

    def _look_up(self, text: str) -> list[Asked]:
        """Look up the terms of a text in every language of the briefs, all at once."""
        of_each = [terms(text, language) for language in self._languages]
        distinct = dict.fromkeys(chain.from_iterable(chain.from_iterable(of_each)))
        columns = dict(zip(distinct, self._columns(list(distinct)), strict=True))
        return [
            Asked([columns[term] for term in (*single, *pairs)], {stem: columns[stem] for stem in single})
            for single, pairs in of_each
        ]

    def _mended(self, question: str) -> Iterator[int]:
        """Columns for the words of the question that no brief holds in any language: the most frequent near one's."""
        typed = [word for word in dict.fromkeys(words(question)) if len(word) in _MISTYPED and word.isalpha()]
        for word in self._unknown(typed, question)[:_MOST_MENDED]:
            near = set().union(*(near_stems(word, language) for language in self._languages))
            likely = [*self._terms.numbers(near), *self._halves(word)]
            columns = zip(likely, self._columns(likely), strict=True)
            held = [(-len(self._passages.rows_of(at)), term, at) for term, at in columns if at >= 0]
            if held:
                yield min(held)[2]

    def _unknown(self, typed: list[str], question: str) -> list[str]:
        """The words of a question that no passage holds in any language."""
        asked = list(zip(self._languages, self._columns_of(question), strict=True))

        def known(word: str) -> bool:
            return any(its.words.get(stem, -1) >= 0 for language, its in asked for stem in stems_of(word, language))

        return [word for word in typed if not known(word)]

    def _halves(self, word: str) -> set[str]:
        """The pairs that a word written as one may be ("SputnikV")."""
        return {
            pair
            for language in self._languages
            for place in range(1, len(word))
            for pair in terms(f"{word[:place]} {word[place:]}", language)[1]
        }

    def _columns(self, terms: Sequence[str]) -> list[int]:
        """Columns of words and pairs; -1 for each that no passage holds."""
        numbers = self._terms.numbers({word for term in terms for word in term.split(PAIR)})
        keys = np.array([_key(term, numbers) for term in terms], dtype=np.uint64)
        return self._passages.held(self._terms.columns(keys).tolist())


class LexicalFiles(Lexical):
    """An index in files. parts: what is in them, for who makes another index of it."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        super().__init__(
            Stored(parts.about, parts.brief_of, parts.language_of, parts.acronyms, parts.terms, parts.matrices)
        )


def _telling(language: str, asked: Asked) -> list[int]:
    """Columns of the words that tell what is asked for, or of all where none does."""
    asking = function_stems(language)
    return [column for stem, column in asked.words.items() if stem not in asking] or list(asked.words.values())


def _holds(rows: memoryview, row: int) -> bool:
    """Whether a row is one of rows, which ascend."""
    place = bisect_left(rows, row)
    return place < len(rows) and rows[place] == row


def _key(term: str, numbers: Mapping[str, int]) -> int:
    """Key of a word or of a pair; 0, which is none's, where a word is not known."""
    first, _, second = term.rpartition(PAIR)
    number, before = numbers.get(second, 0), numbers.get(first, 0)
    return key_of(number, before) if number and (before or not first) else 0


def _promising(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Places of scores above 0 that may be among the k highest: the k-th of some of them is no higher than theirs."""
    whole = len(scores) // _BLOCK
    if not 0 < k < whole:
        return np.flatnonzero(scores > 0)
    # Of every so many scores, not of so many neighbours: that is compared many numbers at a time.
    highest = scores[: whole * _BLOCK].reshape(_BLOCK, whole).max(axis=0)
    least = np.partition(highest, whole - k)[whole - k]
    return np.flatnonzero(scores >= least if least > 0 else scores > 0)


def _share(worth: Iterable[tuple[float, bool]]) -> float:
    """Part of all rarity that is held."""
    held = total = 0.0
    for rarity, holds in worth:
        total += rarity
        held += rarity if holds else 0.0
    return held / total if total else 0.0
