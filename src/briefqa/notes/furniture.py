"""Takes running heads, folios and typed rules off the pages: what is printed on a page and belongs to no text."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.briefs import Line, Page, Rule
from briefqa.notes.endnotes import is_heading
from briefqa.notes.labels import raised_labels, start_label
from briefqa.reading.lines import since

if TYPE_CHECKING:
    from collections.abc import Sequence

# How many lines from the top and from the bottom of a page may be furniture.
_DEPTH = 3
_FOLIO = re.compile(
    r"[-–—|\[(\s]*(?:page\s+|p\.\s*|seite\s+)?([0-9]{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|von|sur)\s*[0-9]{1,4})?[-–—|\])\s]*",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"(?<=\S)\s?[\[(](\d{1,3})[\])]")
_STAR_PAGE = re.compile(r"\[\*\d{1,5}\]\s*")
# A running head has its folio, and perhaps a volume, an issue and a year.
_MOST_NUMBERS = 4
# How far apart the lines of a note are at most, in font sizes.
_LEADING = 1.9
_TYPED_RULE = re.compile(r"\s*[—–_―─-]{4,}\s*")


def without_furniture(pages: Sequence[Page]) -> list[Page]:
    """The pages without their furniture; rules typed as dashes become `Rule`s."""
    pages = [_typed_rules(page) for page in pages]
    running = _running(pages) | _split_running(pages)
    doomed = (running - _attached(pages, running)) | _folios(pages)
    kept = [
        replace(page, lines=tuple(line for line in page.lines if (page.index, id(line)) not in doomed))
        for page in pages
    ]
    return _without_star_pages(kept)


def _without_star_pages(pages: list[Page]) -> list[Page]:
    """Pages whose first line does not begin with a reporter's page number ("[*31]"), where several pages have one."""
    starred = {page.index for page in pages if page.lines and _STAR_PAGE.match(page.lines[0].text)}
    if len(starred) < 3:
        return pages
    return [
        replace(page, lines=(since(page.lines[0], found.end()), *page.lines[1:]))
        if page.index in starred and (found := _STAR_PAGE.match(page.lines[0].text))
        else page
        for page in pages
    ]


def _typed_rules(page: Page) -> Page:
    rules = [line for line in page.lines if _TYPED_RULE.fullmatch(line.text)]
    if not rules:
        return page
    drawn = tuple(Rule(line.x0, line.x1, line.y + 0.3 * line.size) for line in rules)
    kept = tuple(line for line in page.lines if not _TYPED_RULE.fullmatch(line.text))
    return replace(page, lines=kept, rules=page.rules + drawn)


def _edges(page: Page) -> tuple[list[Line], list[Line]]:
    """The lines nearest the top and nearest the bottom of the page, outermost first."""
    lines = sorted(page.lines, key=lambda line: -line.y)
    return lines[:_DEPTH], lines[::-1][:_DEPTH]


