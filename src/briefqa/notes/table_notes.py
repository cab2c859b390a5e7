"""Notes below tables: small print whose labels stand as marks in the table above it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.notes.heads import SMALL, Foot, Marks, is_row_of_figures
from briefqa.notes.labels import Label, is_label, raised_labels, start_label
from briefqa.reading.lines import since, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.briefs import Line, Page

# A line of running text has more characters than this, one of a title page fewer.
_PROSE = 50
# What stands above the next table. Numerals in capitals are no words then.
_CAPTION = re.compile(
    r"\s*((?i:table|tabelle|tableau|tabla|tabella|tab\.|figure|abbildung|fig\.|chart|exhibit)\s+"
    r"(?:[A-Z]{0,2}[-.]?\d+|[IVX]+\b)|No\. \d{2,}\.(?= [A-Z]))"
)
_CONTINUED = re.compile(r"continued|cont[’']?d|suite|fortsetzung|continuación|segue", re.IGNORECASE)
# Where a table's figures are from stands behind its notes.
_SOURCE = re.compile(r"\s*(?:Sources?|Quellen?|Fuentes?|Fonti?)\s?:")
# How many lines a table may have above its notes.
_TABLE_REACH = 80
# Between the last row of a table and its notes stand at most so many lines of other kinds.
_BETWEEN = 4
# How many lines the title of a table has.
_TITLE = 3
# What stands before the first note of a table: "NA Not available.", "X Not applicable."
_LEGEND = re.compile(r"(?:(?:[A-Z*+–-]{1,3}|\([A-Z]\)) [^.]{3,60}\. ?){1,4}")


def part_table_notes(lines: Sequence[Line], page: Page, size: float, marks: Marks) -> tuple[list[Line], list[Foot]]:
    """A column's body without the small print below tables that is headed by labels which marks above it name; that.

    size: the body's font size.
    """
    feet: list[Foot] = []
    body: list[Line] = []
    index = 0
    while index < len(lines):
        end = index
        while end < len(lines) and lines[end].size <= SMALL * size:
            end += 1
        if end == index and _heads_behind_legend(lines, index):  # most of the document is tables
            while end < len(lines) and lines[end].size <= 1.06 * lines[index].size:
                end += 1
        start = next((at for at in range(index, end) if _heads_table_notes(lines, at, marks, page)), None)
        legend = next((at for at in range(index, end) if _heads_behind_legend(lines, at)), None)
        if legend is not None and (start is None or legend < start):
            start = legend
            if not start_label(lines[legend]):
                lines = _parted_behind_legend(lines, legend)
                start, end = legend + 1, end + 1
        if start is None:
            body.extend(lines[index : max(end, index + 1)])
        else:
            body.extend(lines[index:start])
            end = _table_notes_end(lines, start, end)
            feet.append(_table_foot(lines[start:end], page.index))
            feet[-1].above = body[-1] if body else None
        index = max(end, index + 1)
    return body, feet


def _heads_table_notes(lines: Sequence[Line], at: int, marks: Marks, page: Page) -> bool:
    """Whether the first note of a table begins here: label "a", "1" or "*", with its mark higher up on the page."""
    label = start_label(lines[at])
    if label is None or label.text not in {"a", "1", "*", "†"} or label.text not in marks.get(page.index, ()):
        return False
    prose = sum(len(line.text) > _PROSE for line in lines[:at])
    if page.index == 1 and prose < 2:
        return False  # the authors' affiliations
    if (label.number is not None and not label.raised) or is_row_of_figures(lines[at]):
        return False  # a list, or the table itself
    return any(found.text == label.text and found.start > 0 for line in lines[:at] for found in raised_labels(line))


def _table_notes_end(lines: Sequence[Line], start: int, end: int) -> int:
    """Where the notes below a table end: at larger print, a clear gap, or the caption of the next table."""
    for at in range(start + 1, end):
        above, line = lines[at - 1], lines[at]
        head = start_label(line)
        if head is not None and is_label(above.text):
            continue
        larger = line.size > 1.06 * lines[start].size and above.size <= 1.06 * lines[start].size
        apart = above.y - line.y > 1.9 * line.size and head is None
        if (
            (larger and above.y - line.y > 1.3 * line.size)
            or apart
            or _CAPTION.match(line.text)
            or _SOURCE.match(line.text)
        ):
            return at
    return end


def _heads_behind_legend(lines: Sequence[Line], at: int) -> bool:
    """Whether note 1 begins behind what a table's abbreviations mean, or right below it, with its mark higher up."""
    first = next(iter(raised_labels(lines[at])), None)
    if first is None or first.text != "1":
        return False
    legend = lines[at].text[: first.start].strip()
    right_below = any(is_row_of_figures(line) for line in lines[max(0, at - _BETWEEN) : at])
    if not (_LEGEND.fullmatch(legend) if legend else right_below):
        return False
    above = lines[max(0, at - _TABLE_REACH) : at]
    return any(found.text == "1" and found.start > 0 for line in above for found in raised_labels(line))


