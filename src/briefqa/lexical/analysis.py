"""Text into terms: what has to be equal for a word of the question to meet a word of a passage.

Accents and case are folded. A hyphenated word counts as its parts and as one ("Sputnik-V": sputnik, v, sputnikv), so
that every way of writing it meets the others. Pairs of neighbours are terms, too: they reward passages that say what
the question says in its own order, names above all.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from briefqa.lexical.dates import NUMERIC, date_parts, month_or_day, months
from briefqa.lexical.irregular import irregular_forms, regular
from briefqa.lexical.languages import stems, stop_words

if TYPE_CHECKING:
    from collections.abc import Iterable

_HYPHENS = r"\-\u2010\u2011"
# Scripts that put no space between words: each character is a word, and its pairs do the rest.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(
    rf"[{_UNSPACED}]"
    rf"|{NUMERIC}"
    r"|(?:[^\W\d_]\.)+[^\W\d_]\b\.?"  # U.S., e.g.
    r"|\d+(?:[.,]\d+)+(?!\w)"  # 1,000 and 3.5
    rf"|[^\W{_UNSPACED}]+(?:['’{_HYPHENS}][^\W{_UNSPACED}]+)*"
)
_DATE = re.compile(NUMERIC)
_APOSTROPHE = re.compile(r"['’](?:s\b)?")
_HYPHEN = re.compile(f"[{_HYPHENS}]")
_SOFT = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")
# Where Unicode has combining characters.
_MARKS = range(0x300, 0x1F000)
# Tokens whose analysis is kept at hand: the frequent ones of a few languages, a few megabytes.
_AT_HAND = 1 << 15

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


def tokens(text: str) -> list[str]:
    """Split text into its folded words, hyphenated ones and dates in figures whole."""
    return _WORD.findall(fold(text))


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
    read = [_at_hand(token, language) for token in tokens(text)]
    sequence = [word for token in read for word in token.sequence]
    single = [stem for stem, stops in sequence if not stops]
    pairs = [f"{first}{PAIR}{second}" for (first, stops), (second, too) in pairwise(sequence) if not (stops and too)]
    return single + [word for token in read for word in token.beside], pairs


def stems_of(word: str, language: str) -> list[str]:
    """Stem the words of one token in a language, stop words left out."""
    return [stem for stem, stops in _at_hand(word, language).sequence if not stops]


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


_at_hand = lru_cache(_AT_HAND)(analysed)


class Sought(dict[str, "Analysed | None"]):
    """Terms that are looked for in text after text of a language: each token of these is analysed once.

    By token what it is counted as, None where that is not looked for, nor a part of a pair that is.
    """

    def __init__(self, wanted: frozenset[str], language: str) -> None:
        """wanted: what `terms` makes of a text, words and pairs."""
        self._wanted = wanted
        self._parts = frozenset(part for term in wanted for part in term.split(PAIR))
        self._language = language

    def __missing__(self, token: str) -> Analysed | None:
        """Analyse a token that is met for the first time."""
        its = _at_hand(token, self._language)
        # What is counted as nothing parts no pair.
        found = its if not its.sequence or not self._parts.isdisjoint(its.every) else None
        self[token] = found
        return found

    def held_by(self, read: Iterable[str]) -> set[str]:
        """Tell which of the terms the tokens of a text hold, as `terms` would make them of it."""
        held: set[str] = set()
        every = list(map(self.__getitem__, read))
        if not any(every):
            return held
        before, stopped = "", False
        for its in every:
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
    return frozenset(stem for word in stop_words(language) for stem, _ in analysed(word, language).sequence)


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
