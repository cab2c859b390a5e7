"""One PDF page's content stream → `Run`s: what each text operator shows, with where and how large, and thin rules.

pypdf parses the stream and the fonts; this module only follows the text state (ISO 32000-2, 9.3 and 9.4), because
`extract_text` and its visitors merge runs and lose the sizes and baselines that tell a note mark from a digit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, StreamObject

from briefqa.briefs import Rule
from briefqa.reading.pdf_fonts import FontCache, Glyphs, dictionary
from briefqa.reading.pdf_pen import Matrix, Pen, Run

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MAX_FORM_DEPTH = 8
_SHOW = {b"Tj", b"TJ", b"'", b'"'}
_MOVE = {b"Td", b"TD"}
_PAINT_STROKE = {b"S", b"s"}
_PAINT_FILL = {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"}
_PAINT_NONE = {b"n"}


@dataclass(slots=True)
class Content:
    """Everything drawn on one page that matters to reading it. damaged: why the rest of the page is missing, or ""."""

    runs: list[Run] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    images: int = 0
    damaged: str = ""


def multiply(m: Matrix, n: Matrix) -> Matrix:
    """M × n: m applies first (ISO 32000-2, 8.3.3)."""
    a, b, c, d, e, f = m
    na, nb, nc, nd, ne, nf = n
    return (
        a * na + b * nc,
        a * nb + b * nd,
        c * na + d * nc,
        c * nb + d * nd,
        e * na + f * nc + ne,
        e * nb + f * nd + nf,
    )


def read_content(page: Any, base: Matrix, fonts: FontCache) -> Content:
    """Follow a pypdf page's content stream. base maps its user space to the page as displayed."""
    content = Content()
    stream = page.get("/Contents")
    if stream is None:
        return content
    _Interpreter(content, fonts, page.pdf).run(stream, dictionary(page.get("/Resources")), base, 0)
    return content


