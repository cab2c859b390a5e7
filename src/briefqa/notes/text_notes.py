"""Notes of text without geometry: found by label, sequence and white space alone.

A line that begins with a label is a note only if a mark of that label is stuck to a word before it, after the mark of
the note before: sequence is all the evidence there is, so it must be whole.
"""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from briefqa.notes.labels import normalise
from briefqa.notes.linking import stuck
from briefqa.notes.text_rows import HEAD, LONE_LABEL, Found, Row

if TYPE_CHECKING:
    from collections.abc import Sequence


_NOTES_HEADING = re.compile(
    r"\s*(?:end\s?notes?|notes?|footnotes?|references|anmerkungen|fußnoten)\s*:?\s*", re.IGNORECASE
)
_MAX_GAP = 3
# The share of pages with lone labels that end with one where labels stand behind their notes.
_OFTEN = 0.3
# A line of so many characters that no sentence ends goes on in the next.
_FULL_LINE = 50
_FINISHED = re.compile(r"[.!?)”’\"\]]$|https?://\S+$")


def find_notes(rows: list[Row], rules: set[int], brief_id: str, *, double: bool, paged: bool) -> list[Found]:
    """The notes among the rows; rows that belong to one are marked as such. paged: the text says where pages end."""
    found = _find_on_pages(rows, brief_id) if paged else []
    if found or (paged and not any(_NOTES_HEADING.fullmatch(row.text) for row in rows)):
        return found
    return _find_in_flow(rows, rules, brief_id, double=double)


def _find_on_pages(rows: list[Row], brief_id: str) -> list[Found]:
    """Notes at the feet of pages: from the first head that a mark on its page names down to the page's end."""
    notes: list[Found] = []
    pages = [list(group) for _, group in groupby(range(len(rows)), key=lambda index: rows[index].page)]
    if _labels_stand_behind(rows, pages):
        return []  # where each text begins is a guess then
    for indexes in pages:
        start = _foot_start(rows, indexes, notes)
        if start is None:
            continue
        _carry_on(rows, indexes[0], start, notes)
        foot: list[Found] = []
        for index in range(start, indexes[-1] + 1):
            head = _head_at(rows, index, indexes[-1])
            if head is not None and (not foot or int(head[0]) == int(foot[-1].label) + 1):
                mark = _mark_above(rows, index, head[0], [*notes, *foot], apart=True, first=indexes[0])
                number = len(notes) + len(foot) + 1
                foot.append(Found(head[0], f"{brief_id}-n{number}", rows[index].page, endnote=False, mark=mark))
                rest = rows[index].text[head[1] :].strip()
                foot[-1].parts += [rest] if rest else []
            else:
                foot[-1].parts.append(rows[index].stripped)
            rows[index].note = foot[-1]
        _doubt_parted(foot, rows)
        if not all(note.parts for note in foot):
            for note in foot:  # labels were parted from their texts: which text is whose is a guess
                note.mark = None
                note.parts = note.parts or [""]
        notes += foot
    return notes


def _labels_stand_behind(rows: Sequence[Row], pages: Sequence[Sequence[int]]) -> bool:
    """Whether labels stand on lines of their own behind their notes, so that pages end with one."""
    lone = [sum(LONE_LABEL.fullmatch(rows[index].text) is not None for index in page) for page in pages]
    ends = sum(
        count > 0 and LONE_LABEL.fullmatch(rows[page[-1]].text) is not None
        for count, page in zip(lone, pages, strict=True)
    )
    return ends >= 2 and ends >= _OFTEN * sum(count > 0 for count in lone)


def _doubt_parted(foot: Sequence[Found], rows: Sequence[Row]) -> None:
    """Unlink notes between which a label on a line of its own fell into a sentence: its note began above it."""
    lone = {id(row.note) for row in rows if row.note is not None and LONE_LABEL.fullmatch(row.text)}
    for before, note in pairwise(foot):
        if id(note) not in lone or not before.parts or _FINISHED.search(before.parts[-1]):
            continue
        if len(before.parts[-1]) >= _FULL_LINE or "".join(note.parts)[:1].islower():
            before.mark = note.mark = None


def _head_at(rows: Sequence[Row], index: int, last: int) -> tuple[str, int] | None:
    """The number that a row begins a note with, and where its text begins."""
    lone = LONE_LABEL.fullmatch(rows[index].text)
    if lone:
        return (lone[1], len(rows[index].text)) if index < last else None
    head = HEAD.match(rows[index].text)
    label = normalise(next(group for group in head.groups() if group)) if head else ""
    return (label, head.end()) if head and label.isdigit() and not head[1] and not head[2] else None


