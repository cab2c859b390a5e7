"""Cases, statutes and regulations: forms so fixed that they are recognised anywhere in a note.

The forms are those of The Bluebook (https://www.legalbluebook.com), and the regnal years of old English statutes.
"""

from __future__ import annotations

import re
from typing import Any

from briefqa.briefs import Source
from briefqa.sources.courts import find_foreign_cases
from briefqa.sources.dates import MONTH, find_date

_REPORTER = (
    r"U\.\s?S\.|S\.\s?Ct\.|L\.\s?Ed\.(?:\s?2d)?|F\.(?:\s?(?:2d|3d|4th))?|Fed\.\sAppx?\.|F\.\s?App['’]x|"
    r"F\.\s?Supp\.(?:\s?[23]d)?|F\.R\.D\.|B\.R\.|Fed\.\sCl\.|Ct\.\sCl\.|T\.\s?C\.(?:M\.(?:\s\(CCH\))?)?|"
    r"(?:A|P|So)\.(?:\s?[23]d\.?)?|(?:N\.\s?E|N\.\s?W|S\.\s?E|S\.\s?W)\.(?:\s?[23]d)?|"
    r"(?:Cal|Ill|N\.Y|Mass|Mich|Ohio|Pa|Tex|Va|Wis|Minn|Ga|Md|Conn|N\.J|N\.C|Ind|Iowa|Kan|Ky|La|Me|Mo|Neb|Okla|Or|Tenn|"
    r"Wash)\.?(?:\s?App\.|\sSt\.)?(?:\s?[2345](?:d|th))?|Cal\.\s?Rptr\.(?:\s?[23]d)?|N\.Y\.S\.(?:\s?[23]d)?|WL"
)
_PINS = r"(?:\d{1,5}(?:\s?[–-]\s?\d{1,5})?(?:,?\s(?:&\s)?(?:fn|nn?)\.\s?\d{1,4})?)"
_CASE = re.compile(
    rf"\b(?P<volume>\d{{1,6}})\s(?P<reporter>{_REPORTER})\s?(?P<page>\d{{1,7}}|_{{2,4}})\b(?!\s?(?:U\.\s?S\.\s?C|C\.\s?F))"
    rf"(?P<pins>(?:,\s\*?{_PINS}(?!\s[A-Z]))*)(?:\s\((?P<court>[^()]{{0,60}}?)(?P<year>1[789]\d\d|20\d\d)\))?"
)
_VERSUS = re.compile(r"\sv\.?\s|\bIn\sre\s|\bEx\sparte\s|\bMatter\sof\s")
_DOCKET = re.compile(
    r",\s(?P<number>(?:Nos?\.\s[^;“”]{3,60}?|\d:\d{2}-[a-z]{2}-[\w-]{3,12}))\s"
    rf"\((?P<court>[A-Z0-9][^();]{{1,30}}?)\s(?:filed\s|decided\s)?(?P<date>{MONTH}\s\d{{1,2}},\s\d{{4}})\)",
    re.IGNORECASE,
)
_HISTORY = re.compile(
    r"(?:cert\.\s(?:denied|granted|dismissed)|(?:aff|rev)['’][dg](?:\sin\spart)?|overruled\sby|vacated|"
    r"appeal\sdismissed|reh['’]g\sdenied|modified)(?:\s(?:on\sother\sgrounds|sub\snom\.|per\scuriam|and\sremanded))?,\s\Z"
)
_SUFFIX = re.compile(r"(?:Inc|Co|Corp|Ltd|LLC|L\.L|LP|L\.P|N\.A|S\.A|Jr|Sr|et|&|P\.C)\b")
_JOINING = frozenset("of the and & for ex rel. rel al. al de la le du des von van d/b/a on behalf in a".split())
_SIGNALS = frozenset(
    (
        "see in cf cf. also e.g. e.g., accord but compare and with the of for under by to on a voir siehe contra "
        "id. id as"
    ).split()
)
_SECTIONS = r"(?:§§?\s?|[Ss]ec(?:tion|\.)s?\s|[Ss]ections\s)?"
_SECTION = r"\d[\w.–-]*(?:\s?\((?!\d{4}\))\w{1,5}\))*"
_LISTED = rf"(?P<section>{_SECTION}(?:(?:,\s(?:and\s)?|\sand\s|\s?[–-]\s?)\(?{_SECTION})*)"
_CODE = re.compile(
    rf"\b(?P<volume>\d{{1,2}})\s(?P<code>U\.\s?S\.\s?C\.(?:\s?A\.)?|United\sStates\sCode|C\.\s?F\.\s?R\.|CFR|USC),?\s"
    rf"(?:[Pp]arts?\s|[Pp]t\.\s)?{_SECTIONS}{_LISTED}"
)
_PUBLIC_LAW = re.compile(
    r"\b(?:Pub\.\s?L\.|P\.\s?L\.|Public\s[Ll]aw)\s?(?:No\.\s?)?(?P<number>\d{2,3}[–-]\d{1,4})"
    r"(?:,\s§{1,2}\s(?P<section>\d{1,5}[\w()–-]{0,16}))?"
    r"(?:,\s(?P<volume>\d{1,3})\sStat\.\s(?P<page>\d{1,5})(?:,\s[\d–-]{1,11}){0,4})?(?:[^();,.]{0,30}\((?P<date>[^()]{4,20})\))?"
)
_REGISTER = re.compile(
    r"\b(?P<volume>\d{1,3})\s(?:Fed\.\s?Reg\.|FR|F\.R\.)\s(?P<page>\d{1,3},\d{3}|\d{1,6})(?:,\s[\d,–-]{1,20})?"
    r"(?:\s\((?P<date>[^()]{4,24})\))?"
)
_ORDER = re.compile(r"\b(?:Executive\sOrder|Exec\.\sOrder|E\.\s?O\.)\s(?:No\.\s?)?(?P<number>\d{1,2},?\d{3})\b")
_CONSTITUTION = re.compile(
    r"\b(?P<title>U\.\s?S\.\sConst\.),?\s(?P<part>[Aa]rt\.|[Aa]mend\.)\s(?P<number>[IVX]{1,6})\b"
    r"(?:,?\s§\s?(?P<section>\d{1,2})(?:,\scl\.\s\d{1,2})?)?"
)
_CONGRESS_REPORT = re.compile(
    r"\b(?P<genre>(?:H\.\s?R\.|S\.|H\.)\s(?:Conf\.\s)?Rep\.)\sNo\.\s(?P<number>\d{2,3}[–-]\d{1,4})"
    r"(?:,\s(?:at|pt\.)\s(?P<page>\d{1,4}(?:[–-]\d{1,4})?))?(?:\s\((?P<year>\d{4})\))?"
)
_REGNAL = re.compile(
    r"\b(?P<act>\d{1,2}(?:\s(?:and|&)\s\d{1,2})?\s(?:Car|Geo|Hen|Eliz|Jac|Anne?|Ed|Edw|W|Will|Vict?|Ric|Rich|James|Mary)\b\.?"
    r"(?:\s(?:and|&)\sM(?:ary|\.))?(?:\s[IV]{1,4}\b\.?)?(?:,\s(?:st|stat)\.\s\d)?,\sc(?:ap|h)?\.\s?\d{1,3})(?:,\s§§?\s?(?P<section>\d{1,3}))?"
)
_ACT = re.compile(
    r"(?P<title>(?:[A-Z][\w’'-]*[\s-](?:(?:and|of|for|the|to|in|&)\s){0,2}){1,9}Act(?:\s\([A-Z]{2,8}\))?(?:\sof\s\d{4}|\sfor\sFiscal\sYear\s\d{4}|,\s\d{4})?)(?:,|\s\()\s?(?:[Tt]itle\s\w{1,5}\sof\s)?\Z"
)


