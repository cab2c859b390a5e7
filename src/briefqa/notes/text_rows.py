"""The lines of text without geometry, as `Row`s: without running heads and folios, numbered by page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefqa.notes.linking import stuck
from briefqa.notes.text_columns import in_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Line, Page
    from briefqa.notes.paragraphs import Cut

HEAD = re.compile(
    r"\s{0,12}(?:\[(\d{1,3})\]|\((\d{1,3})\)|(\d{1,3})[.):]?|([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})|([*∗＊⁎†‡§¶‖∥]{1,3}))(?:\s+(?=\S)|(?=[^\W\d_]|[“\"‘(§]))"
)
# Tools that take text out of PDFs put a raised label on a line of its own.
LONE_LABEL = re.compile(r"\s*(\d{1,3})\s*")
LONE_HEAD = re.compile(r"\s*(\d{1,3}|[*∗＊⁎†‡§¶‖∥]{1,3})\s*")
# These are matched against stripped lines: white space on both sides of an alternative takes time that explodes.
_RULE = re.compile(r"[-–—_=─━═]{5,}")
_LEAST_BLANK_RULE = 15
_FOLIO = re.compile(r"(?:[-–—] ?)?(?:page ?)?\d{1,4}(?: ?of ?\d{1,4})?(?: ?[-–—])?", re.IGNORECASE)
_FIRST_NUMBER, _LAST_NUMBER = re.compile(r"^(\d{1,4})\s"), re.compile(r"\s(\d{1,4})$")
# Of running heads with a folio, so many characters at most, white space between title and folio included.
_LONGEST = 160
# Running heads: how many lines from an edge of the page, on how many pages, of how many letters at least.
_RUNNING_DEPTH = 3
_LEAST_PAGES = 3
# What stands there on so many pages, and on this share of them, is no line of a note.
_MANY_PAGES, _MOSTLY = 4, 0.5
_LEAST_LETTERS = 4


@dataclass(slots=True, eq=False)
class Row:
    """One line of the file: where it is, what stands around it, and what it turns out to be.

    block: which part of its page it is in, in reading order, where that is set in columns. first_on_page: or in a
    column.
    """

    text: str
    page: int
    blank_before: bool
    blank_after: bool
    first_on_page: bool = False
    block: int = 0
    note: Found | None = None
    cuts: list[Cut] = field(default_factory=list)

    @property
    def indent(self) -> int:
        """How many blanks it begins with."""
        return len(self.text) - len(self.text.lstrip(" "))

    @property
    def stripped(self) -> str:
        """The text without the white space around it."""
        return self.text.strip()


@dataclass(slots=True, eq=False)
class Found:
    """A note being collected.

    row: where it begins. way: how its head and its mark are written.
    """

    label: str
    id: str
    page: int
    endnote: bool
    parts: list[str] = field(default_factory=list)
    mark: tuple[int, int, int] | None = None
    row: int = 0
    way: str = ""


def rows_of(pages: Sequence[Page]) -> tuple[list[Row], bool, set[int]]:
    """The lines that hold text; whether blank lines stand between all lines; which rows follow a rule.

    Text taken from a PDF loses its form feeds; there a line that begins with a blank right after another one begins
    a page.
    """
    rows: list[Row] = []
    rules: set[int] = set()
    running = _running(pages)
    folios = _are_folios(pages)
    counting = _counting(pages)
    for page in pages:
        lines = [line for line in page.lines if id(line) not in counting]
        lines = _without_furniture(lines, running, folios=folios) if len(pages) > 1 else lines
        for block, texts in enumerate(in_columns([line.text for line in lines])):
            blank = first = True
            for text in texts:
                stripped = text.strip()
                typed = _RULE.fullmatch(stripped) is not None
                if not stripped or typed:
                    if typed or len(text) >= _LEAST_BLANK_RULE:
                        rules.add(len(rows))
                    if rows:
                        rows[-1].blank_after = True
                    blank = True
                    continue
                begins = first and (page.index > 1 or block > 0)
                rows.append(Row(text, page.index, blank, blank_after=False, first_on_page=begins, block=block))
                blank = first = False
    spaced = sum(row.blank_after for row in rows)
    double = len(rows) > 6 and spaced > 0.6 * len(rows)
    if len(pages) == 1 and double:
        _implied_pages(rows)
    return rows, double, rules


def _running(pages: Sequence[Page]) -> dict[str, bool]:
    """The words (figures aside) of lines at the very top or bottom of three pages or more: whether of most pages."""
    seen: Counter[str] = Counter()
    for page in pages:
        lines = [line.text for line in page.lines if line.text.strip()]
        edges = {_words(text) for text in (*lines[:_RUNNING_DEPTH], *lines[-_RUNNING_DEPTH:])}
        seen.update(edge for edge in edges if sum(map(str.isalpha, edge)) >= _LEAST_LETTERS)
    many = max(_MANY_PAGES, _MOSTLY * len(pages))
    return {words: count >= many for words, count in seen.items() if count >= _LEAST_PAGES}


def _words(text: str) -> str:
    return re.sub(r"\d+", "#", " ".join(text.casefold().split()))


def _are_folios(pages: Sequence[Page]) -> bool:
    """Whether numbers alone at the very bottom of pages count the pages; else they are labels of notes above them."""
    shifts: Counter[int] = Counter()
    for page in pages:
        last = next((line.text for line in reversed(page.lines) if line.text.strip()), "")
        if found := LONE_LABEL.fullmatch(last):
            shifts[int(found[1]) - page.index] += 1
    return not shifts or shifts.most_common(1)[0][1] >= 0.5 * shifts.total()


def _counting(pages: Sequence[Page]) -> set[int]:
    """The first and last lines of pages that end, or begin, with a number that counts the pages: by `id`."""
    found: dict[tuple[bool, int], list[Line]] = defaultdict(list)
    for page in pages:
        lines = [line for line in page.lines if line.text.strip()]
        for edge in (0, -1) if len(lines) > 1 else ():
            text = lines[edge].text.strip()
            for number in {*_FIRST_NUMBER.findall(text), *_LAST_NUMBER.findall(text)} if len(text) <= _LONGEST else ():
                if edge and text.startswith(number) and any(stuck(number, line.text) for line in lines[:-1]):
                    continue  # the label of a note
                found[edge == 0, int(number) - page.index].append(lines[edge])
    return {
        id(line) for lines in found.values() if len(lines) >= max(_MANY_PAGES, _MOSTLY * len(pages)) for line in lines
    }


def _without_furniture(lines: Sequence[Line], running: dict[str, bool], *, folios: bool) -> list[Line]:
    """The lines of a page without running heads and page numbers at its very top and bottom."""
    kept = list(lines)
    for edge in (0, -1):
        for _ in range(_RUNNING_DEPTH):
            while kept and not kept[edge].text.strip():
                kept.pop(edge)
            if len(kept) < 2:
                break
            text = kept[edge].text.strip()
            if edge == -1 and (LONE_HEAD.fullmatch(kept[-2].text) or (not folios and LONE_LABEL.fullmatch(text))):
                break
            # The last line of a note may be alike on many pages; a running foot stands apart.
            apart = edge == 0 or not kept[-2].text.strip() or running.get(_words(text), False)
            if not _FOLIO.fullmatch(text) and (_words(text) not in running or HEAD.match(text) or not apart):
                break
            kept.pop(edge)
    return kept


def _implied_pages(rows: list[Row]) -> None:
    """Number the pages of double-spaced text by its breaks (see `_rows`)."""
    page = 1
    for index, row in enumerate(rows):
        if index and not row.blank_before and row.text.startswith(" "):
            page += 1
            row.first_on_page = True
        row.page = page
