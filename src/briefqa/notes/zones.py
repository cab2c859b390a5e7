"""Where the notes stand on a page: at each column's foot, and below tables.

A foot is found by the rule above it, by small print, or by heads that marks on the page name; it reaches to the
column's end. What carries on a note from the page before has no head at all.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefqa.notes.endnotes import is_heading
from briefqa.notes.heads import (
    SMALL,
    Block,
    Foot,
    Marks,
    Style,
    body_size,
    continues,
    fits,
    head_at,
    is_marked,
    is_row_of_figures,
    learn_style,
    marks_by_page,
    rule_above,
)
from briefqa.notes.labels import Label, raised_labels, start_label
from briefqa.notes.table_notes import part_table_notes
from briefqa.reading.lines import since, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.briefs import Line, Page

_ENDED = re.compile(r"[.!?…][”’\"')\]]*$|https?://\S+$")
_SEPARATOR_TOLERANCE = 3.0
# A rule of at most this share of the column's width sets nothing off but notes.
_SHORT_RULE = 0.6
_SAME_PRINT = 0.06
# Where a note goes on overleaf, the next one begins within so many lines.
_FIRST_LINES = 16


@dataclass(slots=True)
class Column:
    """One column of a page: its body lines, the notes below its tables, and its foot."""

    page: Page
    body: list[Line]
    below_tables: list[Foot] = field(default_factory=list)
    foot: Foot | None = None

    @property
    def feet(self) -> list[Foot]:
        """All notes of the column, in reading order."""
        return self.below_tables + ([self.foot] if self.foot else [])


def columns(pages: Sequence[Page]) -> list[Column]:
    """Every column of every page in reading order, parted into body and notes."""
    size = body_size(pages)
    blocks = [block for page in pages for block in _blocks(page)]
    marks = marks_by_page(pages)
    style = learn_style(blocks, marks, size)
    found: list[Column] = []
    last: Foot | None = None
    number: int | None = None
    at_endnotes = False
    for block in blocks:
        start: int | None = None
        if style is not None:
            at_endnotes = _at_endnotes(block, style, before=at_endnotes)
            # Endnotes are no page's foot; only what a rule sets apart is.
            start = _separated(block, style) if at_endnotes else _foot_start(block, style, marks, last, number)
        if style is not None and start is not None and _begins_other_notes(block, start, style, marks, number):
            start = None
        column = Column(block.page, block.lines if start is None else block.lines[:start])
        if style is not None and start is not None:
            column.foot = last = _foot(block, start, style, marks, number)
            last.above = block.lines[start - 1] if start else None
            column.body = column.body + _after_notes(last, style)
            number = next((label.number for _, label in reversed(last.rows) if label and label.number), number)
        elif column.body:
            last = None  # nothing is carried on over a column without notes
        if not at_endnotes:
            column.body, column.below_tables = part_table_notes(column.body, column.page, size, marks)
        found.append(column)
    return found


def _blocks(page: Page) -> list[Block]:
    by_number: dict[int, list[Line]] = {}
    for line in page.lines:
        by_number.setdefault(line.block, []).append(line)
    return [Block(page, lines) for lines in by_number.values()]


def _at_endnotes(block: Block, style: Style, *, before: bool) -> bool:
    """Whether the column belongs to a section of endnotes, or one begins in it. before: whether the last one did."""
    for index, line in enumerate(block.lines):
        if is_heading(line.text) and index + 1 < len(block.lines):
            following = start_label(block.lines[index + 1])
            before = following is not None and following.number == 1
        elif line.size >= 1.12 * style.body_size:
            before = False
    return before


def _foot_start(block: Block, style: Style, marks: Marks, last: Foot | None, number: int | None) -> int | None:
    """The index of the first line of the column's foot, or None. last: the foot before, where a note may be open."""
    if _goes_on_overleaf(block, marks, last, number):
        return 0
    separated = _separated(block, style)
    if separated is not None:
        carried_on = last is not None and abs(block.lines[separated].size - style.size) <= 0.12 * style.size
        if carried_on or head_at(block, separated, style, marks, number) or _counts_on(block, separated, style, number):
            return separated
    # A foot reaches the column's end: go up while lines fit.
    lowest = len(block.lines)
    while lowest > 0 and fits(block.lines[lowest - 1], style):
        lowest -= 1
    for index in range(lowest, len(block.lines)):
        label = head_at(block, index, style, marks, number)
        if label is not None and _begins_foot(block, index, style, label, marks):
            return _with_continuation(block, index, lowest, style, last)
    start = _with_continuation(block, len(block.lines), lowest, style, last)
    return start if start < len(block.lines) else None