def find_law(text: str) -> list[Source]:
    """Find what law text cites, in order. Offsets count in text; none overlap."""
    finders = (
        _cases,
        _dockets,
        _codes,
        _public_laws,
        _register,
        _orders,
        _reports,
        _constitution,
        _regnal,
        find_foreign_cases,
    )
    found = [source for find in finders for source in find(text)]
    found.sort(key=lambda source: (source.start, -source.end))
    apart: list[Source] = []
    for source in found:
        if not apart or source.start >= apart[-1].end:
            apart.append(source)
    return apart


def _cases(text: str) -> list[Source]:
    found: list[Source] = []
    end = 0
    for match in _CASE.finditer(text):
        before = text[max(end, match.start() - 240) : match.start()]
        if _HISTORY.search(before) or (found and match.start() - end <= 2 and match.start() > end):
            end = match.end()  # later history and parallel reporters: the same case
            continue
        name = _case_name(before)
        if name is None and not match["year"]:
            end = match.end()
            continue
        csl: dict[str, Any] = {"type": "legal_case", "volume": match["volume"], "container-title": match["reporter"]}
        if name:
            csl["title"] = name
        if match["page"].isdigit():
            csl["page"] = match["page"]
        if match["pins"]:
            csl["locator"] = match["pins"].lstrip(", ")
        if match["year"]:
            csl["issued"] = {"date-parts": [[int(match["year"])]]}
        court = (match["court"] or "").strip(" ,")
        if court and not any(month in court for month in ("filed", "decided")) and find_date(f"{court} 2000") is None:
            csl["authority"] = court
        start = match.start() - (len(before) - before.rindex(name) if name else 0)
        found.append(Source(csl, start, match.end()))
        end = match.end()
    return found


def _dockets(text: str) -> list[Source]:
    found = []
    for match in _DOCKET.finditer(text):
        before = text[max(0, match.start() - 240) : match.start() + 2]
        name = _case_name(before)
        dated = find_date(match["date"])
        if name and dated:
            csl = {"type": "legal_case", "title": name, "number": match["number"], "authority": match["court"]}
            start = match.start() + 2 - len(before) + before.rindex(name)
            found.append(Source(csl | {"issued": dated.csl()}, start, match.end()))
    return found


