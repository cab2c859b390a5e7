"""What a brief is made of. Plain data: no I/O, no logic beyond looking things up by offset.

A reader turns a file into `Document` (pages of lines, with geometry where the format has any); `notes` turns that
into a `Brief` (body, marks, notes); `passages` cuts the body into `Passage`s. Every place in a text is a pair of
character offsets (start, end) into `Brief.body`.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

NoteKind = Literal["footnote", "endnote"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a line in one font size on one baseline: `Line.text[start:end]`.

    x0, x1: left and right edge; y: baseline; all in points from the page's lower left corner. size: font size in
    points as it is on the page (font size times matrix scale). superior: superscript figures in the body's size.
    edges: where each character begins, and where the last one ends; empty where the reader does not know.
    """

    start: int
    end: int
    x0: float
    x1: float
    y: float
    size: float
    font: str = ""
    superior: bool = False
    edges: Sequence[float] = field(default=(), compare=False, repr=False)

    def x_at(self, offset: int) -> float:
        """Where the character of the line at offset begins; characters without edges are taken as equally wide."""
        place = min(max(offset - self.start, 0), self.end - self.start)
        if len(self.edges) == self.end - self.start + 1:
            return self.edges[place]
        return self.x0 + (self.x1 - self.x0) * place / max(1, self.end - self.start)

    def cut(self, start: int, end: int) -> Span:
        """The part of it that covers [start, end) of its line's text."""
        start, end = max(self.start, start), min(self.end, end)
        edges = self.edges[start - self.start : end - self.start + 1] if self.edges else ()
        x0, x1 = (min(edges), max(edges)) if edges else (self.x0, self.x1)
        return replace(self, start=start, end=end, x0=x0, x1=x1, edges=edges)


@dataclass(frozen=True, slots=True, order=True)
class WebLink:
    """Words of a text, [start, end), that lead to an address."""

    start: int
    end: int
    address: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page as printed. A format without geometry has no spans, and zeros for the rest.

    x0, x1, y: as in `Span`, of the line's main text; size: that of most of its characters. block: the column of the
    page that it stands in, numbered in reading order. links: those whose addresses the text does not spell out.
    """

    text: str
    x0: float = 0.0
    x1: float = 0.0
    y: float = 0.0
    size: float = 0.0
    spans: tuple[Span, ...] = ()
    block: int = 0
    links: tuple[WebLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin horizontal stroke, such as the one that sets notes off. x0, x1, y in points."""

    x0: float
    x1: float
    y: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read. index counts from 1; label is what is printed on it ("iv", "12"). Sizes in points.

    mirrored: it reads from right to left, and all x of its lines and rules are measured from its right edge.
    """

    index: int
    label: str
    width: float
    height: float
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...] = ()
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a brief that could not be understood, for a person to look at. page 0: the brief as a whole."""

    brief: str
    page: int
    message: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A note reference mark: where it stood in the body (it is no longer in it), and the note it leads to."""

    label: str
    offset: int
    page: int
    note_id: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """What a note cites. csl is a CSL-JSON item (https://docs.citationstyles.org); unsure fields are left out.

    start, end: the span of `Note.text` that it was parsed from.
    """

    csl: dict[str, Any]
    start: int
    end: int

    @property
    def url(self) -> str | None:
        """The address of the source as the note gives it."""
        url = self.csl.get("URL")
        return str(url) if url else None


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote or endnote. page is the one on which it begins; text is whole, over line and page breaks.

    refers_to: id of the earlier note that "ibid.", "supra note 3" and the like mean; its source is among sources, too.
    links: until sources are found, the web addresses that words of it lead to and do not spell out.
    """

    id: str
    label: str
    kind: NoteKind
    page: int
    text: str
    sources: tuple[Source, ...] = ()
    refers_to: str | None = None
    links: tuple[WebLink, ...] = ()


@dataclass(frozen=True, slots=True)
class PageSpan:
    """Where a page's text lies in the body. A page that adds nothing to the body has start == end."""

    index: int
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """Where everything stands on a page of width × height points, as `geometry.packed` writes it."""

    index: int
    width: float
    height: float
    packed: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and the span of the body that it heads (the heading's own text included)."""

    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Flow:
    """What a format with notes of its own (DOCX, HTML, Markdown) says outright: text without marks, and both linked.

    Offsets count in text. Note ids are any that are unique in the flow; `notes` replaces them.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    notes: tuple[Note, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader makes of a file, and what its metadata says. Nothing is judged yet.

    pages in reading order where the format has pages or lines (PDF, TXT); flow where it has neither. published is a
    date that is stated as that of publication; created is when the file says that it was made, which a copy says of
    itself.
    """

    path: str
    pages: tuple[Page, ...]
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    language: str = ""
    problems: tuple[Problem, ...] = ()
    flow: Flow | None = None
    created: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """One document of the collection, understood.

    id: the first 16 hex digits of the SHA-256 of the file's bytes, so that a renamed file is the same brief.
    path: relative to docs_in, with forward slashes. collection: its first folder, "" for the top level.
    body: running text without notes, marks, running heads and folios; paragraphs are parted by a blank line.
    published: ISO 8601, as exact as known ("2021", "2021-04", "2021-04-07"), or "". geometry: of its pages, where the
    format has any; a brief out of the catalog comes without.
    """

    id: str
    path: str
    title: str
    body: str
    pages: tuple[PageSpan, ...]
    marks: tuple[Mark, ...] = ()
    notes: tuple[Note, ...] = ()
    sections: tuple[Section, ...] = ()
    authors: tuple[str, ...] = ()
    published: str = ""
    language: str = ""
    problems: tuple[Problem, ...] = ()
    geometry: tuple[PageGeometry, ...] = field(default=(), repr=False)

    @property
    def collection(self) -> str:
        """The folder of docs_in that the brief lies in."""
        return self.path.split("/", 1)[0] if "/" in self.path else ""

    def pages_of(self, start: int, end: int) -> tuple[PageSpan, ...]:
        """The pages that the span [start, end) of the body touches; at least one where the brief has pages."""
        first = max(0, bisect_right(self.pages, start, key=lambda page: page.start) - 1)
        touched = [page for page in self.pages[first:] if page.start < end and page.end > start]
        return tuple(touched) or self.pages[first : first + 1]

    def section_at(self, offset: int) -> str:
        """The title of the innermost section at offset, or ""."""
        found = ""
        for section in self.sections:
            if section.start > offset:
                break
            if offset < section.end:
                found = section.title
        return found


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a brief's body, the unit of retrieval: `brief.body[start:end] == text`.

    context: title and section heading, embedded in front of the text but not returned as part of it.
    marks: those with start < offset <= end (a mark stands after the word it annotates).
    """

    id: str
    brief_id: str
    ordinal: int
    start: int
    end: int
    text: str
    context: str = ""
    section: str = ""
    pages: tuple[PageSpan, ...] = ()
    marks: tuple[Mark, ...] = ()
