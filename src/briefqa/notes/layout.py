"""Where on its pages everything stands that was understood of a printed document: for a person to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from briefqa.notes.placing import ASCENT, DESCENT, mark_rect, note_lines
from briefqa.notes.printed import Reading, read_printed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Document, Line, Page
    from briefqa.notes.linking import Candidate

Role = Literal["body", "note", "mark", "left out"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page and what it was taken for, in points from the page's lower left corner as displayed.

    note_id: of the note that a line belongs to or that a mark leads to, or "". size: of the print.
    """

    role: Role
    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    size: float
    note_id: str = ""


def layout(document: Document, brief_id: str) -> tuple[Box, ...]:
    """The boxes of a document with geometry, in reading order; marks after the lines that they stand in.

    What stands on a page and in no body line or note was left out: running heads, folios, announcements.
    """
    if not any(line.spans for page in document.pages for line in page.lines):
        return ()
    reading = read_printed(document, brief_id)
    boxes = [
        _box("body", page, line) for row, (page, line) in enumerate(reading.rows) if row not in reading.endnote_rows
    ]
    boxes += [_box("note", page, line, note_id) for page, line, note_id in note_lines(reading)]
    boxes += _left_out(document, boxes)
    boxes += [_mark(reading, mark) for mark in reading.marks]
    pages = {page.index: page for page in document.pages}
    return tuple(_displayed(box, pages[box.page]) for box in boxes)


def _box(role: Role, page: int, line: Line, note_id: str = "") -> Box:
    return Box(
        role,
        page,
        line.x0,
        line.y - DESCENT * line.size,
        line.x1,
        line.y + ASCENT * line.size,
        line.text,
        line.size,
        note_id,
    )


def _left_out(document: Document, boxes: list[Box]) -> Iterator[Box]:
    """The lines that no box covers."""
    used: dict[int, list[Box]] = {}
    for box in boxes:
        used.setdefault(box.page, []).append(box)
    for page in document.pages:
        for line in page.lines:
            new = _box("left out", page.index, line)
            if not any(
                abs(box.y0 - new.y0) < 0.5 * line.size and box.x0 < new.x1 + 1 and box.x1 > new.x0 - 1
                for box in used.get(page.index, ())
            ):
                yield new


def _mark(reading: Reading, mark: Candidate) -> Box:
    """The box of a mark."""
    page, line = reading.rows[mark.order[0]]
    note_id = mark.note.id if mark.note is not None else ""
    x0, y0, x1, y1 = mark_rect(line, mark.start, mark.end)
    size = next((span.size for span in line.spans if span.start <= mark.start < span.end), line.size)
    return Box("mark", page, x0, y0, x1, y1, mark.label, size, note_id)


def _displayed(box: Box, page: Page) -> Box:
    """The box where a reader sees it: right-to-left pages are read mirrored."""
    if not page.mirrored:
        return box
    left, right = page.width - box.x1, page.width - box.x0
    return Box(box.role, box.page, left, box.y0, right, box.y1, box.text, box.size, box.note_id)
