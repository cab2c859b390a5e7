"""Titles without quotation marks that a date vouches for: news in the style of The Bluebook, reports, hearings."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.dates import find_date
from briefqa.sources.names import authors, authors_among, capitalised, names_and_title, official, title_like
from briefqa.sources.quoted import kind
from briefqa.sources.segments import comma_items

Csl = dict[str, Any]

_CONGRESS = re.compile(
    r",\s(?P<number>\d{2,3})(?:st|nd|rd|th)\sCong\.(?:[^()]{0,60}?sess\.(?:,\s(?P<page1>\d{1,4}))?)?,?"
    r"(?:\s\((?P<date>[^()]{4,20})\)(?::\s(?P<page2>\d{1,4}))?)?"
)
_NUMBERED = re.compile(r"(?P<genre>(?:Executive |General )?Order|Directive|Circular|Decision) No\. (?P<number>[\w-]+)")
_REPORT_NUMBER = re.compile(r"(?:[A-Z]{2,6}[- ]\d[\w./-]{1,15}|R[LS]?\d{5}|No\. [\d-]{2,12})")
_DATED_WORK = re.compile(
    r"(?P<lead>[^“”\"()]{10,300}?)\s\((?P<date>[^()]{4,20})\)(?:,\s(?:pp?\.\s?)?(?P<page>\d{1,4}(?:[–-]\d{1,4})?))?\.?"
)
_MADE_FOR = re.compile(r"(?:report|memorandum|submission|evidence|paper|study)\s(?:to|for|by)\s")
_AMENDED = re.compile(
    r"(?P<who>[A-Z][^,“”()]{3,80}),\s(?P<title>(?:Regulations?|Act|By-?laws?|Order|Ordinance|Code|Rules|Decree|Law)\s[^,“”()]{3,160}),"
    r"\sas\samended\s(?P<date>[^,]{4,20})(?:,\s(?:section|sec\.|§|article|art\.)\s(?P<section>\w{1,5}(?:\(\w{1,3}\))*).{0,60})?"
)
_LONGEST_BODY = 8
_TALKS = {
    "interview": re.compile(r"(?:(?:Telephone|Phone|Personal)\s)?(?:[Ii]nterview|Entretien|Gespräch)\b"),
    "personal_communication": re.compile(r"(?:Letter|E-?mail|Lettre|Brief)\s(?:from|de|von)\s[A-Z]"),
}


def hearing(text: str) -> Csl | None:
    """Read `Title: Hearing Before the Committee, 97th Cong., 2nd sess. (1982): 65`."""
    match = _CONGRESS.search(text)
    title = text[: match.start()] if match else ""
    if not match or not re.search(r"\bHearings?\b", title) or len(title) > 400:
        return None
    csl: Csl = {"type": "hearing", "title": title}
    when = find_date(match["date"] or "", year_alone=True)
    at = re.search(r",\sat\s(?P<page>\d{1,4})\Z", text)
    page = match["page1"] or match["page2"] or (at["page"] if at else None)
    return csl | ({"issued": when.csl()} if when else {}) | ({"page": page} if page else {})


def dated_in_brackets(text: str) -> Csl | None:
    """Read `Authors, Title, Newspaper (Feb. 26, 2016)`."""
    match = re.search(r",?\s\((?:(?P<place>[A-Z][^():;]{2,40}):\s)?(?P<date>[^():]{6,24})\)", text)
    when = find_date(match["date"]) if match else None
    if not match or not when or when.start or when.end < len(match["date"].rstrip(" .,")):
        return None
    lead = text[: match.start()]
    at = re.search(r",\sat\s(?P<page>[\d–-]{1,12})\Z", lead)
    items = comma_items(lead[: at.start()] if at else lead)
    named = _title_and_container(items)
    if not named:
        return None
    if match["place"]:
        named["publisher-place"] = match["place"]
    csl = named | {"issued": when.csl()} | ({"page": at["page"]} if at else {})
    return {"type": kind(csl) if "container-title" in csl else "report"} | csl


def _title_and_container(items: list[str]) -> Csl | None:
    """Part `Authors, Title, Container`; the last item is the container where authors or a title stand before it."""
    count = authors_among(items)
    names = authors(", ".join(items[:count])) if count else None
    rest = items[count:]
    if not rest or capitalised(rest[-1]) < 0.8 or len(", ".join(items)) > 500:
        return None
    csl = _split(rest)
    if not names and not title_like(csl["title"]):
        return None
    return csl | ({"author": names} if names else {})


def _split(items: list[str]) -> Csl:
    """Part title and what stands around it: a number before or after, or a container or publisher after."""
    if len(items) == 1:
        return {"title": items[0]}
    numbered = _NUMBERED.fullmatch(items[0])
    if numbered:
        return {"type": "report", **numbered.groupdict(), "title": ", ".join(items[1:])}
    title, last = ", ".join(items[:-1]), items[-1]
    if _REPORT_NUMBER.fullmatch(last):
        return {"type": "report", "title": title, "number": last}
    if official(last):
        return {"type": "document", "title": title, "publisher": last}
    return {"title": title, "container-title": last}


def dated(text: str) -> Csl | None:
    """Read `Title, February 8, 2011` and `Institution, Title, May 2015`, where that is all there is."""
    when = find_date(text)
    rest = text[when.end :].strip(" .),") if when else ""
    if not when or rest not in ("", "on file with author") or not re.search(r"[,(]\s*\Z", text[: when.start]):
        return None
    lead = text[: when.start].strip(" ,(")
    for spoken, pattern in _TALKS.items():
        if pattern.match(lead) and len(lead) < 120:
            return {"type": spoken, "title": lead, "issued": when.csl()}
    named = names_and_title(lead) if capitalised(lead) >= 0.85 and title_like(lead) else None
    return named | {"type": "document", "issued": when.csl()} if named else None


def dated_work(text: str) -> Csl | None:
    """Read `Body, Title, report to somebody (June 2019), 17`; only for where an address vouches for it."""
    match = _DATED_WORK.fullmatch(text)
    when = find_date(match["date"], year_alone=True) if match else None
    items = comma_items(match["lead"]) if match else []
    if items and _MADE_FOR.match(items[-1]):
        del items[-1]
    if not match or not when or len(items) < 2 or not title_like(items[-1]):
        return None
    who, *between = items[:-1]
    described = all(len(item.split()) <= 3 and capitalised(item) == 1.0 for item in between)
    if not described or capitalised(who) < 1.0 or len(who.split()) > _LONGEST_BODY:
        return None
    bodies = who.split(" and ")
    whole = [who] if min(len(body.split()) for body in bodies) < 2 else bodies
    csl: Csl = {"type": "report", "title": items[-1], "issued": when.csl()}
    csl["author"] = authors(who) or [{"literal": body} for body in whole]
    return csl | ({"page": match["page"]} if match["page"] else {})


def amended(text: str) -> Csl | None:
    """Read `Body, Regulation on Things, as amended 14 June 2022, section 8(2)`."""
    match = _AMENDED.fullmatch(text)
    when = find_date(match["date"], year_alone=True) if match else None
    if not match or not when or capitalised(match["who"]) < 1.0 or not title_like(match["title"]):
        return None
    csl: Csl = {"type": "legislation", "title": match["title"], "authority": match["who"], "issued": when.csl()}
    return csl | ({"section": match["section"]} if match["section"] else {})
