"""Reads one stretch of a note that cites one source: tries one style after another, the most telling first."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.books import german, imprinted, listed, old_book, yeared
from briefqa.sources.continental import alone, contained, law_review
from briefqa.sources.dates import find_date
from briefqa.sources.details import details, only
from briefqa.sources.names import institution, inverted
from briefqa.sources.papers import paper
from briefqa.sources.quoted import law_journal, quoted
from briefqa.sources.records import court_brief, post, record
from briefqa.sources.reports import institutional
from briefqa.sources.titled import dated, dated_in_brackets, hearing

Csl = dict[str, Any]

_APA = re.compile(
    r"(?P<names>[^()“”]{3,300}?)\s\((?P<date>(?:1[5-9]|20)\d\d[a-z]?(?:,\s[^()]{3,15})?)\)\.\s"
    r"(?P<title>[^“”]{5,300}?[.?!])\s(?P<rest>.*)",
    re.DOTALL,
)
# A title that opens with a quotation mark was meant for `quoted`; where that is in doubt, nothing else is sure either.
_MISREAD = re.compile(r"(?:\A|[,.:;]\s)[“«\"]|[”»]\Z")


def cite(text: str) -> Csl | None:
    """Read what text cites; None where it is in doubt. Addresses, signals and comments are off already."""
    for style in (
        post,
        record,
        court_brief,
        paper,
        apa,
        hearing,
        contained,
        quoted,
        law_journal,
        law_review,
        alone,
        imprinted,
        dated_in_brackets,
        yeared,
        listed,
        institutional,
        german,
        dated,
        old_book,
    ):
        csl = style(text)
        if csl and (style is quoted or not _MISREAD.search(csl.get("title", ""))):
            return csl
    return None


def apa(text: str) -> Csl | None:
    """Read `Family, G. (2019). Title. Journal, 12(3), 45–67`."""
    match = _APA.match(text)
    if not match:
        return None
    names = inverted(match["names"]) or ([name] if (name := institution(match["names"].rstrip("., "))) else None)
    when = find_date(match["date"], year_alone=True)
    if not names or not when:
        return None
    csl: Csl = {"author": names, "title": match["title"].rstrip("."), "issued": when.csl()}
    rest = match["rest"]
    container = re.match(r"(?P<name>[A-Z][^,.\d()]{2,90}),\s(?=\d)", rest)
    if container:
        more = only(details(rest[container.end() :]), "volume", "issue", "page")
        return csl | {"type": "article-journal", "container-title": container["name"]} | more
    publisher = re.match(r"(?P<name>[A-Z][^.\d()]{2,60})\.?\s*\Z", rest)
    return csl | ({"type": "book", "publisher": publisher["name"].strip()} if publisher else {"type": "document"})
