"""Walks a page, or one of its notes, and tells a `FlowWriter` what it meets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from briefqa.reading.flow_writer import FlowWriter, web_address
from briefqa.reading.html_source import Element, classes, roles, tag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from briefqa.reading.html_notes import PageNotes, Region

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form header hgroup hr html legend li main menu nav ol optgroup option p pre "
    "search section summary table ul".split()
)
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_SILENT = frozenset(
    "script style template noscript nav aside footer form button select input textarea label iframe "
    "object embed svg canvas audio video map head title del rt rp annotation annotation-xml datalist "
    "dialog frameset".split()
)
_SILENT_ROLES = frozenset("navigation banner contentinfo complementary search menu menubar dialog toolbar toc".split())
_SILENT_CLASSES = frozenset(
    "visually-hidden visuallyhidden sr-only screen-reader-text noprint no-print navbox navbar mw- "
    "editsection mw-cite-backlink toc breadcrumb breadcrumbs sidebar social-share share-buttons "
    "sharedaddy related-posts newsletter-signup cookie-banner cookie-notice comments printfooter catlinks "
    "mw-jump-link skip-link hidden headerlink header-anchor anchorjs-link fn-bracket subscription-widget-wrap "
    "subscription-widget cookie-consent".split()
)
_HIDDEN_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE
)
_AROUND_MARKS = re.compile(r"[\s\[\](),;·–-]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # a page may hold them, a tree is not given them
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


def write_body(root: Element, notes: PageNotes, writer: FlowWriter) -> None:
    """Write the running text below root, without the notes and with their marks."""
    _unbracket(notes)
    walker = _Walker(writer, notes, root)
    walker.walk(root)


def write_notes(regions: list[Region], notes: PageNotes) -> Iterator[tuple[Region, FlowWriter]]:
    """Yield each note with a writer that holds its text."""
    shared: dict[Element, list[Region]] = {}
    for region in regions:
        shared.setdefault(region.block, []).append(region)
    for block, together in shared.items():
        writers = {region.target: FlowWriter(single=True) for region in together}
        walker = _Walker(next(iter(writers.values())), notes, block)
        walker.switches = writers if len(together) > 1 else {}
        walker.walk(block)
        yield from ((region, writers[region.target]) for region in together)


class _Walker:
    """One way through a tree, without recursion. switches: elements from which on another writer is told."""

    def __init__(self, writer: FlowWriter, notes: PageNotes, root: Element) -> None:
        self.switches: dict[Element, FlowWriter] = {}
        self._writer = writer
        self._notes = notes
        self._root = root
        self._open: dict[Element, AbstractContextManager[None]] = {}
        self._layout: list[bool] = []  # of the open tables: whether it only arranges
        self._superior = 0
        self._pre = 0

    def walk(self, root: Element) -> None:
        """Read everything below root."""
        events = etree.iterwalk(root, events=("start", "end"))
        passed: Element | None = None
        for event, element in events:
            if event == "end":
                if element is not passed:
                    self._leave(element)
                if element is not root:
                    self._text(element.tail)
            elif element is not root and self._is_silent(element):
                passed = element
                events.skip_subtree()
                self._pass(element)
            else:
                self._enter(element)
                self._text(element.text)

    def _pass(self, element: Element) -> None:
        """Leave an element out. What is left out of a sentence does not end it."""
        if element in self._notes.marks and self._root not in self._notes.silent:
            self._writer.mark(*self._notes.marks[element])
        elif tag(element) in _BLOCKS and element not in self._notes.silent:
            self._writer.paragraph()

    def _is_silent(self, element: Element) -> bool:
        if element in self._notes.silent or element in self._notes.marks or element in self._notes.ways_back:
            return True
        name = tag(element)
        if name in {"html", "body", "main", "article"}:
            return False
        return (
            not name
            or name in _SILENT
            or element.get("hidden") is not None
            or bool(_SILENT_ROLES & roles(element))
            or bool(_SILENT_CLASSES & classes(element))
            or (element.get("aria-hidden") == "true" and name not in {"sup", "a"})
            or _HIDDEN_STYLE.search(element.get("style") or "") is not None
            or (name == "header" and _is_site_header(element))
            or (name == "div" and element.get("id") == "footer")
            or (name == "div" and element.get("title") in {"header", "footer"})  # LibreOffice's running heads
        )

    def _enter(self, element: Element) -> None:
        name, writer = tag(element), self._writer
        if element in self.switches:
            self._writer = writer = self.switches[element]
        if name in _HEADINGS:
            self._hold(element, writer.heading(int(name[1])))
        elif name in {"table", "tr", "td", "th"}:
            self._enter_table(element, name)
        elif name == "br":
            before = element.getprevious()
            twice = before is not None and tag(before) == "br" and not (before.tail or "").strip()
            (writer.paragraph if twice else writer.space)()
        elif name in _BLOCKS:
            writer.paragraph()
            self._pre += name == "pre"
        elif name == "sup":
            self._superior += 1
        elif name == "q":
            writer.text("“")

    def _enter_table(self, element: Element, name: str) -> None:
        if name == "table":
            self._writer.paragraph()
            self._layout.append(_only_arranges(element))
        elif name == "tr":
            self._writer.row()
        elif self._layout and self._layout[-1]:
            self._writer.paragraph()
        else:
            self._hold(element, self._writer.cell(first=element.getprevious() is None))

    def _leave(self, element: Element) -> None:
        name = tag(element)
        if element in self._open:
            self._open.pop(element).__exit__(None, None, None)
        elif name in _BLOCKS or name in {"td", "th"}:
            self._writer.paragraph()
        if name == "table" and self._layout:
            self._layout.pop()
        elif name == "sup":
            self._superior -= 1
        elif name == "pre":
            self._pre -= 1
        elif name == "q":
            self._writer.text("”")
        elif name == "a":
            self._writer.link(web_address(element.get("href") or ""))

    def _hold(self, element: Element, context: AbstractContextManager[None]) -> None:
        context.__enter__()
        self._open[element] = context

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if self._superior:
            self._writer.superior(text)
        elif self._pre:
            first, *others = _BLANK_LINE.split(text)
            self._writer.text(first)
            for other in others:
                self._writer.paragraph()
                self._writer.text(other)
        else:
            self._writer.text(text)


def _unbracket(notes: PageNotes) -> None:
    """Take the brackets, commas and spaces away that set off marks in superscript or in brackets of their own."""
    parents = {link.getparent() for link in notes.marks}
    for parent in parents:
        if parent is not None and tag(parent) == "sup":
            if _AROUND_MARKS.fullmatch(parent.text or ""):
                parent.text = None
            for piece in parent:
                if _AROUND_MARKS.fullmatch(piece.tail or ""):
                    piece.tail = None
    for link in notes.marks:
        parent, before = link.getparent(), link.getprevious()
        if parent is None:
            continue
        text = (before.tail if before is not None else parent.text) or ""
        tail = link.tail or ""
        opening, closing = text.rstrip()[-1:], tail.lstrip()[:1]
        if opening + closing in {"[]", "()"}:
            link.tail = _CONTROL.sub("", tail.lstrip()[1:])
            shortened = _CONTROL.sub("", text.rstrip()[:-1])
            if before is None:
                parent.text = shortened
            else:
                before.tail = shortened


def _is_site_header(header: Element) -> bool:
    return "banner" in roles(header) or any(tag(inner) in {"nav", "form"} for inner in header.iter())


def _only_arranges(table: Element) -> bool:
    """Whether a table only sets text side by side: it says so, holds tables or headings, or has one cell a row."""
    if roles(table) & {"presentation", "none"}:
        return True
    if any(next(table.iter(name), table) is not table for name in ("h1", "h2", "h3")):
        return True
    if next((inner for inner in table.iter("table") if inner is not table), None) is not None:
        return True
    return not any(sum(tag(cell) in {"td", "th"} for cell in row) > 1 for row in table.iter("tr"))
