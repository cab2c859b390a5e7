"""What a file links: marks to notes, by the names that typesetters give to the places of notes; words to the web.

Where a font has no superior figures, some producers leave the mark on the baseline in the body's size: nothing but the
link tells it from a figure of the text then. A link says what is a mark; to which note it leads is found as ever.
A note that says "available here" cites an address that only the link has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject

from briefqa.briefs import WebLink
from briefqa.reading.flow_writer import MAX_ADDRESS, web_address
from briefqa.reading.pdf_fonts import dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.briefs import Line
    from briefqa.reading.pdf_content import Content
    from briefqa.reading.pdf_pen import Matrix

# LaTeX's hyperref: "Hfootnote.12"; Word: "_ftn12", "_edn12"; HTML: "fn12". Links back ("fnref12") are none.
_PLACE_OF_NOTE = re.compile(r"/?(?:Hfootnote\.\w+|_(?:ftn|edn)\d+|fn[:-]?\d+|footnote[-.]?\d+)")
_LABEL = re.compile(r"[0-9⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}|[a-z]{1,2}|[*∗†‡§¶‖]{1,3}")
# Words that spell an address, or a part of one.
_SPELLED = re.compile(r"https?:|www\.|doi:|\w\.\w+/\S", re.IGNORECASE)
# A link goes on in the next line: so many lines' heights apart at most.
_NEXT_LINE = 2.2
# A page with more annotations than this is no page to read but a map; they are not looked at.
_MOST = 2000
# Of links to the web, so many of a page are looked at: each is held against all of its lines.
_MOST_TO_WEB = 500

# Left, bottom, right, top, in points of the page as displayed.
Box = tuple[float, float, float, float]


def lift_linked_marks(content: Content, page: Any, base: Matrix) -> None:
    """Take the runs that are a label inside a link to a note for superior ones. base: as for `read_content`."""
    boxes = list(_note_links(page, base))
    if not boxes:
        return
    for run in content.runs:
        if _LABEL.fullmatch(run.text.strip()) and any(_holds(box, run.x0, run.x1, run.y) for box in boxes):
            run.superior = True


def _holds(box: Box, x0: float, x1: float, y: float) -> bool:
    left, bottom, right, top = box
    return left - 1 <= (x0 + x1) / 2 <= right + 1 and x1 - x0 <= right - left + 2 and bottom - 1 <= y <= top


def with_web_links(lines: Sequence[Line], page: Any, base: Matrix) -> tuple[Line, ...]:
    """The lines with the web addresses that words of them lead to and do not spell out. base: as for `read_content`."""
    boxes: dict[str, list[Box]] = defaultdict(list)
    for box, address in islice(_web_links(page, base), _MOST_TO_WEB):
        boxes[address].append(box)
    found: dict[int, list[WebLink]] = defaultdict(list)
    for address, each in boxes.items():
        places = [(row, *words) for row, line in enumerate(lines) for box in each if (words := _words(line, box))]
        if any(_SPELLED.search(lines[row].text[start:end]) for row, start, end in places):
            continue
        told = {row for row, _, _ in places}
        last = {row for row in told if not any(_is_next(lines[row], lines[other]) for other in told)}
        for row, start, end in places:
            if row in last:
                found[row].append(WebLink(start, end, address))
    return tuple(
        replace(line, links=tuple(_apart(sorted(found[row])))) if row in found else line
        for row, line in enumerate(lines)
    )


def _apart(links: Sequence[WebLink]) -> Iterator[WebLink]:
    """The links without those that begin within another."""
    end = 0
    for link in links:
        if link.start >= end:
            yield link
            end = link.end


def _is_next(line: Line, other: Line) -> bool:
    """Whether another line stands right below a line, so that a link of both leads away from its words there."""
    return line.block == other.block and 0 < line.y - other.y <= _NEXT_LINE * line.size


def _words(line: Line, box: Box) -> tuple[int, int] | None:
    """Which part of a line stands in a box: from character to character."""
    left, bottom, right, top = box
    if not bottom - 1 <= line.y <= top or line.x1 < left or line.x0 > right:
        return None
    inside = [
        at
        for span in line.spans
        for at in range(span.start, span.end)
        if left - 1 <= (span.x_at(at) + span.x_at(at + 1)) / 2 <= right + 1 and not line.text[at : at + 1].isspace()
    ]
    if not inside:
        return None
    end = inside[-1] + 1
    # The box of a link may touch the comma behind it.
    return inside[0], inside[0] + len(line.text[inside[0] : end].rstrip(".,;:"))


def _web_links(page: Any, base: Matrix) -> Iterator[tuple[Box, str]]:
    """The boxes of a page's links to the web, each with its address."""
    for link in _annotations(page):
        try:
            target = dictionary(link.get("/A")).get("/URI")
            address = "".join(_text(target).split()) if isinstance(target, (str, bytes)) else ""
            if len(address) <= MAX_ADDRESS and address.isprintable() and web_address(address):
                yield _displayed(link["/Rect"], base), address
        except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
            continue  # a broken annotation costs itself


def _note_links(page: Any, base: Matrix) -> Iterator[Box]:
    """The boxes of a page's links to places that are named as notes are."""
    for link in _annotations(page):
        try:
            target = link.get("/Dest") or dictionary(link.get("/A")).get("/D")
            if isinstance(target, (str, bytes)) and _PLACE_OF_NOTE.fullmatch(_text(target)):
                yield _displayed(link["/Rect"], base)
        except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
            continue  # a broken annotation costs itself


def _annotations(page: Any) -> Iterator[Any]:
    """The annotations of a page, none if they are too many or damaged."""
    try:
        annotations = page.get("/Annots")
        annotations = annotations.get_object() if annotations is not None else None
    except (PyPdfError, RecursionError):
        return
    if not isinstance(annotations, ArrayObject) or len(annotations) > _MOST:
        return
    for reference in annotations:
        try:
            yield dictionary(reference)
        except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
            continue


def _text(name: str | bytes) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else name


def _displayed(corners: Any, base: Matrix) -> Box:
    a, b, c, d, e, f = base
    x0, y0, x1, y1 = (float(corner) for corner in corners)
    left, right = sorted((a * x0 + c * y0 + e, a * x1 + c * y1 + e))
    bottom, top = sorted((b * x0 + d * y0 + f, b * x1 + d * y1 + f))
    return left, bottom, right, top
