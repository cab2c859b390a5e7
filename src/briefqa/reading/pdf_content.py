"""One PDF page's content stream → `Run`s: what each text operator shows, with where and how large, and thin rules.

pypdf parses the stream and the fonts; this module only follows the text state (ISO 32000-2, 9.3 and 9.4), because
`extract_text` and its visitors merge runs and lose the sizes and baselines that tell a note mark from a digit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    ContentStream,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
)
from pypdf.generic._font import Font

from briefqa.briefs import Rule

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MAX_FORM_DEPTH = 8
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
_SHOW = {b"Tj", b"TJ", b"'", b'"'}
_PAINT_STROKE = {b"S", b"s"}
_PAINT_FILL = {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"}
_PAINT_NONE = {b"n"}
_FIGURES = frozenset("0123456789")
# Superior figures are about two thirds as wide as normal ones; a proportional "1" is rarely under 0.75.
_SUPERIOR_WIDTH = 0.75


@dataclass(slots=True)
class Run:
    """The text of one operator. x0, x1, y (baseline), size in points of the page as displayed.

    angle: quarter turns, anticlockwise; x and y are turned so that the text runs from left to right. superior: figures
    narrower than the font's normal ones (superscripts that keep the body's size and baseline, as Typst sets them).
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    font: str
    angle: int = 0
    superior: bool = False


@dataclass(slots=True)
class Content:
    """Everything drawn on one page that matters to reading it. damaged: why the rest of the page is missing, or ""."""

    runs: list[Run] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    images: int = 0
    damaged: str = ""


class _Glyphs(dict[str, tuple[str, float]]):
    """A font as raw character → (text, width in thousandths of the font size), filled as characters occur."""

    def __init__(self, font: Font) -> None:
        super().__init__()
        self._font = font
        self.name = font.name.split("+", 1)[-1]
        self.encoding = font.encoding if isinstance(font.encoding, str) else None
        self._default = float(font.character_widths.get("default", 500) or 500)
        self.scale = 1.0
        self.figure_width = self._widest_figure()

    def __missing__(self, raw: str) -> tuple[str, float]:
        font = self._font
        text = raw
        if isinstance(font.encoding, dict):
            text = font.encoding.get(ord(raw), raw)
        mapped = font.character_map
        text = "".join(mapped.get(char, char) for char in text) if mapped else text
        try:
            width = float(font.character_widths.get(raw, self._default))
        except TypeError:
            width = self._default
        self[raw] = (text, width)
        return self[raw]

    def _widest_figure(self) -> float:
        """The width of the font's normal figures: superior ones are narrower."""
        encoding = self._font.encoding
        codes = {chr(code): text for code, text in encoding.items()} if isinstance(encoding, dict) else {}
        widths = self._font.character_widths
        return max(
            (
                float(widths.get(raw, 0) or 0)
                for raw, text in (codes | self._font.character_map).items()
                if isinstance(text, str) and text in _FIGURES
            ),
            default=0.0,
        )

    def decode(self, value: Any) -> str:
        """The raw characters, one for each code, of an operand."""
        if isinstance(value, bytes):
            if self.encoding is None:
                return value.decode("latin-1")
            try:
                return value.decode(self.encoding, "surrogatepass")
            except (UnicodeDecodeError, LookupError):
                return value.decode("latin-1")
        return str(value)


class FontCache:
    """Fonts parsed once for a file: pypdf would parse them anew for each page."""

    def __init__(self) -> None:
        self._fonts: dict[tuple[int, int] | int, _Glyphs | None] = {}
        self._kept: list[Any] = []

    def of(self, resources: DictionaryObject) -> dict[str, _Glyphs]:
        """The fonts that a resource dictionary names; broken ones are left out."""
        fonts = _dictionary(resources.get("/Font"))
        found: dict[str, _Glyphs] = {}
        for name in fonts:
            raw = fonts.raw_get(name)
            key = (raw.idnum, raw.generation) if isinstance(raw, IndirectObject) else id(raw)
            if key not in self._fonts:
                self._fonts[key] = self._load(raw)
                self._kept.append(raw)
            glyphs = self._fonts[key]
            if glyphs is not None:
                found[name] = glyphs
        return found

    @staticmethod
    def _load(raw: Any) -> _Glyphs | None:
        resource = raw.get_object()
        if not isinstance(resource, DictionaryObject):
            return None
        try:
            glyphs = _Glyphs(Font.from_font_resource(resource))
        except Exception:  # noqa: BLE001 - a hostile font may break pypdf anywhere; the page's other fonts still read
            return None
        if resource.get("/Subtype") == "/Type3":
            matrix = resource.get("/FontMatrix")
            if isinstance(matrix, ArrayObject) and len(matrix) == 6:
                glyphs.scale = abs(float(matrix[0])) * 1000
        return glyphs


