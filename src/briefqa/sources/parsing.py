"""One note's text → the sources that it cites."""

from __future__ import annotations

import re
from typing import Any

from briefqa.briefs import Source
from briefqa.sources.addresses import doi_of, find_addresses, find_doi, without_doi
from briefqa.sources.dates import find_date
from briefqa.sources.law import find_law
from briefqa.sources.names import authors, title_like
from briefqa.sources.segments import comma_items, segments
from briefqa.sources.standards import find_standard
from briefqa.sources.styles import cite

# What follows is no citation any more; a note of this length is an essay, or made to keep the parser busy.
_LONGEST_NOTE = 50_000
_LONGEST_SEGMENT = 1_500

_SIGNAL = re.compile(
    r"(?:But\s|And\s)?(?:[Ss]ee|[Cc]f\.|[Vv]ide|[Aa]ccord|[Cc]ompare|[Vv]oir|[Vv]gl\.|[Ss]iehe|[Cc]p\.|[Cc]ontra)"
    r"(?:\s(?:also|generally|aussi|auch|especially|esp\.|dazu|hierzu))?(?:,?\s(?:e\.\s?g\.,?|for\s(?:an?\s)?example,?|par\sexemple,?|"
    r"z\.\s?B\.,?|i\.e\.,?))?,?\s+|(?:E\.g\.|For\sexample|In),\s+",
)
_MID_SIGNAL = re.compile(
    r"(?:,|\bbut|\band)\s(?:see|voir|siehe|vgl\.)(?:\salso)?(?:,?\s(?:e\.g\.|for\sexample|par\sexemple),?)?\s(?=[A-ZÀ-Þ“«])"
)
_COMMENT = re.compile(r"\s\((?:[“‘\"\[«a-zß-ÿ])[^()]*(?:\([^()]*\)[^()]*)*\)|\s\[[^\]]*\]")
_ACCESSED = re.compile(
    r"[\s,;]*[(\[]?(?:(?:last\s)?(?:accessed|visited|viewed|retrieved|checked)|abgerufen|aufgerufen|zugegriffen|"
    r"(?:page\s)?consultée?|Zugriff)(?:\s(?:on|am|le|:))?\s?(?P<date>[^()\[\];“”]{4,40}?\d{4}|\d{1,2}\.\d{1,2}\.\d{4})[)\]]?",
    re.IGNORECASE,
)
_AVAILABLE = re.compile(
    r"[\s,;(]*(?:(?:edited\s)?(?:transcript\s)?(?:also\s)?(?:available|archived|accessible|online|verfügbar|disponible|posted|found)"
    r"(?:\s(?:online|unter|sur|au|à))?(?:\s(?:at|from|on))?|(?:at|URL|unter|online))?\s?:?\s?(?:\bat\s)?"
    r"(?P<what>\x00|(?:lien\s)?(?:link\s)?(?:nº\s?|#)\d+)\)?",
)


def parse_sources(text: str) -> tuple[Source, ...]:
    """Find what a note cites, in order. Offsets count in text; a note that only explains gives ()."""
    text = text[:_LONGEST_NOTE]
    found: list[Source] = []
    for start, end in _whole(text, segments(text)):
        if end - start <= _LONGEST_SEGMENT:
            found += _of_segment(text[start:end], start)
    return tuple(found)


def _whole(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what the sentence ends of one citation have parted: `Name, A. (2019). Title. Journal, 3, 4–5.`."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and re.search(
            r"\((?:1[5-9]|20)\d\d[a-z]?[^()]{0,15}\)\.(?:\s[^.]{5,300}\.)?\Z",
            text[max(joined[-1][0], start - 340) : start].rstrip(),
        ):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _of_segment(segment: str, offset: int) -> list[Source]:
    law = [Source(source.csl, source.start + offset, source.end + offset) for source in find_law(segment)]
    addresses = find_addresses(segment)
    if law:
        if len(law) == 1 and len(addresses) == 1:
            law[0].csl["URL"] = addresses[0].url
        before = re.sub(r"[\s,;]+(?:et|and|und|&)?\s*\Z", "", segment[: law[0].start - offset])
        first = (
            []
            if find_addresses(before)
            else [source for source in _of_segment(before, offset) if "author" in source.csl]
        )
        return [*first, *law]
    lead = _signal_end(segment)
    core = segment[lead:]
    for address in find_addresses(core):
        core = core.replace(address.url, "\x00", 1)
    csl = _csl(core)
    if addresses:
        csl = (csl or {"type": "webpage"}) | {"URL": addresses[0].url}
        doi = doi_of(addresses[0].url)
        if doi:
            csl["DOI"] = doi
    if csl is None:
        return []
    extra = [
        Source({"type": "webpage", "URL": more.url}, more.start + offset, more.end + offset) for more in addresses[1:]
    ]
    end = min([more.start for more in addresses[1:]], default=len(segment))
    return [Source(csl, lead + offset, offset + len(segment[:end].rstrip())), *extra]


def _signal_end(segment: str) -> int:
    """Where the citation begins, after "See, e.g.," or after the words that lead up to a "see"."""
    end = 0
    middle = list(_MID_SIGNAL.finditer(segment))
    if middle:
        end = middle[-1].end()
    for _ in range(3):
        match = _SIGNAL.match(segment, end)
        if not match:
            break
        end = match.end()
    return end


def _csl(core: str) -> dict[str, Any] | None:
    """Read one citation, addresses replaced by NUL."""
    doi = find_doi(core)
    accessed = _ACCESSED.search(core)
    when = find_date(accessed["date"]) if accessed else None
    if accessed and when:
        core = core[: accessed.start()] + core[accessed.end() :]
    addressed = "\x00" in core
    core = _AVAILABLE.sub("", without_doi(core))
    core = re.sub(r"\s+", " ", _COMMENT.sub("", core).replace("\x00", "")).strip(" ,;:")
    csl = find_standard(core) or cite(core.rstrip(".") if not core.endswith("al.") else core)
    if csl is None and (addressed or doi):
        csl = {"type": "webpage" if addressed else "article-journal"} | _label(core)
    if csl and doi:
        csl["DOI"] = doi
    if csl and when:
        csl["accessed"] = when.csl()
    return csl


def _label(core: str) -> dict[str, Any]:
    """Read the words before an address as `Title`, `Title (date)` or `Institution, Title`, or as nothing."""
    core = core.strip(" .:,")
    dated = re.search(r"\s\((?P<date>[^()]{4,20})\)\Z", core)
    issued = find_date(dated["date"], year_alone=True) if dated else None
    if dated and issued:
        core = core[: dated.start()]
    items = comma_items(core)
    names = authors(items[0]) if len(items) > 1 else None
    title = ", ".join(items[1:] if names else items).strip('“”" ,')
    if not title_like(title):
        return {}
    return {"title": title} | ({"author": names} if names else {}) | ({"issued": issued.csl()} if issued else {})
