"""What follows a title: volume, issue, pages, date. Each is taken only where its form or its label is unmistakable."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.dates import MONTH, find_date

_NUMBER = r"(?:\d{1,5}|[ivxlcdm]{1,7}|[IVXLCDM]{1,7})"
_PAGE = r"(?:[A-Z]-?)?\d{1,5}(?:\s?[–-]\s?\d{1,5})?|[ivxlc]{1,7}(?:\s?[–-]\s?[ivxlc]{1,7})?"
_PAGES = rf"(?:{_PAGE})(?:,\s(?:{_PAGE})(?![\w.]))*"
_VOLUME_YEAR = re.compile(
    r"(?P<volume>\d{1,4})(?:\s?:\s?(?P<issue1>\d{1,3})|,?\s(?:no\.|nº|n°|Nr\.|Heft)\s?(?P<issue2>\d{1,3}(?:[–/-]\d{1,3})?))?"
    r"(?:\s?\((?P<issue3>\d{1,3}(?:[–/-]\d{1,3})?)\))?\s\((?P<date>[^()]{0,24}?\d{4})\)\s?[:,]?\s?(?:pp?\.\s?|S\.\s?)?"
    rf"(?P<pages>(?:{_PAGE})(?!\d))?"
)
_VOLUME_ISSUE = (
    re.compile(
        r"[\s,]*(?P<volume>\d{1,4})\s?\((?P<issue>\d{1,3}(?:[–/-]\d{1,3})?)\)\s?[,:]\s?(?:pp?\.\s?|S\.\s?)?"
        rf"(?P<pages>{_PAGES})(?![\w])"
    ),
    re.compile(rf"\s*(?P<volume>\d{{1,4}})(?P<issue>)\s?[,:]\s?(?P<pages>{_PAGES})(?![\w])"),
)
_VOLUME = re.compile(rf"\b(?:[Vv]ol(?:ume|\.)|[Bb]d\.|[Bb]and|[Tt]\.|[Tt]om(?:e|\.))\s?(?P<volume>{_NUMBER})\b")
_ISSUE = re.compile(r"(?:\b[Nn]o\.|\b[Nn]r\.|\bHeft|\bH\.|\bn[º°])\s?(?P<issue>\d{1,4}(?:[–/-]\d{1,4})?)\b")
_LABELLED_PAGES = re.compile(
    rf"\b(?:pp?\.|pages?|S\.|Seiten?)\s?(?P<pages>{_PAGES}(?:(?:,|\s(?:and|et|und|&))\s\d{{1,5}}(?![\w.]))*)(?!(?!ff?\b)\w)"
)
_AT_PAGE = re.compile(rf"(?:\A|\s)at\s(?P<pages>{_PAGES})(?!\w|:\d)")
_BARE_PAGES = re.compile(rf"\A\W{{0,3}}(?P<pages>{_PAGES})\.?\s*(?:\(|\Z|n\.)")
_IMPRINT = re.compile(
    rf"\((?:[^();:]{{1,60}};\s)?(?:(?P<place>[^():;]{{2,60}}):\s)?(?P<publisher>(?!(?i:{MONTH})\s\d)[A-Z][^():;“”]{{1,80}}?)"
    r"(?P<parted>,|(?<=[^:]{3}):)\s(?P<date>[^(),“”]{0,18}\d{4})\)"
)
_OPEN_IMPRINT = re.compile(
    r"(?:[,.]\s|\A)(?P<place>[A-ZÀ-Þ][^:,.;\d“”()]{2,40}):\s(?P<publisher>[A-ZÀ-Þ][^:,;“”()\d]{1,50}),?\s"
    r"(?P<year>(?:1[5-9]|20)\d\d)(?=[,.]|\Z)"
)
_EDITION = re.compile(
    r"\b(?P<edition>\d{1,2})(?:st|nd|rd|th|e|ème)?\s(?:rev\.\s)?ed(?:ition|n)?\b\.?|\b(?P<aufl>\d{1,2})\.\sAufl"
)


def details(text: str, *, bare_pages: bool = False) -> dict[str, Any]:
    """Take volume, issue, page, edition and issued out of text, as CSL variables.

    bare_pages: a figure at the very beginning is a page ("…, 1987), 34–35").
    """
    csl: dict[str, Any] = {}
    dated = find_date(text)
    joint = _VOLUME_YEAR.search(text)
    if joint:
        csl["volume"] = joint["volume"]
        csl["issue"] = joint["issue1"] or joint["issue2"] or joint["issue3"]
        csl["page"] = joint["pages"]
        dated = find_date(joint["date"], year_alone=True)
    else:
        for pattern in (_VOLUME, _ISSUE, _LABELLED_PAGES, _AT_PAGE):
            match = pattern.search(text)
            if match:
                name, value = next(iter(match.groupdict().items()))
                csl.setdefault("page" if name == "pages" else name, value)
        apart = next(filter(None, (pattern.match(text) for pattern in _VOLUME_ISSUE)), None)
        if apart and "volume" not in csl:
            csl.update(volume=apart["volume"], issue=apart["issue"])
            if re.fullmatch(r"(?:1[5-9]|20)\d\d", apart["pages"]) and "page" in csl:  # "10 (2), 1954, p. 146"
                dated = dated or find_date(apart["pages"], year_alone=True)
            else:
                csl["page"] = apart["pages"]
        bare = _BARE_PAGES.match(text) if bare_pages else None
        if bare:
            csl.setdefault("page", bare["pages"])
    edition = _EDITION.search(text)
    if edition:
        csl["edition"] = edition["edition"] or edition["aufl"]
    if dated:
        csl["issued"] = dated.csl()
    return {key: value for key, value in csl.items() if value}


def labelled(text: str) -> bool:
    """Whether text names a volume or a page with a label, as in "vol. ii, p. 322"."""
    return bool(_LABELLED_PAGES.search(text) or _VOLUME.search(text))


def pages_only(text: str) -> str | None:
    """Give the pages where text is nothing but pages, as in "34–35"."""
    match = re.fullmatch(rf"(?:pp?\.\s?|S\.\s?|at\s)?({_PAGES})\.?", text.strip())
    return match[1] if match else None


def find_imprint(text: str) -> re.Match[str] | None:
    """Find "(Place: Publisher, 1987)"; not a date such as "(D. Ct. Dec. 1, 2017)" or "(Review, May, 1919)"."""
    for match in _IMPRINT.finditer(text):
        if re.match(
            r"(?i:ph\.?\s?d\.?|m\.?a\.?|master)\W|[^,]{0,30}\b(?i:diss|dissertation|thesis)\b", match["publisher"]
        ):
            continue  # a thesis has a university and no publisher
        dated = find_date(f"{match['publisher']}, {match['date']}")
        if not dated or dated.start > len(match["publisher"]):
            return match
    return None


def open_imprint(text: str) -> tuple[int, dict[str, Any]] | None:
    """Find "Place: Publisher, 1987" without brackets; return where it begins, and its CSL variables."""
    match = _OPEN_IMPRINT.search(text)
    if not match:
        return None
    csl = {"publisher-place": match["place"].strip(), "publisher": match["publisher"].strip()}
    return match.start(), csl | {"issued": {"date-parts": [[int(match["year"])]]}}


def imprint(match: re.Match[str]) -> dict[str, Any]:
    """Give what `find_imprint` found as CSL variables."""
    lone_place = match["parted"] == ":" and not match["place"]  # "(Cincinnati: 1866)"
    csl: dict[str, Any] = {"publisher-place" if lone_place else "publisher": match["publisher"].strip()}
    if match["place"]:
        csl["publisher-place"] = match["place"].strip()
    dated = find_date(match["date"], year_alone=True)
    return csl | ({"issued": dated.csl()} if dated else {})


def only(csl: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Keep some of the variables."""
    return {key: csl[key] for key in keys if key in csl}