def _parted_behind_legend(lines: Sequence[Line], at: int) -> list[Line]:
    first = next(iter(raised_labels(lines[at])))
    return [*lines[:at], until(lines[at], first.start), since(lines[at], first.start), *lines[at + 1 :]]


def _table_foot(lines: Sequence[Line], page: int) -> Foot:
    rows: list[tuple[Line, Label | None]] = []
    last: Label | None = None
    for line in lines:
        for part, head in _run_in(line, last):
            label = head if last is None or (head is not None and _follows(last, head)) else None
            last = label or last
            rows.append((part, label))
    return Foot(page, rows)


def _run_in(line: Line, last: Label | None) -> Iterator[tuple[Line, Label | None]]:
    """The line, parted where raised labels count on inside it: notes of tables are often set as one paragraph."""
    head = start_label(line)
    if head is not None and last is not None and not _follows(last, head):
        head = None
    current = head or last
    if current is None or not current.raised:
        yield line, head
        return
    inner = next((label for label in raised_labels(line) if label.start > 0 and _follows(current, label)), None)
    if inner is None:
        yield line, head
        return
    yield until(line, inner.start), head
    rest = since(line, inner.start)
    if line.text[inner.end :].strip():
        yield from _run_in(rest, current)
    else:  # the note's text begins in the next line
        yield rest, Label(inner.text, 0, len(rest.text), raised=True)


def table_ending_at(lines: Sequence[tuple[int, Line]], row: int) -> range:
    """The rows of the table that ends at this one or a few before it, from its caption on; empty if there is none.

    lines: (page index, line). A table that says to be continued begins on an earlier page.
    """
    page = lines[row][0]
    near = range(row, max(-1, row - _BETWEEN - 1), -1)
    if not any(lines[at][0] == page and is_row_of_figures(lines[at][1]) for at in near):
        return range(0)
    first, end = row, row + 1
    caption = _caption_above(lines, row)
    while caption is not None:
        first = caption
        before = caption - 1
        title = " ".join(line.text for _, line in lines[first : first + _TITLE])
        if not _CONTINUED.search(title) or before < 0 or lines[before][0] != lines[first][0] - 1:
            break
        caption = _caption_above(lines, before)
        if caption is not None and _number(lines[caption][1]) != _number(lines[first][1]):
            break
    return range(first, end) if first < row else range(0)


def _caption_above(lines: Sequence[tuple[int, Line]], row: int) -> int | None:
    """The row of the last caption on the page of this row, up to it."""
    at = row
    while at >= 0 and lines[at][0] == lines[row][0]:
        if _CAPTION.match(lines[at][1].text):
            return at
        at -= 1
    return None


def _number(line: Line) -> str:
    found = _CAPTION.match(line.text)
    return found[1].casefold() if found else ""


def _follows(last: Label, label: Label) -> bool:
    """Whether a label comes next after another of its kind."""
    if last.raised != label.raised:
        return False
    if last.number is not None:
        return label.number == last.number + 1
    if len(last.text) == len(label.text) == 1 and last.text.isalpha():
        return ord(label.text) == ord(last.text) + 1
    return not label.text.isalnum()