def _case_name(before: str) -> str | None:
    """Take the name of the case off the end of what stands before its reporter."""
    if not before.endswith(", "):
        return None
    before = before[:-2]
    versus = list(_VERSUS.finditer(before))
    if not versus:
        return None
    last = versus[-1]
    before = re.sub(r",\sT\.\s?C\.\sMemo\.\s[\d-]+\Z", "", before)
    if re.search(r"[;:”]|\.\s(?:See|In|But|The)\b", before[last.end() :]):
        return None
    if before[last.start() : last.end()].strip().rstrip(".") != "v":
        return before[last.start() :].strip()
    left = re.split(r"[;:“”()\[\]]", before[: last.start()])[-1]
    words = left.split()
    first = len(words)
    while first and (words[first - 1][0].isupper() or words[first - 1].lower() in _JOINING):
        following = words[first] if first < len(words) else ""
        if _ends_sentence(words[first - 1]) or (words[first - 1].endswith(",") and not _SUFFIX.match(following)):
            break
        first -= 1
    while first < len(words) and (words[first].lower() in _SIGNALS or words[first].lower().rstrip(",") in _SIGNALS):
        first += 1
    if first == len(words):
        return None
    name = " ".join([*words[first:], before[last.start() :].strip()])
    return name if name in before else None


def _ends_sentence(word: str) -> bool:
    """Whether the full stop of word is more than that of an abbreviation such as "Inc." or "N.E."."""
    plain = word.rstrip(".,")
    return word.rstrip(",").endswith(".") and len(plain) > 5 and plain.isalpha()


def _codes(text: str) -> list[Source]:
    found = []
    for match in _CODE.finditer(text):
        code = match["code"]
        regulation = code.replace(" ", "").startswith("C")
        csl: dict[str, Any] = {
            "type": "regulation" if regulation else "legislation",
            "volume": match["volume"],
            "container-title": code,
            "section": match["section"].rstrip(".,–-"),
        }
        start = _with_act(text, match.start(), csl)
        found.append(Source(csl, start, match.start("section") + len(csl["section"])))
    return found


def _public_laws(text: str) -> list[Source]:
    found = []
    for match in _PUBLIC_LAW.finditer(text):
        csl: dict[str, Any] = {"type": "legislation", "number": f"Pub. L. {match['number']}"}
        if match["section"]:
            csl["section"] = match["section"]
        if match["volume"]:
            csl |= {"container-title": "Stat.", "volume": match["volume"], "page": match["page"]}
        dated = find_date(match["date"] or "", year_alone=True)
        if dated:
            csl["issued"] = dated.csl()
        start = _with_act(text, match.start(), csl)
        found.append(Source(csl, start, match.end()))
    return found


def _with_act(text: str, start: int, csl: dict[str, Any]) -> int:
    """Put the name of the act that stands right before start into csl; return where the citation then begins."""
    offset = max(0, start - 160)
    match = _ACT.search(text[offset:start])
    if not match:
        return start
    title = re.sub(r"\A(?:See|In|Under|The|Cf\.?)\s", "", match["title"])
    if match.start() and text[offset + match.start() - 2 : offset + match.start()] == ") ":
        return start  # a bracket inside its name: where that begins is a guess
    title = re.sub(r"\A(?:Sub)?(?:[Tt]itle|[Ss]ection)\s\w{1,5}\sof\s(?:the\s)?", "", title)
    csl["title"] = re.sub(r"\s\([A-Z]{2,8}\)", "", title)
    return offset + match.end("title") - len(title)


def _register(text: str) -> list[Source]:
    found = []
    for match in _REGISTER.finditer(text):
        csl: dict[str, Any] = {
            "type": "regulation",
            "container-title": "Fed. Reg.",
            "volume": match["volume"],
            "page": match["page"],
        }
        dated = find_date(match["date"] or "", year_alone=True)
        if dated:
            csl["issued"] = dated.csl()
        found.append(Source(csl, match.start(), match.end()))
    return found


def _orders(text: str) -> list[Source]:
    return [
        Source(
            {"type": "regulation", "genre": "Executive Order", "number": match["number"].replace(",", "")},
            match.start(),
            match.end(),
        )
        for match in _ORDER.finditer(text)
    ]


def _reports(text: str) -> list[Source]:
    found = []
    for match in _CONGRESS_REPORT.finditer(text):
        csl: dict[str, Any] = {"type": "report", "genre": match["genre"], "number": match["number"]}
        if match["page"]:
            csl["page"] = match["page"]
        if match["year"]:
            csl["issued"] = {"date-parts": [[int(match["year"])]]}
        found.append(Source(csl, match.start(), match.end()))
    return found


def _constitution(text: str) -> list[Source]:
    found = []
    for match in _CONSTITUTION.finditer(text):
        csl = {"type": "legislation", "title": match["title"], "number": f"{match['part']} {match['number']}"}
        if match["section"]:
            csl["section"] = match["section"]
        found.append(Source(csl, match.start(), match.end()))
    return found


def _regnal(text: str) -> list[Source]:
    found = []
    for match in _REGNAL.finditer(text):
        csl = {"type": "legislation", "title": match["act"]}
        if match["section"]:
            csl["section"] = match["section"]
        found.append(Source(csl, match.start(), match.end()))
    return found
