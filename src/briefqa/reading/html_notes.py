"""The notes of a page: which elements hold their text, and how that is told from labels and ways back."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefqa.reading.html_marks import Outline, is_endnote, is_superior, is_way_back, marks
from briefqa.reading.html_source import Element, classes, roles, tag, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import NoteKind

_BLOCKS = frozenset("p li div dd dt td aside blockquote section article main body html tr".split())
_HOLDERS = frozenset("p li div dd td tr aside".split())  # what may hold one whole note
_PAGES = frozenset("section article main body html".split())
_NOTE_NAME = re.compile(
    r"(?:^|[\s_-])(?:sd)?(?:foot|end)?note(?:[\s_-]?\d+)?(?:$|\s)|\b_?(?:ftn|fn|edn|ftnt)\d+\b", re.IGNORECASE
)
# Notes amid a sentence, which a style sheet numbers and puts aside; and how one says so (CSS Generated Content, §2).
_INLINE = frozenset({"footnote", "sidenote", "marginnote"})
_FLOATED = re.compile(r"\.([\w-]{1,60})\s*\{[^{}]{0,500}?\bfloat\s*:\s*footnote\b", re.IGNORECASE)
_COMMENT = re.compile(r"cmnt\d{1,4}")
_LISTS = frozenset("footnotes endnotes references footnote-list footnotes-list wp-block-footnotes".split())
_HEADING = re.compile(
    r"(?:foot|end)?notes?(?: (?:and|&) (?:references|sources))?|references(?: (?:and|&) notes)?|citations|sources"
    r"|works cited|bibliography|anmerkungen|fußnoten|endnoten|notas(?: al pie)?|note(?: a piè di pagina)?|voetnoten",
    re.IGNORECASE,
)
_EDIT = re.compile(r"\s*\[[^\]]*\]$|:$")


@dataclass(slots=True)
class Region:
    """A note of the page. block holds its text; where notes share a block, each begins at its target."""

    id: str
    label: str
    kind: NoteKind
    block: Element
    target: Element


@dataclass(slots=True)
class PageNotes:
    """What a page has of notes. marks: link → label and note id; silent: elements that are no body text."""

    regions: list[Region] = field(default_factory=list)
    marks: dict[Element, tuple[str, str | None]] = field(default_factory=dict)
    silent: set[Element] = field(default_factory=set)
    ways_back: set[Element] = field(default_factory=set)


def find_notes(root: Element) -> PageNotes:
    """Find marks and notes of a page, and link them as the page does."""
    outline = Outline(root)
    found = list(marks(root, outline))
    links: dict[Element, list[Element]] = {}
    for link, _, target in found:
        if target is not None:
            links.setdefault(target, []).append(link)
    places = sorted(outline.order[target] for target in links)
    blocks = {target: _block(target, links[target], places, outline) for target in links}
    inside = _Intervals([block for block in blocks.values() if block is not None], outline)
    page = PageNotes()
    regions: dict[Element, Region] = {}
    for link, label, target in found:
        block = blocks[target] if target is not None else None
        if inside.hold(link):
            if is_superior(link):
                page.silent.add(link)  # a note within a note
        elif target is None:
            page.marks[link] = (label, None)
        elif block is not None:
            if target not in regions:
                regions[target] = _region(target, block, label or str(len(regions) + 1), outline)
            page.marks[link] = (label or regions[target].label, regions[target].id)
    page.regions = [*regions.values(), *_unmarked(root, inside, outline)]
    page.silent.update(region.block for region in page.regions)
    page.silent.update(
        heading for heading in map(_heading, {region.block for region in page.regions}) if heading is not None
    )
    for region in _amid(root, inside, outline):
        page.regions.append(region)
        page.marks[region.block] = (region.label, region.id)
    page.silent.update(_comments(root, outline))
    page.ways_back = _ways_back(page, outline)
    return page


class _Intervals:
    """Whether an element lies in one of several others."""

    def __init__(self, elements: list[Element], outline: Outline) -> None:
        self._outline = outline
        spans = sorted((outline.order[element], outline.last[element]) for element in elements)
        self._starts = [start for start, _ in spans]
        self._ends: list[int] = []
        for _, end in spans:
            self._ends.append(max(end, self._ends[-1] if self._ends else 0))

    def hold(self, element: Element) -> bool:
        """Whether one of the elements holds this one, or is it."""
        number = bisect_right(self._starts, self._outline.order[element]) - 1
        return number >= 0 and self._outline.order[element] <= self._ends[number]


def _region(target: Element, block: Element, label: str, outline: Outline) -> Region:
    kind: NoteKind = "endnote" if is_endnote(target, target.get("id") or target.get("name") or "") else "footnote"
    return Region(f"n{outline.order[target]}", label, kind, block, target)


def _block(target: Element, links: list[Element], places: list[int], outline: Outline) -> Element | None:
    """The element that holds the note which a target begins or is; None where that would be body text."""
    block: Element | None = target
    while block is not None and tag(block) not in _BLOCKS:
        block = block.getparent()
    if block is not None and tag(block) == "dt":
        block = block.getnext()
    if block is None or tag(block) in _PAGES or any(outline.within(link, block) for link in links):
        # The target itself, if it holds text: an inline note beside its mark.
        alone = words(target) and tag(target) != "a" and not any(outline.within(link, target) for link in links)
        return target if alone else None
    own = _count(block, places, outline)
    while True:
        parent = block.getparent()
        if parent is None or tag(parent) not in _HOLDERS or _count(parent, places, outline) > own:
            return block
        if any(outline.within(link, parent) for link in links) or not _is_wrapper(parent, block):
            return block
        block = parent


def _is_wrapper(parent: Element, block: Element) -> bool:
    """Whether a parent is there for one note: it is called so, or holds paragraphs only and begins with the block."""
    if tag(parent) in {"li", "tr"} or _NOTE_NAME.search(f"{parent.get('id') or ''} {parent.get('class') or ''}"):
        return not classes(parent) & _LISTS
    inner = list(parent)
    return (
        inner[0] is block
        and not (parent.text or "").strip()
        and len(inner) <= 5
        and all(tag(one) == "p" for one in inner)
    )


def _count(element: Element, places: list[int], outline: Outline) -> int:
    return bisect_right(places, outline.last[element]) - bisect_left(places, outline.order[element])


def _unmarked(root: Element, marked: _Intervals, outline: Outline) -> list[Region]:
    """The notes that the page names as such and no mark leads to."""
    found = []
    until = -1
    for element in root.iter("li", "aside", "div", "p", "section"):
        if outline.order[element] <= until or marked.hold(element):
            continue
        own, parent = roles(element), element.getparent()
        listed = (
            parent is not None
            and tag(element) == "li"
            and (_LISTS & classes(parent) or roles(parent) & {"endnotes", "footnotes"} or _in_note_section(parent))
        )
        if (own & {"footnote", "endnote", "rearnote"} or listed) and not list(element.iter("section")):
            until = outline.last[element]
            found.append(_region(element, element, "", outline))
    return found


def _amid(root: Element, marked: _Intervals, outline: Outline) -> list[Region]:
    """The notes that stand amid a sentence, where a browser or a typesetter would show a mark."""
    found: list[Region] = []
    floated = (name.lower() for style in root.iter("style") for name in _FLOATED.findall(style.text or ""))
    names = _INLINE | set(floated)
    until = -1
    numbered = 0
    for element in root.iter("span", "small", "d-footnote"):
        called = names & classes(element) or tag(element) == "d-footnote"
        if outline.order[element] > until and called and not marked.hold(element):
            until = outline.last[element]
            if len(words(element)) > 4:  # less is a label that only looks like a note
                beside = "marginnote" in classes(element)  # a note without a number, in the style of Tufte
                numbered += not beside
                found.append(_region(element, element, "⊕" if beside else str(numbered), outline))
    return found


def _comments(root: Element, outline: Outline) -> Iterator[Element]:
    """Yield what Google Docs exports of its comments: the marks in the text, and the comments at the end."""
    for link in root.iter("a"):
        fragment, target = outline.goal(link)
        if target is not None and _COMMENT.fullmatch(fragment):
            yield link
            place: Element | None = target
            while place is not None and tag(place) != "div":
                place = place.getparent()
            if place is not None and outline.order[place] > outline.order[link]:
                yield place


def _in_note_section(items: Element) -> bool:
    parent = items.getparent()
    return parent is not None and bool(
        roles(parent) & {"endnotes", "footnotes"} or classes(parent) & {"footnotes", "endnotes"}
    )


def _heading(block: Element) -> Element | None:
    """The heading of the list that a note begins: "Notes", "References"."""
    place: Element | None = block
    for _ in range(4):
        before = place.getprevious() if place is not None else None
        while before is not None and tag(before) in {"hr", "br", "a"} and not words(before):
            before = before.getprevious()
        if before is not None:
            is_one = tag(before) in {"h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "header", "summary"}
            return before if is_one and _HEADING.fullmatch(_EDIT.sub("", words(before)[:60])) else None
        place = place.getparent() if place is not None else None
        if place is None or tag(place) in {"body", "main", "article"}:
            return None
    return None


def _ways_back(page: PageNotes, outline: Outline) -> set[Element]:
    """The links inside notes that lead to where a mark stands."""
    stands = set()
    for link in page.marks:
        place: Element | None = link
        for _ in range(3):
            if place is not None and tag(place) in {"a", "sup", "span"}:
                stands.add(place)
                place = place.getparent()
        stands.update(link.iter())
        # LibreOffice and old pages put the anchor to return to beside the mark.
        before = link.getprevious()
        if before is not None and tag(before) == "a" and not words(before):
            stands.add(before)
    back = set()
    for block in {region.block for region in page.regions}:
        for link in block.iter("a"):
            if link not in page.marks and (is_way_back(link) or outline.goal(link)[1] in stands):
                back.add(link)
    return back
