"""Where the words of a brief stand on its pages, packed small enough to be kept for every page.

All is in points from the lower left corner of the page as displayed; it is kept to 1/65535 of the page's size.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from briefqa.briefs import PageGeometry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STEPS = 65535
_HEAD = struct.Struct("<5I")


class Rect(NamedTuple):
    """A rectangle on a page."""

    x0: float
    y0: float
    x1: float
    y1: float


class Word(NamedTuple):
    """A word of the body, or the part of it that stands on one line: body[start:end], from x0 to x1."""

    start: int
    end: int
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line of the body: how far it reaches down and up, and its words in the order of the body."""

    y0: float
    y1: float
    words: Sequence[Word]


@dataclass(slots=True)
class PlacedPage:
    """A page and all that was placed on it. marks, notes: by their number in `Brief.marks` and `Brief.notes`."""

    index: int
    width: float
    height: float
    lines: list[PlacedLine] = field(default_factory=list)
    marks: list[tuple[int, Rect]] = field(default_factory=list)
    notes: list[tuple[int, Rect]] = field(default_factory=list)

    def boxes(self, start: int, end: int) -> list[Rect]:
        """The boxes that cover the words of body[start:end] on this page, one a line."""
        found: list[Rect] = []
        for line in self.lines:
            words = [word for word in line.words if word.start < end and word.end > start]
            if words:
                left, right = min(word.x0 for word in words), max(word.x1 for word in words)
                found.append(Rect(left, line.y0, right, line.y1))
        return found


def packed(page: PlacedPage) -> PageGeometry:
    """Pack a page. Words must come in the order of the body, as they do on every page that was read."""
    wide, high = _STEPS / (page.width or 1), _STEPS / (page.height or 1)
    words = [word for line in page.lines for word in line.words]
    base = words[0].start if words else 0
    offsets, ends = array("I"), base
    for word in words:
        offsets.append(word.start - ends)
        ends = word.end
    offsets.extend(word.end - word.start for word in words)
    placed = [*page.marks, *page.notes]
    offsets.extend(number for number, _ in placed)
    steps = array("H", [len(line.words) for line in page.lines])
    steps.extend(_scaled([line.y0 for line in page.lines], high))
    steps.extend(_scaled([line.y1 for line in page.lines], high))
    steps.extend(_scaled([word.x0 for word in words], wide))
    steps.extend(_scaled([word.x1 for word in words], wide))
    for side in range(4):
        steps.extend(_scaled([rect[side] for _, rect in placed], high if side % 2 else wide))
    head = _HEAD.pack(base, len(page.lines), len(words), len(page.marks), len(page.notes))
    return PageGeometry(page.index, page.width, page.height, zlib.compress(head + _little(offsets) + _little(steps), 6))


def unpacked(geometry: PageGeometry) -> PlacedPage:
    """Undo `packed`. Raises ValueError for what it has not made."""
    try:
        data = zlib.decompress(geometry.packed)
        base, lines, words, marks, notes = _HEAD.unpack_from(data)
    except (zlib.error, struct.error) as error:
        raise ValueError(f"the geometry of page {geometry.index} is damaged") from error
    offsets, steps = array("I"), array("H")
    cut = _HEAD.size + 4 * (2 * words + marks + notes)
    offsets.frombytes(data[_HEAD.size : cut])
    steps.frombytes(data[cut:])
    if sys.byteorder == "big":
        offsets.byteswap()
        steps.byteswap()
    wide, high = (geometry.width or 1) / _STEPS, (geometry.height or 1) / _STEPS
    columns = _columns(steps, [lines] * 3 + [words] * 2 + [marks + notes] * 4)
    if columns is None or len(offsets) != 2 * words + marks + notes:
        raise ValueError(f"the geometry of page {geometry.index} is damaged")
    counts, lows, tops, lefts, rights, *sides = columns
    page = PlacedPage(geometry.index, geometry.width, geometry.height)
    all_words, at = [], base
    for gap, length, left, right in zip(offsets[:words], offsets[words : 2 * words], lefts, rights, strict=True):
        at += gap
        all_words.append(Word(at, at + length, left * wide, right * wide))
        at += length
    for count, end, low, top in zip(counts, accumulate(counts), lows, tops, strict=True):
        page.lines.append(PlacedLine(low * high, top * high, all_words[end - count : end]))
    rects = [Rect(x0 * wide, y0 * high, x1 * wide, y1 * high) for x0, y0, x1, y1 in zip(*sides, strict=True)]
    placed = list(zip(offsets[2 * words :], rects, strict=True))
    page.marks, page.notes = placed[:marks], placed[marks:]
    return page


def _scaled(values: Iterable[float], scale: float) -> list[int]:
    return [min(max(int(value * scale + 0.5), 0), _STEPS) for value in values]


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _columns(steps: array[int], lengths: Sequence[int]) -> list[array[int]] | None:
    """Part one array into columns of these lengths; None where it does not hold so much, or more."""
    if len(steps) != sum(lengths):
        return None
    ends = list(accumulate(lengths))
    return [steps[end - length : end] for end, length in zip(ends, lengths, strict=True)]