def _begins_other_notes(block: Block, start: int, style: Style, marks: Marks, number: int | None) -> bool:
    """Whether a foot without any head of its own begins with a raised label: a table's notes carry no note on."""
    first = start_label(block.lines[start])
    if first is None or not first.raised or not style.raised:
        return False
    return not any(label for _, label in _foot(block, start, style, marks, number).rows)


def _goes_on_overleaf(block: Block, marks: Marks, last: Foot | None, number: int | None) -> bool:
    """Whether a page begins with the note whose mark stands on an earlier one, after the last that found room there.

    So web pages are printed whose notes stand below the text: the foot of the last page of text takes what it can.
    """
    if last is None or number is None or last.page != block.page.index - 1 or block.lines[0].block != 0:
        return False
    first = _next_head(block, number)
    if first is None or (first and (not _is_open(last) or _next_head(block, number + 1) is None)):
        return False
    if any(abs(line.size - last.rows[-1][0].size) > _SAME_PRINT * line.size for line in block.lines[: first + 1]):
        return False
    label = str(number + 1)
    before = any(named[label] for page, named in marks.items() if page <= last.page)
    return before and not marks.get(block.page.index, Counter())[label]


def _next_head(block: Block, number: int) -> int | None:
    """The index of the line that begins note number + 1, if it comes early enough to follow one that goes on here."""
    for index, line in enumerate(block.lines[:_FIRST_LINES]):
        label = start_label(line)
        if label is not None and label.number == number + 1:
            return index
    return None


def _separated(block: Block, style: Style) -> int | None:
    """The first line below the document's usual separating rule, if nothing larger than the body stands below it."""
    if style.separator is None:
        return None
    for index in range(len(block.lines) - 1, -1, -1):
        if block.lines[index].size > 1.05 * style.body_size:
            return None
        rule = rule_above(block, index)
        if rule is not None and abs(rule.x1 - rule.x0 - style.separator) <= _SEPARATOR_TOLERANCE:
            return index
    return None


def _counts_on(block: Block, index: int, style: Style, number: int | None) -> bool:
    """Whether a line is headed by the number that comes next, or by 1: below the usual rule no mark need be seen."""
    label = start_label(block.lines[index])
    width = max(line.x1 for line in block.lines) - min(line.x0 for line in block.lines)
    if label is None or label.raised != style.raised or (style.separator or 0) > _SHORT_RULE * width:
        return False  # rows of a table may be numbered, below a rule as wide as it is
    return label.number in {1, (number or 0) + 1}


def _begins_foot(block: Block, index: int, style: Style, label: Label, marks: Marks) -> bool:
    """Whether the first head of a foot is one: in small print, below a rule, or matched by a mark higher up."""
    line = block.lines[index]
    if rule_above(block, index) is not None:
        return True
    if style.size <= SMALL * style.body_size and line.size <= style.size * 1.06:
        return True
    return is_marked(label, block.page.index, marks) and line.y < 0.66 * (block.page.height or 800)


def _with_continuation(block: Block, start: int, lowest: int, style: Style, last: Foot | None) -> int:
    """Move the foot's start up over small print that carries on an unfinished note of the foot before."""
    if last is None or style.size > SMALL * style.body_size or not _is_open(last):
        return start
    while start > lowest and abs(block.lines[start - 1].size - style.size) <= 0.35:
        if is_row_of_figures(block.lines[start - 1]):
            break
        start -= 1
    return start


