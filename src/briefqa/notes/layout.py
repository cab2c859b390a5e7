"""Where on its pages everything stands that was understood of a printed document: for a person to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from briefqa.notes.printed import Reading, read_printed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Document, Line, Page, Span
    from briefqa.notes.linking import Candidate

Role = Literal["body", "note", "mark", "left out"]
# What a line reaches above and below its baseline, in font sizes.
_ASCENT, _DESCENT = 0.78, 0.24


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
    boxes = [*_body(reading), *_notes(reading)]
    boxes += _left_out(document, boxes)
    boxes += [_mark(reading, mark) for mark in reading.marks]
    pages = {page.index: page for page in document.pages}
    return tuple(_displayed(box, pages[box.page]) for box in boxes)


def _box(role: Role, page: int, line: Line, note_id: str = "") -> Box:
    return Box(
        role,
        page,
        line.x0,
        line.y - _DESCENT * line.size,
        line.x1,
        line.y + _ASCENT * line.size,
        line.text,
        line.size,
        note_id,
    )


def _body(reading: Reading) -> Iterator[Box]:
    """Body lines, and the lines of endnotes, which stand among them."""
    drafts = [draft for draft in reading.notes if draft.kind == "endnote"]
    note_id = ""
    for row, (page, line) in enumerate(reading.rows):
        if row not in reading.endnote_rows:
            yield _box("body", page, line)
            continue
        head = line.text.lstrip(" [(")
        if drafts and drafts[0].page == page and head.startswith(drafts[0].label):
            note_id = drafts.pop(0).id
        yield _box("note", page, line, note_id)


def _notes(reading: Reading) -> Iterator[Box]:
    """The lines of footnotes: a line that the next note's label heads begins it, the others carry on."""
    drafts = [draft for draft in reading.notes if draft.kind == "footnote"]
    note_id = ""
    for foot in (foot for column in reading.columns for foot in column.feet):
        for line, label in foot.rows:
            if label is not None and drafts and (label.text, foot.page) == (drafts[0].label, drafts[0].page):
                note_id = drafts.pop(0).id
            yield _box("note", foot.page, line, note_id)


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
    """The box of a mark: the pieces of the spans that it covers, letters taken as equally wide."""
    page, line = reading.rows[mark.order[0]]
    note_id = mark.note.id if mark.note is not None else ""
    end = max(mark.end, mark.start + 1)  # one that a range implies ("3–5") has no letters
    spans = [span for span in line.spans if span.start < end and mark.start < span.end]
    if not spans:
        return Box("mark", page, line.x1, line.y, line.x1 + 3, line.y + line.size, mark.label, line.size, note_id)
    size, y = spans[0].size, spans[0].y
    left, right = _x(spans[0], mark.start), _x(spans[-1], end)
    return Box("mark", page, left, y - 0.1 * size, right, y + _ASCENT * size, mark.label, size, note_id)


def _x(span: Span, offset: int) -> float:
    """Where in a span a letter begins."""
    share = (offset - span.start) / max(1, span.end - span.start)
    return span.x0 + (span.x1 - span.x0) * min(max(share, 0.0), 1.0)


def _displayed(box: Box, page: Page) -> Box:
    """The box where a reader sees it: right-to-left pages are read mirrored."""
    if not page.mirrored:
        return box
    left, right = page.width - box.x1, page.width - box.x0
    return Box(box.role, box.page, left, box.y0, right, box.y1, box.text, box.size, box.note_id)
