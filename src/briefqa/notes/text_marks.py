"""Where the mark of a note may stand in a line of text without geometry, and how much speaks for each place."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from briefqa.notes.labels import is_exponent, normalise
from briefqa.notes.linking import stuck

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefqa.notes.text_rows import Row

_BEFORE = 5
_NUMBER = re.compile(r"\d+|[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_MOST_PLACES = 12
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# Glyphs that are read as the same symbol.
_ALIKE = {"*": "*∗＊⁎", "‖": "‖∥"}
_SENTENCE_END = re.compile(r"[.!?,;:”’»\")\]]\s?$")
PART_END = re.compile(r"[^\W\d_][.,;:!?”’\"')\]»]{1,3}$")
_WORD = re.compile(r"[^\W\d_][.,;:!?”’\"')\]»]{0,3}$")
# What a symbol is stuck to: a word, or the end of a part of a sentence; no bare figure, if it is a star: "v1.2*".
_ENDED = re.compile(r"[^\W\d_]$|[^\W_][.,;:!?”’\"')\]»]{1,3}$")
# "*so*": stars around words, not marks.
_EMPHASIS = re.compile(r"(?<![^\s(“\"‘'])[*∗](?=[^\s*∗])")


@dataclass(frozen=True, slots=True)
class Place:
    """Characters start to end of a row may be a mark. weight: how much speaks for it, 1 at most."""

    row: int
    start: int
    end: int
    weight: float


class Marks:
    """The places of marks in rows start to stop, each label looked for once. loose: see `apart_in`."""

    def __init__(self, rows: Sequence[Row], start: int, stop: int, *, loose: bool) -> None:
        self._rows, self._where, self._loose = rows, range(start, stop), loose
        self._known: dict[str, list[Place]] = {}
        self._with = rows_with_numbers(rows, self._where)

    def above(self, label: str, row: int) -> list[Place]:
        """The places above a row where a mark of this label may stand; none if there are so many that it is a guess."""
        if label not in self._known:
            where = self._with.get(label, ()) if label.isdigit() else self._where
            self._known[label] = places(self._rows, where, label, loose=self._loose)
        found = [place for place in self._known[label] if place.row < row]
        return found if len(found) <= _MOST_PLACES else []


def rows_with_numbers(rows: Sequence[Row], where: Iterable[int]) -> dict[str, list[int]]:
    """Which rows hold each number, raised or not: nowhere else need it be looked for."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for index in where:
        for number in {normalise(figures) for figures in _NUMBER.findall(rows[index].text)}:
            found[number].append(index)
    return found


def places(rows: Sequence[Row], where: Iterable[int], label: str, *, loose: bool) -> list[Place]:
    """All places in these rows, none of them a note's, where a mark of this label may stand. loose: see `apart_in`."""
    return [
        Place(index, start, end, weight)
        for index in where
        if rows[index].note is None
        for start, end, weight in _places_in(rows[index].text, label, loose)
    ]


@lru_cache(maxsize=4096)
def _places_in(text: str, label: str, loose: bool) -> tuple[tuple[int, int, float], ...]:  # noqa: FBT001 - cached
    if not label.isdigit():
        return tuple((found.start(), found.end(), 0.9) for found in symbols_in(text, label))
    raised = raised_in(text, label)
    if raised:
        return tuple((found.start(), found.end(), 1.0) for found in raised)
    fitting = stuck(label, text)
    if fitting:
        return tuple(
            (found.start(), found.end(), 1.0 if _SENTENCE_END.search(text[: found.start()]) else 0.8)
            for found in fitting
        )
    return tuple((found.start(), found.end(), 0.6) for found in apart_in(text, label, loose=loose))


def raised_in(text: str, label: str) -> list[re.Match[str]]:
    """Places where a number stands in superior figures, or behind the caret that stands for them."""
    figures = rf"(?<![⁰¹²³⁴⁵⁶⁷⁸⁹]){label.translate(_RAISED)}(?![⁰¹²³⁴⁵⁶⁷⁸⁹])"
    typed = rf"(?<=[^\W\d_]|[.,;:!?)\]”’»\"'])\^{label}(?!\d)"
    return [
        found
        for found in re.finditer(f"{figures}|{typed}", text)
        if not is_exponent(label, text[max(0, found.start() - _BEFORE) : found.start()])
    ]


def apart_in(text: str, label: str, *, loose: bool = False) -> list[re.Match[str]]:
    """Places where a label stands by itself behind the end of a sentence or part of one: "to his office. 3 Under".

    loose: behind any word: "Hieronymus 5, and".
    """
    behind = _WORD if loose else PART_END
    after = r"(?=\s*$|\s+[^\W\d_“‘(\[])" if not loose else r"(?=\s*$|\s+[^\W\d_“‘(\[]|[.,;:!?])"
    found = re.finditer(rf"(?<=\S)\s{{1,3}}{re.escape(label)}{after}", text)
    return [match for match in found if behind.search(text, max(0, match.start() - 5), match.start())]


def symbols_in(text: str, label: str) -> list[re.Match[str]]:
    """Places where a symbol is stuck to the end of a word, and is no star of a pair around words."""
    glyphs = _ALIKE.get(label[0], label[0])
    pattern = rf"(?<![\s{glyphs}])[{glyphs}]{{{len(label)}}}(?![{glyphs}])(?=\s|$|[.,;:!?)—–”’])"
    found = [
        match
        for match in re.finditer(pattern, text)
        if _ENDED.search(text, max(0, match.start() - 5), match.start())
        or (match[0][0] != "*" and text[match.start() - 1].isdigit())
    ]
    if label[0] == "*":
        found = [match for match in found if not _EMPHASIS.search(text, 0, match.start())]
    return found
