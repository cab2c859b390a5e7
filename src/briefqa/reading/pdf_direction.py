"""Right-to-left pages: PDF draws their glyphs from left to right, so text arrives in visual order.

Such a page is mirrored and its runs are put in logical order; everything after this then reads from "left" to "right",
and columns, indents and marks after words need no second set of rules.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from typing import TYPE_CHECKING

from briefqa.briefs import Rule
from briefqa.reading.pdf_fonts import RIGHT_TO_LEFT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.reading.pdf_content import Content
    from briefqa.reading.pdf_pen import Run

# Arabic letters drawn in their contextual forms stand for the plain letters.
_FORMS = re.compile("[\ufb1d-\ufdff\ufe70-\ufeff]+")
_LETTER = re.compile(r"[^\W\d_]")
# Numbers and words of other scripts keep their order, with the punctuation inside them.
_INSIDE = "A-Za-z0-9\u00c0-\u058f\u0660-\u0669\u06f0-\u06f9"
_PART = re.compile(rf"[{_INSIDE}](?:\S*[{_INSIDE}])?")
# Glyphs that follow each other lie within this share of the font size.
_TOUCHING = 0.15
_EMBEDDED = re.compile(rf"[{_INSIDE}](?:[^\s\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff]*[{_INSIDE}/])?")


def set_reading_direction(content: Content, width: float) -> bool:
    """Put right-to-left text into logical order; a page that is mostly such is mirrored about its vertical axis.

    Returns whether it was mirrored.
    """
    text = "".join(run.text for run in content.runs)
    letters = len(RIGHT_TO_LEFT.findall(text))
    if not letters:
        return False
    mirrored = letters > 0.5 * len(_LETTER.findall(text))
    if mirrored:
        content.runs[:] = _whole_numbers(content.runs)
    for run in content.runs:
        if mirrored:
            run.x0, run.x1 = width - run.x1, width - run.x0
        if mirrored or RIGHT_TO_LEFT.search(run.text):
            run.edges = _turned(run, width if mirrored else None)
            run.text = logical(run.text)
            if len(run.edges) != len(run.text) + 1:
                run.edges = ()
    if mirrored:
        content.rules[:] = [Rule(width - rule.x1, width - rule.x0, rule.y) for rule in content.rules]
    return mirrored


def _whole_numbers(runs: Sequence[Run]) -> list[Run]:
    """The runs, figures and letters of other scripts that were drawn one by one from left to right put together."""
    kept: list[Run] = []
    for run in runs:
        last = kept[-1] if kept else None
        if (
            last is not None
            and _PART.fullmatch(last.text)
            and _PART.fullmatch(run.text)
            and abs(run.x0 - last.x1) <= _TOUCHING * run.size
            and (run.y, run.size, run.angle, run.superior) == (last.y, last.size, last.angle, last.superior)
        ):
            last.text += run.text
            last.edges = array("f", [*last.edges[:-1], *run.edges])
            last.x1 = run.x1
        else:
            kept.append(run)
    return kept


def _turned(run: Run, width: float | None) -> Sequence[float]:
    """The edges of a run in the order in which it is read; width: of the page, if that is mirrored.

    Words of other scripts keep their order inside, which is not followed: as a whole they stand where they stood.
    """
    edges: list[float] = []
    for edge, before, letter in zip(run.edges[::-1], run.edges[-2::-1], run.text[::-1], strict=False):
        letters = len(unicodedata.normalize("NFKC", letter)) if _FORMS.fullmatch(letter) else 1
        edges += [edge + (before - edge) * at / letters for at in range(letters)]
    edges += run.edges[:1]
    return array("f", edges if width is None else [width - edge for edge in edges])


def logical(text: str) -> str:
    """Text in visual order, as it is drawn, in the order in which it is read."""
    if not RIGHT_TO_LEFT.search(text) and _LETTER.search(text):
        return text
    turned = _EMBEDDED.sub(lambda found: found[0][::-1], text[::-1])
    return _FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), turned)