def _running(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """Lines near an edge that stand at the same height with the same words (numbers aside) on other pages too."""
    seen: dict[tuple[str, bool], list[tuple[int, Line]]] = defaultdict(list)
    for page in pages:
        marked = {label.text for line in page.lines for label in raised_labels(line) if label.start > 0}
        marked |= {found[1] for line in page.lines for found in _BRACKETED.finditer(line.text)}
        for top, edge in zip((True, False), _edges(page), strict=True):
            for line in edge:
                if _heads_notes(page, line) or (top and _carries_mark(line)):
                    continue
                head = start_label(line)
                if head is not None and (head.raised or (not top and head.text in marked)):
                    continue  # "3 Ibid." at an edge of many pages is a note
                words = _without_numbers(line.text)
                if words.strip("#–—-| "):
                    seen[words, top].append((page.index, line))
    doomed: set[tuple[int, int]] = set()
    for found in seen.values():
        for index, line in found:
            alike = {other for other, twin in found if abs(twin.y - line.y) < 6 and abs(twin.size - line.size) < 0.6}
            if len(alike) >= 3 or (len(alike) == 2 and len(pages) <= 6 and _outermost(pages[index - 1], line)):
                doomed.add((index, id(line)))
    return doomed


def _carries_mark(line: Line) -> bool:
    """Whether a line ends in a raised figure or sign: a heading may, no running head does."""
    return any(
        not label.text.isalpha() and label.end == len(line.text) > label.start > 0 for label in raised_labels(line)
    )


def _attached(pages: Sequence[Page], doomed: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those at a page's foot that go on below what stays, line by line: the last lines of notes may well be alike."""
    kept: set[tuple[int, int]] = set()
    for page in pages:
        columns: dict[int, list[Line]] = defaultdict(list)
        for line in sorted(page.lines, key=lambda line: -line.y):
            columns[line.block].append(line)
        for above, line in (pair for column in columns.values() for pair in pairwise(column)):
            if (page.index, id(line)) not in doomed or line.y > 0.5 * page.height:
                continue
            stays = (page.index, id(above)) not in doomed or (page.index, id(above)) in kept
            near = 0 < above.y - line.y <= _LEADING * line.size and abs(above.size - line.size) < 0.3
            head = start_label(above)
            if stays and near and (abs(above.x0 - line.x0) < 1 or (head is not None and head.raised)):
                kept.add((page.index, id(line)))
    return kept


def _heads_notes(page: Page, line: Line) -> bool:
    """Whether a line is the heading of notes and number 1 follows: each chapter's may begin on a page of their own."""
    if not is_heading(line.text):
        return False
    below = max((other for other in page.lines if other.y < line.y - 1), key=lambda other: other.y, default=None)
    label = start_label(below) if below is not None else None
    return label is not None and label.text in {"1", "i"}


def _without_numbers(text: str) -> str:
    """The words of a line, its numbers as "#"; those inside an address stay, and so do many: they are no folios."""
    words = text.casefold().split()
    told = [word if "://" in word else re.sub(r"\d+|\b[ivxlc]+\b", "#", word) for word in words]
    return " ".join(told if sum(word.count("#") for word in told) <= _MOST_NUMBERS else words)


def _split_running(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """The outermost row of pages whose foot is one line here and two there ("Page 1  Title"; "Page 2" and "Title")."""
    seen: dict[tuple[str, bool], list[tuple[int, list[Line]]]] = defaultdict(list)
    for page in pages:
        for top in (True, False):
            edge = max if top else min
            y = edge((line.y for line in page.lines), default=0.0)
            row = sorted((line for line in page.lines if abs(line.y - y) < 1), key=lambda line: line.x0)
            words = _without_numbers(" ".join(line.text for line in row))
            if words.strip("#–—-| ") and not any(start_label(line) or _heads_notes(page, line) for line in row):
                seen[words, top].append((page.index, row))
    doomed: set[tuple[int, int]] = set()
    for found in seen.values():
        heights = [row[0].y for _, row in found]
        if len(found) >= (2 if len(pages) <= 6 else 3) and max(heights) - min(heights) < 6:
            doomed.update((index, id(line)) for index, row in found for line in row)
    return doomed


def _outermost(page: Page, line: Line) -> bool:
    """Whether nothing stands between the line and the page's edge; other things may stand beside it."""
    return all(other.y < line.y + 1 for other in page.lines) or all(other.y > line.y - 1 for other in page.lines)


def _folios(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """Page numbers that stand alone at an edge and count up with the pages."""
    candidates: list[tuple[Page, Line, int | None, bool]] = []
    usual = (
        statistics.median(line.size for page in pages for line in page.lines) if any(p.lines for p in pages) else 0.0
    )
    for page in pages:
        for top, edge in zip((True, False), _edges(page), strict=True):
            for line in edge[:2]:
                found = _FOLIO.fullmatch(line.text)
                # Figures alone that are smaller: a note's label on a line of its own.
                if found and (line.size > 0.65 * usual or line.text[:1].isalpha()):
                    number = int(found[1]) if found[1].isdigit() else None
                    candidates.append((page, line, number, top))
    shifts = Counter((number - page.index, top) for page, _, number, top in candidates if number is not None)
    # Where a chapter opens, the folio stands at the foot.
    steps = {(number - page.index, page.index) for page, _, number, _ in candidates if number is not None}
    either = Counter(step for step, _ in steps)
    doomed: set[tuple[int, int]] = set()
    for page, line, number, top in candidates:
        if (
            (number is not None and shifts[number - page.index, top] >= 2)
            or (number is not None and either[number - page.index] >= 3 and _outermost(page, line))
            or (_apart(page, line, top=top) and start_label(line) is None)
        ):
            doomed.add((page.index, id(line)))
    return doomed


def _apart(page: Page, line: Line, *, top: bool) -> bool:
    """Whether a clear space parts the line from the text, and it lies in the margin."""
    others = [other for other in page.lines if other is not line]
    if not others:
        return False
    near = max(other.y for other in others) if top else min(other.y for other in others)
    return (line.y - near if top else near - line.y) > 1.6 * max(line.size, 1.0)
