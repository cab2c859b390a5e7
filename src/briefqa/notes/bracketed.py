"""Marks in brackets on the line, "[3]" or "(3)", of documents whose notes at the feet of pages are headed so.

Brackets in the text are many things: paragraphs of a judgment, items, references to a list. They are marks only where
nearly every head in small print finds its number in the larger print above it, or on the page before.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.notes.endnotes import is_heading
from briefqa.notes.heads import SMALL, body_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.briefs import Line, Page, Span

_INSIDE = {"[": re.compile(r"(?<=\S)\s?\[(\d{1,3})\]"), "(": re.compile(r"(?<=\S)\s?\((\d{1,3})\)")}
_HEAD = {"[": re.compile(r"\s*\[(\d{1,3})\]\s*(?=\S)"), "(": re.compile(r"\s*\((\d{1,3})\)\s*(?=\S)")}
# How many of the heads must have their mark, and how many heads there must be: "(1)" begins more than notes.
_NAMED = 0.8
_LEAST = {"[": 1, "(": 3}

# By page index: the number of each head, with its line.
Heads = dict[int, list[tuple[int, "Line"]]]


def with_bracketed_marks(pages: Sequence[Page]) -> list[Page]:
    """The pages, their bracketed marks and heads of notes made superior figures, where the document has such notes."""
    size = body_size(pages)
    for bracket in _INSIDE:
        heads = _heads(pages, bracket, size)
        if heads and _are_notes(pages, heads, bracket, size):
            return [_raised(page, heads, bracket, size) for page in pages]
    return list(pages)


def _heads(pages: Sequence[Page], bracket: str, size: float) -> Heads:
    """The lines in small print that begin with a number in brackets; none where a heading says what they are."""
    heads: Heads = defaultdict(list)
    for page in pages:
        for line in page.lines:
            if is_heading(line.text):
                return {}
            found = _HEAD[bracket].match(line.text) if line.size <= SMALL * size else None
            if found:
                heads[page.index].append((int(found[1]), line))
    return heads


def _are_notes(pages: Sequence[Page], heads: Heads, bracket: str, size: float) -> bool:
    """Whether heads count up page by page, and marks name nearly all of them just once."""
    named = {page.index: _numbers(page, bracket, size) for page in pages}
    total = sum(map(len, heads.values()))
    for page in heads.values():
        if any(later != earlier + 1 for (earlier, _), (later, _) in pairwise(page)):
            return False
    known = sum(
        named[page][number] == 1 or (not named[page][number] and named.get(page - 1, Counter())[number] == 1)
        for page, found in heads.items()
        for number, _ in found
    )
    return total >= _LEAST[bracket] and known >= _NAMED * total


def _numbers(page: Page, bracket: str, size: float) -> Counter[int]:
    """How often each number stands in brackets inside the page's larger print."""
    return Counter(
        int(found[1])
        for line in page.lines
        if line.size > SMALL * size
        for found in _INSIDE[bracket].finditer(line.text)
    )


def _raised(page: Page, heads: Heads, bracket: str, size: float) -> Page:
    """The page with the marks of its own notes and those of the next page made superior."""
    wanted = {number for index in (page.index, page.index + 1) for number, _ in heads.get(index, ())}
    first = {id(line) for _, line in heads.get(page.index, ())}

    def lines() -> Iterator[Line]:
        for line in page.lines:
            if id(line) in first:
                found = _HEAD[bracket].match(line.text)
                yield _superior(line, [(0, len(found[0].rstrip()))] if found else [])
            elif line.size > SMALL * size:
                inside = _INSIDE[bracket].finditer(line.text)
                yield _superior(line, [found.span() for found in inside if int(found[1]) in wanted])
            else:
                yield line

    return replace(page, lines=tuple(lines()))


def _superior(line: Line, places: Sequence[tuple[int, int]]) -> Line:
    """The line with its spans cut at these places, and those inside them superior."""
    if not places:
        return line
    spans: list[Span] = []
    for span in line.spans:
        position = span.start
        for place in places:
            start, end = max(place[0], span.start), min(place[1], span.end)
            if start >= end:
                continue
            if position < start:
                spans.append(span.cut(position, start))
            spans.append(replace(span.cut(start, end), superior=True))
            position = end
        if position < span.end:
            spans.append(span.cut(position, span.end))
    return replace(line, spans=tuple(spans))
