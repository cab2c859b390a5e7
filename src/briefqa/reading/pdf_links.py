"""Marks that the file itself links to a note, by the names that typesetters give to the places of notes.

Where a font has no superior figures, some producers leave the mark on the baseline in the body's size: nothing but the
link tells it from a figure of the text then. A link says what is a mark; to which note it leads is found as ever.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject

from briefqa.reading.pdf_fonts import dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.reading.pdf_content import Content
    from briefqa.reading.pdf_pen import Matrix

# LaTeX's hyperref: "Hfootnote.12"; Word: "_ftn12", "_edn12"; HTML: "fn12". Links back ("fnref12") are none.
_PLACE_OF_NOTE = re.compile(r"/?(?:Hfootnote\.\w+|_(?:ftn|edn)\d+|fn[:-]?\d+|footnote[-.]?\d+)")
_LABEL = re.compile(r"[0-9⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}|[a-z]{1,2}|[*∗†‡§¶‖]{1,3}")
# A page with more annotations than this is no page to read but a map; they are not looked at.
_MOST = 2000

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


def _note_links(page: Any, base: Matrix) -> Iterator[Box]:
    """The boxes of a page's links to places that are named as notes are."""
    try:
        annotations = page.get("/Annots")
        annotations = annotations.get_object() if annotations is not None else None
    except (PyPdfError, RecursionError):
        return
    if not isinstance(annotations, ArrayObject) or len(annotations) > _MOST:
        return
    for reference in annotations:
        try:
            link = dictionary(reference)
            target = link.get("/Dest") or dictionary(link.get("/A")).get("/D")
            if isinstance(target, (str, bytes)) and _PLACE_OF_NOTE.fullmatch(_text(target)):
                yield _displayed(link["/Rect"], base)
        except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
            continue  # a broken annotation costs itself


def _text(name: str | bytes) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else name


def _displayed(corners: Any, base: Matrix) -> Box:
    a, b, c, d, e, f = base
    x0, y0, x1, y1 = (float(corner) for corner in corners)
    left, right = sorted((a * x0 + c * y0 + e, a * x1 + c * y1 + e))
    bottom, top = sorted((b * x0 + d * y0 + f, b * x1 + d * y1 + f))
    return left, bottom, right, top