class _Interpreter:
    """The graphics and text state of one page, operator by operator."""

    def __init__(self, content: Content, fonts: FontCache, pdf: Any) -> None:
        self.content = content
        self.fonts = fonts
        self.pdf = pdf
        self.open_forms: set[int] = set()

    def run(self, stream: Any, resources: DictionaryObject, ctm: Matrix, depth: int) -> None:  # noqa: C901, PLR0912, PLR0915 - one branch an operator
        """Interpret one stream (a page's or a form's), adding what it shows to the content."""
        stream = stream.get_object()
        if not isinstance(stream, ContentStream):
            stream = ContentStream(stream, self.pdf, "bytes")
        fonts = self.fonts.of(resources)
        glyphs: Glyphs | None = None
        size = spacing = word_spacing = leading = rise = 0.0
        stretch = 1.0
        tm = line = IDENTITY
        stack: list[tuple[Any, ...]] = []
        path: list[tuple[float, float, float, float]] = []
        point = (0.0, 0.0)
        line_width = 1.0
        for operands, operator in self._operations(stream):
            try:
                if operator in _SHOW:
                    if operator in (b"'", b'"'):
                        if operator == b'"':
                            word_spacing, spacing = float(operands[0]), float(operands[1])
                        line = tm = multiply((1, 0, 0, 1, 0, -leading), line)
                    if glyphs is None:
                        continue
                    pen = Pen(glyphs, multiply(tm, ctm), size, spacing, word_spacing, stretch, rise, self.content.runs)
                    advance = pen.show(operands[0] if operator == b"TJ" else operands[-1:])
                    tm = multiply((1, 0, 0, 1, advance, 0), tm)
                elif operator in {b"Td", b"TD"}:
                    tx, ty = float(operands[0]), float(operands[1])
                    if operator == b"TD":
                        leading = -ty
                    a, b, c, d, e, f = line
                    line = tm = (a, b, c, d, tx * a + ty * c + e, tx * b + ty * d + f)
                elif operator == b"Tm":
                    a, b, c, d, e, f = operands[:6]
                    line = tm = (float(a), float(b), float(c), float(d), float(e), float(f))
                elif operator == b"T*":
                    line = tm = multiply((1, 0, 0, 1, 0, -leading), line)
                elif operator == b"Tf":
                    glyphs, size = fonts.get(operands[0]), float(operands[1])
                elif operator == b"BT":
                    line = tm = IDENTITY
                elif operator == b"Tc":
                    spacing = float(operands[0])
                elif operator == b"Tw":
                    word_spacing = float(operands[0])
                elif operator == b"Tz":
                    stretch = float(operands[0]) / 100
                elif operator == b"TL":
                    leading = float(operands[0])
                elif operator == b"Ts":
                    rise = float(operands[0])
                elif operator == b"q":
                    stack.append((ctm, glyphs, size, spacing, word_spacing, stretch, leading, rise, line_width))
                elif operator == b"Q":
                    if stack:
                        ctm, glyphs, size, spacing, word_spacing, stretch, leading, rise, line_width = stack.pop()
                elif operator == b"cm":
                    a, b, c, d, e, f = operands[:6]
                    ctm = multiply((float(a), float(b), float(c), float(d), float(e), float(f)), ctm)
                elif operator == b"w":
                    line_width = float(operands[0])
                elif operator == b"m":
                    point = (float(operands[0]), float(operands[1]))
                elif operator == b"l":
                    to = (float(operands[0]), float(operands[1]))
                    path.append((*point, *to))
                    point = to
                elif operator == b"re":
                    x, y, w, h = (float(value) for value in operands[:4])
                    path.append((x, y, x + w, y + h))
                elif operator in _PAINT_STROKE or operator in _PAINT_FILL:
                    if path:
                        self._rules(path, ctm, line_width if operator in _PAINT_STROKE else 0.0)
                    path = []
                elif operator in _PAINT_NONE:
                    path = []
                elif operator == b"Do":
                    self._do(operands[0], resources, ctm, depth)
                elif operator == b"INLINE IMAGE":
                    self.content.images += 1
            except (TypeError, ValueError, IndexError, OverflowError):
                continue  # a malformed operator: viewers skip it too

    def _operations(self, stream: ContentStream) -> list[Any]:
        """The stream's operations; of a damaged one those before the damage."""
        for _ in range(2):  # what pypdf parsed before it gave up is there when asked again
            try:
                return list(stream.operations)
            except (PyPdfError, ValueError, IndexError, TypeError, RecursionError) as error:
                self.content.damaged = type(error).__name__
        return []

    def _rules(self, path: list[tuple[float, float, float, float]], ctm: Matrix, line_width: float) -> None:
        """Keep the horizontal strokes of a painted path, at least 20 pt long and at most 3 pt thick."""
        a, b, c, d, e, f = ctm
        boxes = [
            (
                min(x0 * a + y0 * c, x1 * a + y1 * c) + e,
                min(x0 * b + y0 * d, x1 * b + y1 * d) + f,
                max(x0 * a + y0 * c, x1 * a + y1 * c) + e,
                max(x0 * b + y0 * d, x1 * b + y1 * d) + f,
            )
            for x0, y0, x1, y1 in path
        ]
        left, low = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, high = max(box[2] for box in boxes), max(box[3] for box in boxes)
        if high - low <= 3 and right - left >= 20 and line_width * abs(d or 1) <= 3:
            self.content.rules.append(Rule(left, right, (low + high) / 2))
            return
        for x0, y0, x1, y1 in boxes:
            if y1 - y0 <= 3 and x1 - x0 >= 20 and line_width * abs(d or 1) <= 3:
                self.content.rules.append(Rule(x0, x1, (y0 + y1) / 2))

    def _do(self, name: Any, resources: DictionaryObject, ctm: Matrix, depth: int) -> None:
        """Draw a form XObject; count an image."""
        xobject = dictionary(resources.get("/XObject")).get(name)
        form = xobject.get_object() if xobject is not None else None
        if not isinstance(form, StreamObject):
            return
        if form.get("/Subtype") != "/Form":
            self.content.images += 1
            return
        if depth >= MAX_FORM_DEPTH or id(form) in self.open_forms:
            return
        matrix = form.get("/Matrix")
        if isinstance(matrix, ArrayObject) and len(matrix) == 6:
            a, b, c, d, e, f = (float(value) for value in matrix)
            ctm = multiply((a, b, c, d, e, f), ctm)
        own = form.get("/Resources")
        self.open_forms.add(id(form))
        self.run(form, dictionary(own) if own is not None else resources, ctm, depth + 1)
        self.open_forms.discard(id(form))
