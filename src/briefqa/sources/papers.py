"""Theses and preprints, whose brackets name a degree or an archive and no publisher."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.details import details, only
from briefqa.sources.names import authors, inverted, names_and_title

Csl = dict[str, Any]

_QUOTED = re.compile(r"(?P<names>[^“”\"]{3,200}?),?\s[“\"](?P<title>[^“”\"]{5,300}?)[,.]?[”\"],?")
_THESIS = re.compile(
    r",?\s\((?:unpublished\s)?(?P<genre>(?:Ph\.?\s?D\.?|D\.?Phil\.?|M\.?A\.?|M\.?Sc\.?|LL\.?M\.?|doctoral|[Mm]aster[’']s)\s"
    r"(?:[Dd]iss\.|[Dd]issertation|[Tt]hesis)|Diss\.|Dissertation|[Tt]hèse(?:\sde\sdoctorat)?),\s"
    r"(?P<publisher>[^(),]{4,80}(?:,\s[A-Z][^(),\d]{3,40})?),\s(?P<year>(?:19|20)\d\d)\)"
)
_PREPRINT = re.compile(
    r"(?P<lead>.{8,400}?)[,.]?\s\(?(?P<archive>arXiv|bioRxiv|medRxiv|SSRN)(?:\s?(?:preprint|e-prints?))?[:,]?\s?(?:arXiv:)?"
    r"(?P<number>\d{4}\.\d{4,5}(?:v\d)?)?[^()]{0,12}?(?:\((?P<year1>(?:19|20)\d\d)\)|,?\s(?P<year2>(?:19|20)\d\d))?\)?"
)


def paper(text: str) -> Csl | None:
    """Read `Author, “Title” (PhD diss., University, 2010), 33` or `Authors, “Title,” arXiv:2010.12345 (2020)`."""
    return _thesis(text) or _preprint(text)


def _thesis(text: str) -> Csl | None:
    match = _THESIS.search(text)
    named = _named(text[: match.start()]) if match else None
    if not match or not named:
        return None
    csl = named | {"type": "thesis", "genre": match["genre"], "publisher": match["publisher"]}
    csl["issued"] = {"date-parts": [[int(match["year"])]]}
    return csl | only(details(text[match.end() :].lstrip(", "), bare_pages=True), "page")


def _preprint(text: str) -> Csl | None:
    match = _PREPRINT.fullmatch(text)
    named = _named(match["lead"]) if match else None
    if not match or not named:
        return None
    csl: Csl = named | {"type": "article", "publisher": match["archive"]}
    if match["number"]:
        csl["number"] = match["number"]
    year = match["year1"] or match["year2"]
    return csl | ({"issued": {"date-parts": [[int(year)]]}} if year else {})


def _named(lead: str) -> Csl | None:
    """Part authors and title; None unless there are both."""
    quoted = _QUOTED.fullmatch(lead)
    names = (inverted(quoted["names"]) or authors(quoted["names"])) if quoted else None
    if quoted and names:
        return {"author": names, "title": quoted["title"]}
    named = None if quoted else names_and_title(lead)
    return named if named and "author" in named else None
