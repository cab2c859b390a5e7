"""When a document was published: what it says itself, and what the file's own date can add to that."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from briefqa.facts.fact import Fact
from briefqa.facts.memo import memo_fields
from briefqa.sources.dates import find_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Brief
    from briefqa.facts.head import Head

_LABEL = (
    r"(?:decided|(?:date\s+)?filed|(?:original(?:ly)?\s+)?(?:release|publication|issue)\s+date|release[ds]?|published|issued|"
    r"date\s+of\s+(?:issue|publication)|effective(?:\s+date)?|dated?|posted|veröffentlicht|erschienen|stand|datum|"
    r"publié(?:e)?|paru|publicado|fecha|pubblicato)(?:\s+(?:on|am|le|el|il))?"
)
_LABELLED = re.compile(rf"\b{_LABEL}\s*:?\s*(?=[\w])", re.IGNORECASE)
# What a date with its month in words may take up on either side of its year.
_DATE_CHARS = 24
# A text that names its year more often than this without a month is a table.
_MAX_YEARS = 2000
_NUMERIC = re.compile(r"\b(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)\b")
_YEAR_ONLY = re.compile(r"(?:©\s*)?((?:19|20)\d\d)")
_ITEM = re.compile(r"\s*(?:[\[(]\d{1,3}[\])]|\d{1,3}[.)])\s+(?=\S)")
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)


def date_of(declared: str, created: str, head: Head, brief: Brief) -> Fact[str]:
    """The date of publication (ISO 8601, as exact as known), from the text or, failing that, from the file.

    declared: the date of publication that the format states. created: when the file says that it was made. A copy that
    was exported again is younger than its text, so `created` alone proves nothing. It is believed only for its year,
    and only when the text itself names a day or month of that year: then the text is no older, the file no younger.
    """
    if declared:
        return Fact(declared, 0.95, "metadata")
    best = max(_printed(head, created), key=lambda fact: fact.confidence, default=Fact("", 0.0))
    if best.value:
        return best
    year = created[:4]
    if year and _names_a_day_of(brief, year):
        return Fact(year, 0.7, "newest date in the text, and the file's date")
    return Fact("", 0.0)


def _printed(head: Head, created: str) -> Iterator[Fact[str]]:
    stated = memo_fields(head).get("date", "").split("\n")[0]
    if stated and (found := _first(stated)):
        yield Fact(found, 0.95, "memo head")
    label_above = False
    highest = max((line.y for line in head.lines), default=0.0)
    for row, line in enumerate(head.lines[:120]):
        in_front = row < head.front or line.running or (head.covers and line.page == head.lines[0].page)
        labelled = [match for match in _LABELLED.finditer(line.text) if match.start() < 60]
        # "Decided" comes last of the dates that an opinion gives.
        dates = [date for match in labelled if (date := _at(line.text, match.end()))]
        high = line.page == head.lines[0].page and (line.y > 0.45 * highest if line.y else row < 20)
        if dates and (in_front or (high and _says_little_else(line.text))):
            yield Fact(dates[-1], 0.95 - 0.0001 * row, "first page")
        found = _first(line.text)
        if found and (label_above or (in_front and _is_dateline(line.text, found))):
            yield Fact(found, 0.9 - 0.0001 * row - 0.05 * line.running, "first page")
        elif line.page == head.lines[0].page and len(created) == 10 and created in _readings(line.text):
            yield Fact(created, 0.85, "first page, and the file's date")
        lone = _YEAR_ONLY.fullmatch(line.text.strip())
        if lone and head.covers and line.page == head.lines[0].page:
            yield Fact(lone[1], 0.75, "first page")
        label_above = re.fullmatch(_LABEL + r"\s*:?", line.text, re.IGNORECASE) is not None


def _says_little_else(text: str) -> bool:
    """Whether a line holds but labels and dates: "No. 11–889. Argued April 23, 2013—Decided June 13, 2013"."""
    start = 0
    while found := find_date(text, start):
        text = text[: found.start] + text[found.end :]
        start = found.start
    rest = re.sub(r"\bargued\b", "", _LABELLED.sub("", f"{text}."), flags=re.IGNORECASE)
    return len(re.findall(r"[^\W\d_]{3,}", rest)) <= 2


def _readings(text: str) -> set[str]:
    """The days that a line names, numeric ones in either order."""
    days = {_first(text)}
    for one, two, year in _NUMERIC.findall(text):
        days |= {f"{year}-{int(one):02}-{int(two):02}", f"{year}-{int(two):02}-{int(one):02}"}
    return days


def _is_dateline(text: str, date: str) -> bool:
    """Whether a line is a date with a few words about where or in what series it appeared, and no sentence."""
    if _WEEKDAY.search(text) or len(date) >= 7:
        rest = len(re.findall(r"[^\W\d_]{2,}", text))
        return rest <= 14 and not re.search(r"[.!?]$", text.strip().rstrip("0123456789.")) and _is_listed(text)
    return False


def _is_listed(text: str) -> bool:
    """Whether the date of a line stands alone, at its end, or between separators; not in a clause ("On May 3, ...")."""
    found = find_date(text)
    if found is None:
        return False
    if (label := _ITEM.match(text)) and found.start >= label.end():
        return False  # a note or an item of a list
    before, after = text[: found.start].rstrip(), text[found.end :].strip()
    if after and (re.search(r"\b(?:on|in|am|le)$", before, re.IGNORECASE) or re.match(r",\s*[a-z]", after)):
        return False  # "On May 3, 2019, the board met"
    before = re.sub(r"(?:on|le|am|den|the)$|\b\w+day,?$", "", before, flags=re.IGNORECASE).rstrip()
    parted = not before or before[-1] in ",|•·–—/;:)" or not re.search(r"[a-z]", before)
    return (parted or (not after and len(before.split()) <= 5)) and (not after or after[0] in ".,|•·–—/;()")


def _first(text: str) -> str:
    found = find_date(text)
    return _iso(found.parts) if found else _numeric(text)


def _at(text: str, start: int) -> str:
    """The date that stands right after a label."""
    found = find_date(text, start)
    if found and found.start - start <= 12:
        return _iso(found.parts)
    return _numeric(text[start : start + 14])


def _numeric(text: str) -> str:
    """12/22/2020 or 22/12/2020; only the year where either order is possible."""
    found = _NUMERIC.search(text)
    if not found:
        return ""
    one, two, year = int(found[1]), int(found[2]), found[3]
    if one == two or one > 12 >= two > 0:
        return _iso([int(year), two, one])
    if two > 12 >= one > 0:
        return _iso([int(year), one, two])
    return year


def _iso(parts: list[int]) -> str:
    return "-".join(f"{part:04}" if not place else f"{part:02}" for place, part in enumerate(parts))


def _names_a_day_of(brief: Brief, year: str) -> bool:
    """Whether the brief names a day or a month of the year; a bare year may be a plan."""
    texts = (brief.body, *(note.text for note in brief.notes))
    places = ((text, found.start()) for text in texts for found in re.finditer(year, text))
    return any(_is_dated(text, start, year) for text, start in islice(places, _MAX_YEARS))


def _is_dated(text: str, start: int, year: str) -> bool:
    """Whether the year at start is that of a date with its month."""
    near = max(0, start - _DATE_CHARS)
    end = start + _DATE_CHARS
    found = find_date(text[near:end])
    while found and near + found.end <= start:
        near += found.end
        found = find_date(text[near:end])
    return found is not None and f"{found.parts[0]:04}" == year