def _dictionary(value: Any) -> DictionaryObject:
    value = value.get_object() if value is not None else None
    return value if isinstance(value, DictionaryObject) else DictionaryObject()


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
    _Interpreter(content, fonts, page.pdf).run(stream, _dictionary(page.get("/Resources")), base, 0)
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
        glyphs: _Glyphs | None = None
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
                    shown = operands[0] if operator == b"TJ" else operands[-1:]
                    advance = self._show(shown, glyphs, tm, ctm, (size, spacing, word_spacing, stretch, rise))
                    tm = multiply((1, 0, 0, 1, advance, 0), tm)
                elif operator == b"Td" or operator == b"TD":
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

    def _show(
        self,
        shown: Any,
        glyphs: _Glyphs,
        tm: Matrix,
        ctm: Matrix,
        state: tuple[float, float, float, float, float],
    ) -> float:
        """Add the runs of one text operator; return how far it moves the pen, in text space."""
        size, spacing, word_spacing, stretch, rise = state
        a, b, c, d, e, f = multiply(tm, ctm)
        angle = _angle(a, b, c, d)
        height = size * ((c * c + d * d) ** 0.5)
        across = (a * a + b * b) ** 0.5
        origin = (e + rise * c, f + rise * d)
        pen = start = gap = inked = 0.0
        unit = size * glyphs.scale / 1000
        single_byte = glyphs.encoding is None
        parts: list[str] = []
        raws: list[str] = []
        runs = self.content.runs

        def flush(end: float) -> None:
            text = "".join(parts)
            parts.clear()
            if text and len(runs) < MAX_RUNS:
                x, y = _turn(origin[0] + start * a, origin[1] + start * b, angle)
                run = Run(text, x, x + (end - start) * across, y, abs(height), glyphs.name, angle)
                if glyphs.figure_width and _FIGURES.issuperset(text):
                    widths = [glyphs[raw][1] for raw in raws]
                    run.superior = bool(widths) and max(widths) < _SUPERIOR_WIDTH * glyphs.figure_width
                runs.append(run)
            raws.clear()

        lengths = [len(item) for item in shown if isinstance(item, (str, bytes))]
        singles = len(lengths) >= 6 and sum(length <= 2 for length in lengths) > 0.8 * len(lengths)
        wide = (_GLYPH_GAP if singles else _STRING_GAP) * abs(size)
        # Ghostscript sets a word space as character spacing inside a pair of letters; long strings are letter-spaced.
        paired = spacing > SPACE_GAP * abs(size) and max(lengths, default=0) <= 4
        for item in shown:
            if isinstance(item, (str, bytes)):
                if isinstance(item, NameObject):
                    continue
                for raw in glyphs.decode(item):
                    text, width = glyphs[raw]
                    advance = width * unit + spacing
                    if text == " ":
                        advance += word_spacing if single_byte and raw == " " else 0.0
                        if width * unit >= 0 and advance < _SQUEEZED * abs(size) and (word_spacing < 0 or spacing < 0):
                            text = ""
                    if paired and gap > wide and parts and not parts[-1].endswith(" "):
                        parts.append(" ")
                    parts.append(text)
                    raws.append(raw)
                    pen += advance * stretch
                    gap = spacing
                    if text != " ":
                        inked = pen - spacing * stretch
                continue
            move = -float(item) * size * stretch / 1000
            if move > abs(size) * _TAB_GAP:
                flush(max(inked, start))
                pen += move
                start, gap = pen, 0.0
                continue
            gap += move
            if move > wide and parts and not parts[-1].endswith(" ") and not paired:
                parts.append(" ")
            pen += move
            if not parts:
                start = pen
        flush(max(inked, start))
        return pen

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
        xobject = _dictionary(resources.get("/XObject")).get(name)
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
        self.run(form, _dictionary(own) if own is not None else resources, ctm, depth + 1)
        self.open_forms.discard(id(form))


def _angle(a: float, b: float, c: float, d: float) -> int:
    """The direction of the text in quarter turns, anticlockwise."""
    if abs(a) >= abs(b):
        return 0 if a >= 0 or d > 0 or c else 2
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
