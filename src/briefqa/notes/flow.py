"""Writes the body: lines are joined, pages and sections get their offsets, marks leave the text as offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.briefs import Mark, Page, PageSpan, Section
from briefqa.notes.joining import Vocabulary, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.notes.paragraphs import BodyLine, Cut

_LIGATURES = {"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_CLOSING = (".", ",", ";", ":", "!", "?", ")", "]", "”", "’")
_MERE_SEPARATOR = re.compile(r"[\s,;–—-]*")


@dataclass(slots=True)
class Body:
    """The running text with everything that points into it. places: where the text of each line begins and ends."""

    text: str
    pages: tuple[PageSpan, ...]
    marks: tuple[Mark, ...]
    sections: tuple[Section, ...]
    places: list[tuple[int, int]]


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
