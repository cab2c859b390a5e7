"""One note's text → the sources that it cites."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from briefqa.briefs import Source
from briefqa.sources.addresses import Address, doi_of, find_addresses, find_doi, without_doi
from briefqa.sources.author_year import author_year
from briefqa.sources.dates import find_date
from briefqa.sources.law import find_law
from briefqa.sources.names import authors, title_like
from briefqa.sources.periods import whole_note
from briefqa.sources.records import find_records
from briefqa.sources.segments import comma_items, segments
from briefqa.sources.standards import find_mentions, find_standard
from briefqa.sources.styles import cite
from briefqa.sources.titled import amended, dated_work

if TYPE_CHECKING:
    from collections.abc import Iterator

# What follows is no citation any more; a note of this length is an essay, or made to keep the parser busy.
_LONGEST_NOTE = 20_000
_LONGEST_SEGMENT = 1_500
_LONGEST_ENTIRE = 700

_PAPER = re.compile(r"\.(?:pdf|docx?)(?:[?#]|\Z)", re.IGNORECASE)
_SPACE = re.compile(r"[\t\n\r\u00a0\u2002-\u200a\u202f]")
_LOW = re.compile(r"„([^„“”]{1,400})[“”]")
_INWARD = re.compile(r"»([^»«]{1,400})«")
# ‘A title’, as British notes quote it, and no apostrophe.
# "https://example.org/a [https://perma.cc/AB12-CD34]": a copy of what was cited, and no source of its own.
_ARCHIVED = re.compile(
    r"(?<=\S)\s?[\[(]https?://(?:perma\.cc|web\.archive\.org|archive\.(?:is|ph|today|org))/[^\s\])]{3,300}[\])]"
)
_SINGLE = re.compile(r"(?:(?<=,\s)|(?<=\)\s)|(?<=\A))‘([^‘“”]{3,200}?)’(?=,\s|\sin\s|\s[(A-Z])")
_SIGNAL = re.compile(
    r"(?:But\s|And\s)?(?:[Ss]ee|[Cc]f\.|[Vv]ide|[Aa]ccord|[Cc]ompare|[Vv]oir|[Vv]gl\.|[Ss]iehe|[Cc]p\.|[Cc]ontra|[Cc]fr\.|[Vv]éase|[Vv]edi)"
    r"(?:\s(?:also|generally|aussi|auch|especially|esp\.|dazu|hierzu))?(?:,?\s(?:e\.\s?g\.,?|for\s(?:an?\s)?example,?|par\sexemple,?|"
    r"z\.\s?B\.,?|i\.e\.,?))?[,:]?\s+|(?:E\.g\.|For\sexample|In),\s+|(?:Zum\sBeispiel|So\setwa|Etwa)(?:\sin)?:?\s+",
)
_MID_SIGNAL = re.compile(
    r"(?:,|\bbut|\band)\s(?:see|voir|siehe|vgl\.)(?:\salso)?(?:,?\s(?:e\.g\.|for\sexample|par\sexemple),?)?\s(?=[A-ZÀ-Þ“«])"
    r"|\b(?:described|reported|explained|discussed|set\sout|published)\sin\s(?=[A-ZÀ-Þ][^“”.;]{3,100},\s“)"
)
# "Berg, Oda: A Title. And a Subtitle, in: …", which its full stop has parted.
_CONTINENTAL = re.compile(
    r"\A(?:Vgl\.\s|Siehe\s)?(?:[A-ZÀ-Þ][^:;,.]{1,40},\s[A-ZÀ-Þ][^:,]{1,40};?\s?){1,5}:\s(?!.{0,400},\s[Ii]n:\s)"
)
_IN_NEXT = re.compile(r"\A[^;]{3,200}?[,.]\s[Ii]n:\s")
_COMMENT = re.compile(r"\s\((?:[“‘\"\[«a-zß-ÿ])[^()]*(?:\([^()]*\)[^()]*)*\)|\s\[[^\]]*\]")
_ACCESSED = re.compile(
    r"[\s,;]*[(\[]?(?:(?:last\s)?(?:accessed|visited|viewed|retrieved|checked)|abgerufen|aufgerufen|zugegriffen|"
    r"(?:page\s)?consultée?|Zugriff|Stand|consultado|consultato|visitado)(?:\s(?:on|am|le|el|il|:)|:)?\s?(?P<date>[^()\[\];“”]{4,40}?\d{4}|\d{1,2}\.\d{1,2}\.\d{4})[)\]]?",
    re.IGNORECASE,
)
_AVAILABLE = re.compile(
    r"[\s,;(]*(?:(?:edited\s)?(?:transcript\s)?(?:also\s)?(?:[Aa]vailable|archived|accessible|online|verfügbar|disponible|posted|found)"
    r"(?:\s(?:online|unter|sur|au|à))?(?:\s(?:at|from|on))?|(?:at|URL|unter|online))?\s?:?\s?(?:\bat\s)?"
    r"(?P<what>\x00|(?:lien|link)\s(?:nº\s?|#)\d+)\)?",
)


def parse_sources(text: str) -> tuple[Source, ...]:
    """Find what a note cites, in order. Offsets count in text; a note that only explains gives ()."""
    text = _even(text[:_LONGEST_NOTE])
    found: list[Source] = []
    whole = _entire(text)
    if whole:
        return (whole,)
    before: tuple[int, int] | None = None  # a stretch that gave nothing: "In a Spring, Rivers Rose. Dams Held., …"
    for start, end in _whole(text, segments(text)):
        segment = text[start:end]
        if end - start > _LONGEST_SEGMENT:
            found += _moved(_bare(find_addresses(segment)), start)
            before = None
            continue
        here = _of_segment(segment, start)
        if before and len(here) == 1 and here[0].csl.keys() & {"container-title", "issued"}:
            here = _longer(text, before[0], end) or here
        found += here
        before = None if here or end - start > 200 else (start, end)
    return tuple(_distinct(found))


def _entire(text: str) -> Source | None:
    """Read a note that is one citation, its parts parted by full stops, an address at its end or not."""
    if len(text) > _LONGEST_ENTIRE:
        return None
    lead, end = _signal_end(text), len(text.rstrip())
    addresses = find_addresses(text)
    if len(addresses) > 1:
        return None
    core = _ACCESSED.sub("", text[lead:]).replace(addresses[0].url, "\x00") if addresses else text[lead:]
    core = _AVAILABLE.sub("", without_doi(core)).replace("\x00", "").strip(" ,;:<>")
    csl = whole_note(core) or author_year(core, addressed=bool(addresses))
    if csl is None:
        return None
    doi = find_doi(text)
    csl |= {"DOI": doi} if doi else {}
    return _addressed([Source(csl, lead, end)], addresses)[0]


def _even(text: str) -> str:
    """Write quotation marks and spaces one way, character for character, so that offsets stay true."""
    text = _ARCHIVED.sub(lambda match: " " * len(match[0]), _SPACE.sub(" ", text))
    text = _LOW.sub(r"“\1”", text)
    if text.find("»") < text.find("«"):  # »so« and not « comme ça »
        text = _INWARD.sub(r"“\1”", text)
    return _SINGLE.sub(r"“\1”", text)


def _longer(text: str, start: int, end: int) -> list[Source]:
    """Read text[start:end] as one citation by people, whose title has a full stop in it."""
    found = _of_segment(text[start:end], start)
    sure = len(found) == 1 and "issued" in found[0].csl and "family" in found[0].csl.get("author", [{}])[0]
    return found if sure else []


def _distinct(found: list[Source]) -> Iterator[Source]:
    """Leave out what says no more than the note has said before."""
    said: list[dict[str, Any]] = []
    for source in found:
        if not any(all(csl.get(key) == value for key, value in source.csl.items()) for csl in said[-20:]):
            said.append(source.csl)
            yield source


def _whole(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what the sentence ends of one citation have parted: `Name, A. (2019). Title. Journal, 3, 4–5.`."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if (
            joined
            and (_CONTINENTAL.search(text[joined[-1][0] : start]) and _IN_NEXT.search(text[joined[-1][1] - 1 : end]))
        ) or (
            joined
            and re.search(
                r"\((?:1[5-9]|20)\d\d[a-z]?[^()]{0,15}\)\.(?:\s[^.]{5,300}\.)?\Z",
                text[max(joined[-1][0], start - 340) : start].rstrip(),
            )
        ):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _of_segment(segment: str, offset: int) -> list[Source]:
    """Read the sources of one stretch of a note that begins at offset."""
    addresses = find_addresses(segment)
    law = find_law(segment)
    if law:
        return _moved([*_before_law(segment[: law[0].start]), *_addressed(law, addresses)], offset)
    lead = _signal_end(segment)
    core = segment[lead:]
    for address in find_addresses(core):
        core = core.replace(address.url, "\x00", 1)
    csl = _csl(core)
    if csl is None and not addresses:
        return _moved(find_mentions(segment) or find_records(segment), offset)
    end = addresses[1].start if len(addresses) > 1 else len(segment)
    first = Source(csl or {"type": "webpage"}, lead, len(segment[:end].rstrip()))
    return _moved([*_addressed([first], addresses[:1]), *_bare(addresses[1:])], offset)


def _before_law(text: str) -> list[Source]:
    """Read the source that stands before a case in one breath ("Smith, “Dams,” … (1954) and Smith v. Brown, …")."""
    text = re.sub(r"[\s,;]+(?:et|and|und|&)?\s*\Z", "", text)
    lead = _signal_end(text)
    csl = None if find_addresses(text) or find_law(text) else _csl(text[lead:])
    return [Source(csl, lead, len(text))] if csl and "author" in csl else []


def _addressed(sources: list[Source], addresses: list[Address]) -> list[Source]:
    """Give a source the address that follows it, where there is one of each."""
    if len(sources) != 1 or len(addresses) != 1:
        return sources
    csl, url = sources[0].csl, addresses[0].url
    doi = doi_of(url)
    csl = csl | {"URL": url} | ({"DOI": doi} if doi else {})
    if csl["type"] == "webpage" and _PAPER.search(url):
        csl["type"] = "report"
    return [replace(sources[0], csl=csl)]


def _bare(addresses: list[Address]) -> list[Source]:
    return [Source({"type": "webpage", "URL": address.url}, address.start, address.end) for address in addresses]


def _moved(sources: list[Source], offset: int) -> list[Source]:
    return [Source(source.csl, source.start + offset, source.end + offset) for source in sources]


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
    if csl is None and addressed:
        csl = amended(core.rstrip(".")) or dated_work(core)
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
    at = re.search(r",\sat\s(?P<page>\d[\d–-]{0,11})(?=\s\(|\Z)", core)
    if at:
        core = core[: at.start()] + core[at.end() :]
    numbered = re.search(r"\s\((?P<number>M-\d\d-\d\d)\)\Z", core)
    if numbered:
        core = core[: numbered.start()]
    dated = re.search(r"\s\((?P<date>[^()]{4,20})\)\Z", core)
    issued = find_date(dated["date"], year_alone=True) if dated else None
    if dated and issued:
        core = core[: dated.start()]
    items = comma_items(core)
    names = authors(items[0]) if len(items) > 1 else None
    in_capitals = len(items) > 1 + bool(names) and items[-1].isupper()  # the name of a site, as The Bluebook sets it
    title = ", ".join(items[bool(names) : len(items) - in_capitals]).strip('“”" ,')
    if not title_like(title) or find_date(title, year_alone=True):
        return {}
    csl: dict[str, Any] = {"title": title} | ({"page": at["page"]} if at else {})
    if in_capitals:
        csl["container-title"] = items[-1]
    if names:
        csl["author"] = names
    if issued:
        csl["issued"] = issued.csl()
    return csl | ({"type": "report", "number": numbered["number"]} if numbered else {})
