"""Where paragraphs and headings begin, from the geometry of body lines or, without any, from their text."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from briefqa.briefs import Line, Page

_TERMINAL = (".", "!", "?", ":", ";", "”", "’", '"', ")", "]", "…")
_BULLET = re.compile(r"\s*(?:[•◦▪●○■□‣·–—➢✓✔]|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z][.)]|\([ivx]+\))\s+\S")
# Print that differs by more than this share of the body's size is another text.
_OTHER_PRINT = 0.1
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)


@dataclass(slots=True)
class Cut:
    """A mark to be taken out of a line: text[start:end], and what it leads to."""

    start: int
    end: int
    label: str
    note_id: str | None


@dataclass(slots=True)
class BodyLine:
    """A line of the body with the marks in it. paragraph: it begins one; heading: it belongs to a heading."""

    line: Line
    page: Page
    cuts: list[Cut] = field(default_factory=list)
    paragraph: bool = False
    heading: bool = False
    full: bool = True


def mark_paragraphs(lines: Sequence[BodyLine], size: float) -> None:
    """Set `paragraph`, `heading` and `full` of body lines in reading order, from their geometry."""
    steps = _line_steps(lines)
    group: list[BodyLine] = []
    previous: BodyLine | None = None
    for current in [*lines, None]:
        if current is None or (group and (current.page.index, current.line.block) != _place(group[0])):
            _within_block(group, size, steps)
            group = []
        if current is not None:
            if previous is not None and not group:
                current.paragraph = not _reads_on(previous, current, size)
            elif previous is None:
                current.paragraph = True
            group.append(current)
            previous = current


def _place(line: BodyLine) -> tuple[int, int]:
    return line.page.index, line.line.block


def _line_steps(lines: Sequence[BodyLine]) -> Counter[float]:
    """How far lines of one block lie apart, rounded to half points; the most common is the document's leading."""
    steps: Counter[float] = Counter()
    for upper, lower in itertools.pairwise(lines):
        if _place(upper) == _place(lower):
            step = upper.line.y - lower.line.y
            if 0 < step < 4 * max(upper.line.size, 1):
                steps[round(step * 2) / 2] += 1
    return steps


def _within_block(group: Sequence[BodyLine], size: float, steps: Counter[float]) -> None:
    """Paragraphs inside one column: larger gaps, indents, short last lines, bullets, changes of size."""
    if not group:
        return
    leading = _least_common_enough(steps, 1.0)
    # Where paragraphs have two lines each, as many begin at the indent as at the margin.
    left = _least_common_enough(Counter(round(item.line.x0) for item in group), 0.5)
    right = max(item.line.x1 for item in group)
    width = max(right - left, 1.0)
    for item in group:
        item.full = item.line.x1 >= right - 0.12 * width
        item.heading = is_headline(item.line, size)
    for upper, lower in itertools.pairwise(group):
        step = upper.line.y - lower.line.y
        taller = max(upper.line.size, lower.line.size)
        ended = _ending(upper).endswith(_TERMINAL)
        if upper.heading and lower.heading and abs(upper.line.size - lower.line.size) < 0.5 and step < 1.6 * taller:
            continue  # a heading of two lines
        lower.paragraph = (
            (leading > 0 and step > max(1.3 * leading, leading + 2.5) and step > 1.25 * taller)
            or (
                upper.heading != lower.heading
                and not (upper.heading and lower.line.size == upper.line.size and upper.full)
            )
            or (
                lower.line.x0 > upper.line.x0 + 0.8 * lower.line.size
                and abs(upper.line.x0 - left) < 4
                and not _BULLET.match(upper.line.text)
                and (ended or not upper.full)
            )
            or (not upper.full and ended and upper.line.x1 < right - 0.2 * width and _had_room(upper, lower, right))
            or _BULLET.match(lower.line.text) is not None
        )


def _least_common_enough(counts: Mapping[float, int], share: float) -> float:
    """The least of the values that occur at least share times as often as the most common one; 0 if there is none."""
    most = max(counts.values(), default=0)
    return min((value for value, count in counts.items() if count >= share * most), default=0.0)


def _had_room(upper: BodyLine, lower: BodyLine, right: float) -> bool:
    """Whether the first word of the lower line would have fitted into the upper one."""
    text = lower.line.text
    first = len(text.split(maxsplit=1)[0]) + 1 if text.strip() else 0
    return upper.line.x1 + first * (lower.line.x1 - lower.line.x0) / max(len(text), 1) < right


def _ending(item: BodyLine) -> str:
    """The line's text without a mark at its end."""
    text = item.line.text.rstrip()
    for cut in sorted(item.cuts, key=lambda cut: -cut.end):
        if cut.end < len(text):
            break
        text = text[: cut.start].rstrip(" ,")
    return text


def is_headline(line: Line, size: float) -> bool:
    """Larger than the body, or bold throughout; short, and no sentence."""
    text = line.text.strip()
    if not text or len(text) > 160 or not any(char.isalpha() for char in text):
        return False
    if line.size >= 1.12 * size:
        return True
    bold = sum(span.end - span.start for span in line.spans if _BOLD.search(span.font))
    return bold >= 0.9 * len(text) and not text.endswith((".", ",", ";")) and line.size >= 0.95 * size


def _reads_on(last: BodyLine, first: BodyLine, size: float) -> bool:
    """Whether a sentence or paragraph runs on from one column or page into the next."""
    if last.heading or is_headline(first.line, size):
        return False
    if abs(last.line.size - first.line.size) > _OTHER_PRINT * size:
        return False  # a caption, and what stands below it
    before, after = _ending(last), first.line.text.lstrip()
    if before.endswith(("-", "\u00ad", "‐", ",", "—", "–")):
        return True
    if _BULLET.match(first.line.text):
        return False
    # A closing quote or bracket ends a sentence only after a full stop.
    core = before.rstrip("”’\"')]")
    if core.endswith((".", "!", "?", ":")):
        return after[:1].islower()
    return True


def mark_block(lines: Sequence[BodyLine]) -> None:
    """Set `heading` of body lines without geometry: short paragraphs of one line, without a full stop."""
    for index, item in enumerate(lines):
        alone = item.paragraph and (index + 1 == len(lines) or lines[index + 1].paragraph)
        text = item.line.text.strip()
        item.heading = (
            alone
            and index + 1 < len(lines)
            and 3 <= len(text) <= 80
            and text[:1].isupper()
            and text[-1].isalnum()
            and not _BULLET.match(text)
            and len(text.split()) <= 12
        )
