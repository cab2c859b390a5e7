"""Books, whose titles stand without quotation marks and which are known by their imprint, or by their pages."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.details import IMPRINT, details, imprint, labelled, only, pages_only
from briefqa.sources.names import NOT_A_TITLE, authors_among, capitalised, names_and_title, people, person, title_like
from briefqa.sources.segments import comma_items

Csl = dict[str, Any]

_YEAR = re.compile(r"(?:1[4-9]|20)\d\d")
# What can stand between title and imprint: edition, volume, part, translator.
_APPENDED = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th|e|ème)?\s(?:rev\.\s)?ed|rev\.\sed|ed\.\sof|ed\.|eds\.|vol\.|vols|\d+\svols|bk\.|pt\.|t\.|ch\.|"
    r"trans\.|trad\.|translated|edited|Bd\.|\d+\.\sAufl|\(|with\sa\s)",
)


def imprinted(text: str) -> Csl | None:
    """Read `Authors, Title (Place: Publisher, 1987), 34–35`."""
    match = IMPRINT.search(text)
    if not match:
        return None
    lead, page = text[: match.start()].rstrip(" ,"), None
    items = comma_items(lead)
    if len(items) > 2 and pages_only(items[-1]):
        page = pages_only(items.pop())
    if len(items) > 2 and re.fullmatch(r"eds?\.|Hrsg\.", items[-1]) and people(items[-2]):
        items = [items[-2], items[-1], *items[:-2]]  # Title, Name and Name, eds. (…)
    first = next((n for n, item in enumerate(items) if n and _APPENDED.match(item)), len(items))
    editor = first < len(items) and re.fullmatch(r"eds?\.", items[first])
    named = names_and_title(", ".join(items if editor and first == 1 else items[:first]))
    if not named or not (match["place"] or "author" in named or "editor" in named or title_like(lead)):
        return None
    between = only(details(", ".join(items[first:])), "volume", "edition")
    after = only(details(text[match.end() :], bare_pages=True), "page", "volume")
    return named | {"type": "book"} | imprint(match) | between | ({"page": page} if page else {}) | after


def listed(text: str) -> Csl | None:
    """Read `Authors, Title, Publisher, 1975, p. 112`."""
    items = comma_items(text)
    at = next((n for n, item in enumerate(items) if _YEAR.fullmatch(item)), 0)
    count = authors_among(items[:at])
    names = people(", ".join(items[:count])) if count else None
    middle = [item for item in items[count:at] if not _APPENDED.match(item)]
    if len(middle) > 1 and re.fullmatch(r"\d{4}\s?[–-]\s?\d{2,4}", middle[1]):
        middle[:2] = [", ".join(middle[:2])]
    if not names or not 1 <= len(middle) <= 2 or capitalised(middle[0]) < 0.6:
        return None
    csl: Csl = {"type": "book", "author": names, "title": middle[0], "issued": {"date-parts": [[int(items[at])]]}}
    if len(middle) == 2:
        if capitalised(middle[1]) < 1:
            return None
        csl["publisher"] = middle[1]
    return csl | only(details(", ".join(items[count:at] + items[at + 1 :])), "volume", "page", "edition")


def old_book(text: str) -> Csl | None:
    """Read `Author, Title, vol. ii, p. 322`, `Title, p. 176` and `Given Family, Title, 87–93`."""
    items = comma_items(text.rstrip(". "))
    at = next((n for n, item in enumerate(items) if n and not _YEAR.fullmatch(item) and _placed(item)), 0)
    if not at or NOT_A_TITLE.match(items[0]) or any(not 1 <= len(item.split()) <= 14 for item in items[:at]):
        return None
    lead, tail = [item for item in items[:at] if not _APPENDED.match(item)], ", ".join(items[at:])
    named = _short(lead, sure=labelled(tail))
    if not named:
        return None
    year = next((item for item in lead[1:] if _YEAR.fullmatch(item)), None)
    issued = {"issued": {"date-parts": [[int(year)]]}} if year else {}
    page = pages_only(items[at])
    return (
        {"type": "book"}
        | named
        | issued
        | only(details(tail), "volume")
        | ({"page": page} if page else only(details(tail), "page"))
    )


def _placed(item: str) -> bool:
    return labelled(item) or bool(pages_only(item))


def _short(lead: list[str], *, sure: bool) -> Csl | None:
    """Read `Author, Title` or `Title` before pages. sure: these are labelled ("p. 3"); a bare figure asks for more."""
    lead = [item for item in lead if not _YEAR.fullmatch(item)]
    if not lead or len(lead) > 2:
        return None
    words = lead[-1].split()
    if len(lead) == 1:
        long_enough = sure or len(words) >= 4
        return {"title": lead[0]} if long_enough and capitalised(lead[0]) == 1 and not person(lead[0]) else None
    names = people(lead[0])
    if not names and re.fullmatch(r"[A-Z][a-z’]{2,}", lead[0]) and (sure or len(words) > 1):
        names = [{"family": lead[0]}]
    return {"author": names, "title": lead[1]} if names and capitalised(lead[1]) >= 0.75 else None
