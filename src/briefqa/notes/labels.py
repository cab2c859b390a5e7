"""Note labels: what a mark or the head of a note may look like, and how raised figures are told from running text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Line, Span

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
# Glyphs that stand for the same symbol: TeX's math asterisk, the full-width and low ones; the parallel signs.
_SYMBOLS = str.maketrans({"∗": "*", "＊": "*", "⁎": "*", "﹡": "*", "║": "‖", "∥": "‖"})
_BARS = "||"
_SYMBOL = r"(?:[*∗＊⁎†‡§¶‖∥#]|\|\|){1,4}"
_NUMBER = r"[0-9⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}"
_ROMAN = r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})(?![a-z])"
_LABEL = re.compile(rf"{_NUMBER}|{_SYMBOL}|{_ROMAN}|[a-z]{{1,2}}")
# Marks side by side without a comma: "131415", "iiiiv", "(8)(9)".
_JOINED = re.compile(r"[0-9]{5,12}|[ivxl]{3,24}")
_PLAIN_START = re.compile(
    rf"\s*(?:\[({_NUMBER})\]|\(({_NUMBER})\)|({_NUMBER})[.):]?|({_SYMBOL}))(?:\s+(?=\S)|(?=[^\W\d_]|[“\"‘(]))"
)
_SUPERSCRIPT_START = re.compile(r"\s*([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})[.)]?\s*(?=\S)")
_LETTER_START = re.compile(r"\s*(?:([a-z])[.)]?|\(([a-z])\))\s+(?=\S)")
_LIST = re.compile(rf"\s*[\[(]?(?:{_LABEL.pattern})(?:(?:\s*[,;–—-]\s*|\s+)(?:{_LABEL.pattern}))*[\])]?[.,;]?\s*")
_IN_BRACKETS = re.compile(rf"\s*(?:(?:\[{_NUMBER}\]|\({_NUMBER}\)),?\s*)+")
_RANGE = re.compile(rf"({_NUMBER})\s*[–—-]\s*({_NUMBER})")
# What an exponent or an index stands behind: "km²", "CO₂", "10⁶".
_UNIT = re.compile(r"(?:^|[\s(/\d])(?:[kcmdµ]?m|ft|in|yd|mi|s|CO|H|O|N|NO|SO|PM|R|χ|x|n|e)$")
# A raised run is smaller than its line by at least this much, or stands this share of the size above the baseline.
_SMALLER = 0.88
_RAISED = 0.12


@dataclass(frozen=True, slots=True)
class Label:
    """A label in a line: text[start:end], normalised. raised: its geometry says that it is a superscript."""

    text: str
    start: int
    end: int
    raised: bool

    @property
    def number(self) -> int | None:
        """The label as a number, if it is one."""
        return int(self.text) if self.text.isdigit() else None


def normalise(label: str) -> str:
    """One spelling for each label: superior figures as digits, look-alike symbols as one."""
    return label.translate(_SUPERSCRIPTS).translate(_SYMBOLS).replace(_BARS, "‖").strip(" .,;:[]()")


def is_raised(span: Span, line: Line, size: float | None = None) -> bool:
    """Whether the span is set as a superscript in its line."""
    if span.superior:
        return True
    text = line.text[span.start : span.end].strip()
    if text and all(char in "⁰¹²³⁴⁵⁶⁷⁸⁹" for char in text):
        return True
    size = size or line.size
    rise = span.y - line.y
    if span.size <= _SMALLER * size:
        return rise > 0.08 * size
    return rise >= _RAISED * size * 2 and span.size <= 1.02 * size


def start_label(line: Line) -> Label | None:
    """The label that a line begins with, as the first line of a note does."""
    raised = _raised_start(line)
    if raised is not None:
        return raised
    found = _SUPERSCRIPT_START.match(line.text) or _PLAIN_START.match(line.text) or _LETTER_START.match(line.text)
    if not found:
        return _letter_before_word(line)
    text = next(group for group in found.groups() if group)
    if len(text) > 3 and text.isdigit():
        return None
    superscript = text[-1] in "⁰¹²³⁴⁵⁶⁷⁸⁹"  # a font may lack a part of them: "1⁴"
    return Label(normalise(text), found.start(), found.end(), raised=superscript)


def _letter_before_word(line: Line) -> Label | None:
    """A small letter drawn by itself right before a word with a capital: "aThe", where the font has no superior "a"."""
    if len(line.spans) < 2 or line.spans[0].end != 1 or line.spans[1].start != 1 or len(line.text) < 3:
        return None
    letter, after = line.text[0], line.text[1]
    return Label(letter, 0, 1, raised=False) if "a" <= letter <= "z" and after.isupper() else None


def _raised_start(line: Line) -> Label | None:
    if len(line.spans) < 2:
        return None
    # The size of what follows the label counts: a short note may have more label than text.
    rest = [span for span in line.spans[1:] if not is_label(line.text[span.start : span.end])]
    end = 0
    for span in line.spans:
        text = line.text[span.start : span.end]
        reference = max((other.size for other in rest), default=line.size)
        base = next((other.y for other in rest), line.y)
        raised = (
            span.superior
            or (span.size <= _SMALLER * reference and span.y - base > 0.05 * reference)
            or (span.y - base > 2 * _RAISED * reference and span.size <= 1.02 * reference)
        )
        if not raised or not (is_label(text) or not text.strip(" .)")):
            break
        end = span.end
    if not end:
        return None
    text = line.text[:end]
    label = normalise(text)
    if not is_label(label) or end >= len(line.text.rstrip()):
        return None
    tail = re.match(r"[\s.)]*", line.text[end:])
    return Label(label, 0, end + (tail.end() if tail else 0), raised=True)


def is_label(text: str) -> bool:
    """Whether text as a whole may be a note label."""
    return _LABEL.fullmatch(text.strip(" .,;:[]()")) is not None


def raised_labels(line: Line) -> Iterator[Label]:
    """Superscripts of a line that may be marks, in order: lists ("3, 4") one by one, ranges ("3–5") filled in."""
    index = 0
    spans = line.spans
    while index < len(spans):
        span = spans[index]
        if not is_raised(span, line):
            index += 1
            continue
        index += 1
        if _is_exponent(line, index - 1):
            continue
        start, end = span.start, span.end
        while index < len(spans) and (
            is_raised(spans[index], line) or not line.text[spans[index].start : spans[index].end].strip()
        ):
            end = spans[index].end
            index += 1
        text = line.text[start:end]
        if _LIST.fullmatch(text) or _IN_BRACKETS.fullmatch(text):
            yield from _split(text, start)
        elif _JOINED.fullmatch(text.strip()):
            yield Label(text.strip(), start, end, raised=True)
    yield from _unicode_superscripts(line)


def is_exponent(label: str, before: str) -> bool:
    """Whether a raised figure is the exponent of a unit or the index of a formula by what stands before it."""
    return label in {"2", "3", "6"} and _UNIT.search(before) is not None


def _is_exponent(line: Line, index: int) -> bool:
    """Whether a raised span is an exponent with a mark right behind it: "m²" and 23."""
    span, after = line.spans[index], line.spans[index + 1 : index + 2]
    if not after or after[0].start != span.end or not is_raised(after[0], line):
        return False
    label = line.text[span.start : span.end].strip()
    return is_exponent(label, line.text[: span.start]) and line.text[after[0].start : after[0].end].strip().isdigit()


def _split(text: str, offset: int) -> Iterator[Label]:
    span = _RANGE.search(text)
    low, high = (int(normalise(group)) for group in span.groups()) if span else (0, 0)
    for found in _LABEL.finditer(text):
        start, end = _with_brackets(text, found.start(), found.end())
        yield Label(normalise(found[0]), offset + start, offset + end, raised=True)
        if span and found.start() == span.start(1) and 1 < high - low <= 20:
            for between in range(low + 1, high):
                yield Label(str(between), offset + found.end(), offset + found.end(), raised=True)


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of a label with the bracket before and the one behind it."""
    return start - (text[start - 1 : start] in {"(", "["}), end + (text[end : end + 1] in {")", "]"})


def _unicode_superscripts(line: Line) -> Iterator[Label]:
    covered = [(span.start, span.end) for span in line.spans if is_raised(span, line)]
    for found in re.finditer("[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}", line.text):
        if not any(start <= found.start() < end for start, end in covered):
            yield Label(normalise(found[0]), found.start(), found.end(), raised=True)
