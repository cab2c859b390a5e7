"""Styles that put the year behind the names: `Berg O, Lund A (2019) Title. (Publisher, Place) Series 12.`, Harvard."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.dates import find_date
from briefqa.sources.names import NOT_A_TITLE, Name, capitalised, inverted, title_like

Csl = dict[str, Any]

_WHOLE = re.compile(
    r"(?P<names>[^()“”;:]{2,200}?)\s\((?P<date>(?:[A-Z][a-z]{2,8}\.?\s)?(?:19|20)\d\d)[a-z]?\)\s"
    r"(?P<title>[^“”‘’.\s][^“”]{1,300}?)(?:\.\s(?P<rest>[A-ZÀ-Þ(\[].{3,200}))?\.?"
)
_IMPRINT = re.compile(
    r"\((?P<publisher>[A-ZÀ-Þ][^(),]{2,80}),\s(?P<place>[A-ZÀ-Þ][^(),]{2,40}(?:,\s[A-ZÀ-Þ][\w.]{1,20})?)\)\s?(?P<series>.*)"
)
_PLACE_FIRST = re.compile(r"(?P<place>[A-ZÀ-Þ][^.:;,()\d]{2,40}):\s(?P<publisher>[A-ZÀ-Þ][^.:;()\d]{2,60})\.?")
_NUMBER = re.compile(r"\b(?P<genre>[A-Z]{2,6}|No\.|Report)\s(?P<number>\d[\w./-]*\w)")
# "Barker W, Scarfone K, and Souppaya M": the initials stand behind the family name, without a comma or full stops.
_FAMILY = r"((?:(?:[Vv]an|[Vv]on|[Dd]e)\s)?[A-ZÀ-Þ][a-zß-ÿ][\w’'-]*(?:\s[A-ZÀ-Þ][a-zß-ÿ][\w’'-]+)?)\s([A-Z]{1,3})"
_PEOPLE = re.compile(rf"{_FAMILY}(?:(?:,\s(?:and\s|&\s)?|\sand\s|\s&\s){_FAMILY}){{0,20}}(?:,\set\sal\.?)?")
_MOST_WORDS = 6


def author_year(text: str, *, addressed: bool) -> Csl | None:
    """Read a note that is one such citation from end to end. addressed: the note gives its address.

    Without an address or an imprint it is taken for prose.
    """
    match = _WHOLE.fullmatch(text)
    names = _names(match["names"].strip()) if match else None
    when = find_date(match["date"], year_alone=True) if match else None
    if not match or not names or not when or NOT_A_TITLE.match(match["title"]):
        return None
    csl: Csl = {"author": names, "title": match["title"].rstrip(".,"), "issued": when.csl()}
    rest = match["rest"] or ""
    imprint = _IMPRINT.fullmatch(rest)
    if imprint:
        numbers = list(_NUMBER.finditer(imprint["series"]))
        csl |= {"publisher": imprint["publisher"], "publisher-place": imprint["place"]}
        return csl | ({"type": "report", **numbers[-1].groupdict()} if numbers else {"type": "book"})
    place_first = _PLACE_FIRST.fullmatch(rest)
    if place_first:
        return csl | {
            "type": "book",
            "publisher": place_first["publisher"],
            "publisher-place": place_first["place"],
        }
    return csl | {"type": "webpage"} if addressed and not rest else None


def _names(text: str) -> list[Name] | None:
    if _PEOPLE.fullmatch(text):
        return [{"family": family, "given": given} for family, given in re.findall(_FAMILY, text)]
    people = inverted(text)
    if people:
        return people
    words = text.split()
    body = (0 < len(words) <= _MOST_WORDS and text.isupper()) or (len(words) > 1 and title_like(text, capitals=1.0))
    return [{"literal": text}] if body and capitalised(text) == 1.0 and "," not in text else None
