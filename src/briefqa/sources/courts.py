"""Cases as courts outside the United States number and report them: neutral and bracketed citations, German courts."""

from __future__ import annotations

import re
from typing import Any

from briefqa.briefs import Source
from briefqa.sources.dates import find_date

# The OSCOLA guide, section 2.1 (https://www.law.ox.ac.uk/oscola); the McGill Guide, section 3 for what has no brackets.
_BRACKETED = re.compile(
    r"(?P<name>(?:[A-Z][\w’'&.-]*\s(?:(?:of|and|the|for|&|ex|parte|de)\s){0,2}){1,8}(?:plc\s|Ltd\s|Inc\s)?v\.?\s(?:[A-Z][\w’'&.-]*(?:\s|\b)(?:\((?:No|Nos)\s\d+\)\s)?"
    r"(?:(?:of|and|the|for|&|de|la)\s){0,2}){1,10}|Re\s[A-Z][\w’']+|In\sre\s[A-Z][\w’']+)(?<=\S)\s?,?\s?"
    r"(?:[\[(](?P<year1>(?:1[89]|20)\d\d)[\])]|(?P<year2>(?:19|20)\d\d)(?=\s(?:SCC|FCA?|TCC|CSC|(?:ON|BC|AB|QC|SK|MB|NS|NB|NL)(?:CA|SC|KB|QB)|"
    r"HCA|NZSC|NZCA|ZACC)\s))\s(?:(?P<volume>\d{1,3})\s)?"
    r"(?P<report>[A-Z][A-Za-z]{0,5}(?:\s(?:Civ|Crim|Ch|QB|KB|ER|LR|Rep|CC|R))?)\s(?P<page>\d{1,5})\b"
)
_COURT = (
    r"(?:BGH|BVerfG|BVerwG|BAG|BSG|BFH|EuGH|EuG|EGMR|RG|(?:OLG|LG|AG|VG|OVG|VGH|KG|LAG|ArbG|FG|LSG|SG)(?:\s[A-ZÄÖÜ][\w./-]+){1,2}"
    r"|KG|OGH|VfGH|BGer)"
)
_REPORTED = re.compile(
    rf"\b(?P<court>{_COURT}),\s(?P<report>[A-Z][A-Za-z-]*[A-Z][A-Za-z]*),?\s(?P<year>(?:19|20)\d\d),\s(?P<page>\d{{1,5}})"
)
_DECIDED = re.compile(
    rf"\b(?P<court>{_COURT}),\s(?:Urt(?:\.|eil)|Beschl(?:\.|uss))\s(?:v\.|vom)\s(?P<date>\d{{1,2}}\.\s?(?:\d{{1,2}}\.|[A-ZÄÖÜ][a-zäöü]+)\s?\d{{4}})"
    r"(?:,?\s(?:[-–]\s)?(?:Az\.:?\s|Rs\.\s)?\(?(?P<number>(?:[CTF]-\d{1,4}/\d\d|[IVX\d]{1,4}\s[A-Z][A-Za-z]{0,4}\s\d{1,5}/\d\d))\)?)?"
)

_CALLED = re.compile(r"(?:\s\(\d{1,5}\))?,?\s[-–—]\s?(?P<title>[A-ZÄÖÜ][^-–—;,()]{2,60}?)\s?[-–—](?=\s|\Z|[,;.])")


def find_foreign_cases(text: str) -> list[Source]:
    """Find such cases anywhere in text, in order."""
    return [*_bracketed(text), *_reported(text), *_decided(text)]


def _bracketed(text: str) -> list[Source]:
    found = []
    for match in _BRACKETED.finditer(text):
        name = re.sub(r"\A(?:See|In|Cf|But|Also|And|Compare)\s(?:[Aa]lso\s)?", "", match["name"]).strip(" ,")
        csl: dict[str, Any] = {
            "type": "legal_case",
            "title": name,
            "container-title": match["report"],
            "page": match["page"],
            "issued": {"date-parts": [[int(match["year1"] or match["year2"])]]},
        }
        if match["volume"]:
            csl["volume"] = match["volume"]
        found.append(Source(csl, match.start() + match["name"].index(name), match.end()))
    return found


def _reported(text: str) -> list[Source]:
    found = []
    for match in _REPORTED.finditer(text):
        csl = {"type": "legal_case", "authority": match["court"], "container-title": match["report"]}
        csl |= {"issued": {"date-parts": [[int(match["year"])]]}, "page": match["page"]}
        found.append(Source(*_called(csl, match)))
    return found


def _called(csl: dict[str, Any], match: re.Match[str]) -> tuple[dict[str, Any], int, int]:
    """Add the name by which a German case is known: `… 529 (530) – Explosionszeichnungen –`."""
    name = _CALLED.match(match.string, match.end())
    return (csl | {"title": name["title"]} if name else csl), match.start(), name.end() if name else match.end()


def _decided(text: str) -> list[Source]:
    found = []
    for match in _DECIDED.finditer(text):
        when = find_date(match["date"])
        if when:
            number = {"number": match["number"]} if match["number"] else {}
            csl = {"type": "legal_case", "authority": match["court"], "issued": when.csl()} | number
            found.append(Source(*_called(csl, match)))
    return found
