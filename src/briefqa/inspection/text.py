"""The text of a brief page by page, its marks put back, for both kinds of page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Brief, Mark, Note, Problem


@dataclass(frozen=True, slots=True)
class PageText:
    """One page: its part of the body as pieces of text and marks, and what belongs to it."""

    index: int
    label: str
    pieces: tuple[str | Mark, ...]
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...]


def pages_of(brief: Brief) -> Iterator[PageText]:
    """The pages in order. Notes and problems stand on the page on which they begin."""
    for number, page in enumerate(brief.pages, start=1):
        last = number == len(brief.pages)
        marks = [
            mark
            for mark in brief.marks
            if (page.start < mark.offset or number == 1) and (mark.offset <= page.end or last)
        ]
        yield PageText(
            page.index,
            page.label,
            tuple(_pieces(brief.body, page.start, page.end, marks)),
            tuple(note for note in brief.notes if note.page == page.index),
            tuple(problem for problem in brief.problems if problem.page == page.index),
        )


def _pieces(body: str, start: int, end: int, marks: list[Mark]) -> Iterator[str | Mark]:
    for mark in marks:
        place = min(max(mark.offset, start), end)
        if place > start:
            yield body[start:place]
            start = place
        yield mark
    if start < end:
        yield body[start:end]


def whole(brief: Brief) -> tuple[Problem, ...]:
    """The problems that belong to no page of the brief."""
    known = {page.index for page in brief.pages}
    return tuple(problem for problem in brief.problems if problem.page not in known)


def shown(text: str) -> str:
    """Text with its control characters replaced: some would command a terminal, and HTML allows none."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)
