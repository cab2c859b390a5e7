"""Fonts as the reader needs them: which text and how wide each code of a string is, parsed once a file."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject
from pypdf.generic._font import Font

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_FIGURES = frozenset("0123456789")
# A font without a map shows glyph numbers; in the glyph order of Windows' fonts figures come out as control characters.
_UNMAPPED_FIGURES = {chr(glyph): chr(glyph + 29) for glyph in range(0x13, 0x1D)}
# TeX's own encodings (T1) put ligatures and quotes where others have control characters; bitmap fonts have no map.
_TEX_LIGATURES = {
    "\x10": "“", "\x11": "”", "\x12": "„", "\x13": "«", "\x14": "»", "\x15": "–", "\x16": "—",
    "\x1b": "ff", "\x1c": "fi", "\x1d": "fl", "\x1e": "ffi", "\x1f": "ffl",
}  # fmt: skip
# What a damaged map makes of characters: private use, controls, the sign for "unknown".
UNTOLD = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\uffff]")
# Windows' symbol encoding: U+F031 is "1" in any font but those of pictures.
_SYMBOL_ENCODED = re.compile("[\uf021-\uf07e]")
_PICTURES = re.compile(r"symbol|dings|bullet|math|icon|awesome", re.IGNORECASE)
# Superior figures are about two thirds as wide as normal ones; a proportional "1" is rarely under 0.75.
_SUPERIOR_WIDTH = 0.75


def dictionary(value: Any) -> DictionaryObject:
    """The dictionary that value is or refers to; an empty one where it is something else."""
    value = value.get_object() if value is not None else None
    return value if isinstance(value, DictionaryObject) else DictionaryObject()


class Glyphs(dict[str, tuple[str, float]]):
    """A font as raw character → (text, width in thousandths of the font size), filled as characters occur."""

    def __init__(self, font: Font, named: frozenset[int] = frozenset()) -> None:
        """named: the codes whose glyphs the file names."""
        super().__init__()
        self._font = font
        self._named = named
        self.name = font.name.split("+", 1)[-1]
        self.encoding = font.encoding if isinstance(font.encoding, str) else None
        self._default = float(font.character_widths.get("default", 500) or 500)
        self.scale = 1.0
        self._figure_width = self._widest_figure()

    def __missing__(self, raw: str) -> tuple[str, float]:
        font = self._font
        text = raw
        if isinstance(font.encoding, dict):
            text = font.encoding.get(ord(raw), raw)
        mapped = font.character_map
        named = text if len(raw) == 1 and ord(raw) in self._named else ""
        text = "".join(mapped.get(char, char) for char in text) if mapped else text
        text = self._told(text, named)
        if self.encoding is not None and text in _UNMAPPED_FIGURES:
            text = _UNMAPPED_FIGURES[text]
        if text in _TEX_LIGATURES and self.encoding is None:
            text = _TEX_LIGATURES[text]
        if not text.isascii():
            # Fonts share a glyph among look-alikes; their maps may name the wrong one (";" as a Greek question mark).
            text = unicodedata.normalize("NFC", text)
        if len(text) > 1 and text >= "\u0590":
            # A ligature's letters come in reading order, the glyphs of right-to-left text in visual order.
            text = text[::-1] if RIGHT_TO_LEFT.search(text) else text
        try:
            width = float(font.character_widths.get(raw, self._default))
        except TypeError:
            width = self._default
        self[raw] = (text, width)
        return self[raw]

    def _told(self, text: str, named: str) -> str:
        """The text by the font's map or, where that is damaged, by the glyph's own name. named: text by that, or ""."""
        if named.isprintable() and named and (UNTOLD.match(text) or (named in _FIGURES and text[:1].isalpha())):
            return named
        if _SYMBOL_ENCODED.fullmatch(text) and not _PICTURES.search(self.name):
            return chr(ord(text) & 0xFF)
        return text

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

    def is_superior(self, raws: list[str], text: str) -> bool:
        """Whether the codes show figures narrower than the font's normal ones: superscripts kept on the baseline."""
        if not self._figure_width or not raws or not _FIGURES.issuperset(text):
            return False
        return max(self[raw][1] for raw in raws) < _SUPERIOR_WIDTH * self._figure_width

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


def _named_codes(resource: DictionaryObject) -> frozenset[int]:
    """The codes for which a font's encoding names glyphs."""
    encoding = resource.get("/Encoding")
    differences = dictionary(encoding).get("/Differences") if encoding is not None else None
    codes: set[int] = set()
    code = 0
    for item in differences if isinstance(differences, ArrayObject) else ():
        if isinstance(item, int):
            code = int(item)
            continue
        codes.add(code)
        code += 1
    return frozenset(codes)


class FontCache:
    """Fonts parsed once for a file: pypdf would parse them anew for each page."""

    def __init__(self) -> None:
        self._fonts: dict[tuple[int, int] | int, Glyphs | None] = {}
        self._kept: list[Any] = []

    def of(self, resources: DictionaryObject) -> dict[str, Glyphs]:
        """The fonts that a resource dictionary names; broken ones are left out."""
        fonts = dictionary(resources.get("/Font"))
        found: dict[str, Glyphs] = {}
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
    def _load(raw: Any) -> Glyphs | None:
        resource = raw.get_object()
        if not isinstance(resource, DictionaryObject):
            return None
        try:
            glyphs = Glyphs(Font.from_font_resource(resource), _named_codes(resource))
        except Exception:  # noqa: BLE001 - a hostile font may break pypdf anywhere; the page's other fonts still read
            return None
        if resource.get("/Subtype") == "/Type3":
            matrix = resource.get("/FontMatrix")
            if isinstance(matrix, ArrayObject) and len(matrix) == 6:
                glyphs.scale = abs(float(matrix[0])) * 1000
        return glyphs
