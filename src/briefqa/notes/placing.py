"""Where on its pages everything stands that a brief was made of: words of the body, marks, lines of notes."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from briefqa.geometry import PlacedLine, PlacedPage, Rect, Word, packed
from briefqa.notes.flow import in_order, kept_parts, plain_letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.briefs import Line, Page, PageGeometry
    from briefqa.notes.flow import Body
    from briefqa.notes.paragraphs import BodyLine
    from briefqa.notes.printed import Reading

# What a line reaches above and below its baseline, in font sizes.
ASCENT, DESCENT = 0.78, 0.24
_WORD = re.compile(r"\S+")


def geometry(reading: Reading, lines: Sequence[BodyLine], body: Body) -> tuple[PageGeometry, ...]:
    """Place all of a printed brief. lines: those that body was written from, in the same order."""
    pages = {page.index: page for page in reading.pages}
    placed = {page.index: PlacedPage(page.index, page.width, page.height) for page in reading.pages}
    numbers = itertools.count()
    # What a join took off a line's end is not in the body: it ends before whatever line comes after it begins.
    starts = [*(start for start, _ in body.places), len(body.text)]
    limits = list(itertools.accumulate(reversed(starts[1:]), min))[::-1]
    for item, (start, end), limit in zip(lines, body.places, limits, strict=True):
        page = placed[item.page.index]
        words = _words(item, body.text, start, min(end, limit))
        if words:
            low, high = _reach(item.line)
            page.lines.append(PlacedLine(low, high, [_turned_word(word, item.page) for word in words]))
        for cut in in_order(item.cuts):
            page.marks.append((next(numbers), _turned(mark_rect(item.line, cut.start, cut.end), item.page)))
    number_of = {note.id: number for number, note in enumerate(reading.notes)}
    for index, line, note_id in note_lines(reading):
        if note_id in number_of:
            low, high = _reach(line)
            rect = _turned(Rect(line.x0, low, line.x1, high), pages[index])
            placed[index].notes.append((number_of[note_id], rect))
    return tuple(packed(page) for page in placed.values())


def note_lines(reading: Reading) -> Iterator[tuple[int, Line, str]]:
    """The lines of notes, each with its page and the note that it belongs to ("" for none): endnotes, then footnotes.

    A line that the next note's label heads begins it, the others carry on.
    """
    drafts = [draft for draft in reading.notes if draft.kind == "endnote"]
    note_id = ""
    for row, (page, line) in enumerate(reading.rows):
        if row in reading.endnote_rows:
            head = line.text.lstrip(" [(")
            if drafts and drafts[0].page == page and head.startswith(drafts[0].label):
                note_id = drafts.pop(0).id
            yield page, line, note_id
    drafts = [draft for draft in reading.notes if draft.kind == "footnote"]
    note_id = ""
    for foot in (foot for column in reading.columns for foot in column.feet):
        for line, label in foot.rows:
            if label is not None and drafts and (label.text, foot.page) == (drafts[0].label, drafts[0].page):
                note_id = drafts.pop(0).id
            yield foot.page, line, note_id


def mark_rect(line: Line, start: int, end: int) -> Rect:
    """Where the mark line.text[start:end] stands."""
    end = max(end, start + 1)  # one that a range implies ("3–5") has no letters
    spans = [span for span in line.spans if span.start < end and start < span.end]
    if not spans:
        return Rect(line.x1, line.y, line.x1 + 3, line.y + line.size)
    size, y = spans[0].size, spans[0].y
    edges = spans[0].x_at(start), spans[-1].x_at(end)
    return Rect(min(edges), y - 0.1 * size, max(edges), y + ASCENT * size)


def _reach(line: Line) -> tuple[float, float]:
    return line.y - DESCENT * line.size, line.y + ASCENT * line.size


def _words(item: BodyLine, text: str, start: int, end: int) -> list[Word]:
    """The words of text[start:end], which was written from the line."""
    letters = _letters(item, text[start:end])
    spans, firsts = item.line.spans, [span.start for span in item.line.spans]
    words: list[Word] = []
    for found in _WORD.finditer(text, start, end):
        first, last = letters[found.start() - start], letters[found.end() - start - 1]
        span = spans[max(bisect_right(firsts, first) - 1, 0)]
        x0, x1 = span.x_at(first), span.x_at(first + 1)
        if last != first:
            span = spans[max(bisect_right(firsts, last) - 1, 0)]
            left, right = span.x_at(last), span.x_at(last + 1)
            x0, x1 = min(x0, x1, left, right), max(x0, x1, left, right)
        words.append(Word(found.start(), found.end(), x0, x1))
    return words


def _letters(item: BodyLine, written: str) -> Sequence[int]:
    """The place in the line of each character that was written from it; blanks aside, both agree letter by letter."""
    if item.line.text.startswith(written):
        return range(len(written))
    letters = [at for part in kept_parts(item) for at in range(*part) for _ in plain_letters(item.line.text[at])]
    left = iter(letters)
    return [-1 if char.isspace() else next(left, 0) for char in written]


def _turned_word(word: Word, page: Page) -> Word:
    if not page.mirrored:
        return word
    return Word(word.start, word.end, page.width - word.x1, page.width - word.x0)


def _turned(rect: Rect, page: Page) -> Rect:
    """Where a reader sees it: right-to-left pages are read mirrored."""
    return Rect(page.width - rect.x1, rect.y0, page.width - rect.x0, rect.y1) if page.mirrored else rect
