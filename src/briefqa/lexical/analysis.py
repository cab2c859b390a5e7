"""Text into terms: what has to be equal for a word of the question to meet a word of a passage.

Accents and case are folded. A hyphenated word counts as its parts and as one ("Sputnik-V": sputnik, v, sputnikv), so
that every way of writing it meets the others. Pairs of neighbours are terms, too: they reward passages that say what
the question says in its own order, names above all.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from briefqa.lexical.dates import NUMERIC, date_parts, month_or_day, months
from briefqa.lexical.irregular import irregular_forms, regular
from briefqa.lexical.languages import function_words, stems, stop_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HYPHENS = r"\-\u2010\u2011"
# Scripts that put no space between words: each character is a word, and its pairs do the rest.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
TOKEN = re.compile(
    rf"[{_UNSPACED}]"
    rf"|{NUMERIC}"
    r"|(?:[^\W\d_]\.)+[^\W\d_]\b\.?"  # U.S., e.g.
    r"|\d+(?:[.,]\d+)+(?!\w)"  # 1,000 and 3.5
    rf"|[^\W{_UNSPACED}]+(?:['’{_HYPHENS}][^\W{_UNSPACED}]+)*"
)
"""A token of folded text."""
_DATE = re.compile(NUMERIC)
_APOSTROPHE = re.compile(r"['’](?:s\b)?")
_HYPHEN = re.compile(f"[{_HYPHENS}]")
_SOFT = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")
# Where Unicode has combining characters.
_MARKS = range(0x300, 0x1F000)
# What stands between spaces, and tokens of each language, of which so many are kept at hand: a few megabytes.
_AT_HAND = 1 << 14
_LONGEST_AT_HAND = 24

PAIR = " "
"""Stands between the two words of a pair: no word holds it."""


def fold(text: str) -> str:
    """Text without accents, case and invisible characters."""
    if text.isascii():
        return text.lower()
    return _combining().sub("", unicodedata.normalize("NFKD", text.translate(_SOFT))).casefold()


@cache
def _combining() -> re.Pattern[str]:
    """Characters that stand on others; made when first needed, since it takes some milliseconds."""
    return re.compile(f"[{''.join(filter(unicodedata.combining, map(chr, _MARKS)))}]+")


class _Parted(dict[str, tuple[str, ...]]):
    """The tokens of what stands between spaces, most of which has been met before: no token holds a space."""

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        found = tuple(TOKEN.findall(fold(chunk)))
        if len(chunk) <= _LONGEST_AT_HAND:
            if len(self) >= _AT_HAND:
                self.clear()
            self[chunk] = found
        return found


_parted = _Parted()


def tokens(text: str) -> list[str]:
    """Split text into its folded words, hyphenated ones and dates in figures whole."""
    return list(chain.from_iterable(map(_parted.__getitem__, text.split())))


def words(text: str) -> list[str]:
    """Split text into folded words, the parts of hyphenated ones each for itself."""
    found = tokens(text)
    if all(map(str.isalnum, found)):
        return found
    return [part for token in found for part in ((token,) if token.isalnum() else parts(token)[0])]


def terms(text: str, language: str) -> tuple[list[str], list[str]]:
    """Make the terms of text in a language: words, and pairs of neighbours. Stemmed, stop words left out of both.

    A pair is left out only where both of its words are stop words ("to the", but not "The Hague").
    """
    read = _met(language).each(tokens(text))
    sequence = [word for token in read for word in token.sequence]
    single = [stem for stem, stops in sequence if not stops]
    pairs = [f"{first}{PAIR}{second}" for (first, stops), (second, too) in pairwise(sequence) if not (stops and too)]
    return single + [word for token in read for word in token.beside], pairs


def stems_of(word: str, language: str) -> list[str]:
    """Stem the words of one token in a language, stop words left out."""
    return [stem for stem, stops in _met(language).each([word])[0].sequence if not stops]


class Analysed(NamedTuple):
    """A token as it is counted. sequence: its words stemmed, each with whether it is a stop word.

    beside: terms that stand in no sequence, such as a hyphenated word written as one. every: all of both.
    """

    sequence: tuple[tuple[str, bool], ...]
    beside: tuple[str, ...]
    every: tuple[str, ...]


def analysed(token: str, language: str) -> Analysed:
    """Analyse a token in a language."""
    if token.isalnum():  # most are, and most of the time goes into what others need
        [stem] = stems([regular(month_or_day(token, language), language)], language)
        return Analysed(((stem, token in stop_words(language)),), (), (stem,))
    its, beside = parts(token)
    stops = stop_words(language)
    stemmed = stems([regular(month_or_day(word, language), language) for word in its], language)
    also = tuple(stems(beside, language))
    sequence = tuple((stem, word in stops) for word, stem in zip(its, stemmed, strict=True))
    return Analysed(sequence, also, (*stemmed, *also))


class _Met:
    """Tokens of a language that were met in texts, each analysed once. Safe for many threads."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._analysed: dict[str, Analysed] = {}
        self._counted_as: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    @property
    def full(self) -> bool:
        """Whether it holds as many as are to be kept."""
        return len(self._analysed) >= _AT_HAND

    def each(self, read: Sequence[str]) -> list[Analysed]:
        """Analyse tokens."""
        for token in set(read).difference(self._analysed):
            its = analysed(token, self._language)
            with self._lock:  # or one of two tokens of one stem would be lost
                for stem in its.every or ("",):
                    self._counted_as[stem] = (*self._counted_as.get(stem, ()), token)
                self._analysed[token] = its  # at last: who finds it here looks for it there
        return list(map(self._analysed.__getitem__, read))

    def counted_as(self, stems: Iterable[str]) -> dict[str, Analysed]:
        """Give the tokens met so far that are counted as one of these, "" as nothing, with what they are counted as."""
        found = chain.from_iterable(self._counted_as.get(stem, ()) for stem in stems)
        # What another thread is about to analyse may be named already.
        return {token: its for token in found if (its := self._analysed.get(token)) is not None}


