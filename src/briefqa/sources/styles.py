"""Reads one stretch of a note that cites one source: tries one style after another, the most telling first."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.books import imprinted, listed, old_book
from briefqa.sources.dates import find_date
from briefqa.sources.details import details, only
from briefqa.sources.names import institution, inverted
from briefqa.sources.quoted import law_journal, quoted
from briefqa.sources.titled import dated, dated_in_brackets, hearing

Csl = dict[str, Any]

_APA = re.compile(
    r"(?P<names>[^()“”]{3,300}?)\s\((?P<date>(?:1[5-9]|20)\d\d[a-z]?(?:,\s[^()]{3,15})?)\)\.\s"
    r"(?P<title>[^“”]{5,300}?[.?!])\s(?P<rest>.*)",
    re.DOTALL,
)
_FILED = r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{2})\s"
_RECORDS = (
    re.compile(rf"(?P<title>[A-Z][\w.’' -]{{1,60}}?\s{_FILED}(?:302|Memorandum|Notes|E?-?[Mm]ail|Letter))"),
    re.compile(rf"[A-Z][\w–-]{{4,30}}\s\((?P<title>[A-Z][\w.’' -]{{1,60}}?\s{_FILED}(?:Memorandum|Notes))\)"),
    re.compile(rf"(?P<title>{_FILED}(?:Letter|E?-?[Mm]ail|Memorandum),\s[A-Z][^,;()]{{3,160}})"),
)
_AT_PAGE = re.compile(r",\sat\s(?P<page>\d[\d–, -]{0,20})")
_BRIEF = re.compile(
    r"(?P<title>(?:Reply\s)?Brief\sfor\s(?:[A-Z][\w.’-]*\s?|(?:as|of|et|al\.)\s){1,10}?)\s?(?P<page>\d{1,3})"
)
_POST = re.compile(
    r"(?P<who>@\w{2,30})\s(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{2})\s(?:\([^()]{3,20}\)\s)?(?P<genre>Tweet|Post)\b"
)
# A title that opens with a quotation mark was meant for `quoted`; where that is in doubt, nothing else is sure either.
_MISREAD = re.compile(r"(?:\A|[,.:;]\s)[“«\"]")


def cite(text: str) -> Csl | None:
    """Read what text cites; None where it is in doubt. Addresses, signals and comments are off already."""
    for style in (
        post,
        record,
        court_brief,
        apa,
        hearing,
        quoted,
        law_journal,
        imprinted,
        dated_in_brackets,
        listed,
        dated,
        old_book,
    ):
        csl = style(text)
        if csl and (style is quoted or not _MISREAD.search(csl.get("title", ""))):
            return csl
    return None


def post(text: str) -> Csl | None:
    """Read `@somebody 6/16/15 (11:57 a.m. ET) Tweet`."""
    match = _POST.match(text)
    if not match:
        return None
    return {"type": "post", "author": [{"literal": match["who"]}], "genre": match["genre"], **_short_date(match)}


def record(text: str) -> Csl | None:
    """Read a file of an inquiry by its name: `Smith 1/17/18 Memorandum, at 3`."""
    for pattern in _RECORDS:
        match = pattern.match(text)
        if match:
            csl = {"type": "document", "title": match["title"], **_short_date(match)}
            page = _AT_PAGE.match(text, match.end())
            return csl | ({"page": page["page"].strip(" ,")} if page else {})
    return None


def court_brief(text: str) -> Csl | None:
    """Read `Brief for Petitioner 16`."""
    match = _BRIEF.fullmatch(text)
    return {"type": "document", "title": match["title"].strip(), "page": match["page"]} if match else None


def _short_date(match: re.Match[str]) -> Csl:
    """Month/day/year, as American files write it; two figures of a year mean 1969 to 2068, as in POSIX."""
    month, day, year = int(match["m"]), int(match["d"]), int(match["y"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return {}
    return {"issued": {"date-parts": [[year + (1900 if year > 68 else 2000), month, day]]}}


def apa(text: str) -> Csl | None:
    """Read `Family, G. (2019). Title. Journal, 12(3), 45–67`."""
    match = _APA.match(text)
    if not match:
        return None
    names = inverted(match["names"]) or ([name] if (name := institution(match["names"].rstrip("., "))) else None)
    when = find_date(match["date"], year_alone=True)
    if not names or not when:
        return None
    csl: Csl = {"author": names, "title": match["title"].rstrip("."), "issued": when.csl()}
    rest = match["rest"]
    container = re.match(r"(?P<name>[A-Z][^,.\d()]{2,90}),\s(?=\d)", rest)
    if container:
        more = only(details(rest[container.end() :]), "volume", "issue", "page")
        return csl | {"type": "article-journal", "container-title": container["name"]} | more
    publisher = re.match(r"(?P<name>[A-Z][^.\d()]{2,60})\.?\s*\Z", rest)
    return csl | ({"type": "book", "publisher": publisher["name"].strip()} if publisher else {"type": "document"})
