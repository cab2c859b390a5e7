"""Documents without geometry (TXT): `text_notes` finds the notes, this module writes the body around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.briefs import Brief, Document, Line, Note, Page, Problem
from briefqa.notes.flow import write_body
from briefqa.notes.joining import Vocabulary, clean, join_all
from briefqa.notes.paragraphs import BodyLine, Cut, mark_block
from briefqa.notes.text_notes import find_notes
from briefqa.notes.text_rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.notes.text_rows import Found, Row

_ENDED = re.compile(r"[.!?:…][”’\"')\]]*\d{0,3}$")


def understand_plain(document: Document, brief_id: str) -> Brief:
    """Tell body, marks and notes of a document without geometry apart."""
    rows, double, rules = rows_of(document.pages)
    notes = find_notes(rows, rules, brief_id, double=double, paged=len(document.pages) > 1)
    problems = [
        Problem(document.path, note.page, f"Note {note.label} has no mark in the text: {' '.join(note.parts)[:60]}")
        for note in notes
        if note.mark is None
    ]
    for note in notes:
        if note.mark is not None:
            row, start, end = note.mark
            rows[row].cuts.append(Cut(start, end, note.label, note.id))
    vocabulary = Vocabulary(row.stripped for row in rows)
    body_rows = [row for row in rows if row.note is None]
    last = max([len(document.pages), *(row.page for row in rows)])
    pages = [Page(index, str(index), 0.0, 0.0, ()) for index in range(1, last + 1)]
    lines = _body_lines(body_rows, pages, double=double)
    body = write_body(lines, pages, vocabulary)
    return Brief(
        id=brief_id,
        path=document.path,
        title="",
        body=body.text,
        pages=body.pages,
        marks=body.marks,
        notes=tuple(
            Note(
                note.id, note.label, "endnote" if note.endnote else "footnote", note.page, _note_text(note, vocabulary)
            )
            for note in notes
        ),
        sections=body.sections,
        problems=document.problems + tuple(problems),
    )


def _note_text(note: Found, vocabulary: Vocabulary) -> str:
    widest = max(len(part) for part in note.parts)
    return clean(join_all(((part, len(part) >= 0.75 * widest) for part in note.parts), vocabulary))


def _body_lines(rows: Sequence[Row], pages: Sequence[Page], *, double: bool) -> list[BodyLine]:
    """Rows as body lines, with paragraphs told by blank lines or, where those stand everywhere, by short last lines."""
    lengths = sorted(len(row.stripped) for row in rows)
    wide = lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
    wrapped = wide <= 160
    lines: list[BodyLine] = []
    previous: Row | None = None
    for row in rows:
        full = len(row.stripped) >= 0.8 * wide
        item = BodyLine(Line(row.text), pages[row.page - 1], row.cuts, full=full)
        item.paragraph = previous is None or _begins_paragraph(previous, row, wide, double=double, wrapped=wrapped)
        lines.append(item)
        previous = row
    mark_block(lines)
    return lines


def _begins_paragraph(previous: Row, row: Row, wide: int, *, double: bool, wrapped: bool) -> bool:
    ended = _ENDED.search(previous.stripped) is not None
    if not wrapped:
        return True
    short = len(previous.stripped) < 0.8 * wide
    if (row.page, row.block) != (previous.page, previous.block) or row.first_on_page:
        return ended and (short or double is False) and not row.stripped[:1].islower()
    if double:
        # The next word would have fitted: the line was the last one of its paragraph, or a heading.
        early = len(previous.stripped) + len(row.stripped.split(maxsplit=1)[0]) < 0.8 * wide
        # A short line that no sentence ends is a heading, however full the line before it.
        heading = (
            ended and len(row.stripped) < 0.6 * wide and row.stripped[:1].isupper() and not _ENDED.search(row.stripped)
        )
        return (short and (ended or early)) or heading
    return row.blank_before or (len(previous.stripped) < 0.5 * wide and ended)
