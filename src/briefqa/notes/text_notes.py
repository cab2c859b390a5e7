"""Notes of text without geometry: found by label, sequence and white space alone.

A line that begins with a label is a note only if a mark of that label is stuck to a word before it, after the mark of
the note before: sequence is all the evidence there is, so it must be whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from briefqa.notes.labels import normalise
from briefqa.notes.linking import stuck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Line, Page
    from briefqa.notes.paragraphs import Cut

_HEAD = re.compile(
    r"\s{0,12}(?:\[(\d{1,3})\]|\((\d{1,3})\)|(\d{1,3})[.):]?|([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})|([*†‡§¶‖]{1,3}))(?:\s+(?=\S)|(?=[^\W\d_“\"‘(]))"
)
# These are matched against stripped lines: white space on both sides of an alternative takes time that explodes.
_RULE = re.compile(r"[-–—_=─]{5,}")
_LEAST_BLANK_RULE = 15
_FOLIO = re.compile(r"(?:[-–—] ?)?(?:page ?)?\d{1,4}(?: ?of ?\d{1,4})?(?: ?[-–—])?", re.IGNORECASE)
_NOTES_HEADING = re.compile(
    r"\s*(?:end\s?notes?|notes?|footnotes?|references|anmerkungen|fußnoten)\s*:?\s*", re.IGNORECASE
)
_MAX_GAP = 3
# Tools that take text out of PDFs put a raised label on a line of its own.
_LONE_LABEL = re.compile(r"\s*(\d{1,3})\s*")
_FINISHED = re.compile(r"[.!?)”’\"\]]$|https?://\S+$")


@dataclass(slots=True, eq=False)
class Row:
    """One line of the file: where it is, what stands around it, and what it turns out to be."""

    text: str
    page: int
    blank_before: bool
    blank_after: bool
    first_on_page: bool = False
    note: Found | None = None
    cuts: list[Cut] = field(default_factory=list)

    @property
    def stripped(self) -> str:
        """The text without the white space around it."""
        return self.text.strip()


@dataclass(slots=True, eq=False)
class Found:
    """A note being collected."""

    label: str
    id: str
    page: int
    endnote: bool
    parts: list[str] = field(default_factory=list)
    mark: tuple[int, int, int] | None = None


def rows_of(pages: Sequence[Page]) -> tuple[list[Row], bool, set[int]]:
    """The lines that hold text; whether blank lines stand between all lines; which rows follow a rule.

    Text taken from a PDF loses its form feeds; there a line that begins with a blank right after another one begins
    a page.
    """
    rows: list[Row] = []
    rules: set[int] = set()
    for page in pages:
        blank = True
        first = True
        lines = _without_folio(page.lines) if len(pages) > 1 else list(page.lines)
        for line in lines:
            stripped = line.text.strip()
            typed = _RULE.fullmatch(stripped) is not None
            if not stripped or typed:
                if typed or len(line.text) >= _LEAST_BLANK_RULE:
                    rules.add(len(rows))
                if rows:
                    rows[-1].blank_after = True
                blank = True
                continue
            rows.append(Row(line.text, page.index, blank, blank_after=False, first_on_page=first and page.index > 1))
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
        if len(kept) > 1 and _FOLIO.fullmatch(kept[edge].text.strip()):
            kept.pop(edge)
    return kept


def _implied_pages(rows: list[Row]) -> None:
    """Number the pages of double-spaced text by its breaks (see `_rows`)."""
    page = 1
    for index, row in enumerate(rows):
        if index and not row.blank_before and row.text.startswith(" "):
            page += 1
            row.first_on_page = True
        row.page = page


def find_notes(rows: list[Row], rules: set[int], brief_id: str, *, double: bool, paged: bool) -> list[Found]:
    """The notes among the rows; rows that belong to one are marked as such. paged: the text says where pages end."""
    found = _find_on_pages(rows, brief_id) if paged else []
    if found or (paged and not any(_NOTES_HEADING.fullmatch(row.text) for row in rows)):
        return found
    return _find_in_flow(rows, rules, brief_id, double=double)


def _find_on_pages(rows: list[Row], brief_id: str) -> list[Found]:
    """Notes at the feet of pages: from the first head that a mark on its page names down to the page's end."""
    notes: list[Found] = []
    for _, group in groupby(range(len(rows)), key=lambda index: rows[index].page):
        indexes = list(group)
        start = _foot_start(rows, indexes, notes)
        if start is None:
            continue
        _carry_on(rows, indexes[0], start, notes)
        foot: list[Found] = []
        for index in range(start, indexes[-1] + 1):
            head = _head_at(rows, index, indexes[-1])
            if head is not None and (not foot or int(head[0]) == int(foot[-1].label) + 1):
                mark = _mark_above(rows, index, head[0], [*notes, *foot], first=indexes[0])
                number = len(notes) + len(foot) + 1
                foot.append(Found(head[0], f"{brief_id}-n{number}", rows[index].page, endnote=False, mark=mark))
                rest = rows[index].text[head[1] :].strip()
                foot[-1].parts += [rest] if rest else []
            else:
                foot[-1].parts.append(rows[index].stripped)
            rows[index].note = foot[-1]
        if not all(note.parts for note in foot):
            for note in foot:  # labels were parted from their texts: which text is whose is a guess
                note.mark = None
                note.parts = note.parts or [""]
        notes += foot
    return notes


def _head_at(rows: Sequence[Row], index: int, last: int) -> tuple[str, int] | None:
    """The number that a row begins a note with, and where its text begins."""
    lone = _LONE_LABEL.fullmatch(rows[index].text)
    if lone:
        return (lone[1], len(rows[index].text)) if index < last else None
    head = _HEAD.match(rows[index].text)
    label = normalise(next(group for group in head.groups() if group)) if head else ""
    return (label, head.end()) if head and label.isdigit() and not head[1] and not head[2] else None


def _foot_start(rows: Sequence[Row], indexes: Sequence[int], notes: Sequence[Found]) -> int | None:
    """The last row of the page that begins the note expected next, with its mark and those of all later ones above."""
    before = int(notes[-1].label) if notes else 0
    heads = [(index, head[0]) for index in indexes if (head := _head_at(rows, index, indexes[-1]))]
    for expected in (*range(before + 1, before + 1 + _MAX_GAP), 1):
        for index, label in reversed(heads):
            if int(label) != expected or not _mark_above(rows, index, label, notes, first=indexes[0]):
                continue
            numbers = [int(other) for at, other in heads if at >= index]
            counted = [number for at, number in enumerate(numbers) if number == expected + at]
            above = rows[indexes[0] : index]
            if all(any(_marks_in(row.text, str(number), bracketed=False) for row in above) for number in counted):
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
        if _NOTES_HEADING.fullmatch(row.text) and index + 1 < len(rows) and _HEAD.match(rows[index + 1].text):
            endnotes, current = True, None
            row.note = Found("", "", row.page, endnote=True)
            continue
        head = _HEAD.match(row.text)
        if head and (row.blank_before or index in rules or current is not None or row.first_on_page):
            label = normalise(next(group for group in head.groups() if group))
            mark = _mark_above(rows, index, label, notes, bracketed=bool(head[1]))
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
    return notes


def _is_numbered(notes: Sequence[Found]) -> bool:
    return bool(notes) and notes[-1].mark is not None


def _mark_above(  # noqa: PLR0913 - two are options
    rows: Sequence[Row], index: int, label: str, notes: Sequence[Found], *, bracketed: bool = False, first: int = 0
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
