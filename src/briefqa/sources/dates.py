"""Dates as notes write them, in English, French and German, as CSL date-parts."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAMES = (
    "january januar janvier jan",
    "february februar février fevrier feb fév febr",
    "march märz mars mar mär",
    "april avril apr avr",
    "may mai",
    "june juni juin jun",
    "july juli juillet jul juil",
    "august août aout aug",
    "september septembre sept sep",
    "october oktober octobre oct okt",
    "november novembre nov",
    "december dezember décembre decembre dec dez déc",
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?:1[4-9]|20)\d\d"
# Most lines have none, and it is found out sooner than that they have no date.
_ANY_YEAR = re.compile(_YEAR)

_DATE = re.compile(
    rf"\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s(?P<m1>{MONTH}),?\s(?P<y1>{_YEAR})\b"
    rf"|\b(?P<m2>{MONTH})\s(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<y2>{_YEAR})\b"
    rf"|\b(?P<m3>{MONTH})(?:\s?[/–-]\s?{MONTH})?,?\s(?P<y3>{_YEAR})\b"
    rf"|\b(?P<y4>{_YEAR})-(?P<m4>[01]\d)-(?P<d4>[0-3]\d)\b"
    rf"|\b(?P<d5>[0-3]?\d)\.\s?(?P<m5>[01]?\d)\.\s?(?P<y5>{_YEAR})\b"
    rf"|\b(?P<y6>{_YEAR}),\s(?P<m6>{MONTH})(?:\s(?P<d6>\d{{1,2}}))?(?!\d)",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"(?<![\d–-])(?P<y>{_YEAR})[a-z]?(?![\d–-])")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Dated(NamedTuple):
    """A date found at text[start:end]: [year], [year, month] or [year, month, day]."""

    parts: list[int]
    start: int
    end: int

    def csl(self) -> dict[str, list[list[int]]]:
        """Give the date as a CSL date variable."""
        return {"date-parts": [self.parts]}


def find_date(text: str, start: int = 0, *, year_alone: bool = False) -> Dated | None:
    """Find the first date from start on that names at least a month; with year_alone, else the first lone year."""
    if not _ANY_YEAR.search(text, start):
        return None
    for match in _DATE.finditer(text, start):
        parts = _parts(match)
        if parts:
            return Dated(parts, match.start(), match.end())
    lone = _ALONE.search(text, start) if year_alone else None
    return Dated([int(lone["y"])], lone.start(), lone.end()) if lone else None


def _parts(match: re.Match[str]) -> list[int] | None:
    """Read the alternative that matched; None for a date that no calendar has."""
    for n in "123456":
        if match[f"y{n}"]:
            month_text = match[f"m{n}"].lower().rstrip(".")
            month = int(month_text) if month_text.isdigit() else _MONTHS[month_text]
            day_text = match.groupdict().get(f"d{n}")
            if not 1 <= month <= 12:
                return None
            if not day_text:
                return [int(match[f"y{n}"]), month]
            day = int(day_text)
            return [int(match[f"y{n}"]), month, day] if 1 <= day <= _DAYS[month - 1] else None
    return None
