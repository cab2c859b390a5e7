"""Notes of text without geometry: found by label, sequence and white space alone.

A line that begins with a label is a note only if a mark of that label is stuck to a word before it, after the mark of
the note before: sequence is all the evidence there is, so it must be whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.notes.labels import normalise
from briefqa.notes.linking import stuck
from briefqa.notes.text_marks import PART_END, places, raised_in, rows_with_numbers, symbols_in
from briefqa.notes.text_pages import find_on_pages
from briefqa.notes.text_rows import HEAD, Found, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_NOTES_HEADING = re.compile(
    r"\s*(?:end\s?notes?|notes?|footnotes?|references|anmerkungen|fußnoten)\s*:?\s*", re.IGNORECASE
)
_MAX_GAP = 3
# Heads like "1.", "1" or "(1)" with marks stuck to words; the share of a run that must have marks so.
_BARE = {"2", "3"}
_SURELY = 0.75
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹^"
# Signs that lists of points begin with as well, and how many rows away the next point may be.
_BULLETS = {"* ", "∗ "}
_NEAR = 6
_MOST_WALKS = 8
# Where a mark may stand in so many places, it is told by none.
_MOST_PLACES = 50


def find_notes(rows: list[Row], rules: set[int], brief_id: str, *, double: bool, paged: bool) -> list[Found]:
    """The notes among the rows; rows that belong to one are marked as such. paged: the text says where pages end."""
    found = find_on_pages(rows, rules, brief_id) if paged else []
    if found or (paged and not any(_NOTES_HEADING.fullmatch(row.text) for row in rows)):
        return found
    return _find_in_flow(rows, rules, brief_id, double=double)


def _find_in_flow(rows: list[Row], rules: set[int], brief_id: str, *, double: bool) -> list[Found]:
    """The notes of text without pages: written in one way, that of most; and no list of points beside stray figures."""
    points, marks = _bullets(rows), _Marks(rows)
    way = ""
    notes: list[Found] = []
    lists: list[list[Found]] = []
    for _ in range(_MOST_WALKS):
        notes = _walk(marks, rules, points, double=double, way=way)
        ways = Counter(note.way for note in notes if note.mark is not None and note.label.isdigit())
        runs = list(_runs(notes, rows))
        # The rest of a run that begins anew in between is not judged before its beginning is.
        whole = [run for before, run in pairwise([[], *runs]) if not before or not _counts_on(before[-1], run[0])]
        lists = [run for run in whole if _is_list(run, rows)]
        if len(ways) < 2 and not lists:
            break
        # What is no note may have taken the mark of one: begin again without it.
        way = ways.most_common(1)[0][0] if len(ways) > 1 else way
        points |= {note.row for run in lists for note in run}
    else:
        left = [note for run in lists for note in run]
        notes = [note for note in notes if note not in left]
        for row in rows:
            row.note = None if row.note in left else row.note
    for number, note in enumerate(notes, start=1):
        note.id = f"{brief_id}-n{number}"
    _adopt_paragraphs(rows, notes)
    return notes


def _is_stressed(text: str, head: re.Match[str]) -> bool:
    """Whether a star before a word is the first of two around it: "*unstable* and *testing*"."""
    return (
        bool(head[5]) and text[head.end() - 1] == head[5][-1] and re.search(r"\w[*∗]", text[head.end() :]) is not None
    )


def _bullets(rows: Sequence[Row]) -> set[int]:
    """The rows that begin with a star, if some of them are points of a list: others stand near."""
    stars = [index for index, row in enumerate(rows) if row.stripped[:2] in _BULLETS]
    return set(stars) if any(later - at <= _NEAR for at, later in pairwise(stars)) else set()


def _walk(marks: _Marks, rules: set[int], points: set[int], *, double: bool, way: str) -> list[Found]:
    """Walk down the rows, opening a note at each head whose mark stands above it.

    points: rows that begin none. way: the only one in which heads and marks with numbers are written, "" for any.
    """
    rows = marks.rows
    for row in rows:
        row.note = None
    notes: list[Found] = []
    current: Found | None = None
    endnotes = False
    for index, row in enumerate(rows):
        if _NOTES_HEADING.fullmatch(row.text) and index + 1 < len(rows) and HEAD.match(rows[index + 1].text):
            endnotes, current = True, None
            row.note = Found("", "", row.page, endnote=True)
            continue
        head = HEAD.match(row.text)
        begins = row.blank_before or index in rules or current is not None or row.first_on_page
        if head and begins and index not in points and not _is_stressed(row.text, head):
            label = normalise(next(group for group in head.groups() if group))
            tried = "[" if head[1] else ""
            mark = _mark_above(marks, index, label, notes, bracketed=tried)
            if mark is None and label.isdigit() and (endnotes or index in rules or current is not None):
                # Below a heading or a rule, "(1)" and "1." may be what "(1)" and "[1]" lead to.
                tried = "(" if head[2] else "["
                mark = _mark_above(marks, index, label, notes, bracketed=tried)
            follows = bool(
                current and label.isdigit() and current.label.isdigit() and int(label) == int(current.label) + 1
            )
            written = f"{head.lastindex}{tried if mark is not None or current is None else current.way[1:]}"
            fits = not way or not label.isdigit() or written == way
            if fits and (mark is not None or (follows and _is_numbered(notes))):
                current = Found(label, "", row.page, endnotes, mark=mark)
                current.row, current.way = index, written
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


def _runs(notes: Sequence[Found], rows: Sequence[Row]) -> Iterator[list[Found]]:
    """The notes in runs whose numbers count on, without beginning anew in between."""
    run: list[Found] = []
    for note in notes:
        counts_on = (
            run
            and _counts_on(run[-1], note)
            and not any(
                (head := HEAD.match(row.text)) and head[head.lastindex or 0] == run[0].label
                for row in rows[run[-1].row + 1 : note.row]
            )
        )
        if run and not counts_on:
            yield run
            run = []
        run.append(note)
    if run:
        yield run


def _counts_on(before: Found, note: Found) -> bool:
    return before.label.isdigit() and note.label.isdigit() and int(note.label) == int(before.label) + 1


def _is_list(run: Sequence[Found], rows: Sequence[Row]) -> bool:
    """Whether "1.", "2." are points rather than notes.

    They are where they do not begin with 1, where more marks than theirs stand above, where few of them have one, and
    where fewer than half of those stand behind a sentence or a part of one: figures are stuck to words by chance too.
    """
    if run[0].way not in _BARE or any(note.endnote for note in run):
        return False
    marks = [note.mark for note in run if note.mark is not None]
    if run[0].label != "1" or not marks or len(marks) < _SURELY * len(run):
        return True
    above = range(marks[-1][0], run[0].row)
    if any(place.weight == 1.0 for place in places(rows, above, str(int(run[-1].label) + 1), loose=False)):
        return True
    ended = sum(
        rows[row].text[start] in _RAISED or PART_END.search(rows[row].text, 0, start) is not None
        for row, start, _ in marks
    )
    return ended < 0.5 * len(marks)


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


class _Marks:
    """Where marks stand in rows: for each label and way of writing it, looked for once."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._with = rows_with_numbers(rows, range(len(rows)))
        self._known: dict[tuple[str, str], list[tuple[int, int, int]]] = {}

    def between(self, label: str, bracketed: str, low: tuple[int, int], below: int) -> list[tuple[int, int, int]]:
        """The places (row, start, end) from a place on and above a row, none of them a note's; not all of many."""
        if (label, bracketed) not in self._known:
            where = self._with.get(label, ()) if label.isdigit() else range(len(self.rows))
            self._known[label, bracketed] = [
                (index, found.start(), found.end())
                for index in where
                for found in _marks_in(self.rows[index].text, label, bracketed=bracketed)
            ]
        known = self._known[label, bracketed]
        found: list[tuple[int, int, int]] = []
        for place in known[bisect_left(known, low) :]:
            if place[0] >= below or len(found) > _MOST_PLACES:
                break
            if self.rows[place[0]].note is None:
                found.append(place)
        return found


def _mark_above(
    marks: _Marks, index: int, label: str, notes: Sequence[Found], *, bracketed: str = ""
) -> tuple[int, int, int] | None:
    """Where the mark of a note stands: the only fitting place after the mark of the note before it, or None."""
    if label.isdigit() and notes and notes[-1].label.isdigit():
        gap = int(label) - int(notes[-1].label)
        if not (1 <= gap <= _MAX_GAP or label == "1"):
            return None
    elif label.isdigit() and int(label) > 30 and not notes:
        return None
    last = next((note.mark for note in reversed(notes) if note.mark is not None), (-1, 0, 0))
    places = marks.between(label, bracketed, (last[0], last[2]), index)
    sentence_end = [place for place in places if re.search(r"[.!?,;:”’\")]$", marks.rows[place[0]].text[: place[1]])]
    if 1 < len(places) <= _MOST_PLACES and len(sentence_end) == 1:
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
