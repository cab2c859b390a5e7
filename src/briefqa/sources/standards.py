"""Publications that are known by a number: memoranda and circulars, standards, special publications."""

from __future__ import annotations

import re
from typing import Any

from briefqa.briefs import Source
from briefqa.sources.dates import find_date
from briefqa.sources.names import title_like

_MEMO = re.compile(
    r"(?:(?P<publisher>OMB)\s)?(?:(?P<genre>Memorandum|Circular|Bulletin)\s)?(?:No\.\s)?"
    r"(?P<number>\bM-\d{2}-\d{2}\b|\bA-\d{1,3}\b(?!-))"
)
_UNNUMBERED = re.compile(r"(?P<publisher>[A-Z]{2,6})\s(?P<genre>Memorandum),\s(?=[A-Z“])")
_STANDARD = re.compile(
    r"(?P<number>(?:(?:ISO|IEC|IEEE|ANSI|ITU-T|DIN|EN|BS|ASTM|ETSI)(?:/(?:ISO|IEC|IEEE|TR|TS|ASTM))*\s)+"
    r"(?:(?:TR|TS|Std|EN)\s)?[A-Z]{0,2}\.?\d{2,6}(?:[.-]\d{1,4})*(?::(?P<year>\d{4}))?)"
)
_NIST = re.compile(
    r"(?P<publisher>NIST)\s(?P<genre>Special\sPublication|SP|IR|Interagency\sReport|FIPS|FIPS\sPub(?:lication)?)\s(?:\(SP\)\s)?"
    r"(?P<number>\d{2,4}(?:-\d{1,3}\w?)?(?:\s?(?:[Rr]ev(?:ision|\.)?\s?|r)\d)?)"
)
_RFC = re.compile(r"(?P<genre>RFC)\s(?P<number>\d{3,5})\b")


def find_standard(text: str) -> dict[str, Any] | None:
    """Read a citation that begins with the number of a publication; None for any other."""
    if len({match["number"] for match in _MEMO.finditer(text)}) > 1:
        return None
    for pattern, kind in ((_NIST, "report"), (_STANDARD, "standard"), (_MEMO, "report"), (_RFC, "standard")):
        match = pattern.match(text)
        if match:
            known = match.groupdict()
            csl: dict[str, Any] = {"type": kind, "number": known["number"]}
            csl |= {key: known[key] for key in ("publisher", "genre") if known.get(key)}
            if known.get("year"):
                csl["issued"] = {"date-parts": [[int(known["year"])]]}
            return csl | _titled(text[match.end() :])
    unnumbered = _UNNUMBERED.match(text)
    if unnumbered:
        return {"type": "report", **unnumbered.groupdict()} | _titled(text[unnumbered.end() :])
    return None


def find_mentions(text: str) -> list[Source]:
    """Find memoranda and circulars that text mentions by publisher and number, or by a number no other thing has."""
    found: dict[str, Source] = {}
    for match in _MEMO.finditer(text):
        if match["publisher"] or match["number"].startswith("M-"):
            known = {key: value for key, value in match.groupdict().items() if value}
            found.setdefault(match["number"], Source({"type": "report", **known}, match.start(), match.end()))
    return list(found.values())


def _titled(after: str) -> dict[str, Any]:
    """Read the title, in quotation marks or not, and the date that follow a number."""
    dated = find_date(after)
    csl: dict[str, Any] = {"issued": dated.csl()} if dated else {}
    head = (after[: dated.start] if dated else after).strip(" ,.:(")
    quoted = re.match(r"[“\"](?P<title>[^”\"]{3,300}?),?[”\"]", head)
    title = quoted["title"] if quoted else re.split(r"[.,]?\s§|\.\s", head)[0].strip(" ,.")
    return csl | ({"title": title} if title_like(title, capitals=0.2) else {})