def _is_open(foot: Foot) -> bool:
    """Whether the last note of a foot may go on: its last line is full, or ends in mid-sentence."""
    final = foot.rows[-1][0]
    right = max(line.x1 for line, _ in foot.rows)
    width = right - min(line.x0 for line, _ in foot.rows)
    return _ENDED.search(final.text) is None or final.x1 > right - 0.1 * width


def _foot(block: Block, start: int, style: Style, marks: Marks, number: int | None) -> Foot:
    """The column's lines from start on, with the labels of those that begin a note."""
    rows: list[tuple[Line, Label | None]] = []
    letter = ""
    seen: Counter[str] = Counter()
    named = marks.get(block.page.index, Counter())
    for index in range(start, len(block.lines)):
        line = block.lines[index]
        label = head_at(block, index, style, marks, number)
        if label is not None and not label.raised and label.text.isalpha():
            # A line of a note may well begin with "a": only the next letter heads a note.
            label = label if not letter or ord(label.text) == ord(letter) + 1 else None
            letter = label.text if label else letter
        if label is not None and label.number is not None:
            repeated = 0 < seen[label.text] >= named[label.text]
            if not continues(line, label) and (repeated or _goes_back(label, number, block, marks)):
                label = None  # a line of a note that happens to begin with a figure
            else:
                number = label.number
                seen[label.text] += 1
        for part, head in _run_in(line, label, number, style, named):
            rows.append((part, head))
            number = head.number if head and head.number else number
    return Foot(block.page.index, rows)


def _after_notes(foot: Foot, style: Style) -> list[Line]:
    """Take the lines off a foot that follow its last note in the body's print, or are a table's: what goes on below."""
    heads = [at for at, (_, label) in enumerate(foot.rows) if label is not None]
    if style.size > SMALL * style.body_size or not heads:
        return []
    line, label = foot.rows[heads[-1]]
    first = heads[-1] + (1 if label and line.text[label.end :].strip() else 2)  # a label alone heads the next line
    others = (
        at
        for at in range(first, len(foot.rows))
        if foot.rows[at][0].size >= 0.98 * style.body_size or is_row_of_figures(foot.rows[at][0])
    )
    end = next(others, len(foot.rows))
    rest = [line for line, _ in foot.rows[end:]]
    del foot.rows[end:]
    return rest


def _goes_back(label: Label, number: int | None, block: Block, marks: Marks) -> bool:
    """Whether a head counts back although no mark on the page asks for it."""
    if label.number is None or number is None or label.number > number:
        return False
    return not is_marked(label, block.page.index, marks)


def _run_in(
    line: Line, label: Label | None, number: int | None, style: Style, named: Counter[str]
) -> Iterator[tuple[Line, Label | None]]:
    """A line of a foot, parted where the next note begins inside it (notes set as one paragraph)."""
    position = label.end if label else 0
    inner = _inner_head(line, position, number, style, named) if number is not None else None
    if inner is None or number is None:
        yield line, label
        return
    yield until(line, inner.start), label
    rest = since(line, inner.start)
    inside = start_label(rest) or Label(inner.text, 0, inner.end - inner.start, raised=inner.raised)
    yield from _run_in(rest, inside, number + 1, style, named)


def _inner_head(line: Line, position: int, number: int, style: Style, named: Counter[str]) -> Label | None:
    """The head of note number + 1 inside the line, behind position, if a mark on the page names it."""
    expected = str(number + 1)
    if expected not in named:
        return None
    if style.raised:
        heads = (label for label in raised_labels(line) if label.start > position and label.text == expected)
        return next(heads, None)
    ended = r"(?:(?<=[.!?»”)\]])\s+|(?<=[^\d\s][.!?»”)\]])|(?P<stuck>(?<=\d[.)])))"
    for found in re.compile(rf"{ended}{expected}\.\s(?=\S)").finditer(line.text, position):
        start = found.end() - len(expected) - 2
        # "p. 394.12. See": behind a figure only what is drawn by itself is no part of it.
        if found["stuck"] is None or any(span.start == start for span in line.spans):
            return Label(expected, start, found.end(), raised=False)
    return None
