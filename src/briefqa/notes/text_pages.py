"""Notes at the feet of the pages of a text file: their labels count on from foot to foot, their marks stand above.

Each block of a page (a column, or all of it) may end with a foot. What a foot might be is weighed by the marks found
for its labels, and of all pages together the feet are taken that count on best: one page that is not understood does
not lose the notes behind it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from briefqa.notes.drafting import announces_continuation, is_continued, without_announcements
from briefqa.notes.labels import normalise
from briefqa.notes.text_marks import Place, places
from briefqa.notes.text_rows import HEAD, LONE_HEAD, LONE_LABEL, Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from briefqa.notes.text_rows import Row

# How many labels may be missing within a foot, and between two feet without and with a doubt.
_MAX_GAP = 3
_FEW_LOST = 4
_MANY_LOST = 25
_LOST, _MANY, _RESTART, _UNMARKED = 0.3, 2.5, 0.5, 0.4
_NEVER = 1000.0
# The symbols in the orders that printers take them in.
_ORDERS = ("*†‡§‖¶", "*†‡§¶‖")
# The share of blocks with lone labels that end with one where labels stand behind their notes; of blocks with feet.
_OFTEN = 0.3
# So many heads that do not belong to a foot's sequence, but have their marks, say that it was not one foot.
_STRANGERS = 2
_GLUE = "+"
_ADDRESS = re.compile(r"https?:|www\.|doi")
_LEADERS = re.compile(r"(?:\s?\.){4}|(?:\s?…){2}")
_GLUED = re.compile(r"\s{0,12}(\d{2,4}) [^\W\d_]")
# The share of labels with the same sign behind them from which on others begin no foot.
_MOSTLY = 0.7
# How many feet there must be, and what share of their labels must have a mark, before marks are looked for loosely.
_LEAST_FEET, _SURELY = 3, 0.9
# Lines of notes, in small print, are so much longer than those of the body, where there are enough to tell.
_WIDER, _BEYOND, _LEAST_ROWS = 1.06, 1.03, 8
# Labels below each other, at least, and their share of all labels on lines of their own.
_LEAST_PILED, _PILED = 2, 0.1
# A heading is shorter than this share of the line below it.
_SHORT = 0.6
# The share of the width from which on a line is full.
_FULL = 0.9
# A line of so many characters that no sentence ends goes on in the next.
_FULL_LINE = 50
_BROKEN = re.compile(r"[^\W\d_,;-]$|[,;–-]$")
_FINISHED = re.compile(r"[.!?)”’»\"\]][\d*†‡§]{0,3}$|https?://\S+$")


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


@dataclass(frozen=True, slots=True)
class Bounds:
    """How the feet of a file are set off: rows that follow rules; characters of lines that are too long for the body.

    full: of a note's line from which on a sentence that is not ended goes on in the next line.
    """

    rules: set[int]
    body: int
    full: int


def find_on_pages(rows: Sequence[Row], rules: set[int], brief_id: str) -> list[Found]:
    """The notes at the feet of pages; rows that belong to one are marked as such. rules: rows that follow a rule."""
    blocks = [list(group) for _, group in groupby(range(len(rows)), key=lambda at: (rows[at].page, rows[at].block))]
    if _labels_stand_behind(rows, blocks):
        return []  # where each text begins is a guess then
    feet = _feet(rows, blocks, loose=False)
    if sum(foot is not None for foot in feet) < _OFTEN * len(blocks):
        # Some tools set each mark off by a blank, wherever it stands: told by notes on most pages, each with its mark.
        others = _feet(rows, blocks, loose=True)
        marks = [mark for foot in others if foot is not None for mark in foot.marks]
        many = sum(foot is not None for foot in others) >= max(_LEAST_FEET, _OFTEN * len(blocks))
        if many and sum(mark is not None for mark in marks) >= _SURELY * len(marks):
            feet = others
    cuts = _second_columns(rows, blocks, feet)
    if cuts:
        blocks = [part for block in blocks for part in _cut(block, cuts)]
        feet = _feet(rows, blocks, loose=False)
    notes: list[Found] = []
    bounds = _bounds(rows, rules, blocks, feet)
    for block, foot in zip(blocks, feet, strict=True):
        _carry_on(rows, block, foot.heads[0].begin if foot else block[-1] + 1, notes, bounds)
        if foot is not None:
            notes += _collect(rows, foot, block[-1], brief_id, len(notes))
            if block[-1] + 1 in cuts:
                notes[-1].mark = None  # where it ends is a guess
    if _labels_are_parted(rows, feet):
        lone = {head.row for foot in feet if foot is not None for head in foot.heads if head.lone}
        for note in notes:
            note.mark = None if note.row in lone else note.mark
    return notes


def _labels_are_parted(rows: Sequence[Row], feet: Sequence[Foot | None]) -> bool:
    """Whether a tool put labels away from their notes, so that some stand below each other: which is whose is a guess."""
    lone = sum(head.lone for foot in feet if foot is not None for head in foot.heads)
    piled = sum(
        LONE_LABEL.fullmatch(above.text) is not None and LONE_LABEL.fullmatch(below.text) is not None
        for above, below in pairwise(rows)
    )
    return piled >= _LEAST_PILED and piled >= _PILED * lone


def _second_columns(rows: Sequence[Row], blocks: Sequence[Sequence[int]], feet: Sequence[Foot | None]) -> set[int]:
    """Where a second column seems to begin within a foot: rows behind the end of a note, before marks of later ones."""
    cuts: set[int] = set()
    for block, foot in zip(blocks, feet, strict=True):
        if foot is None:
            continue
        heads = [head for at in block for head in _heads_at(rows, at, block)]
        for head in foot.heads:
            following = [later for later in heads if later.begin > head.row and _step(head.label, later.label) == 1]
            if not following or places(rows, range(block[0], foot.heads[0].begin), following[-1].label, loose=False):
                continue
            between = range(head.row + 1, following[-1].begin)
            end = next((row for row in range(head.row, between.stop) if _FINISHED.search(rows[row].stripped)), None)
            if end is not None and places(rows, between, following[-1].label, loose=False):
                cuts.add(end + 1)
                break
    return cuts


def _cut(block: Sequence[int], cuts: set[int]) -> Iterator[list[int]]:
    """The block in parts, each cut the first row of one."""
    starts = [block[0], *(row for row in block[1:] if row in cuts), block[-1] + 1]
    for start, end in pairwise(starts):
        yield list(range(start, end))


def _bounds(
    rows: Sequence[Row], rules: set[int], blocks: Sequence[Sequence[int]], feet: Sequence[Foot | None]
) -> Bounds:
    """How the feet of this file are set off."""
    begun = [(foot.heads[0].begin, block[-1]) for foot, block in zip(feet, blocks, strict=True) if foot is not None]
    ruled = sum(start in rules for start, _ in begun)
    in_feet = {row for start, last in begun for row in range(start, last + 1)}
    widths = [
        sorted(len(row.stripped) for at, row in enumerate(rows) if (at in in_feet) == foot) for foot in (False, True)
    ]
    body, note = (each[int(0.9 * (len(each) - 1))] if each else 0 for each in widths)
    wide = note >= _WIDER * body and len(widths[1]) >= _LEAST_ROWS
    return Bounds(
        rules if ruled > 0.5 * len(begun) else set(), int(body * _BEYOND) if wide else 0, int(_FULL * max(body, note))
    )


def _feet(rows: Sequence[Row], blocks: Sequence[Sequence[int]], *, loose: bool) -> list[Foot | None]:
    """The foot of each block, None where there is none. Nearly all labels are followed by the same sign, or by none."""
    first_of_page = {rows[at].page: at for at in reversed(range(len(rows)))}
    possible = [_possible_feet(rows, block, first_of_page[rows[block[0]].page], loose=loose) for block in blocks]
    feet = _chain(possible)
    signs = Counter(head.sign for foot in feet if foot is not None for head in foot.heads)
    sign, count = signs.most_common(1)[0] if signs else ("", 0)
    if len(signs) > 1 and count >= _MOSTLY * signs.total():
        feet = _chain([[foot for foot in each if foot.heads[0].sign == sign] for each in possible])
    return feet


def _labels_stand_behind(rows: Sequence[Row], blocks: Sequence[Sequence[int]]) -> bool:
    """Whether labels stand on lines of their own behind their notes, so that blocks end with one."""
    lone = [sum(LONE_LABEL.fullmatch(rows[index].text) is not None for index in block) for block in blocks]
    ends = sum(
        count > 0 and LONE_LABEL.fullmatch(rows[block[-1]].text) is not None
        for count, block in zip(lone, blocks, strict=True)
    )
    return ends >= 2 and ends >= _OFTEN * sum(count > 0 for count in lone)


def _possible_feet(rows: Sequence[Row], block: Sequence[int], page_start: int, *, loose: bool) -> list[Foot]:
    """All feet that the block may end with, one for each head that may begin one."""
    heads = [head for index in block for head in _heads_at(rows, index, block)]
    full = _FULL * max(len(rows[index].stripped) for index in block)
    feet: list[Foot] = []
    tangled = -1
    for at, head in enumerate(heads):
        above = range(page_start, head.begin)
        if not places(rows, above, head.label, loose=loose):
            continue
        foot = Foot(_counting_on(heads[at:], rows, above, full, loose=loose))
        foot.marks = _in_order([places(rows, above, member.label, loose=loose) for member in foot.heads])
        if _is_interleaved(foot, heads[at:], rows, above):
            tangled = foot.heads[-1].row
        elif foot.score > 0 and head.row > tangled:
            feet.append(foot)
    return feet


def _is_interleaved(foot: Foot, heads: Sequence[Head], rows: Sequence[Row], above: range) -> bool:
    """Whether notes that count on elsewhere stand between these: a tool took lines from two columns in turn."""
    between = [
        head
        for head in heads
        if head.row < foot.heads[-1].row
        and head.style == foot.heads[0].style
        and head not in foot.heads
        and places(rows, above, head.label, loose=False)
    ]
    return len(between) >= _STRANGERS and len(between) > 0.2 * len(foot.heads)


def _heads_at(rows: Sequence[Row], index: int, block: Sequence[int]) -> Iterator[Head]:
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
    if _FINISHED.search(text) or _ADDRESS.search(text) or not following.stripped[:1].isupper():
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


def _counting_on(heads: Sequence[Head], rows: Sequence[Row], above: range, full: float, *, loose: bool) -> list[Head]:
    """The heads that count on from the first one, those whose label is written as the first one is before others.

    full: characters of a line that goes on in the next if no sentence ends with it.
    """
    chosen = [heads[0]]
    at = 1
    while at < len(heads):
        steps = [
            (step, head)
            for head in heads[at:]
            if (step := _step(chosen[-1].label, head.label)) and not _is_mid_sentence(rows, head, full)
        ]
        following = [
            head
            for step, head in steps
            if step == 1 and (places(rows, above, head.label, loose=loose) or not (head.glued or _goes_on(rows, head)))
        ]
        if not following:
            following = [
                head for step, head in steps if 1 < step <= _MAX_GAP and places(rows, above, head.label, loose=loose)
            ][:1]
        if not following:
            break
        alike = [head for head in following if head.style == chosen[0].style]
        chosen.append((alike or following)[0])
        at = heads.index(chosen[-1]) + 1
    return chosen


def _goes_on(rows: Sequence[Row], head: Head) -> bool:
    """Whether what stands behind a label goes on with the sentence of the line before it."""
    rest = rows[head.row].text[head.start :]
    ended = rows[head.begin].blank_before or _FINISHED.search(rows[head.begin - 1].stripped) is not None
    return rest[:1].islower() and not ended and not _ADDRESS.match(rest)


def _is_mid_sentence(rows: Sequence[Row], head: Head, full: float) -> bool:
    """Whether the line before a head is full and breaks off, so that the figure belongs to its sentence."""
    before = rows[head.begin - 1].stripped
    if head.lone or rows[head.begin].blank_before or _FINISHED.search(before):
        return False
    return len(before) >= full and _BROKEN.search(before) is not None


def _step(before: str, label: str) -> int:
    """How far a label counts on from the one before: 1 where it is the next one, 0 where it does not."""
    if before.isdigit():
        return max(0, int(label) - int(before)) if label.isdigit() else 0
    if label.isdigit() or label == before + before[0]:
        return 1
    return int(any(_place(label, order) - _place(before, order) == 1 for order in _ORDERS))


def _place(label: str, order: str) -> int:
    """Where a symbol stands in an order of symbols that is gone through again with two of each."""
    return len(label) * len(order) + order.index(label[0]) if len(set(label)) == 1 and label[0] in order else -10


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
        best = grown
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


def _carry_on(rows: Sequence[Row], block: Sequence[int], start: int, notes: Sequence[Found], bounds: Bounds) -> None:
    """Give the note before what goes on with it above a foot, or instead of one.

    start: the row of the foot, or the one behind the block. A note that must go on and whose rest is not found is not
    linked: half of it would be taken for all.
    """
    if not notes or not notes[-1].parts:
        return
    begin = max((row for row in bounds.rules if block[0] < row < start), default=start)
    if announces_continuation(notes[-1].parts[-1]) and len(notes[-1].parts) > 1:
        begin = next((row for row in block if row < start and is_continued(rows[row].stripped)), begin)
        if begin < start:
            notes[-1].parts.pop()
            begin -= LONE_HEAD.fullmatch(rows[begin - 1].text) is not None
    ended = _FINISHED.search(notes[-1].parts[-1]) is not None
    if begin == start and not ended:
        begin = _wide_above(rows, block, start, bounds.body)
    if begin == start and not ended and start <= block[-1]:
        begin = start - 1
        while begin > block[0] and not rows[begin].blank_before:
            begin -= 1
        if begin == block[0] or not rows[begin].stripped[:1].islower():
            begin = start
    for row in rows[begin:start]:
        rest = "" if row.note is None and LONE_HEAD.fullmatch(row.text) else without_announcements(row.stripped)
        notes[-1].parts += [rest] if rest else []
        row.note = notes[-1]
    last = notes[-1].parts[-1]
    if begin == start and not ended and len(last) >= bounds.full and _BROKEN.search(last):
        notes[-1].mark = None


def _wide_above(rows: Sequence[Row], block: Sequence[int], start: int, width: int) -> int:
    """Where lines begin, just above a row, that are longer than lines of the body are; the last one may be short."""
    if not width or start - 1 <= block[0]:
        return start
    begin = start - 1
    while begin - 1 > block[0] and len(rows[begin - 1].stripped) > width:
        begin -= 1
    return begin if len(rows[begin].stripped) > width else start


def _collect(rows: Sequence[Row], foot: Foot, last: int, brief_id: str, known: int) -> list[Found]:
    """The notes of a foot with their texts."""
    notes: list[Found] = []
    bounds = [*(head.begin for head in foot.heads), last + 1]
    for head, mark, (start, end) in zip(foot.heads, foot.marks, pairwise(bounds), strict=True):
        note = Found(head.label, f"{brief_id}-n{known + len(notes) + 1}", rows[head.row].page, endnote=False)
        note.row, note.mark = head.row, (mark.row, mark.start, mark.end) if mark is not None else None
        texts = [rows[at].text[head.start :] if at == head.row else rows[at].text for at in range(start, end)]
        note.parts = [text.strip() for text in texts if text.strip()]
        for row in rows[start:end]:
            row.note = note
        notes.append(note)
    _doubt_parted(notes, foot.heads)
    if not all(note.parts for note in notes):
        for note in notes:  # labels were parted from their texts: which text is whose is a guess
            note.mark = None
            note.parts = note.parts or [""]
    return notes


def _doubt_parted(notes: Iterable[Found], heads: Iterable[Head]) -> None:
    """Unlink notes whose ends are not known.

    One is followed by another than the next, which may stand in its text; a label on a line of its own fell into a
    sentence: its note began above it.
    """
    for (before, earlier), (note, head) in pairwise(zip(notes, heads, strict=True)):
        if _step(earlier.label, head.label) > 1:
            before.mark = None
        if not head.lone or head.begin < head.row or not before.parts or _FINISHED.search(before.parts[-1]):
            continue
        if len(before.parts[-1]) >= _FULL_LINE or "".join(note.parts)[:1].islower():
            before.mark = note.mark = None
