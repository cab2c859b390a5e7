"""Writes the body: lines become paragraphs, pages and sections get their offsets, marks leave the text as offsets."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefqa.briefs import Line, Mark, Page, PageSpan, Section
from briefqa.notes.joining import Vocabulary, join

if TYPE_CHECKING:
    from collections.abc import Sequence

_LIGATURES = {"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_TERMINAL = (".", "!", "?", ":", ";", "”", "’", '"', ")", "]", "…")
_CLOSING = (".", ",", ";", ":", "!", "?", ")", "]", "”", "’")
_BULLET = re.compile(r"\s*(?:[•◦▪●○■□‣·–—➢✓✔]|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z][.)]|\([ivx]+\))\s+\S")
_MERE_SEPARATOR = re.compile(r"[\s,;–—-]*")
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


@dataclass(slots=True)
class Body:
    """The running text with everything that points into it. places: where the text of each line begins and ends."""

    text: str
    pages: tuple[PageSpan, ...]
    marks: tuple[Mark, ...]
    sections: tuple[Section, ...]
    places: list[tuple[int, int]]


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
    leading = steps.most_common(1)[0][0] if steps else 0.0
    left = Counter(round(item.line.x0) for item in group).most_common(1)[0][0]
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
            or (not upper.full and ended and upper.line.x1 < right - 0.2 * width)
            or _BULLET.match(lower.line.text) is not None
        )


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


def write_body(lines: Sequence[BodyLine], pages: Sequence[Page], vocabulary: Vocabulary) -> Body:
    """Join body lines, take the marks out, and note where pages and sections begin."""
    writer = _Writer(vocabulary)
    starts: dict[int, int] = {}
    places: list[tuple[int, int]] = []
    for item in lines:
        start = writer.add(item)
        starts.setdefault(item.page.index, start)
        places.append((start, writer.length + len(writer.tail)))
    text = writer.text.rstrip()
    spans = _page_spans(pages, starts, len(text))
    return Body(text, spans, tuple(writer.marks), _sections(writer.headings, len(text)), places)


def _page_spans(pages: Sequence[Page], starts: dict[int, int], end: int) -> tuple[PageSpan, ...]:
    """Where each page's text lies in the body; the spans follow each other without gaps."""
    spans: list[PageSpan] = []
    following = end
    for page in reversed(pages):
        start = min(starts.get(page.index, following), following)
        spans.append(PageSpan(page.index, page.label, start, following))
        following = start
    spans.reverse()
    if spans:
        spans[0] = PageSpan(spans[0].index, spans[0].label, 0, spans[0].end)
    return tuple(spans)


def _sections(headings: list[tuple[int, str]], end: int) -> tuple[Section, ...]:
    """Each heading with the span up to the next one."""
    edges = [*(start for start, _ in headings), end][1:]
    return tuple(
        Section(" ".join(title.split()), start, edge) for (start, title), edge in zip(headings, edges, strict=True)
    )


class _Writer:
    """Appends lines to the body text."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.parts: list[str] = []
        self.length = 0
        self.tail = ""
        self.tail_full = True
        self.marks: list[Mark] = []
        self.headings: list[tuple[int, str]] = []
        self.in_heading = False

    @property
    def text(self) -> str:
        return "".join(self.parts) + self.tail

    def add(self, item: BodyLine) -> int:
        """Append one line; return the offset at which it begins."""
        text, marks = _without_marks(item)
        if not text:
            for label, _, note_id in marks:
                self.marks.append(Mark(label, self.length + len(self.tail), item.page.index, note_id))
            return self.length + len(self.tail)
        end = self.length + len(self.tail)
        if item.paragraph or not self.tail:
            self._flush("\n\n" if end else "")
            if item.heading:
                self.headings.append((self.length, text))
        else:
            before, between = join(self.tail, text, self.vocabulary, full=self.tail_full)
            dropped = len(self.tail) - len(before)
            self.tail = before
            end -= dropped
            if dropped and self.marks:
                limit = self.length + len(before)
                self.marks[-1:] = [
                    Mark(mark.label, min(mark.offset, limit), mark.page, mark.note_id) for mark in self.marks[-1:]
                ]
            if text.startswith(_CLOSING):
                between = ""  # a mark that wrapped stood before it
            self._flush(between)
            if item.heading and self.in_heading and self.headings:
                start, title = self.headings[-1]
                self.headings[-1] = (start, f"{title} {text}")
        self.in_heading = item.heading
        start = self.length
        self.tail, self.tail_full = text, item.full
        for label, offset, note_id in marks:
            # A mark that wrapped to the head of a line belongs to the word before it.
            self.marks.append(Mark(label, start + offset if offset else end, item.page.index, note_id))
        return start

    def _flush(self, between: str) -> None:
        self.parts.append(self.tail + between)
        self.length += len(self.tail) + len(between)
        self.tail = ""


def _without_marks(item: BodyLine) -> tuple[str, list[tuple[str, int, str | None]]]:
    """The line's text without its marks, blanks squeezed, and (label, offset, note_id) of each."""
    kept: list[str] = []
    marks: list[tuple[str, int, str | None]] = []
    length = 0

    def keep(part: str) -> None:
        nonlocal length
        part = "".join(_LIGATURES.get(char, char) for char in part)
        part = re.sub(r"\s+", " ", part)
        if part.startswith(" ") and (not length or kept[-1].endswith(" ")):
            part = part[1:]
        # A blank that only parted the mark from a full stop goes with it.
        if marks and kept and kept[-1].endswith(" ") and part[:1] in {".", ",", ";", ":", ")", "”"}:
            kept[-1] = kept[-1][:-1]
            length -= 1
        if part:
            kept.append(part)
            length += len(part)

    for (start, end), cut in zip(kept_parts(item), [*in_order(item.cuts), None], strict=True):
        keep(item.line.text[start:end])
        if cut is not None:
            marks.append((cut.label, length, cut.note_id))
    text = "".join(kept)
    stripped = text.rstrip()
    return stripped, [(label, min(offset, len(text[:offset].rstrip())), note) for label, offset, note in marks]


def kept_parts(item: BodyLine) -> list[tuple[int, int]]:
    """The parts of the line's text that are not marks: one before each mark, in order, and one after the last.

    What merely parts a mark from the one before it is left out.
    """
    parts: list[tuple[int, int]] = []
    position = 0
    for index, cut in enumerate(in_order(item.cuts)):
        end = max(position, cut.start)
        separator = index > 0 and _MERE_SEPARATOR.fullmatch(item.line.text, position, end)
        parts.append((end if separator else position, end))
        position = max(position, cut.end)
    return [*parts, (position, len(item.line.text))]


def plain_letters(char: str) -> str:
    """What a character of a line becomes in the body: a ligature its letters, a blank nothing."""
    return _LIGATURES.get(char, "" if char.isspace() else char)


def in_order(cuts: Sequence[Cut]) -> list[Cut]:
    """The marks of a line as they follow each other, which is the order of `Brief.marks`, too."""
    return sorted(cuts, key=lambda cut: (cut.start, cut.end))
