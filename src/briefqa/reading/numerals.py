"""Numbers as word processors print them in front of notes: 4, iv, IV, d, D, §."""

from __future__ import annotations

_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_SYMBOLS = "*†‡§"


def numeral(number: int, style: str) -> str:
    """A number from 1 in one of the styles of ECMA-376 part 1, §17.18.59 (ST_NumberFormat); decimal where unknown.

    Letters and the symbols of the Chicago manual are repeated when they run out: z, aa, bb; §, **, ††.
    """
    if number < 1:
        return str(number)
    if style in {"lowerRoman", "upperRoman"} and number < 4000:
        return _roman(number) if style == "lowerRoman" else _roman(number).upper()
    if style in {"lowerLetter", "upperLetter"}:
        letter = chr((ord("a") if style == "lowerLetter" else ord("A")) + (number - 1) % 26)
        return letter * ((number - 1) // 26 + 1)
    if style == "chicago":
        return _SYMBOLS[(number - 1) % 4] * ((number - 1) // 4 + 1)
    return str(number)


def _roman(number: int) -> str:
    written = ""
    for value, digits in _ROMAN:
        written += digits * (number // value)
        number %= value
    return written
