"""What a page says about itself: Highwire and Dublin Core tags, Open Graph, and what is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from briefqa.reading.dates import iso_date
from briefqa.reading.html_source import Element, classes, tag, words

if TYPE_CHECKING:
    from collections.abc import Iterable

_TITLES = ("citation_title", "dcterms.title", "dc.title", "og:title")
_AUTHORS = ("citation_author", "dcterms.creator", "dc.creator", "author", "article:author")
_DATES = (
    "citation_publication_date", "citation_date", "article:published_time", "dcterms.issued", "dcterms.date", "dc.date",
    "dcterms.created", "dc.date.issued", "date",
)  # fmt: skip


class Metadata(NamedTuple):
    """The metadata of a page, "" where not given."""

    title: str
    authors: tuple[str, ...]
    published: str
    language: str


def metadata(root: Element, main: Element) -> Metadata:
    """Read the metadata of a page; main: the element that holds its text."""
    said: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        for name in (meta.get("name"), meta.get("property"), meta.get("itemprop")):
            content = " ".join((meta.get("content") or "").split())
            if name and content:
                said.setdefault(name.casefold(), []).append(content)
    return Metadata(_title(root, main, said), _authors(root, said), _published(root, main, said), _language(root, said))


def _title(root: Element, main: Element, said: dict[str, list[str]]) -> str:
    for name in _TITLES:
        if name in said:
            return said[name][0]
    heading = next((words(found) for found in (*main.iter("h1"), *root.iter("h1")) if words(found)), "")
    title = next((words(found) for found in root.iter("title") if words(found)), "")
    # "On Dykes | Institute of the Coast": the site's name is not part of the title.
    return heading if heading and (not title or heading.casefold() in title.casefold()) else title


def _authors(root: Element, said: dict[str, list[str]]) -> tuple[str, ...]:
    for name in _AUTHORS:
        people = [person for content in said.get(name, ()) for person in content.split(";")]
        found = _distinct(person for person in people if "://" not in person)
        if found:
            return found
    printed = (
        link
        for link in root.iter("a", "span", "p")
        if link.get("rel") == "author" or {"author", "p-author"} & classes(link)
    )
    return _distinct(words(link) for link in printed if len(words(link)) < 100)


def _published(root: Element, main: Element, said: dict[str, list[str]]) -> str:
    for name in _DATES:
        date = iso_date(said.get(name, [""])[0])
        if date:
            return date
    times = sorted((*main.iter("time"), *root.iter("time")), key=lambda time: time.get("itemprop") != "datePublished")
    return next(filter(None, (iso_date(time.get("datetime") or words(time)) for time in times)), "")


def _language(root: Element, said: dict[str, list[str]]) -> str:
    page = next((found for found in root.iter() if tag(found) == "html"), root)
    own = page.get("lang") or page.get("xml:lang") or page.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    return (own or said.get("dc.language", [""])[0] or said.get("og:locale", [""])[0]).replace("_", "-").strip()


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
