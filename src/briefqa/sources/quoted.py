"""Titles in quotation marks: articles and chapters. And law reviews, with the volume before the name."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.dates import find_date
from briefqa.sources.details import details, find_imprint, imprint, only
from briefqa.sources.names import authors, capitalised, inverted, names_and_title, people
from briefqa.sources.standards import find_standard

Csl = dict[str, Any]

_TITLES = (
    re.compile(r"“\s?(?P<title>[^“”]{2,400})\s?”"),
    re.compile(r"«\s?(?P<title>[^«»]{2,400}?)\s?»"),
    re.compile(r"\"(?P<title>[^\"]{2,400})\""),
)
_CONTAINER = re.compile(
    r"(?P<name>[A-ZÀ-ÖØ-Þ0-9][^(),;:“”«»\d]{1,90}?(?::\s[^(),;:“”«»\d]{1,60}?)?|[a-z]\w{2,20}(?=,\s))"
    r"(?=\s+\d|\s+\(|\s*,|\s*\.?\s*\Z|:\s?\d|(?<![A-Z])\.\s)"
)
_JOURNAL = re.compile(
    r"\b(?:Journal|Review|Quarterly|Annals|Proceedings|Transactions|Studies|Scholar|Science|Nature|Zeitschrift|Revue|"
    r"Bulletin|Archiv|Communications|Letters|Jahrbuch)\b"
)
_LAW_JOURNAL = re.compile(
    r"(?:\A|,\s)(?P<volume>\d{1,4})\s(?P<name>[A-Z][A-Za-z.&’' ]{2,80}?)\s(?P<page>\d{1,5})"
    r"(?P<pins>(?:,\s(?:\[\]\s)?[\d–-]{1,12})*)\s\((?P<date>[^()]{0,20}\d{4})\)"
)
_GENRES = {"Executive Order": "regulation", "Memorandum": "report", "Press Release": "document"}
_OWNER = re.compile(r"(?P<name>[A-ZÀ-Þ][\w.-]+(?:\s[A-ZÀ-Þ][\w.-]+){0,3})['’]s")  # Plutarch’s “Life of Solon”
_HARVARD = re.compile(r"\s\(((?:1[5-9]|20)\d\d)[a-z]?\)\Z")  # Berg, O. (2015) ‘Locks’, …
_GOES_ON = re.compile(r"(?:in|published|issued|available|dated|p\.|pp\.|vol\.|online)\b")


def quoted(text: str) -> Csl | None:
    """Read `Authors, “Title,” Container 12 (2002): 155`, with or without authors, in many variants."""
    matches = [match for pattern in _TITLES if (match := pattern.search(text))]
    match = min(matches, key=re.Match.start, default=None)
    if not match or match["title"][0].islower():
        return None
    before, after = text[: match.start()].strip(), text[match.end() :]
    title = re.sub(r"\s+", " ", match["title"]).strip(" ,").removesuffix(".")
    led = _led(before, title, after)
    if led:
        return led
    year = _HARVARD.search(before.rstrip(", "))
    by = before[: year.start()] if year else before.rstrip(", ")
    names = inverted(by) or authors(by) if year or before.endswith((",", ":")) else None
    more = published(after) if names or not before else None
    if more is None or not (names or _vouched(title, more)):
        return None
    if year:
        more["issued"] = {"date-parts": [[int(year[1])]]}
        more["type"] = kind(more) if more["type"] != "chapter" else "chapter"
    return {"title": title} | ({"author": names} if names else {}) | more


def _vouched(title: str, more: Csl) -> bool:
    """Whether a title without authors is no mere quotation: it is dated or placed, and written as titles are."""
    return bool(more.keys() & {"issued", "volume", "page", "publisher"}) and (
        capitalised(title) >= 0.5 or len(_parts(more)) == 3
    )


def _led(before: str, title: str, after: str) -> Csl | None:
    """Read a quoted title that a genre, an owner or a sentence leads to."""
    genre = before.rstrip(", ")
    if genre in _GENRES:
        return {"type": _GENRES[genre], "genre": genre, "title": title} | only(details(after), "issued")
    owner = _OWNER.fullmatch(genre)
    if owner:
        names = people(owner["name"]) or [{"family": owner["name"]}]
        return {"type": "book", "title": title, "author": names}
    return _issued(title, after) if before and not before.endswith(",") else None


def _issued(title: str, after: str) -> Csl | None:
    """Read `… established by the “Title,” issued on February 26, 2010`."""
    said = re.match(r"[,\s]*(?:first\s)?(?:issued|published|released|dated)\s(?:on\s|in\s)?", after)
    when = find_date(after) if said else None
    if not said or not when or when.start != said.end() or capitalised(title) < 0.6:
        return None
    return {"type": "document", "title": title.rstrip(", "), "issued": when.csl()}


def published(after: str) -> Csl | None:
    """Read what follows a quoted title: container, volume, date, pages. None where that is no citation at all."""
    after = re.sub(r"\A[\s,.]+", "", after)
    container = _CONTAINER.match(after)
    if re.match(r"[a-zß-ÿ]", after) and not _GOES_ON.match(after) and not (container and find_date(after)):
        return None
    chapter = re.match(r"[Ii]n:?\s(?=[A-ZÀ-Þ])", after)
    editors: Csl = {}
    if chapter:
        after = after[chapter.end() :]
        edited = re.match(r"(?P<names>[^“”()]{4,200}?),?\s\(?(?:eds?\.|Hrsg\.|Hg\.)\)?,\s", after)
        names = people(edited["names"]) if edited else None
        if edited and names:
            editors = {"editor": names}
            after = after[edited.end() :]
        container = _CONTAINER.match(after)
    numbered = find_standard(after)
    if numbered:
        return numbered
    ahead = _LAW_JOURNAL.match(after)
    if ahead:
        return _of_law_journal(ahead)
    book = find_imprint(after)
    when = find_date(after)
    csl = editors
    if container and not _GOES_ON.match(after) and not (when and when.start == 0):
        name = container["name"].strip(" ,.")
        if capitalised(name) >= 0.5 or name.islower():
            csl["container-title"] = name
        after = after[container.end() :]
    if book:
        inner = only(details(after), "volume") | imprint(book)
        return csl | inner | only(details(after[after.find(")") + 1 :], bare_pages=True), "page") | {"type": "chapter"}
    csl |= _issue(after)
    if "issue" in csl and "container-title" not in csl:  # "Working Paper No. 159"
        return csl | {"type": "report", "number": csl.pop("issue")}
    return csl | {"type": "chapter" if chapter and csl else kind(csl)}


def _issue(after: str) -> Csl:
    """Read volume, pages and date, the date also where it is a year between commas or in brackets."""
    csl = details(after)
    if "issued" not in csl:
        year = re.search(r"(?:,\s|\(|\A)((?:1[5-9]|20)\d\d)\)?(?=[,.:;\s]|\Z)", after)
        if year:
            csl["issued"] = {"date-parts": [[int(year[1])]]}
    section = re.search(r"\d{4},\s([A-Z]\d{1,3})\b", after)
    if section and "page" not in csl:
        csl["page"] = section[1]
    return csl


def kind(csl: Csl) -> str:
    """Tell journal, newspaper, magazine and web page apart, by the name and by what is known of the issue."""
    container = csl.get("container-title", "")
    parts = _parts(csl)
    if not container:
        return "document"
    if re.search(r"\.(?:com|org|net|gov|edu)\b|[a-z!]online\b|\bonline\b", container):
        return "webpage"
    if "volume" in csl or (_JOURNAL.search(container) and len(parts) < 3):
        return "article-journal"
    return {3: "article-newspaper", 2: "article-magazine"}.get(len(parts), "article")


def _parts(csl: Csl) -> list[int]:
    parts: list[int] = csl.get("issued", {}).get("date-parts", [[]])[0]
    return parts


def law_journal(text: str) -> Csl | None:
    """Read `Authors, Title, 24 Reports 222, 260 (2000)`."""
    match = _LAW_JOURNAL.search(text)
    named = names_and_title(text[: match.start()]) if match and match.start() else None
    return named | _of_law_journal(match) if match and named else None


def _of_law_journal(match: re.Match[str]) -> Csl:
    csl = {
        "type": "article-journal",
        "container-title": match["name"],
        "volume": match["volume"],
        "page": match["page"],
    }
    when = find_date(match["date"], year_alone=True)
    return csl | ({"issued": when.csl()} if when else {})
