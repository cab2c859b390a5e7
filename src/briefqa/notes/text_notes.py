"""Notes of text without geometry: found by label, sequence and white space alone.

A line that begins with a label is a note only if a mark of that label is stuck to a word before it, after the mark of
the note before: sequence is all the evidence there is, so it must be whole.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.notes.labels import normalise
from briefqa.notes.linking import stuck
from briefqa.notes.text_marks import raised_in, symbols_in
from briefqa.notes.text_pages import find_on_pages
from briefqa.notes.text_rows import HEAD, Found, Row

if TYPE_CHECKING:
    from collections.abc import Sequence


_NOTES_HEADING = re.compile(
    r"\s*(?:end\s?notes?|notes?|footnotes?|references|anmerkungen|fußnoten)\s*:?\s*", re.IGNORECASE
)
_MAX_GAP = 3


def find_notes(rows: list[Row], rules: set[int], brief_id: str, *, double: bool, paged: bool) -> list[Found]:
    """The notes among the rows; rows that belong to one are marked as such. paged: the text says where pages end."""
    found = find_on_pages(rows, rules, brief_id) if paged else []
    if found or (paged and not any(_NOTES_HEADING.fullmatch(row.text) for row in rows)):
        return found
    return _find_in_flow(rows, rules, brief_id, double=double)


def _find_in_flow(rows: list[Row], rules: set[int], brief_id: str, *, double: bool) -> list[Found]:
    """Walk down the rows, opening a note at each head whose mark stands above it."""
    notes: list[Found] = []
    current: Found | None = None
    endnotes = False
    for index, row in enumerate(rows):
        if _NOTES_HEADING.fullmatch(row.text) and index + 1 < len(rows) and HEAD.match(rows[index + 1].text):
            endnotes, current = True, None
            row.note = Found("", "", row.page, endnote=True)
            continue
        head = HEAD.match(row.text)
        if head and (row.blank_before or index in rules or current is not None or row.first_on_page):
            label = normalise(next(group for group in head.groups() if group))
            mark = _mark_above(rows, index, label, notes, bracketed="[" if head[1] else "")
            if mark is None and label.isdigit() and (endnotes or index in rules or current is not None):
                # Below a heading or a rule, "(1)" and "1." may be what "(1)" and "[1]" lead to.
                mark = _mark_above(rows, index, label, notes, bracketed="(" if head[2] else "[")
            follows = bool(
                current and label.isdigit() and current.label.isdigit() and int(label) == int(current.label) + 1
            )
            if mark is not None or (follows and _is_numbered(notes)):
                current = Found(label, f"{brief_id}-n{len(notes) + 1}", row.page, endnotes, mark=mark)
                current.parts.append(row.text[head.end() :].strip())
                notes.append(current)
                row.note = current
                continue
        if current is not None and _goes_on(rows, index, double=double, endnotes=endnotes):
            current.parts.append(row.stripped)
            row.note = current
        else:
            current = None
    _adopt_paragraphs(rows, notes)
    return notes


def _adopt_paragraphs(rows: list[Row], notes: Sequence[Found]) -> None:
    """Give a note what stands between it and the next one, where both belong to one list: both marks stand above it."""
    first: dict[int, int] = {}
    for index, row in enumerate(rows):
        if row.note is not None:
            first.setdefault(id(row.note), index)
    for note, following in pairwise(notes):
        counted = note.label.isdigit() and following.label.isdigit() and int(following.label) == int(note.label) + 1
        if not counted or following.mark is None or following.mark[0] >= first[id(note)]:
            continue
        for row in rows[first[id(note)] : first[id(following)]]:
            if row.note is None:
                note.parts.append(row.stripped)
                row.note = note


def _is_numbered(notes: Sequence[Found]) -> bool:
    return bool(notes) and notes[-1].mark is not None


def _mark_above(
    rows: Sequence[Row], index: int, label: str, notes: Sequence[Found], *, bracketed: str = ""
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


def _marks_in(text: str, label: str, *, bracketed: str = "") -> list[re.Match[str]]:
    """Places where a mark of this label may stand. bracketed: "[" or "(" for marks in such brackets."""
    if bracketed == "(":
        return list(re.finditer(rf"(?<=\S)\s?\({re.escape(label)}\)", text))
    if bracketed:
        return list(re.finditer(rf"\s?\[{re.escape(label)}\]", text))
    if label.isdigit():
        return raised_in(text, label) or stuck(label, text)
    return symbols_in(text, label)


def _goes_on(rows: Sequence[Row], index: int, *, double: bool, endnotes: bool) -> bool:
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
