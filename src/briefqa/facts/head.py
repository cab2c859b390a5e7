"""The head of a document: the lines of its first pages, alike for all formats, with what sets each of them off."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Document, Line, Page

_PAGES = 3
_MAX_LINES = 80
# A longer line says no more about itself, and hostile ones would keep the patterns busy.
_MAX_CHARS = 400
# A page with fewer characters is a cover: what it lacks may stand on the next.
_COVER_CHARS = 900
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
# A span this much smaller than its line is a mark, not a part of the title.
_MARK = 0.8
# Without geometry a line, and in a flow a paragraph, of this many characters is running text.
_PROSE_CHARS = {"line": 60, "flow": 140}


@dataclass(frozen=True, slots=True)
class HeadLine:
    """One line (in a flow: one paragraph) without marks. Places in points, all zero without geometry.

    gap: the space above it, from baseline to baseline. running: it stands at an edge of other pages as well.
    """

    text: str
    page: int
    size: float = 0.0
    bold: bool = False
    x0: float = 0.0
    x1: float = 0.0
    y: float = 0.0
    gap: float = 0.0
    running: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Lines of the first pages in reading order. body_size: the size of most of the document's print, or 0.

    front: how many of the lines stand before the first running text. covers: the first page is a title page.
    """

    lines: tuple[HeadLine, ...]
    body_size: float
    front: int
    covers: bool

    @property
    def before_text(self) -> list[HeadLine]:
        """The lines before the running text, without running heads."""
        return [line for line in self.lines[: self.front] if not line.running]

    @property
    def first_page(self) -> list[HeadLine]:
        """The lines of the first page that has any, without running heads."""
        return [line for line in self.lines if line.page == self.lines[0].page and not line.running]


def head_of(document: Document) -> Head:
    """Collect the head of a document of any format."""
    if document.flow is not None:
        paragraphs = document.flow.text[:20_000].split("\n\n")[:_MAX_LINES]
        return _made([HeadLine(" ".join(paragraph.split())[:_MAX_CHARS], 1) for paragraph in paragraphs], 0.0, "flow")
    pages = [page for page in document.pages[:12] if page.lines]
    if not any(line.spans for page in pages for line in page.lines):
        texts = [(page.index, line.text.strip()) for page in pages[:1] for line in page.lines[: 3 * _MAX_LINES]]
        return _made([HeadLine(text[:_MAX_CHARS], index) for index, text in texts if text][:_MAX_LINES], 0.0, "line")
    size = _most([HeadLine(line.text, page.index, line.size) for page in pages for line in page.lines])
    running = _running(pages, size)
    lines: list[HeadLine] = []
    for page in pages[:_PAGES]:
        above = page.height
        for line in page.lines[:_MAX_LINES]:
            lines.append(_head_line(page, line, above, running))
            above = line.y
    return _made([line for line in lines if line.text], size, "line")


def _made(lines: list[HeadLine], body_size: float, unit: str) -> Head:
    first = [line for line in lines if line.page == lines[0].page] if lines else []
    short = body_size > 0 and sum(len(line.text) for line in first) < _COVER_CHARS
    usual = sorted(len(line.text) for line in lines)[int(0.8 * (len(lines) - 1))] if lines else 0
    least = min(_PROSE_CHARS[unit], max(30, int(0.85 * usual)))
    if body_size:
        # A page of text before pages of tables in small print is text all the same.
        prose_size = max(body_size, 0.0 if short else _most(first))
        leading = _leading(first)
        front = next(
            (row for row in range(len(lines)) if _is_printed_prose(lines, row, prose_size, least, leading)), len(lines)
        )
    else:
        front = next((row for row in range(len(lines)) if _is_plain_prose(lines, row, least, unit)), len(lines))
    return Head(tuple(lines), body_size, front, short and front >= len(first))


def _is_plain_prose(lines: Sequence[HeadLine], row: int, least: int, unit: str) -> bool:
    """Whether running text begins at this row: a long paragraph of a flow, or a long line that reads on in another."""
    text = lines[row].text
    if len(text) < least:
        return False
    last = row + 1 >= len(lines)
    return unit == "flow" or last or bool(re.search(r"[a-z,;-]$", text)) or len(lines[row + 1].text) >= least


def _is_printed_prose(lines: Sequence[HeadLine], row: int, body_size: float, least: int, leading: float) -> bool:
    """Whether running text begins at this row: three lines in the body's print, closely set, two of them full.

    Lines of another column may stand between them.
    """
    line = lines[row]
    if len(line.text) < least or line.running or line.bold or line.size > 1.1 * body_size:
        return False
    chain = [line]
    step = 0.0
    for following in lines[row + 1 : row + 9]:
        down = chain[-1].y - following.y
        if (
            following.page == line.page
            and abs(following.size - line.size) <= 0.06 * line.size
            and following.x0 < chain[-1].x1
            and following.x1 > chain[-1].x0
            and (0.8 * step if step else 0.5 * line.size) < down <= (1.2 * step or 1.3 * leading)
        ):
            step = step or down
            chain.append(following)
    return len(chain) >= 3 and len(chain[1].text) >= 0.8 * least


def _leading(lines: Sequence[HeadLine]) -> float:
    """The usual step from line to line, so that a head set wide is told from double-spaced text."""
    steps = sorted(line.gap for line in lines[1:] if 0.5 * line.size < line.gap < 2.8 * line.size)
    return steps[len(steps) // 2] if steps else 2.0 * max((line.size for line in lines), default=0.0)


def _most(lines: Sequence[HeadLine]) -> float:
    """The size of most of the lines' print."""
    weight: Counter[float] = Counter()
    for line in lines:
        weight[round(line.size, 1)] += len(line.text)
    return weight.most_common(1)[0][0] if weight else 0.0


def _head_line(page: Page, line: Line, above: float, running: set[tuple[str, bool]]) -> HeadLine:
    text = _without_marks(line)
    bold = sum(span.end - span.start for span in line.spans if _BOLD.search(span.font)) >= 0.9 * len(line.text)
    edge = (_masked(text), line.y > 0.5 * page.height)
    gap = above - line.y if above > line.y else 3 * line.size  # after a column's foot: the top of the next
    return HeadLine(text[:_MAX_CHARS], page.index, line.size, bold, line.x0, line.x1, line.y, gap, edge in running)


def _without_marks(line: Line) -> str:
    text, done = "", 0
    for span in line.spans:
        if span.superior or (span.size <= _MARK * line.size and span.y > line.y):
            text += line.text[done : span.start]
            done = span.end
    return " ".join((text + line.text[done:]).split())


def _masked(text: str) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", text.casefold())


def _running(pages: Sequence[Page], body_size: float) -> set[tuple[str, bool]]:
    """Lines at the edge of several pages: (text with its numbers masked, whether it stands in the upper half)."""
    seen: Counter[tuple[str, bool, int]] = Counter()
    for page in pages:
        edge = sorted(page.lines, key=lambda line: line.y)
        for line in {id(line): line for line in [*edge[:3], *edge[-3:]]}.values():
            seen[_masked(" ".join(line.text.split())), line.y > 0.5 * page.height, round(line.size)] += 1
    # A title page may be printed twice; running heads are small.
    return {(text, top) for (text, top, size), count in seen.items() if count > 2 or (count == 2 and size <= body_size)}
