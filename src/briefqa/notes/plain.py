"""Documents without geometry (TXT): note blocks found by label, sequence and white space alone.

A line that begins with a label is a note only if a mark of that label is stuck to a word before it, after the mark of
the note before: sequence is all the evidence there is, so it must be whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefqa.briefs import Brief, Document, Line, Note, Page, Problem
from briefqa.notes.flow import BodyLine, Cut, mark_block, write_body
from briefqa.notes.joining import Vocabulary, clean, join
from briefqa.notes.labels import normalise
from briefqa.notes.linking import stuck

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = re.compile(
    r"\s{0,12}(?:\[(\d{1,3})\]|\((\d{1,3})\)|(\d{1,3})[.):]?|([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})|([*†‡§¶‖]{1,3}))(?:\s+(?=\S)|(?=[^\W\d_“\"‘(]))"
)
_RULE = re.compile(r"\s*(?:[-–—_=─]{5,}|\s{15,})\s*")
_FOLIO = re.compile(r"\s*[-–—\s]*(?:page\s+)?\d{1,4}[-–—\s]*(?:of\s+\d+)?\s*", re.IGNORECASE)
_NOTES_HEADING = re.compile(
    r"\s*(?:end\s?notes?|notes?|footnotes?|references|anmerkungen|fußnoten)\s*:?\s*", re.IGNORECASE
)
_ENDED = re.compile(r"[.!?:…][”’\"')\]]*\d{0,3}$")
_MAX_GAP = 3


@dataclass(slots=True, eq=False)
class _Row:
    """One line of the file: where it is, what stands around it, and what it turns out to be."""

    text: str
    page: int
    blank_before: bool
    blank_after: bool
    first_on_page: bool = False
    note: _Found | None = None
    cuts: list[Cut] = field(default_factory=list)

    @property
    def stripped(self) -> str:
        return self.text.strip()


@dataclass(slots=True, eq=False)
class _Found:
    """A note being collected."""

    label: str
    id: str
    page: int
    endnote: bool
    parts: list[str] = field(default_factory=list)
    mark: tuple[int, int, int] | None = None


def understand_plain(document: Document, brief_id: str) -> Brief:
    """Tell body, marks and notes of a document without geometry apart."""
    rows, double, rules = _rows(document.pages)
    notes = _find_notes(rows, rules, brief_id, double=double)
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
    pages = [
        Page(index, str(index), 0.0, 0.0, ()) for index in range(1, max((row.page for row in rows), default=1) + 1)
    ]
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


def _rows(pages: Sequence[Page]) -> tuple[list[_Row], bool, set[int]]:
    """The lines that hold text; whether blank lines stand between all lines; which rows follow a rule.

    Text taken from a PDF loses its form feeds; there a line that begins with a blank right after another one begins
    a page.
    """
    rows: list[_Row] = []
    rules: set[int] = set()
    for page in pages:
        blank = True
        first = True
        lines = _without_folio(page.lines) if len(pages) > 1 else list(page.lines)
        for line in lines:
            if not line.text.strip() or _RULE.fullmatch(line.text):
                if _RULE.fullmatch(line.text) and len(line.text) >= 5:
                    rules.add(len(rows))
                if rows:
                    rows[-1].blank_after = True
                blank = True
                continue
            rows.append(_Row(line.text, page.index, blank, blank_after=False, first_on_page=first and page.index > 1))
            blank = first = False
    spaced = sum(row.blank_after for row in rows)
    double = len(rows) > 6 and spaced > 0.6 * len(rows)
    if len(pages) == 1 and double:
        _implied_pages(rows)
    return rows, double, rules


def _without_folio(lines: Sequence[Line]) -> list[Line]:
    """The lines of a page without a page number at its very top or bottom."""
    kept = list(lines)
    for edge in (0, -1):
        while kept and not kept[edge].text.strip():
            kept.pop(edge)
        if len(kept) > 1 and _FOLIO.fullmatch(kept[edge].text):
            kept.pop(edge)
    return kept


def _implied_pages(rows: list[_Row]) -> None:
    """Number the pages of double-spaced text by its breaks (see `_rows`)."""
    page = 1
    for index, row in enumerate(rows):
        if index and not row.blank_before and row.text.startswith(" "):
            page += 1
            row.first_on_page = True
        row.page = page


def _find_notes(rows: list[_Row], rules: set[int], brief_id: str, *, double: bool) -> list[_Found]:
    """Walk down the rows, opening a note at each head whose mark stands above it."""
    notes: list[_Found] = []
    current: _Found | None = None
    endnotes = False
    for index, row in enumerate(rows):
        if _NOTES_HEADING.fullmatch(row.text) and index + 1 < len(rows) and _HEAD.match(rows[index + 1].text):
            endnotes, current = True, None
            row.note = _Found("", "", row.page, endnote=True)
            continue
        head = _HEAD.match(row.text)
        if head and (row.blank_before or index in rules or current is not None or row.first_on_page):
            label = normalise(next(group for group in head.groups() if group))
            mark = _mark_above(rows, index, label, notes, bracketed=bool(head[1]))
            follows = bool(
                current and label.isdigit() and current.label.isdigit() and int(label) == int(current.label) + 1
            )
            if mark is not None or (follows and _is_numbered(notes)):
                current = _Found(label, f"{brief_id}-n{len(notes) + 1}", row.page, endnotes, mark=mark)
                current.parts.append(row.text[head.end() :].strip())
                notes.append(current)
                row.note = current
                continue
        if current is not None and _goes_on(rows, index, double=double, endnotes=endnotes):
            current.parts.append(row.stripped)
            row.note = current
        else:
            current = None
    return notes


def _is_numbered(notes: Sequence[_Found]) -> bool:
    return bool(notes) and notes[-1].mark is not None


def _mark_above(
    rows: Sequence[_Row], index: int, label: str, notes: Sequence[_Found], *, bracketed: bool
) -> tuple[int, int, int] | None:
    """Where the mark of a note stands: the only fitting place after the mark of the note before it, or None."""
    if label.isdigit() and notes and notes[-1].label.isdigit():
        gap = int(label) - int(notes[-1].label)
        if not (1 <= gap <= _MAX_GAP or label == "1"):
            return None
    elif label.isdigit() and int(label) > 30 and not notes:
        return None
    last = next((note.mark for note in reversed(notes) if note.mark is not None), (-1, 0, 0))
    places: list[tuple[int, int, int]] = []
    for number in range(max(last[0], 0), index):
        row = rows[number]
        if row.note is not None:
            continue
        places += [
            (number, found.start(), found.end())
            for found in _marks_in(row.text, label, bracketed=bracketed)
            if (number, found.start()) >= (last[0], last[2])
        ]
    sentence_end = [place for place in places if re.search(r"[.!?,;:”’\")]$", rows[place[0]].text[: place[1]])]
    if len(places) > 1 and len(sentence_end) == 1:
        places = sentence_end
    return places[0] if len(places) == 1 else None


def _marks_in(text: str, label: str, *, bracketed: bool) -> list[re.Match[str]]:
    if bracketed:
        return list(re.finditer(rf"\s?\[{re.escape(label)}\]", text))
    if label.isdigit():
        superscript = label.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        raised = list(re.finditer(rf"(?<![⁰¹²³⁴⁵⁶⁷⁸⁹]){superscript}(?![⁰¹²³⁴⁵⁶⁷⁸⁹])", text))
        return raised or stuck(label, text)
    return list(re.finditer(rf"(?<=\S){re.escape(label)}(?=\s|$|[.,;:)])", text))


def _goes_on(rows: Sequence[_Row], index: int, *, double: bool, endnotes: bool) -> bool:
    """Whether a row carries on the note of the row before it."""
    row, before = rows[index], rows[index - 1]
    if row.page != before.page:
        return endnotes and not row.blank_before
    if not row.blank_before:
        return True
    unfinished = not re.search(r"[.!?)”’\"\]]$|https?://\S+$", before.stripped) or before.stripped.endswith("-")
    if double:
        # Body lines stand alone between blank lines, lines of a note follow each other.
        return unfinished and not (before.blank_before and before.note is None)
    return False


def _note_text(note: _Found, vocabulary: Vocabulary) -> str:
    widest = max(len(part) for part in note.parts)
    text = ""
    previous = ""
    for part in note.parts:
        if text:
            text, between = join(text, part, vocabulary, full=len(previous) >= 0.75 * widest)
            text += between
        text += part
        previous = part
    return clean(text)


def _body_lines(rows: Sequence[_Row], pages: Sequence[Page], *, double: bool) -> list[BodyLine]:
    """Rows as body lines, with paragraphs told by blank lines or, where those stand everywhere, by short last lines."""
    lengths = sorted(len(row.stripped) for row in rows)
    wide = lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
    wrapped = wide <= 160
    lines: list[BodyLine] = []
    previous: _Row | None = None
    for row in rows:
        full = len(row.stripped) >= 0.8 * wide
        item = BodyLine(Line(row.text), pages[row.page - 1], row.cuts, full=full)
        item.paragraph = previous is None or _begins_paragraph(previous, row, wide, double=double, wrapped=wrapped)
        lines.append(item)
        previous = row
    mark_block(lines)
    return lines


def _begins_paragraph(previous: _Row, row: _Row, wide: int, *, double: bool, wrapped: bool) -> bool:
    ended = _ENDED.search(previous.stripped) is not None
    if not wrapped:
        return True
    short = len(previous.stripped) < 0.8 * wide
    if row.page != previous.page or row.first_on_page:
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
