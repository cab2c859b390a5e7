"""What institutions publish under their own names: reports with and without quotation marks, series and years."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.details import details, only, pages_only
from briefqa.sources.names import capitalised, institution, title_like

Csl = dict[str, Any]

_YEAR = r"(?:1[89]|20)\d\d"
# "Special Report 11", "Technical Note 31", "Report 2022/6": what a series calls its numbers.
_SERIES = (
    r"(?P<genre>(?:[A-Z][a-z]+\s){0,2}(?:Report|Paper|Note|Brief|Briefing|Bulletin|Memorandum|Circular|Review|Study))"
    r"\s(?:No\.\s)?(?P<number>\d[\w./-]{0,11})"
)
_PLAIN = re.compile(
    rf"(?P<by>[^“”(),:;]{{2,90}}(?:\sand\s[^“”(),:;]{{2,90}})?),\s(?P<title>[A-Z][^“”();]{{7,200}}?)"
    rf"(?:,\s{_SERIES})?\s\((?P<year>{_YEAR})\)(?P<after>.*)"
)
_NUMBERED = re.compile(
    rf"(?P<by>[^“”(),:;]{{2,90}}),\s(?P<title>[A-Z][^“”();]{{7,200}}?),\s{_SERIES}(?:,\s(?P<year>{_YEAR}))?(?P<after>(?:,.*)?)"
)
_QUOTED = re.compile(
    rf"(?P<by>[^“”(),:;]{{2,90}}),\s“(?P<title>[^“”]{{6,200}}?),?”(?:,?\s{_SERIES})?(?:,?\s\((?P<year>{_YEAR})\))?(?P<after>(?:,.*)?)"
)
# What may follow: where in it something stands.
_PLACE = re.compile(
    r"(?:[,\s]+(?:at\s)?(?:(?:tables?|annex(?:es)?|ch(?:apters?|\.)|sections?|paras?\.?|paragraphs?|items?|figures?|fig\.|appendix|"
    r"note|schedule)\s[\w.()–-]{1,12}|(?:pp?\.\s?)?\d{1,4}(?:[–-]\d{1,4})?)){0,3}\.?\s*"
)


_NO_REPORT = re.compile(r"(?:Judgment|Judgement|Order|Opinion|Letter|Minutes|Decision|Answer|Interview|Speech|Press)\b")
_LEAD = re.compile(r"the\s(?:review|study|report|survey|audit)\s(?:by|of)\s(?:the\s)?")
_TWO = re.compile(r"\sand\s(?=(?:[A-Z][\w’]+\s){1,3}(?:of\s[A-Z]|College|University|Institute)\b)")


def institutional(text: str) -> Csl | None:
    """Read `Institution, Title (2022), 19–23`, `…, Title, Report 2022/6, para 3` and `…, “Title”, table 3`."""
    lead = _LEAD.match(text)
    text = text[lead.end() :] if lead else text
    for form in (_PLAIN, _NUMBERED, _QUOTED):
        match = form.fullmatch(text)
        if match and _PLACE.fullmatch(match["after"]):
            return _read(match, quoted=form is _QUOTED)
    return None


def _read(match: re.Match[str], *, quoted: bool) -> Csl | None:
    bodies = _bodies(match["by"])
    title = match["title"]
    if not bodies or _NO_REPORT.match(title) or not (title_like(title) or (quoted and capitalised(title) >= 0.5)):
        return None
    csl: Csl = {"type": "report", "author": bodies, "title": title}
    if match["year"]:
        csl["issued"] = {"date-parts": [[int(match["year"])]]}
    if match["genre"]:
        csl |= {"genre": match["genre"], "number": match["number"]}
    page = pages_only(match["after"].strip(" ,."))
    return csl | ({"page": page} if page else only(details(match["after"]), "page"))


def _bodies(by: str) -> list[dict[str, str]]:
    """One institution, or two of which the second is clearly one; none where that is in doubt."""
    whole = institution(by)
    parts = _TWO.split(by)
    if len(parts) == 2 and institution(parts[1]) and capitalised(parts[0]) == 1:
        return [{"literal": part} for part in parts]
    return [whole] if whole else []
