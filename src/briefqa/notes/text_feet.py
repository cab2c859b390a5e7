"""The feet of pages of text: which rows they may be, and which ones count on from page to page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefqa.notes.text_heads import FULL, Head, counting_on, heads_at
from briefqa.notes.text_marks import Marks, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.notes.text_rows import Row

# How many labels may be missing between two feet, without and with a doubt, and what each speaks against them.
_FEW_LOST, _MANY_LOST = 4, 25
_LOST, _MANY, _RESTART, _UNMARKED, _NEVER = 0.3, 2.5, 0.5, 0.4, 1000.0
# So many heads that do not belong to a foot's sequence, but have their marks, say that it was not one foot.
_STRANGERS = 2
# The share of labels with the same sign behind them from which on others begin no foot.
_MOSTLY = 0.7
# Bounds on what is tried: the last rows and heads of a page, and sequences that are followed from page to page.
_MOST_ROWS, _MOST_HEADS, _MOST_FOLLOWED = 3000, 150, 64


@dataclass(slots=True, eq=False)
class Foot:
    """What the rest of a block may be: heads that count on, and the mark of each."""

    heads: list[Head]
    marks: list[Place | None] = field(default_factory=list)

    @property
    def score(self) -> float:
        """How much the marks speak for it: about one for each."""
        return sum(-_UNMARKED if mark is None else mark.weight for mark in self.marks)

    @property
    def numbers(self) -> list[int]:
        """Its labels that are numbers."""
        return [head.number for head in self.heads if head.number is not None]


def feet_of(rows: Sequence[Row], blocks: Sequence[Sequence[int]], *, loose: bool) -> list[Foot | None]:
    """The foot of each block, None where there is none. Nearly all labels are followed by the same sign, or by none."""
    first_of_page = {rows[at].page: at for at in reversed(range(len(rows)))}
    possible = [_possible_feet(rows, block, first_of_page[rows[block[0]].page], loose=loose) for block in blocks]
    feet = _chain(possible)
    signs = Counter(head.sign for foot in feet if foot is not None for head in foot.heads)
    sign, count = signs.most_common(1)[0] if signs else ("", 0)
    if len(signs) > 1 and count >= _MOSTLY * signs.total():
        feet = _chain([[foot for foot in each if foot.heads[0].sign == sign] for each in possible])
    return feet


def _possible_feet(rows: Sequence[Row], block: Sequence[int], page_start: int, *, loose: bool) -> list[Foot]:
    """All feet that the block may end with, one for each head that may begin one."""
    block = block[-_MOST_ROWS:]
    heads = [head for index in block for head in heads_at(rows, index, block)][-_MOST_HEADS:]
    full = FULL * max(len(rows[index].stripped) for index in block)
    marks = Marks(rows, max(page_start, block[-1] - _MOST_ROWS), block[-1], loose=loose)
    feet: list[Foot] = []
    tangled = -1
    for at, head in enumerate(heads):
        if not marks.above(head.label, head.begin):
            continue
        foot = Foot(counting_on(heads[at:], rows, marks, full))
        foot.marks = _in_order([marks.above(member.label, head.begin) for member in foot.heads])
        if _is_interleaved(foot, heads[at:], marks):
            tangled = foot.heads[-1].row
        elif foot.score > 0 and head.row > tangled:
            feet.append(foot)
    return feet


def _is_interleaved(foot: Foot, heads: Sequence[Head], marks: Marks) -> bool:
    """Whether notes that count on elsewhere stand between these: a tool took lines from two columns in turn."""
    between = [
        head
        for head in heads
        if head.row < foot.heads[-1].row
        and head.style == foot.heads[0].style
        and head not in foot.heads
        and marks.above(head.label, foot.heads[0].begin)
    ]
    return len(between) >= _STRANGERS and len(between) > 0.2 * len(foot.heads)


def _in_order(found: Sequence[Sequence[Place]]) -> list[Place | None]:
    """One place for each label, in order, as strong as can be; None where there is none or another would do as well."""
    best: dict[int, tuple[float, tuple[Place | None, ...]]] = {-1: (0.0, ())}
    ordered = sorted({(place.row, place.start) for each in found for place in each})
    rank = {key: at for at, key in enumerate(ordered)}
    for each in found:
        grown: dict[int, tuple[float, tuple[Place | None, ...]]] = {}
        for last, (score, chain) in best.items():
            options = [(last, score, (*chain, None))]
            options += [
                (rank[place.row, place.start], score + place.weight, (*chain, place))
                for place in each
                if rank[place.row, place.start] > last
            ]
            for key, total, longer in options:
                if key not in grown or total > grown[key][0]:
                    grown[key] = total, longer
        best = grown
    chosen = list(max(best.values(), key=lambda scored: scored[0])[1])
    return [_only(place, each, chosen, at) for at, (place, each) in enumerate(zip(chosen, found, strict=True))]


def _only(place: Place | None, others: Sequence[Place], chosen: Sequence[Place | None], at: int) -> Place | None:
    """The place if no other one as strong stands between the marks before and behind."""
    if place is None:
        return None
    low = max(((mark.row, mark.start) for mark in chosen[:at] if mark), default=(-1, 0))
    high = min(((mark.row, mark.start) for mark in chosen[at + 1 :] if mark), default=(1 << 60, 0))
    rivals = [
        other
        for other in others
        if other is not place and other.weight >= place.weight and low < (other.row, other.start) < high
    ]
    return None if rivals else place


def _chain(possible: Sequence[Sequence[Foot]]) -> list[Foot | None]:
    """One foot or none for each block, so that the numbers count on and as many marks as possible are found."""
    links: list[tuple[Foot | None, int | None]] = [(None, None)]  # each with the one before it
    best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
    ends: list[tuple[int, int]] = []
    for block, feet in enumerate(possible):
        grown = dict(best)
        for foot in feet:
            numbers = foot.numbers
            for last, (score, link) in best.items():
                cost = _cost(last, numbers[0]) if numbers else 0.0
                total = score + foot.score - cost
                key = numbers[-1] if numbers else last
                if key not in grown or total > grown[key][0]:
                    links.append((foot, link))
                    ends.append((len(links) - 1, block))
                    grown[key] = total, len(links) - 1
        best = dict(sorted(grown.items(), key=lambda state: -state[1][0])[:_MOST_FOLLOWED])
    block_of = dict(ends)
    chosen: list[Foot | None] = [None] * len(possible)
    at: int | None = max(best.values(), key=lambda scored: scored[0])[1]
    while at is not None:
        foot_or_none, before = links[at]
        if foot_or_none is not None:
            chosen[block_of[at]] = foot_or_none
        at = before
    return chosen


def _cost(last: int, first: int) -> float:
    """What speaks against a foot that begins with one number behind one that ended with another."""
    step = first - last
    if step == 1:
        return 0.0
    if first == 1:
        return _RESTART
    if 1 < step <= _FEW_LOST:
        return _LOST * step
    return _MANY if 1 < step <= _MANY_LOST else _NEVER
