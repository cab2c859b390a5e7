"""What has a name but no title: files of an inquiry, posts, and the briefs of a case."""

from __future__ import annotations

import re
from typing import Any

from briefqa.briefs import Source

Csl = dict[str, Any]

_FILED = r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{2})\s"
_KINDS = r"(?:302|Memorandum|Notes|E?-?[Mm]ail|Letter)"
_RECORDS = (
    re.compile(rf"(?P<title>[A-Z][\w.’' -]{{1,60}}?\s{_FILED}{_KINDS})"),
    re.compile(rf"[A-Z][\w–-]{{4,30}}\s\((?P<title>[A-Z][\w.’' -]{{1,60}}?\s{_FILED}(?:Memorandum|Notes))\)"),
    re.compile(rf"(?P<title>{_FILED}(?:Letter|E?-?[Mm]ail|Memorandum),\s[A-Z][^,;()]{{3,160}})"),
)
_IN_A_SENTENCE = re.compile(rf"(?P<title>(?:[A-Z]\.\s)?[A-Z][\w’-]{{1,30}}\s{_FILED}{_KINDS})")
_AT_PAGE = re.compile(r",\sat\s(?P<page>\d[\d–, -]{0,20})")
_POST = re.compile(
    r"(?P<who>@\w{2,30})\s(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{2})\s(?:\([^()]{3,20}\)\s)?(?P<genre>Tweet|Post)\b"
)
_BRIEF = re.compile(
    r"(?P<title>(?:Reply\s)?Brief\sfor\s(?:[A-Z][\w.’-]*\s?|(?:as|of|et|al\.)\s){1,10}?)\s?(?P<page>\d{1,3})"
)


def post(text: str) -> Csl | None:
    """Read `@somebody 6/16/15 (11:57 a.m. ET) Tweet`."""
    match = _POST.match(text)
    if not match:
        return None
    return {"type": "post", "author": [{"literal": match["who"]}], "genre": match["genre"], **_short_date(match)}


def record(text: str) -> Csl | None:
    """Read a file of an inquiry by its name: `Smith 1/17/18 Memorandum, at 3`."""
    match = next((match for pattern in _RECORDS if (match := pattern.match(text))), None)
    return _filed(match) if match else None


def find_records(text: str) -> list[Source]:
    """Find files of an inquiry that are cited in the middle of a sentence."""
    return [Source(_filed(match), match.start(), match.end()) for match in _IN_A_SENTENCE.finditer(text)]


def court_brief(text: str) -> Csl | None:
    """Read `Brief for Petitioner 16`."""
    match = _BRIEF.fullmatch(text)
    return {"type": "document", "title": match["title"].strip(), "page": match["page"]} if match else None


def _filed(match: re.Match[str]) -> Csl:
    page = _AT_PAGE.match(match.string, match.end())
    place = {"page": page["page"].strip(" ,")} if page else {}
    return {"type": "document", "title": match["title"], **_short_date(match), **place}


def _short_date(match: re.Match[str]) -> Csl:
    """Month/day/year, as American files write it; two figures of a year mean 1969 to 2068, as in POSIX."""
    month, day, year = int(match["m"]), int(match["d"]), int(match["y"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return {}
    return {"issued": {"date-parts": [[year + (1900 if year > 68 else 2000), month, day]]}}
