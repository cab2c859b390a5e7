"""One text operator → `Run`s: where its glyphs stand, how large, and which gaps between them are word spaces."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pypdf.generic import NameObject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.reading.pdf_fonts import Glyphs

Matrix = tuple[float, float, float, float, float, float]
MAX_RUNS = 200_000
# A gap wider than this share of the font size is a word space. TeX shrinks spaces to 0.13 em on tight lines; kerns
# between the strings of one operator stay below 0.1 em, gaps between operators (italic corrections) below 0.14 em,
# and arrays of single glyphs may be letter-spaced.
_STRING_GAP = 0.1
_GLYPH_GAP = 0.16
SPACE_GAP = 0.14
# A space that character or word spacing has squeezed below this is none (Ghostscript cancels spaces so).
_SQUEEZED = 0.09
_TAB_GAP = 1.0


@dataclass(slots=True)
class Run:
    """The text of one operator. x0, x1, y (baseline), size in points of the page as displayed.

    angle: quarter turns, anticlockwise; x and y are turned so that the text runs from left to right. superior: figures
    narrower than the font's normal ones (superscripts that keep the body's size and baseline, as Typst sets them), or a
    label that the file links to a note.
    edges: where each character begins, and x1.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    font: str
    angle: int = 0
    superior: bool = False
    edges: Sequence[float] = ()


class Pen:
    """Shows one text operator's strings: tells word spaces from kerning, and adds the runs."""

    __slots__ = (
        "_across", "_angle", "_edges", "_gap", "_glyphs", "_height", "_inked", "_matrix", "_origin", "_parts", "_raws",
        "_runs", "_size", "_spacing", "_start", "_stretch", "_word_spacing", "_x",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913, PLR0917 - the text state has that many parts
        self,
        glyphs: Glyphs,
        matrix: Matrix,
        size: float,
        spacing: float,
        word_spacing: float,
        stretch: float,
        rise: float,
        runs: list[Run],
    ) -> None:
        a, b, c, d, e, f = matrix
        self._glyphs, self._size, self._spacing, self._stretch, self._runs = glyphs, size, spacing, stretch, runs
        self._word_spacing = word_spacing if glyphs.encoding is None else 0.0  # single-byte codes only (9.3.3)
        self._angle = _angle(a, b)
        self._height = abs(size * math.hypot(c, d))
        self._across = math.hypot(a, b)
        self._matrix = a, b
        self._origin = e + rise * c, f + rise * d
        # In text space: the pen, where the run began and where its ink ends, and the white before the next glyph.
        self._x = self._start = self._inked = self._gap = 0.0
        self._parts: list[str] = []
        self._edges: list[float] = []  # where each part begins
        self._raws: list[str] = []

    def show(self, shown: Any) -> float:
        """Add the runs of the strings and moves of one operator; return how far it moves the pen, in text space."""
        lengths = [len(item) for item in shown if isinstance(item, (str, bytes))]
        singles = len(lengths) >= 6 and sum(length <= 2 for length in lengths) > 0.8 * len(lengths)
        em = abs(self._size)
        wide = (_GLYPH_GAP if singles else _STRING_GAP) * em
        # Ghostscript sets a word space as character spacing inside a pair of letters; long strings are letter-spaced.
        paired = self._spacing > SPACE_GAP * em and max(lengths, default=0) <= 4
        for item in shown:
            if isinstance(item, (str, bytes)):
                if not isinstance(item, NameObject):
                    self._string(item, wide if paired else math.inf)
                continue
            move = -float(item) * self._size * self._stretch / 1000
            if move > em * _TAB_GAP:
                self._flush()
                self._x += move
                self._start, self._gap = self._x, 0.0
                continue
            if move > wide and not paired:
                self._space()
            self._gap += move
            self._x += move
            if not self._parts:
                self._start = self._x
        self._flush()
        return self._x

    def _string(self, item: str | bytes, wide: float) -> None:
        glyphs, em = self._glyphs, abs(self._size)
        unit = self._size * glyphs.scale / 1000
        for raw in glyphs.decode(item):
            text, width = glyphs[raw]
            advance = width * unit + self._spacing
            if text == " ":
                advance += self._word_spacing if raw == " " else 0.0
                if advance < _SQUEEZED * em and min(self._word_spacing, self._spacing) < 0:
                    text = ""
            if self._gap > wide:
                self._space()
            self._parts.append(text)
            self._edges.append(self._x)
            self._raws.append(raw)
            self._x += advance * self._stretch
            self._gap = self._spacing
            if text != " ":
                self._inked = self._x - self._spacing * self._stretch

    def _space(self) -> None:
        if self._parts and not self._parts[-1].endswith(" "):
            self._parts.append(" ")
            self._edges.append(self._inked)

    def _flush(self) -> None:
        """Make a run of what has been shown since the last one."""
        text = "".join(self._parts)
        if text and len(self._runs) < MAX_RUNS:
            (ox, oy), (a, b) = self._origin, self._matrix
            x, y = _turn(ox + self._start * a, oy + self._start * b, self._angle)
            x1 = x + (max(self._inked, self._start) - self._start) * self._across
            superior = self._glyphs.is_superior(self._raws, text)
            edges = self._edges_of(text, x, x1)
            self._runs.append(Run(text, x, x1, y, self._height, self._glyphs.name, self._angle, superior, edges))
        self._parts.clear()
        self._edges.clear()
        self._raws.clear()

    def _edges_of(self, text: str, x: float, x1: float) -> array[float]:
        """Where each character of the run at x begins on the page, and x1. Those of one glyph are equally wide."""
        across, start, parts = self._across, self._start, self._parts
        edges = array("f", [x + (edge - start) * across for edge in self._edges])
        edges.append(x1)
        if len(text) == len(parts) and "" not in parts:
            return edges
        spread = array("f")
        for left, right, part in zip(edges, edges[1:], parts, strict=False):
            spread.extend([left + (right - left) * at / len(part) for at in range(len(part))])
        spread.append(x1)
        return spread


def _angle(a: float, b: float) -> int:
    """The direction of the text in quarter turns, anticlockwise."""
    if abs(a) >= abs(b):
        return 0 if a >= 0 else 2
    return 1 if b > 0 else 3


def _turn(x: float, y: float, angle: int) -> tuple[float, float]:
    """Turn a point so that text of this angle runs from left to right."""
    if angle == 0:
        return x, y
    if angle == 1:
        return y, -x
    if angle == 2:
        return -x, -y
    return -y, x