def _foot_start(rows: Sequence[Row], indexes: Sequence[int], notes: Sequence[Found]) -> int | None:
    """The last row of the page that begins the note expected next, with its mark and those of all later ones above."""
    before = int(notes[-1].label) if notes else 0
    heads = [(index, head[0]) for index in indexes if (head := _head_at(rows, index, indexes[-1]))]
    for expected in (*range(before + 1, before + 1 + _MAX_GAP), 1):
        for index, label in reversed(heads):
            if int(label) != expected or not _mark_above(rows, index, label, notes, apart=True, first=indexes[0]):
                continue
            numbers = [int(other) for at, other in heads if at >= index]
            counted = [number for at, number in enumerate(numbers) if number == expected + at]
            above = rows[indexes[0] : index]
            if all(any(_marks_in(row.text, str(number), apart=True) for row in above) for number in counted):
                return index
    return None


def _carry_on(rows: Sequence[Row], first: int, start: int, notes: Sequence[Found]) -> None:
    """Give the block just above a foot to the note before, if that one broke off in mid-sentence."""
    if not notes or _FINISHED.search(notes[-1].parts[-1]):
        return
    block = start - 1
    while block > first and not rows[block].blank_before:
        block -= 1
    if block > first and rows[block].stripped[:1].islower():
        for row in rows[block:start]:
            notes[-1].parts.append(row.stripped)
            row.note = notes[-1]


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


def _mark_above(  # noqa: PLR0913 - two are options
    rows: Sequence[Row],
    index: int,
    label: str,
    notes: Sequence[Found],
    *,
    bracketed: str = "",
    apart: bool = False,
    first: int = 0,
) -> tuple[int, int, int] | None:
    """Where the mark of a note stands: the only fitting place after the mark of the note before it, or None.

    first: the row from which to look.
    """
    if label.isdigit() and notes and notes[-1].label.isdigit():
        gap = int(label) - int(notes[-1].label)
        if not (1 <= gap <= _MAX_GAP or label == "1"):
            return None
    elif label.isdigit() and int(label) > 30 and not notes:
        return None
    last = next((note.mark for note in reversed(notes) if note.mark is not None), (-1, 0, 0))
    places: list[tuple[int, int, int]] = []
    for number in range(max(last[0], first), index):
        row = rows[number]
        if row.note is not None:
            continue
        places += [
            (number, found.start(), found.end())
            for found in _marks_in(row.text, label, bracketed=bracketed, apart=apart)
            if (number, found.start()) >= (last[0], last[2])
        ]
    sentence_end = [place for place in places if re.search(r"[.!?,;:”’\")]$", rows[place[0]].text[: place[1]])]
    if len(places) > 1 and len(sentence_end) == 1:
        places = sentence_end
    return places[0] if len(places) == 1 else None


def _apart(label: str, text: str) -> list[re.Match[str]]:
    """Places where a label stands by itself behind the end of a sentence or part of one: "to his office. 3 Under"."""
    return list(
        re.finditer(rf"(?<=[^\W\d_][.,;:!?”’\"')\]])\s{{1,3}}{re.escape(label)}(?=\s*$|\s+[^\W\d_“‘(\[])", text)
    )


def _marks_in(text: str, label: str, *, bracketed: str = "", apart: bool = False) -> list[re.Match[str]]:
    """Places where a mark of this label may stand.

    bracketed: "[" or "(" for marks in such brackets. apart: also behind a blank, as tools set raised figures of a PDF.
    """
    if bracketed == "(":
        return list(re.finditer(rf"(?<=\S)\s?\({re.escape(label)}\)", text))
    if bracketed:
        return list(re.finditer(rf"\s?\[{re.escape(label)}\]", text))
    if label.isdigit():
        superscript = label.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        raised = list(re.finditer(rf"(?<![⁰¹²³⁴⁵⁶⁷⁸⁹]){superscript}(?![⁰¹²³⁴⁵⁶⁷⁸⁹])", text))
        return raised or stuck(label, text) or (_apart(label, text) if apart else [])
    return list(re.finditer(rf"(?<=\S){re.escape(label)}(?=\s|$|[.,;:)])", text))


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
