"""Text that a tool laid out as it was printed, in two columns side by side: taken apart, each to be read by itself."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = re.compile(r"  (?=\S)")
# Where the right column may begin: so many characters from the left, and so many before the longest line ends.
_LEAST_WIDTH = 28
# A place where the right column begins, on so many lines of a page at least.
_LEAST_LINES = 5
_LEAST_BOTH = 8
_MOST_PLACES = 6
# A first line of a paragraph, or a label, stands this much further right.
_INDENT = 8
# Lines of prose fill their column; cells of a table do not. Shares of the lines on both sides, and of the widest.
_FULL, _OFTEN_FULL = 0.75, 0.5


def in_columns(lines: Sequence[str]) -> list[list[str]]:
    """The lines of one page in reading order, in blocks: each column one, and what stands across them.

    A page that is not set in two columns is one block.
    """
    starts = _starts(lines)
    if not starts:
        return [list(lines)]
    parted = [_part(line, starts) for line in lines]
    both = [part for part in parted if part is not None and part[0].strip() and part[1].strip()]
    if len(both) < _LEAST_BOTH or not all(_is_prose([part[side] for part in both]) for side in (0, 1)):
        return [list(lines)]
    _part_between(lines, parted, int(median(len(part[0]) for part in both)))
    blocks: list[list[str]] = []
    for across, group in groupby(range(len(lines)), key=lambda at: parted[at] is None):
        if across:
            blocks.append([lines[at] for at in group])
            continue
        pairs = [part for at in group if (part := parted[at]) is not None]
        blocks += [_without_margin(_without_gaps(pairs, side)) for side in (0, 1)]
    return [block for block in blocks if any(line.strip() for line in block)]


def _starts(lines: Sequence[str]) -> list[int]:
    """Where right columns begin on this page: character positions behind wide gaps that many lines share."""
    longest = max(map(len, lines), default=0)
    counted: Counter[int] = Counter()
    for line in lines:
        counted.update(end for end in _gaps(line) if _LEAST_WIDTH <= end <= longest - _LEAST_WIDTH)
    return [place for place, count in counted.most_common(_MOST_PLACES) if count >= _LEAST_LINES]


def _gaps(line: str) -> list[int]:
    """The positions right behind two blanks or more."""
    return [found.end() for found in _GAP.finditer(line)]


def _part(line: str, starts: Sequence[int]) -> tuple[str, str] | None:
    """Left and right part of a line, None where it does not seem to have two."""
    if not line.strip():
        return "", ""
    for start in starts:
        if len(line.rstrip()) > start and line[max(0, start - 2) : start].strip() == "":
            rest = line[start:]
            indent = len(rest) - len(rest.lstrip(" "))
            if indent <= _INDENT:
                return line[:start].rstrip(), rest
    return None


def _part_between(lines: Sequence[str], parted: list[tuple[str, str] | None], usual: int) -> None:
    """Part the lines that stand among parted ones, where the left side fills its column; short ones are left sides.

    The tools keep a single blank there, and move the right side where they must. usual: characters of a left side.
    """
    start = usual + 2
    for at, line in enumerate(lines):
        part = parted[at]
        if part is not None:
            start = len(line) - len(part[1]) if part[1] else start
            continue
        around = [parted[near] for near in (at - 1, at + 1) if 0 <= near < len(lines)]
        if not any(near is not None and (near[0] or near[1]) for near in around):
            continue
        if len(line.rstrip()) <= start:
            parted[at] = line.rstrip(), ""
        elif len(line) > 1.3 * usual and line[:1] != " ":
            blanks = [found.start() for found in re.finditer(r" (?=\S)", line)]
            if blanks:
                cut = min(blanks, key=lambda blank: abs(blank + 1 - start))
                parted[at] = line[:cut].rstrip(), line[cut + 1 :]


def _without_gaps(pairs: Sequence[tuple[str, str]], side: int) -> list[str]:
    """One side without the blank lines that are there only because the other side's lines stand between its own."""
    blank = [not pair[side].strip() for pair in pairs]

    def only_between(at: int) -> bool:
        if not blank[at] or not pairs[at][1 - side].strip():
            return False
        return any(
            0 <= at + step < len(pairs)
            and blank[at + step]
            and not blank[at + step // 2]
            and pairs[at + step][1 - side]
            for step in (-2, 2)
        )

    return [pair[side] for at, pair in enumerate(pairs) if not only_between(at)]


def _is_prose(texts: Sequence[str]) -> bool:
    widths = sorted(len(text.strip()) for text in texts)
    wide = widths[int(0.9 * (len(widths) - 1))]
    return wide >= _LEAST_WIDTH - 4 and sum(width >= _FULL * wide for width in widths) >= _OFTEN_FULL * len(widths)


def _without_margin(lines: Sequence[str]) -> list[str]:
    """The lines of a column without the white space that all of them begin with."""
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return [line[margin:] for line in lines]
