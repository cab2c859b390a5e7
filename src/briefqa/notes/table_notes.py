"""Notes below tables: small print whose labels stand as marks in the table above it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.notes.heads import SMALL, Foot, Marks, is_row_of_figures
from briefqa.notes.labels import Label, is_label, raised_labels, start_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Line, Page

# A line of running text has more characters than this, one of a title page fewer.
_PROSE = 50
# What stands above the next table. Numerals in capitals are no words then.
_CAPTION = re.compile(
    r"\s*(?i:table|tabelle|tableau|tabla|tabella|tab\.|figure|abbildung|fig\.|chart|exhibit)\s+(?:[A-Z]{0,2}[-.]?\d|[IVX]+\b)"
)


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
        start = next((at for at in range(index, end) if _heads_table_notes(lines, at, marks, page)), None)
        if start is None:
            body.extend(lines[index : max(end, index + 1)])
        else:
            body.extend(lines[index:start])
            end = _table_notes_end(lines, start, end)
            feet.append(_table_foot(lines[start:end], page.index))
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
        if (larger and above.y - line.y > 1.3 * line.size) or apart or _CAPTION.match(line.text):
            return at
    return end


def _table_foot(lines: Sequence[Line], page: int) -> Foot:
    rows: list[tuple[Line, Label | None]] = []
    last: Label | None = None
    for line in lines:
        label = start_label(line)
        if label is not None and last is not None and not _follows(last, label):
            label = None
        last = label or last
        rows.append((line, label))
    return Foot(page, rows)


def _follows(last: Label, label: Label) -> bool:
    """Whether a label comes next after another of its kind."""
    if last.raised != label.raised:
        return False
    if last.number is not None:
        return label.number == last.number + 1
    if len(last.text) == len(label.text) == 1 and last.text.isalpha():
        return ord(label.text) == ord(last.text) + 1
    return not label.text.isalnum()
