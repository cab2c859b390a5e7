"""Takes the numbers in the margin off a page, which count its lines in pleadings and drafts."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.reading.lines import since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Line, Page

# The number is a run of its own at the line's left.
_LINE_NUMBER = re.compile(r"\s*(\d{1,3})(?:\s+|$)")
_LEAST_NUMBERED = 8
# How many lines' numbers go by one; that many numbers of a page tell then.
_LINES_SKIPPED = (2, 3, 4, 5, 10)
_LEAST_SKIPPING = 3
# How far apart the right edges of such numbers are at most, in points.
_SAME_EDGE = 3.0


def without_line_numbers(page: Page) -> Page:
    """The page without the numbers in its margin that count its lines, all or each fifth."""
    first = _in_margin([(line, int(found[1])) for line in page.lines if (found := _line_number(line))])
    every = 1
    if not _counts_lines(first, 1, _LEAST_NUMBERED):
        # Each fifth line or so may be numbered, left of all text.
        left = Counter(round(line.x0) for line in page.lines).most_common(1)
        first = [(line, number) for line, number in first if line.spans[0].x1 < left[0][0]]
        every = next((step for step in _LINES_SKIPPED if _counts_lines(first, step, _LEAST_SKIPPING)), 0)
    if not every:
        return page
    numbers, numbered = [number for _, number in first], [line for line, _ in first]
    usual = statistics.median(line.size for line in numbered)
    # Notes below the text have none.
    if len(numbers) < 0.6 * sum(line.size >= 0.9 * usual for line in page.lines) / every:
        return page
    counted = {id(line) for line in numbered}
    lines = (
        since(line, found.end()) if id(line) in counted and (found := _LINE_NUMBER.match(line.text)) else line
        for line in page.lines
    )
    return replace(page, lines=tuple(line for line in lines if line.text))


def _line_number(line: Line) -> re.Match[str] | None:
    """The number that a line begins with, drawn by itself."""
    found = _LINE_NUMBER.match(line.text)
    return found if found and line.spans and line.spans[0].end <= found.end() else None


def _in_margin(first: Sequence[tuple[Line, int]]) -> list[tuple[Line, int]]:
    """The numbers that end where most of them end: labels of notes begin where the text does."""
    if not first:
        return []
    usual = Counter(round(line.spans[0].x1) for line, _ in first).most_common(1)[0][0]
    return [(line, number) for line, number in first if abs(line.spans[0].x1 - usual) <= _SAME_EDGE]


def _counts_lines(first: Sequence[tuple[Line, int]], every: int, least: int) -> bool:
    """Whether the numbers that lines begin with count up by every, nearly all."""
    steps = sum(later == earlier + every for (_, earlier), (_, later) in pairwise(first))
    whole = all(number % every == 0 for _, number in first)
    return whole and len(first) >= least and steps >= 0.9 * (len(first) - 1)
