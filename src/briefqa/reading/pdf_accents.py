"""Accents that are drawn as glyphs of their own: with the letter that they stand on they become one character.

TeX sets "é" of fonts without one as an acute and an "e", one upon the other, in either order.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Line, Span

_COMBINING = {
    "`": "\u0300", "´": "\u0301", "ˆ": "\u0302", "^": "\u0302", "˜": "\u0303", "~": "\u0303", "¯": "\u0304",
    "˘": "\u0306", "˙": "\u0307", "¨": "\u0308", "˚": "\u030a", "˝": "\u030b", "ˇ": "\u030c", "¸": "\u0327",
    "˛": "\u0328",
}  # fmt: skip
_ACCENT = re.compile(f"[{re.escape(''.join(_COMBINING))}]")
_DOTLESS = {"ı": "i", "ȷ": "j"}
# A gap wider than this share of the font size parts words.
_WORD_GAP = 0.14


def is_accent(text: str) -> bool:
    """Whether text is an accent alone."""
    return text in _COMBINING


def with_accents(line: Line) -> Line:
    """The line, its letters and the accents drawn upon them as one character each."""
    if not _ACCENT.search(line.text):
        return line
    starts = _starts(line)
    if starts is None:
        return line
    chars = list(line.text)
    for found in _ACCENT.finditer(line.text):
        at = found.start()
        for letter in (at + 1, at - 1):
            composed = _composed(chars, starts, letter, at)
            if composed:
                chars[letter], chars[at] = composed, ""
                first = min(at, letter)
                if first and chars[first - 1] == " " and starts[letter] - starts[first - 1] < _WORD_GAP * line.size:
                    chars[first - 1] = ""  # the way to the accent looked like a word space
                break
    return _rewritten(line, chars) if "" in chars else line


def _starts(line: Line) -> list[float] | None:
    """Where each character of the line begins, and where the last one ends; None where that is not known."""
    starts = [0.0] * (len(line.text) + 1)
    for span in line.spans:
        if len(span.edges) != span.end - span.start + 1:
            return None
        starts[span.start : span.end + 1] = span.edges
    known = {at for span in line.spans for at in range(span.start, span.end)}
    for at in range(len(line.text)):
        if at not in known:  # a blank between two runs begins where the first of them ends
            starts[at] = next((span.x1 for span in line.spans if span.end == at), 0.0)
    return starts


def _composed(chars: Sequence[str], starts: Sequence[float], letter: int, accent: int) -> str:
    """The letter with its accent, if there is one upon it; else "". letter, accent: their places."""
    if not 0 <= letter < len(chars) or len(chars[letter]) != 1 or not chars[letter].isalpha():
        return ""
    end = starts[max(letter, accent) + 1]
    width = end - starts[letter]
    if width <= 0 or not starts[letter] - 0.5 * width <= starts[accent] < starts[letter] + 0.75 * width:
        return ""
    base = _DOTLESS.get(chars[letter], chars[letter])
    composed = unicodedata.normalize("NFC", base + _COMBINING[chars[accent]])
    return composed if len(composed) == 1 else ""


def _rewritten(line: Line, chars: Sequence[str]) -> Line:
    """The line with these characters in place of its own; an empty one is taken out."""
    places = [0]
    for char in chars:
        places.append(places[-1] + len(char))
    spans: list[Span] = []
    for span in line.spans:
        if places[span.start] == places[span.end]:
            continue  # an accent alone
        kept = [span.edges[at - span.start] for at in range(span.start, span.end) if chars[at]]
        edges = (*kept, span.edges[-1])
        spans.append(replace(span, start=places[span.start], end=places[span.end], edges=edges))
    return replace(line, text="".join(chars), spans=tuple(spans))
