"""Acronyms with what they stand for, as the briefs themselves give it: "the Chief of Army Staff (COAS)".

After Schwartz and Hearst, "A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical Text", PSB 2003.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.lexical.analysis import words
from briefqa.lexical.languages import stop_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

_IN_BRACKETS = re.compile(r"(?<=\s)[(\[](?P<short>[^\W_][\w.&/-]{1,9})[)\]]")
_SPELLED = re.compile(r"\b(?P<short>[A-Z][A-Za-z.&-]{1,9}) \((?P<long>[^()\d]{5,80})\)")
_TOKEN = re.compile(r"\w[\w.&/-]*\w")
# An acronym in small letters is taken for one from so many on: "who" and "it" are words, "coas" is none.
_TOLD_WHEN_SMALL = 4
# Of several meanings one counts, if so many of the briefs that define it give it.
_AGREED = 0.5
_MOST_WORDS = 10


def _by_initials(letters: list[str], before: list[str]) -> str:
    """Return the last words if their initials are the letters, small words ("of") in between left aside; "" if not."""
    place = len(before)
    for letter in reversed(letters):
        place -= 1
        while place > 0 and before[place][0].lower() != letter and before[place].islower() and len(before[place]) <= 3:
            place -= 1
        if place < 0 or before[place][0].lower() != letter:
            return ""
    return " ".join(before[place:])


Found = dict[str, dict[str, list[int]]]
"""Acronym → what it stands for, folded → the rows of the briefs that say so."""


class Definitions:
    """Collects what the briefs define."""

    def __init__(self) -> None:
        self.found: Found = {}

    def read(self, brief: int, texts: Iterable[str]) -> None:
        """Take the definitions of a brief's texts. brief: its row."""
        said = {(short, " ".join(words(long))) for text in texts for short, long in definitions(text)}
        for short, meaning in sorted(said):
            self.found.setdefault(short, {}).setdefault(meaning, []).append(brief)


def agreed(found: Found, seen: NDArray[np.bool_] | None = None) -> dict[str, str]:
    """Return what each acronym stands for; those that stand for many things are left out.

    seen: for each brief whether what it says counts; None: all do.
    """
    meanings: dict[str, str] = {}
    for short, given in found.items():
        counts = {meaning: len(rows) if seen is None else int(seen[rows].sum()) for meaning, rows in given.items()}
        meaning, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
        if count and count >= _AGREED * sum(counts.values()):
            meanings[short] = meaning
    return meanings


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Find what a text defines: acronym, and the words that it stands for."""
    for match in _IN_BRACKETS.finditer(text):
        short = match["short"].rstrip(".")
        if _is_acronym(short):
            most = min(len(short) + 5, 2 * len(short))
            before = re.split(r"[;:!?()\n]|\.\s", text[max(match.start() - 150, 0) : match.start()])[-1]
            long = _spelled(short, " ".join(before.split()[-most:]))
            if long:
                yield short, long
    for match in _SPELLED.finditer(text):
        short = match["short"].rstrip(".")
        if _is_acronym(short) and _spelled(short, match["long"]) == match["long"]:
            yield short, match["long"]


def _is_acronym(text: str) -> bool:
    return sum(character.isupper() for character in text) >= 2


def _spelled(short: str, before: str) -> str:
    """Return the end of a text whose letters spell an acronym, the first one beginning a word; "" if none does."""
    letters = [character for character in short.lower() if character.isalnum()]
    if initials := _by_initials(letters, before.split()):
        return initials
    lower = before.lower()
    place = len(lower)
    for number, letter in reversed(list(enumerate(letters))):
        place = lower.rfind(letter, 0, place)
        while place > 0 and number == 0 and lower[place - 1].isalnum():
            place = lower.rfind(letter, 0, place)
        if place < 0:
            return ""
    long = before[place:].strip()
    few = len(long.split()) <= _MOST_WORDS
    return long if few and len(long) > len(short) and short.lower() not in long.lower().split() else ""


class Acronyms:
    """What acronyms stand for, looked up in both directions."""

    def __init__(self, meanings: Mapping[str, str], languages: Iterable[str]) -> None:
        self._meanings = meanings
        self._small = {short.lower(): short for short in meanings if len(short) >= _TOLD_WHEN_SMALL}
        self._shorts: dict[str, list[str]] = {}
        for short, meaning in meanings.items():
            self._shorts.setdefault(meaning, []).append(short)
        self._first = {meaning.partition(" ")[0] for meaning in self._shorts}
        self._stops: frozenset[str] = frozenset().union(*map(stop_words, languages))

    def meant_by(self, question: str) -> dict[str, str]:
        """Return what the acronyms of a question stand for, and the acronyms of what it spells out.

        By what is meant, what is said; folded.
        """
        if not self._meanings:
            return {}
        said = words(question)
        shorts = [short for token in _TOKEN.findall(question) if (short := self._known(token))]
        found = {self._meanings[short]: " ".join(words(short)) for short in shorts}
        for start in (place for place, word in enumerate(said) if word in self._first):
            for end in range(start + 2, min(start + _MOST_WORDS, len(said)) + 1):
                meaning = " ".join(said[start:end])
                found |= {" ".join(words(short)): meaning for short in self._shorts.get(meaning, ())}
        already = f" {' '.join(said)} "
        return {meant: its for meant, its in found.items() if f" {meant} " not in already}

    def _known(self, token: str) -> str:
        """Return the acronym that a word of a question is, or ""."""
        if token in self._meanings:
            return token
        return "" if token in self._stops else self._small.get(token, "")
