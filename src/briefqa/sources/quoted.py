"""Titles in quotation marks: articles and chapters. And law reviews, with the volume before the name."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.dates import find_date
from briefqa.sources.details import details, find_imprint, imprint, only, open_imprint
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
_PUBLISHER = re.compile(r"\b(?:Press|Publish\w+|Publications|Books|Éditions|Editorial|Editori|Edizioni)\b|Verlag\b")
_NOT_A_CONTAINER = re.compile(
    r"(?:Version|Edition|Honors|Technical|Thesis|Unpublished|Interview|Proceedings\sof\sthe\Z)\b"
)
_GENRES = {"Executive Order": "regulation", "Memorandum": "report", "Press Release": "document"}
_OWNER = re.compile(r"(?P<name>[A-ZÀ-Þ][\w.-]+(?:\s[A-ZÀ-Þ][\w.-]+){0,3})['’]s")  # Plutarch’s “Life of Solon”
_HARVARD = re.compile(r"\s\(((?:1[5-9]|20)\d\d)[a-z]?\)\Z")  # Berg, O. (2015) ‘Locks’, …
_PUBLISHED_AT = re.compile(  # "Studies in Language, Blackwell, Oxford 1957", "…, Paris, Seuil, 1957"
    r"(?P<container>[A-ZÀ-Þ][^,“”()\d]{4,120}),\s(?P<publisher>[A-ZÀ-Þ][^,“”()\d]{2,50}),\s"
    r"(?P<place>[A-ZÀ-Þ][^,“”()\d]{2,30})"
    r",?\s(?P<year>(?:1[5-9]|20)\d\d)(?=[,.]|\Z)"
)
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
    year = _HARVARD.search(before.rstrip(",: "))
    by = before[: year.start()] if year else before.rstrip(", ")
    by = by.rstrip(":")
    names = inverted(by.rstrip(",")) or (authors(by) if year or before.endswith((",", ":")) else None)
    more = published(after) if names or not before else None
    if more is None or not (names or _vouched(title, more)):
        return None
    if year:
        more["issued"] = {"date-parts": [[int(year[1])]]}
        more["type"] = more["type"] if more["type"] in ("chapter", "book") else kind(more)
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
    editors, after = _editors(after[chapter.end() :]) if chapter else ({}, after)
    known = _unbracketed(after, chapter=bool(chapter)) or find_standard(after)
    if known:
        return editors | known
    ahead = _LAW_JOURNAL.match(after)
    if ahead:
        return _of_law_journal(ahead)
    container, when = _CONTAINER.match(after), find_date(after)
    csl = editors
    if container and not _GOES_ON.match(after) and not (when and when.start == 0):
        name = container["name"].strip(" ,.")
        if _NOT_A_CONTAINER.match(name):
            return None
        if capitalised(name) >= 0.5 or name.islower():
            csl["container-title"] = name
        after = after[container.end() :]
    return _printed(csl, after, chapter=bool(chapter))


def _editors(after: str) -> tuple[Csl, str]:
    """Take the editors off what stands after "in"."""
    edited = re.match(r"(?P<names>[^“”()]{4,200}?),?\s\(?(?:eds?\.|Hrsg\.|Hg\.)\)?,\s", after)
    names = people(edited["names"]) if edited else None
    return ({"editor": names}, after[edited.end() :]) if edited and names else ({}, after)


def _unbracketed(after: str, *, chapter: bool) -> Csl | None:
    """Read an imprint without brackets: `6th edition, Place: Publisher, 2007`, `Book, Publisher, Place 1957`."""
    edition = re.match(r"(?P<edition>\d{1,2})(?:st|nd|rd|th)\s(?:rev\.\s)?ed(?:\.|ition),\s", after)
    opened = open_imprint(after) if edition or chapter else None
    if opened:
        start, csl = opened
        csl |= only(details(after[start:]), "page")
        if edition:
            return csl | {"type": "book", "edition": edition["edition"]}
        return csl | {"type": "chapter", "container-title": after[:start].strip(" ,")}
    match = _PUBLISHED_AT.match(after) if chapter else None
    if not match:
        return None
    csl = {"type": "chapter", "container-title": match["container"], "publisher": match["publisher"]}
    csl |= {"publisher-place": match["place"], "issued": {"date-parts": [[int(match["year"])]]}}
    return csl | only(details(after[match.end() :]), "page")


def _printed(csl: Csl, after: str, *, chapter: bool) -> Csl:
    """Read the imprint of a book, or the issue of a periodical, that follows the name of the container."""
    book = find_imprint(after)
    if book:
        whole = not chapter and not csl  # “A Book” (Place: Publisher, 1992)
        inner = only(details(after), "volume") | imprint(book) | {"type": "book" if whole else "chapter"}
        return csl | inner | only(details(after[after.find(")") + 1 :], bare_pages=True), "page")
    csl |= _issue(after)
    if _PUBLISHER.search(csl.get("container-title", "")) and not csl.keys() & {"volume", "issue"}:
        return csl | {"type": "book", "publisher": csl.pop("container-title")}
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
