"""Notes at the feet of the pages of a text file: their labels count on from foot to foot, their marks stand above.

Each block of a page (a column, or all of it) may end with a foot. What a foot might be is weighed by the marks found
for its labels, and of all pages together the feet are taken that count on best: one page that is not understood does
not lose the notes behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from briefqa.notes.drafting import announces_continuation, is_continued, without_announcements
from briefqa.notes.text_feet import Foot, feet_of
from briefqa.notes.text_heads import BROKEN, FINISHED, FULL, Head, heads_at, step
from briefqa.notes.text_marks import places
from briefqa.notes.text_rows import LONE_HEAD, LONE_LABEL, Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from briefqa.notes.text_rows import Row

# The share of blocks with lone labels that end with one where labels stand behind their notes; of blocks with feet.
_OFTEN = 0.3
# How many feet there must be, and what share of their labels must have a mark, before marks are looked for loosely.
_LEAST_FEET, _SURELY = 3, 0.9
# Lines of notes, in small print, are so much longer than those of the body, where there are enough to tell.
_WIDER, _BEYOND, _LEAST_ROWS = 1.06, 1.03, 8
# Labels below each other, at least, and their share of all labels on lines of their own.
_LEAST_PILED, _PILED = 2, 0.1
# A line of so many characters that no sentence ends goes on in the next.
_FULL_LINE = 50


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
    feet = feet_of(rows, blocks, loose=False)
    if sum(foot is not None for foot in feet) < _OFTEN * len(blocks):
        # Some tools set each mark off by a blank, wherever it stands: told by notes on most pages, each with its mark.
        others = feet_of(rows, blocks, loose=True)
        marks = [mark for foot in others if foot is not None for mark in foot.marks]
        many = sum(foot is not None for foot in others) >= max(_LEAST_FEET, _OFTEN * len(blocks))
        if many and sum(mark is not None for mark in marks) >= _SURELY * len(marks):
            feet = others
    cuts = _second_columns(rows, blocks, feet)
    if cuts:
        blocks = [part for block in blocks for part in _cut(block, cuts)]
        feet = feet_of(rows, blocks, loose=False)
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
    """Whether a tool put labels away from their notes, so that they pile up: which is whose is a guess."""
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
        heads = [head for at in block for head in heads_at(rows, at, block)]
        for head in foot.heads:
            following = [later for later in heads if later.begin > head.row and step(head.label, later.label) == 1]
            if not following or places(rows, range(block[0], foot.heads[0].begin), following[-1].label, loose=False):
                continue
            between = range(head.row + 1, following[-1].begin)
            end = next((row for row in range(head.row, between.stop) if FINISHED.search(rows[row].stripped)), None)
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
        rules if ruled > 0.5 * len(begun) else set(), int(body * _BEYOND) if wide else 0, int(FULL * max(body, note))
    )


def _labels_stand_behind(rows: Sequence[Row], blocks: Sequence[Sequence[int]]) -> bool:
    """Whether labels stand on lines of their own behind their notes, so that blocks end with one."""
    lone = [sum(LONE_LABEL.fullmatch(rows[index].text) is not None for index in block) for block in blocks]
    ends = sum(
        count > 0 and LONE_LABEL.fullmatch(rows[block[-1]].text) is not None
        for count, block in zip(lone, blocks, strict=True)
    )
    return ends >= 2 and ends >= _OFTEN * sum(count > 0 for count in lone)


def _carry_on(rows: Sequence[Row], block: Sequence[int], start: int, notes: Sequence[Found], bounds: Bounds) -> None:
    """Give the note before what goes on with it above a foot, or instead of one.

    start: the row of the foot, or the one behind the block. A note that must go on and whose rest is not found is not
    linked: half of it would be taken for all.
    """
    if not notes or not notes[-1].parts:
        return
    ended = FINISHED.search(notes[-1].parts[-1]) is not None
    begin = start if ended else _rest_begins(rows, block, start, bounds)
    if announces_continuation(notes[-1].parts[-1]) and len(notes[-1].parts) > 1:
        begin = next((row for row in block if row < start and is_continued(rows[row].stripped)), begin)
        if begin < start:
            notes[-1].parts.pop()
            begin -= LONE_HEAD.fullmatch(rows[begin - 1].text) is not None
    for row in rows[begin:start]:
        rest = "" if row.note is None and LONE_HEAD.fullmatch(row.text) else without_announcements(row.stripped)
        notes[-1].parts += [rest] if rest else []
        row.note = notes[-1]
    last = notes[-1].parts[-1]
    if begin == start and not ended and len(last) >= bounds.full and BROKEN.search(last):
        notes[-1].mark = None


def _rest_begins(rows: Sequence[Row], block: Sequence[int], start: int, bounds: Bounds) -> int:
    """Where the rest of a note begins above a foot: behind a rule, in long lines, or in a block that begins small."""
    if start in bounds.rules:
        return start
    begin = max((row for row in bounds.rules if block[0] < row < start), default=start)
    if begin == start:
        begin = _wide_above(rows, block, start, bounds.body)
    if begin < start or start > block[-1]:
        return begin
    begin = start - 1
    while begin > block[0] and not rows[begin].blank_before:
        begin -= 1
    return begin if begin > block[0] and rows[begin].stripped[:1].islower() else start


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
        if step(earlier.label, head.label) > 1:
            before.mark = None
        if not head.lone or head.begin < head.row or not before.parts or FINISHED.search(before.parts[-1]):
            continue
        if len(before.parts[-1]) >= _FULL_LINE or "".join(note.parts)[:1].islower():
            before.mark = note.mark = None
