"""Citations as German writing sets them: `Family, Given: Title, in: Container, Place 1998, S. 44`."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.dates import Dated, find_date
from briefqa.sources.details import details, only, open_imprint
from briefqa.sources.names import Name, families, inverted, people

Csl = dict[str, Any]

_IN = re.compile(r"[,.]?\s[Ii]n:\s")
_EDITED = re.compile(r"(?P<names>[^:()\[\]]{3,160}?)\s[(\[](?:Hrsg|Hg|eds?)\.?[)\]][:,]\s")
_COLON = re.compile(r"(?P<names>[A-ZÀ-Þ][^:“”«»()]{2,200}?):\s(?P<rest>[A-ZÀ-Þ0-9„“].{5,})")
_COMMA = re.compile(r"(?P<names>[A-ZÀ-Þ][^:,“”«»()\d]{2,80}),\s(?P<rest>(?:[A-ZÀ-Þ]|in:\s).{5,})")
_FORMAT = re.compile(r"(?:,\s|\s)(?:hier\s)?(?:S|Rn|Rz|N|Art|§)\.?\s.*\Z")
# "Journal 21 (10), 10.2019", "Journal, 53 (211), 2003", "Journal 7, 2006", "The Paper, 15.01.2017".
_PERIODICAL = re.compile(
    r"(?P<name>[^\d:;“”]{3,90}?)(?:,?\s(?:(?:Bd|Jg|Vol)\.\s?)?(?P<volume>\d{1,4})(?:\s?\((?P<issue1>\d{1,4})\)|"
    r",\s(?:H\.|Heft|Nr\.)\s?(?P<issue2>\d{1,3}))?)?"
    r"(?:,\s(?P<date>(?:\d{1,2}\.\s?){0,2}(?:1[5-9]|20)\d\d)|\s\((?P<year>(?:1[5-9]|20)\d\d)\))"
)
_PLACED = re.compile(
    r"(?:,|\.)\s(?:\d{1,2}\.\sAufl(?:\.|age),?\s)?(?P<place>[A-ZÀ-Þ][^\d:,“”()]{2,60}?),?\s"
    r"(?P<year>(?:1[5-9]|20)\d\d)(?=[,. ]|\Z)"
)
_GERMAN = re.compile(r"\sS\.\s\d|\sAufl\b|\sBd\.\s")
_EDITION = re.compile(r",\s(?P<edition>\d{1,2})\.\sAufl(?:\.|age)\.?,?\s(?P<year>(?:19|20)\d\d)(?=,|\Z)")
_LAW_JOURNAL = re.compile(
    r"(?P<names>[A-ZÀ-Þ][^\d:,“”()]{2,60}),\s(?P<title>[^“”]{8,250}?),\s(?P<name>[A-Z][A-Za-z]*[A-Z][A-Za-z-]*)\s"
    r"(?P<year>(?:19|20)\d\d),\s(?P<page>\d{1,5})(?:\s\(\d{1,5}(?:\sff?\.)?\)|\sff?\.)?"
)


def law_review(text: str) -> Csl | None:
    """Read `Family, Title, JZ 2020, 1025 (1028)`."""
    match = _LAW_JOURNAL.fullmatch(text)
    names = _authors(match["names"]) if match else None
    if not match or not names:
        return None
    csl = {"type": "article-journal", "author": names, "title": match["title"], "container-title": match["name"]}
    return csl | {"issued": {"date-parts": [[int(match["year"])]]}, "page": match["page"]}


def contained(text: str) -> Csl | None:
    """Read `Authors: Title, in: …` and `Author, Title, in: …`."""
    inside = _IN.search(text)
    lead = text[: inside.start()] if inside else ""
    match = (_COLON.fullmatch(lead) or _COMMA.fullmatch(lead)) if inside else None
    names = _authors(match["names"]) if match else None
    if not inside or not match or not names:
        return _commentary(text)
    container = _container(text[inside.end() :])
    if not container:
        return None
    title = match["rest"].strip("„“”\"'., ") if not match["rest"].endswith(("?", "!")) else match["rest"]
    return {"author": names, "title": title} | container


def alone(text: str) -> Csl | None:
    """Read `Family, Given: Title, Place: Publisher, 2018, S. 112` and `…, Place 2018, S. 112`."""
    match = _COLON.fullmatch(text)
    names = inverted(match["names"]) if match else None
    if not names and _GERMAN.search(text):
        match = _COMMA.fullmatch(text)
        names = people(match["names"].replace("/", " und ")) if match else None
    if not match or not names or _IN.search(text):
        return None
    rest = match["rest"]
    imprint = open_imprint(rest)
    if imprint:
        start, csl = imprint
    else:
        placed = _PLACED.search(rest)
        if not placed:
            return None
        start, csl = placed.start(), _placed(placed)
    after = only(details(rest[start:]), "page", "volume", "edition")
    return {"type": "book", "author": names, "title": rest[:start].strip(' ,.„“”"')} | csl | after


def _commentary(text: str) -> Csl | None:
    """Read `Family, in: Editor/Editor, Work, 6. Aufl. 2020, § 4, Rn. 38`."""
    match = re.match(r"(?P<names>[^\d:,“”()]{2,60}),?\sin:\s(?P<work>[^()“”]{3,120})", text)
    edition = _EDITION.search(match["work"]) if match else None
    names = _authors(match["names"]) if match else None
    if not match or not edition or not names:
        return None
    csl = {"type": "chapter", "author": names, "container-title": match["work"][: edition.start()]}
    return csl | {"edition": edition["edition"], "issued": {"date-parts": [[int(edition["year"])]]}}


def _container(text: str) -> Csl | None:
    """Read what follows "in:": editors and a book, or an issue of a periodical."""
    edited = _EDITED.match(text)
    editors = _authors(edited["names"]) if edited else None
    if edited and not editors:
        return None
    rest = text[edited.end() :] if edited else text
    page = only(details(rest), "page")
    periodical = None if edited else _PERIODICAL.match(_FORMAT.sub("", rest))
    if periodical:
        return _issue(periodical) | page
    placed = _PLACED.search(rest)
    imprint = open_imprint(rest)
    start, csl = imprint or ((placed.start(), _placed(placed)) if placed else (0, {}))
    if not start:
        return None
    csl |= {"editor": editors} if editors else {}
    return {"type": "chapter", "container-title": rest[:start].strip(" ,.")} | csl | page


def _issue(match: re.Match[str]) -> Csl:
    csl: Csl = {"container-title": match["name"].strip(" ,")}
    when = _when(match["date"] or match["year"])
    if when:
        csl["issued"] = when.csl()
    issue = match["issue1"] or match["issue2"]
    csl |= {key: value for key, value in (("volume", match["volume"]), ("issue", issue)) if value}
    newspaper = when and len(when.parts) == 3 and "volume" not in csl
    return csl | {"type": "article-newspaper" if newspaper else "article-journal"}


def _when(text: str) -> Dated | None:
    """Read "01.07.2017", "10.2019" or "2003"."""
    month = re.fullmatch(r"([01]?\d)\.\s?(\d{4})", text)
    if month and 1 <= int(month[1]) <= 12:
        return Dated([int(month[2]), int(month[1])], 0, len(text))
    return find_date(text, year_alone=True)


def _placed(match: re.Match[str]) -> Csl:
    return {"publisher-place": match["place"].strip(), "issued": {"date-parts": [[int(match["year"])]]}}


def _authors(text: str) -> list[Name] | None:
    return inverted(text) or people(text.replace("/", " und ")) or families(text)