_of_language: dict[str, _Met] = {}


def _met(language: str) -> _Met:
    """Give those of a language. Whoever holds them may go on with them when they are full and others begin anew."""
    met = _of_language.get(language)
    if met is None or met.full:
        met = _of_language[language] = _Met(language)
    return met


class Sought:
    """Terms that are looked for in texts of a language."""

    def __init__(self, wanted: frozenset[str], language: str) -> None:
        """wanted: what `terms` makes of a text, words and pairs."""
        self._wanted = wanted
        # What is counted as nothing parts no pair.
        self._parts = {"", *(part for term in wanted for part in term.split(PAIR))}
        self._language = language

    def held_by(self, texts: Sequence[Sequence[str]]) -> list[set[str]]:
        """Tell of the tokens of each text which of the terms they hold, as `terms` would make them of it."""
        met = _met(self._language)
        met.each(list(chain.from_iterable(texts)))
        likely = met.counted_as(self._parts)
        return [set() if likely.keys().isdisjoint(read) else self._held(read, likely) for read in texts]

    def _held(self, read: Sequence[str], likely: dict[str, Analysed]) -> set[str]:
        """likely: of the tokens those that count for a term, or as nothing."""
        held: set[str] = set()
        before, stopped = "", False
        for its in map(likely.get, read):
            if its is None:
                before = ""
                continue
            for stem, stops in its.sequence:
                if not stops and stem in self._wanted:
                    held.add(stem)
                if before and not (stopped and stops) and (pair := f"{before}{PAIR}{stem}") in self._wanted:
                    held.add(pair)
                before, stopped = stem, stops
            held.update(self._wanted.intersection(its.beside))
        return held


def stop_stems(language: str) -> frozenset[str]:
    """What the stop words of a language are counted as."""
    return _counted(stop_words(language), language)


@cache
def function_stems(language: str) -> frozenset[str]:
    """What its function words are counted as; see `function_words`."""
    return _counted(function_words(language), language)


def _counted(these: Iterable[str], language: str) -> frozenset[str]:
    return frozenset(stem for word in these for stem, _ in analysed(word, language).sequence)


def variants(word: str, alphabet: Iterable[str] = "abcdefghijklmnopqrstuvwxyz") -> set[str]:
    """All that one slip of the typist makes of a folded word: a letter dropped, doubled, wrong, or two swapped.

    After Norvig, https://norvig.com/spell-correct.html.
    """
    letters = tuple(alphabet)
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    dropped = {left + right[1:] for left, right in cuts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    wrong = {left + letter + right[1:] for left, right in cuts if right for letter in letters}
    inserted = {left + letter + right for left, right in cuts for letter in letters}
    return (dropped | swapped | wrong | inserted) - {word}


def near_stems(word: str, language: str) -> set[str]:
    """Stem all that one slip makes of a folded word in a language, stop words left out."""
    # All at once, past `analysed`: a slip makes some five hundred, and a question may have several words unknown.
    counted = {**months(language), **irregular_forms(language)}
    near = [counted.get(slip, slip) for slip in variants(word).difference(stop_words(language))]
    return set(stems(near, language, kept=False))


def parts(token: str) -> tuple[list[str], list[str]]:
    """Return the words of a token that is more than letters and figures, and beside them a hyphenated word as one."""
    if token[0].isdigit():
        if _DATE.fullmatch(token) and (date := date_parts(token))[0]:
            return date
        if "," in token:
            return [token.replace(",", "")], []
        if "." in token:
            return [token], []
    elif "." in token:
        return [token.replace(".", "")], []
    its = [part for part in _HYPHEN.split(_APOSTROPHE.sub("", token)) if part]
    return its, ["".join(its)] if len(its) > 1 else []
