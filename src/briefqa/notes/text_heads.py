"""What may begin a note in text without geometry: a line with its label, told from headings, lists and sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.notes.labels import normalise
from briefqa.notes.text_rows import HEAD, LONE_HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.notes.text_marks import Marks
    from briefqa.notes.text_rows import Row

FINISHED = re.compile(r"[.!?)”’»\"\]][\d*†‡§]{0,3}$|https?://\S+$")
BROKEN = re.compile(r"[^\W\d_,;-]$|[,;–-]$")
# The share of the width from which on a line is full.
FULL = 0.9
# How many labels may be missing within a foot.
_MAX_GAP = 3
# The symbols in the orders that printers take them in.
_ORDERS = ("*†‡§‖¶", "*†‡§¶‖")
_ADDRESS = re.compile(r"https?:|www\.|doi")
_LEADERS = re.compile(r"(?:\s?\.){4}|(?:\s?…){2}")
# Figures that may hold a label and those that the note begins with, and the sign for such heads.
_GLUED = re.compile(r"\s{0,12}(\d{2,4}) [^\W\d_]")
_GLUE = "+"
# A heading is shorter than this share of the line below it.
_SHORT = 0.6


@dataclass(slots=True, eq=False)
class Head:
    """A row with the label of what may be a note: where the text behind that begins, and how the label is written.

    begin: the row that the note begins with, this one or the one before it.
    """

    row: int
    begin: int
    label: str
    start: int
    style: tuple[bool, str]

    @property
    def lone(self) -> bool:
        """Whether the label has the row to itself."""
        return self.style[0]

    @property
    def sign(self) -> str:
        """What follows the label, as "." in "1. Text"."""
        return "" if self.glued else self.style[1]

    @property
    def glued(self) -> bool:
        """Whether it is only the first of the figures that stand there."""
        return self.style[1] == _GLUE

    @property
    def number(self) -> int | None:
        """The label as a number, if it is one."""
        return int(self.label) if self.label.isdigit() else None


def heads_at(rows: Sequence[Row], index: int, block: Sequence[int]) -> Iterator[Head]:
    """The notes that a row may begin: with the figures that it begins with, or with the first of them."""
    if _LEADERS.search(rows[index].text):
        return  # a table of contents
    head = _head_at(rows, index, block)
    if head is not None and not _is_heading(rows, head, block[-1]):
        yield head
    if glued := _GLUED.match(rows[index].text):  # "907 Geo. I": note 90
        for end in range(1, len(glued[1])):
            yield Head(index, index, glued[1][:end], glued.start(1) + end, (False, _GLUE))


def _head_at(rows: Sequence[Row], index: int, block: Sequence[int]) -> Head | None:
    text = rows[index].text
    lone = LONE_HEAD.fullmatch(text)
    if lone:
        begin = index - 1 if index > block[0] and _fell_below(rows, index, block[-1]) else index
        return Head(index, begin, normalise(lone[1]), len(text), (True, "")) if index < block[-1] else None
    head = HEAD.match(text)
    if not head or head[1] or head[2]:
        return None
    label = normalise(next(group for group in head.groups() if group))
    return Head(index, index, label, head.end(), (False, head[0].strip().lstrip("0123456789") if head[3] else ""))


def _is_heading(rows: Sequence[Row], head: Head, last: int) -> bool:
    """Whether a short line that no sentence ends stands above lines that begin with a capital: "1 Introduction"."""
    row = head.row + head.lone
    if (
        head.begin < head.row
        or row >= last
        or LONE_HEAD.fullmatch(rows[row + 1].text)
        or HEAD.match(rows[row + 1].text)
    ):
        return False
    text, following = rows[row].text[0 if head.lone else head.start :].strip(), rows[row + 1]
    if FINISHED.search(text) or _ADDRESS.search(text) or not following.stripped[:1].isupper():
        return False
    return len(text) < _SHORT * len(following.stripped)


def _fell_below(rows: Sequence[Row], index: int, last: int) -> bool:
    """Whether a label was set below the first line of its note: that is indented, and blank lines are around."""
    before, row = rows[index - 1], rows[index]
    return (
        index < last
        and before.blank_before
        and not row.blank_before
        and rows[index + 1].blank_before
        and before.indent > row.indent >= rows[index + 1].indent
    )


def counting_on(heads: Sequence[Head], rows: Sequence[Row], marks: Marks, full: float) -> list[Head]:
    """The heads that count on from the first one, those whose label is written as the first one is before others.

    full: characters of a line that goes on in the next if no sentence ends with it.
    """
    chosen, begin = [heads[0]], heads[0].begin
    at = 1
    while at < len(heads):
        steps = [
            (by, head)
            for head in heads[at:]
            if (by := step(chosen[-1].label, head.label)) and not _is_mid_sentence(rows, head, full)
        ]
        following = [
            head
            for by, head in steps
            if by == 1 and (marks.above(head.label, begin) or not (head.glued or _goes_on(rows, head)))
        ]
        if not following:
            following = [head for by, head in steps if 1 < by <= _MAX_GAP and marks.above(head.label, begin)][:1]
        if not following:
            break
        alike = [head for head in following if head.style == chosen[0].style]
        chosen.append((alike or following)[0])
        at = heads.index(chosen[-1]) + 1
    return chosen


def _goes_on(rows: Sequence[Row], head: Head) -> bool:
    """Whether what stands behind a label goes on with the sentence of the line before it."""
    rest = rows[head.row].text[head.start :]
    ended = rows[head.begin].blank_before or FINISHED.search(rows[head.begin - 1].stripped) is not None
    return rest[:1].islower() and not ended and not _ADDRESS.match(rest)


def _is_mid_sentence(rows: Sequence[Row], head: Head, full: float) -> bool:
    """Whether the line before a head is full and breaks off, so that the figure belongs to its sentence."""
    before = rows[head.begin - 1].stripped
    if head.lone or rows[head.begin].blank_before or FINISHED.search(before):
        return False
    return len(before) >= full and BROKEN.search(before) is not None


def step(before: str, label: str) -> int:
    """How far a label counts on from the one before: 1 where it is the next one, 0 where it does not."""
    if before.isdigit():
        return max(0, int(label) - int(before)) if label.isdigit() else 0
    if label.isdigit() or label == before + before[0]:
        return 1
    return int(any(_place(label, order) - _place(before, order) == 1 for order in _ORDERS))


def _place(label: str, order: str) -> int:
    """Where a symbol stands in an order of symbols that is gone through again with two of each."""
    return len(label) * len(order) + order.index(label[0]) if len(set(label)) == 1 and label[0] in order else -10
