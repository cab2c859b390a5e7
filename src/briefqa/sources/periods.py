"""Citations whose parts full stops part: bibliographies' style, MLA, and that of Brazil, Portugal and Spain."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.dates import find_date
from briefqa.sources.details import details, only
from briefqa.sources.names import Name, capitalised, institution, inverted

Csl = dict[str, Any]

_FIRST = r"[A-ZÀ-Þ][\w'’-]+(?:\s[A-ZÀ-Þ][\w'’-]+)?,\s[A-ZÀ-Þ]"
_BOOK = re.compile(
    r"(?P<names>[A-ZÀ-Þ][^“”\"():]{3,160}?)\.\s(?P<title>[A-ZÀ-Þ0-9][^“”\"]{3,250}?)\.\s(?:(?P<edition>\d{1,2})\.?ª?\sed\.,?\s)?"
    r"(?P<place>[A-ZÀ-Þ][^.:;,()]{2,40}):\s(?P<publisher>[^.:;()]{2,60}),\s(?P<year>(?:1[5-9]|20)\d\d)"
    r"(?:[.,]\s(?:pp?|págs?)\.\s?(?P<page>\d{1,5}(?:[–-]\d{1,5})?))?\.?"
)
_YEARED_BOOK = re.compile(
    r"(?P<names>[A-ZÀ-Þ][^“”\"():]{3,160}?)\s\((?P<year>(?:1[5-9]|20)\d\d)\)\.\s(?P<title>[A-ZÀ-Þ0-9][^“”\"()]{3,250}?)"
    r"(?:\s\(pp?\.\s(?P<page>\d{1,5}(?:[–-]\d{1,5})?)\))?\.\s(?P<publisher>[A-ZÀ-Þ][^.:;()\d]{2,60})\.(?:\s(?:Kindle|eBook)\sEdition\.)?"
)
_ARTICLE = re.compile(
    r"(?P<names>[A-ZÀ-Þ][^“”\"():]{3,160}?)\.?,?\s[“\"](?P<title>[^“”\"]{3,300}?)[.,?!]*[”\"]\.?\s(?P<name>[A-ZÀ-Þ][^.,;:()\d“”]{2,90}?),?\s"
    r"(?P<rest>(?:vol\.\s)?\d.{3,120}|\([^()]{4,40}\).{0,80})"
)


def whole_note(text: str) -> Csl | None:
    """Read a note that is one such citation from end to end; None for any other, quickly."""
    if not re.match(_FIRST, text) or len(text) > 700:
        return None
    return _book(text) or _article(text)


def _book(text: str) -> Csl | None:
    match = _BOOK.fullmatch(text) or _YEARED_BOOK.fullmatch(text)
    names = _names(match["names"]) if match else None
    if not match or not names:
        return None
    found = {key: value for key, value in match.groupdict().items() if value}
    csl: Csl = {"type": "book", "author": names, "title": found["title"], "publisher": found["publisher"]}
    csl["issued"] = {"date-parts": [[int(found["year"])]]}
    places = {"publisher-place": found["place"]} if "place" in found else {}
    return csl | places | only(found, "page", "edition")


def _article(text: str) -> Csl | None:
    match = _ARTICLE.fullmatch(text)
    names = _names(match["names"]) if match else None
    if not match or not names or capitalised(match["name"]) < 0.6:
        return None
    more = details(match["rest"])
    if "issued" not in more:
        when = find_date(match["rest"], year_alone=True)
        more |= {"issued": when.csl()} if when else {}
    if not more.keys() & {"volume", "page"} or "issued" not in more:
        return None
    csl = {"type": "article-journal", "author": names, "title": match["title"], "container-title": match["name"]}
    return csl | only(more, "volume", "issue", "page", "issued")


def _names(text: str) -> list[Name] | None:
    body = institution(text)
    return inverted(text) or ([body] if body else None)
