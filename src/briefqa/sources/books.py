"""Books, whose titles stand without quotation marks and which are known by their imprint, or by their pages."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.dates import find_date
from briefqa.sources.details import details, find_imprint, imprint, labelled, only, pages_only
from briefqa.sources.names import NOT_A_TITLE, authors_among, capitalised, names_and_title, people, person, title_like
from briefqa.sources.segments import comma_items

Csl = dict[str, Any]

_YEAR = re.compile(r"(?:1[4-9]|20)\d\d")
# What can stand between title and imprint: edition, volume, part, translator.
_APPENDED = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th|e|ème)?\s(?:rev\.\s)?ed|rev\.\sed|ed\.\sof|ed\.|eds\.|vol\.|vols|\d+\svols|bk\.|pt\.|t\.|ch\.|"
    r"trans\.|trad\.|translated|edited|Bd\.|\d+\.\sAufl|\(|with\sa\s)",
)

_YEARED = re.compile(
    r"(?P<lead>[^“”\"()]{5,300}?)(?:,?\s(?:at\s)?(?P<page>\d{1,4}(?:[–-]\d{1,4})?))?\s"
    r"\((?:(?P<edition>\d{1,2})(?:st|nd|rd|d|th)\s(?:rev\.\s)?ed\.,?\s|rev\.\sed\.,?\s)?"
    r"(?:(?P<publisher>[A-Z][A-Za-z.’& ]{2,40})\s)?"
    r"(?P<year>(?:1[5-9]|20)\d\d)\)"
)
_GERMAN = re.compile(
    r"(?P<names>[A-ZÀ-Þ][^:“”«»,]{3,80}):\s(?P<title>[^:“”]{3,200}?)(?:,\s\d+\.\sAufl(?:\.|age))?"
    r"(?:,\sBd\.\s\w{1,4})?(?:,|\.)\s(?P<place>[A-ZÀ-Þ][\w/. -]{2,40}?)\s(?P<year>(?:1[5-9]|20)\d\d)(?=[,.]|\Z)"
)


def imprinted(text: str) -> Csl | None:
    """Read `Authors, Title (Place: Publisher, 1987), 34–35`."""
    match = find_imprint(text)
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
    if not named and len(items) == 1 and title_like(lead, capitals=0.1):
        named = {"title": lead}
    elif not named or not (match["place"] or "author" in named or "editor" in named or title_like(lead)):
        return None
    between = only(details(", ".join(items[first:])), "volume", "edition")
    after = only(details(text[match.end() :], bare_pages=True), "page", "volume")
    if not named:
        return None
    return named | {"type": "book"} | imprint(match) | between | ({"page": page} if page else {}) | after


def yeared(text: str) -> Csl | None:
    """Read `Authors, Title, 7–10 (2002)` and `Authors, Title 7 (3d ed., Publisher 2002)`, as The Bluebook has it."""
    match = _YEARED.fullmatch(text)
    named = names_and_title(match["lead"]) if match else None
    if not match or not named or "family" not in named.get("author", [{}])[0]:
        return None
    if match["publisher"] and not match["page"] and find_date(f"{match['publisher']} {match['year']}"):
        return None  # "(May 2015)": not a publisher
    csl = named | {
        "type": "book" if (match["page"] or match["edition"] or match["publisher"]) else "document",
        "issued": {"date-parts": [[int(match["year"])]]},
    }
    return csl | {key: match[key] for key in ("page", "edition", "publisher") if match[key]}


def listed(text: str) -> Csl | None:
    """Read `Authors, Title, Publisher, 1975, p. 112`."""
    items = comma_items(text)
    at = next((n for n, item in enumerate(items) if _YEAR.fullmatch(item)), 0)
    count = authors_among(items[:at])
    names = people(", ".join(items[:count])) if count else None
    middle = [item for item in items[count:at] if not _APPENDED.match(item)]
    if len(middle) > 1 and re.fullmatch(r"\d{4}\s?[–-]\s?\d{2,4}", middle[1]):
        middle[:2] = [", ".join(middle[:2])]
    if not names or not 1 <= len(middle) <= 3 or not middle[0][0].isupper() or find_date(", ".join(items[: at + 1])):
        return None
    if capitalised(middle[0]) < 0.6 and len(middle) == 1:  # French titles have small letters: a publisher must follow
        return None
    csl: Csl = {"type": "book", "author": names, "title": middle[0], "issued": {"date-parts": [[int(items[at])]]}}
    if len(middle) > 1:
        place, colon, publisher = ", ".join(middle[1:]).partition(": " if len(middle) == 2 else ", ")
        if capitalised(place + publisher) < 1:
            return None
        csl |= {"publisher-place": place, "publisher": publisher} if colon else {"publisher": place}
    return csl | only(details(", ".join(items[count:at] + items[at + 1 :])), "volume", "page", "edition")


def german(text: str) -> Csl | None:
    """Read `Authors: Title, 2. Aufl., Ort 1998, S. 44`."""
    match = _GERMAN.match(text)
    names = people(match["names"].replace("/", " und ")) if match else None
    if not match or not names:
        return None
    csl: Csl = {"type": "book", "author": names, "title": match["title"], "publisher-place": match["place"]}
    csl["issued"] = {"date-parts": [[int(match["year"])]]}
    return csl | only(details(text[match.end("title") :]), "page", "volume", "edition")


def old_book(text: str) -> Csl | None:
    """Read `Author, Title, vol. ii, p. 322`, `Title, p. 176` and `Given Family, Title, 87–93`."""
    items = comma_items(text.rstrip(". "))
    at = next((n for n, item in enumerate(items) if n and not _YEAR.fullmatch(item) and _placed(item)), 0)
    if not at or NOT_A_TITLE.match(items[0]) or any(not 1 <= len(item.split()) <= 20 for item in items[:at]):
        return None
    lead, tail = [item for item in items[:at] if not _APPENDED.match(item)], ", ".join(items[at:])
    named = _short(lead, sure=labelled(tail))
    if not named:
        return None
    year = next((item for item in lead[1:] if _YEAR.fullmatch(item)), None)
    issued = {"issued": {"date-parts": [[int(year)]]}} if year else {}
    bare = pages_only(items[at])
    if (bare and _YEAR.fullmatch(bare)) or re.search(r"\d\Z", str(named.get("title"))):
        return None  # "A Quarterly 35, 2, 1990": an issue of a periodical
    more = {"page": bare} if bare and not labelled(tail) else only(details(tail), "volume", "page")
    return {"type": "document" if tail.startswith("at ") else "book"} | named | issued | more


def _placed(item: str) -> bool:
    return labelled(item) or bool(pages_only(item))


def _short(lead: list[str], *, sure: bool) -> Csl | None:
    """Read `Author, Title` or `Title` before pages. sure: these are labelled ("p. 3"); a bare figure asks for more."""
    lead = [item for item in lead if not _YEAR.fullmatch(item)]
    if not lead or len(lead) > 2 or not lead[-1][0].isupper() or find_date(f"{lead[-1]} 2000"):
        return None
    words = lead[-1].split()
    if len(lead) == 1:
        long_enough = sure or len(words) >= 4
        return {"title": lead[0]} if long_enough and capitalised(lead[0]) == 1 and not person(lead[0]) else None
    names = people(lead[0])
    if not names and re.fullmatch(r"[A-Z][a-z’]{2,}", lead[0]) and (sure or len(words) > 1):
        names = [{"family": lead[0]}]
    return {"author": names, "title": lead[1]} if names and capitalised(lead[1]) >= 0.75 else None
