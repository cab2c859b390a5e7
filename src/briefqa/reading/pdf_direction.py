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
    from collections.abc import Iterator, Sequence

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
_LATIN = re.compile(r"[A-Za-z\u00c0-\u058f]")
# Between figures these belong to the number.
_IN_NUMBERS = frozenset(".,:/")
# Words of one line lie within so many font sizes.
_ON_ONE_LINE = 2.0
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
        content.runs[:] = list(_in_reading_order(content.runs))
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


def _in_reading_order(runs: Sequence[Run]) -> Iterator[Run]:
    """The runs, those drawn from left to right one after the other turned about; foreign words are kept whole.

    Blanks are runs, too: drawn behind a letter, they are read before it.
    """
    drawn: list[Run] = []
    for run in runs:
        if drawn and not _drawn_behind(drawn[-1], run):
            yield from reversed(drawn)
            drawn = []
        word = _word_before(drawn, run)
        for part in [*drawn[len(drawn) - word + 1 :], run] if word else ():
            _append(drawn[-word], part)
        if word:
            del drawn[len(drawn) - word + 1 :]
        else:
            drawn.append(run)
    yield from reversed(drawn)


def _drawn_behind(last: Run, run: Run) -> bool:
    """Whether a run was drawn right of the last one, on the same line."""
    near = -_TOUCHING * run.size <= run.x0 - last.x1 <= _ON_ONE_LINE * run.size
    return near and abs(run.y - last.y) <= 0.6 * max(run.size, last.size) and run.angle == last.angle


def _word_before(drawn: Sequence[Run], run: Run) -> int:
    """How many of the runs drawn last make one number or foreign word with this one, punctuation inside included."""
    if not _PART.fullmatch(run.text):
        return 0
    inside = ""
    for count, last in enumerate(reversed(drawn), start=1):
        after = drawn[len(drawn) - count + 1] if count > 1 else run
        touching = abs(after.x0 - last.x1) <= _TOUCHING * run.size
        alike = (run.y, run.size, run.angle, run.superior) == (last.y, last.size, last.angle, last.superior)
        if not touching or not alike or not last.text.strip() or RIGHT_TO_LEFT.search(last.text):
            return 0
        if _PART.fullmatch(last.text):
            foreign = _LATIN.search(last.text) or _LATIN.search(run.text)
            return count if not inside or foreign or inside in _IN_NUMBERS else 0
        inside = last.text + inside
    return 0


def _append(last: Run, run: Run) -> None:
    last.text += run.text
    last.edges = array("f", [*last.edges[:-1], *run.edges])
    last.x1 = run.x1


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
