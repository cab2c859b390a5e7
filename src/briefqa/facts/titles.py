"""The title of a document: what metadata claims, held against what is printed at its head."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from briefqa.facts.fact import Fact
from briefqa.facts.memo import memo_fields
from briefqa.facts.names import is_organisation, printed_names
from briefqa.sources.dates import find_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.facts.head import Head, HeadLine

_MAX = 300
# Print must be larger than the body's by this much to be a title for its size alone.
_LARGE = 1.12
_FILE_SIGNS = re.compile(
    r"\.(?:docx?|pdf|wpd|odt|indd|rtf|tex|txt|tmp|html?|p65|qxd|fm|ppt|pptx|xlsx?|dotx?|ai|eps|ps)\b|[\\/]\w|_|%20",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"^(?:microsoft (?:word|powerpoint|excel)|adobe \w+)\s*[-–—:]\s*", re.IGNORECASE)
_FILED_AS = re.compile(r"\s*\((?:\d{1,2}/\d{1,2}/\d{2,4}|pdf)\)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:untitled|document|dokument|brief|memo|report|paper|title|slide|presentation|powerpoint presentation|"
    r"layout|template|draft|final|print|scan|image|page|book|new|no title|none|proof|cover|"
    r"microsoft word)[\s\d().-]*(?:document)?",
    re.IGNORECASE,
)
_NUMERAL = re.compile(
    r"(?:(?:chapter|part|section|kapitel|teil|abschnitt|chapitre|partie|capítulo|capitolo|no\.|§)\s*)?"
    r"(?:[IVXLC]{1,7}|\d{1,3})\s*[.:)]?",
    re.IGNORECASE,
)
_BANNER = frozenset(
    "policy brief briefing report working paper memorandum memo white issue fact sheet research note notes discussion "
    "proposed rules rule and notices notice syllabus slip opinion draft annual publication special presidential "
    "documents technical contents table of executive summary abstract internal regulations federal register series "
    "occasional background overview introduction highlights foreword preface acknowledgments acknowledgements "
    "conclusion frequently asked questions faq attachments appendix einleitung zusammenfassung vorwort inhalt résumé "
    "sommaire insight insights analysis commentary perspective update confidential press release".split()
)
_PARTY = re.compile(
    r",?\s*\b(?:(?:plaintiff|defendant|petitioner|respondent|appell(?:ant|ee)|intervenor)s?\b[\s,./–-]*)+\.?$",
    re.IGNORECASE,
)
_NO_PARTY = re.compile(
    r"\b(?:court|circuit|district of|certiorari|appeal from|on appeal|docket|case nos?|hon\.|before|filed)\b|"
    r"\bNos?\.\s*\d",
    re.IGNORECASE,
)
_VERSUS = re.compile(r"(?:^|(?<=\s))(?:v|vs)\.(?:\s|$)")


def title_of(declared: str, head: Head, path: str) -> Fact[str]:
    """The title with the most behind it. declared: the metadata's, "" if none."""
    printed = max(_printed(head), key=lambda fact: fact.confidence, default=Fact("", 0.0))
    claimed = _declared(declared, head)
    if claimed.confidence > 0.9 and printed.value and _is_better(printed.value, claimed.value):
        # One of the two is cut short, or has an identifier in front of it.
        return Fact(printed.value, 0.95, "metadata and first page")
    best = max((claimed, printed), key=lambda fact: fact.confidence)
    return best if best.value else Fact(title_from_path(path), 0.2, "file name")


def title_from_path(path: str) -> str:
    """The file's name as a title: "levee-costs_2031.pdf" → "Levee costs 2031"."""
    stem = re.sub(r"[-_\s]+", " ", PurePosixPath(path).stem).strip() or path
    return stem[:1].upper() + stem[1:]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _is_better(printed: str, claimed: str) -> bool:
    """Whether print has the claimed title and more of it, without an identifier in front of it or not in capitals."""
    one, other = _words(claimed), _words(printed)
    if one == other:
        return claimed == claimed.upper() != printed
    if len(one) >= 3 and other[: len(one)] == one:
        return True
    before = one[: -len(other)]
    return len(other) >= 3 and one[-len(other) :] == other and len(before) <= 5 and any(map(str.isdigit, before))


def _declared(declared: str, head: Head) -> Fact[str]:
    """The metadata's title, believed if its words stand on the first page or it cannot be a file's name."""
    title = _FILED_AS.sub("", _PREFIX.sub("", " ".join(declared.split())))[:_MAX]
    words = _words(title)
    if " " not in title and any(char.isdigit() for char in title):
        return Fact("", 0.0)  # "bod-18-02"
    if not words or _PLACEHOLDER.fullmatch(title) or _FILE_SIGNS.search(title) or not re.search(r"[^\W\d_]{2}", title):
        return Fact("", 0.0)
    around = set(_words(" ".join(line.text for line in head.lines)))
    support = sum(word in around for word in words) / len(words)
    if len(words) >= 2 and support >= 0.75:
        return Fact(title, 0.95, "metadata")
    if len(words) >= 3:
        return Fact(title, 0.6, "metadata")
    return Fact(title, 0.55 if support == 1.0 and title[:1].isupper() and title.isalpha() else 0.3, "metadata")


def _printed(head: Head) -> Iterator[Fact[str]]:
    if not head.lines:
        return
    fields = memo_fields(head)
    if fields.get("subject"):
        yield Fact(_tidy(fields["subject"]), 0.92, "memo head")
    for case in _captions(head.first_page):
        yield Fact(case, 0.9, "first page")
    yield from _before_agency(head.first_page)
    if head.body_size:
        yield from _by_print(head)
    else:
        yield from _first_line(head)


def _captions(lines: Sequence[HeadLine]) -> Iterator[str]:
    """The parties of a case whose caption stands on the page, as "A v. B"."""
    texts = [re.split(r"\s+\)|^\)", line.text)[0].strip() for line in lines[:30]]
    for row, text in enumerate(texts):
        found = _VERSUS.search(text)
        if not found or len(text) > 90:
            continue
        before, after = text[: found.start()].strip(), text[found.end() :].strip()
        first = _party([before] if before else texts[max(0, row - 4) : row][::-1])
        second = _party([after] if after else texts[row + 1 : row + 4])
        if first and second and (not before or before == before.upper() or not after):
            yield f"{first} v. {second}"
            return


def _party(texts: Sequence[str]) -> str:
    for text in texts:
        name = _PARTY.sub("", text).split(", in ")[0].strip(" ,;")
        if _NO_PARTY.search(name):
            return ""
        if name:
            return name if name[:1].isupper() and len(name) < 80 else ""
    return ""


def _before_agency(lines: Sequence[HeadLine]) -> Iterator[Fact[str]]:
    """The bold lines above "AGENCY:", as notices in the Federal Register have them."""
    row = next((row for row, line in enumerate(lines) if line.text.startswith("AGENCY:")), 0)
    above = row
    while above > 0 and lines[above - 1].bold and (above == row or lines[above].gap < 1.6 * lines[above].size):
        above -= 1
    if above < row:
        yield Fact(_tidy(" ".join(line.text for line in lines[above:row])), 0.88, "first page")


def _by_print(head: Head) -> Iterator[Fact[str]]:
    """The largest print at the head; else what stands there by itself, in bold or below a chapter's number."""
    lines = [line for line in head.first_page if line.y > 0.3 * max(other.y for other in head.first_page)]
    blocks = [block for block in _blocks(lines) if len(block) <= 6]
    for block in sorted(blocks, key=lambda block: -block[0].size):
        if block[0].size < _LARGE * head.body_size:
            break
        text = _tidy(" ".join(line.text for line in block))
        if not _is_title(text):
            continue
        if _NUMERAL.fullmatch(text):
            break
        yield Fact(text, 0.85 if block[0].size >= 1.3 * head.body_size else 0.75, "first page")
        return
    front = [block for block in _blocks(head.before_text) if not find_date(block[0].text)]
    for block in front[:2]:
        text = _tidy(" ".join(line.text for line in block))
        if _NUMERAL.fullmatch(block[0].text):
            text = _tidy(" ".join(line.text for line in block[1:])) or _following(front, block)
        elif not all(line.bold for line in block):
            continue
        if text and len(text) <= 160 and _is_title(text) and not text.endswith((".", ",", ";", ":")):
            yield Fact(text, 0.65, "first page")
            return


def _following(blocks: Sequence[list[HeadLine]], block: list[HeadLine]) -> str:
    row = next(row for row, other in enumerate(blocks) if other is block) + 1
    return _tidy(" ".join(line.text for line in blocks[row])) if row < len(blocks) else ""


def _blocks(lines: Sequence[HeadLine]) -> list[list[HeadLine]]:
    """Lines of one size that follow each other closely, one below the other, whatever stands beside them."""
    blocks: list[list[HeadLine]] = []
    for line in lines:
        home = next(
            (
                block
                for block in reversed(blocks[-12:])
                if abs(block[-1].size - line.size) <= 0.3
                and block[-1].bold == line.bold
                and 0 < block[-1].y - line.y <= 1.75 * line.size
                and line.x0 < block[-1].x1
                and line.x1 > block[-1].x0
            ),
            None,
        )
        if home is None:
            blocks.append([line])
        else:
            home.append(line)
    return blocks


def _is_title(text: str) -> bool:
    """Whether printed words may be a title: no banner, date, number, name of a person or of an organisation."""
    words = _words(text)
    if not words or len(text) > _MAX or not re.search(r"[^\W\d_]{2}|^[IVXLC]+$", text):
        return False
    names = printed_names(text)
    if set(words) <= _BANNER or is_organisation(text) or len(names) > 1 or (names and "." in text):
        return False
    date = find_date(text)
    return date is None or date.end - date.start < 0.6 * len(text)


def _first_line(head: Head) -> Iterator[Fact[str]]:
    """Without geometry: the first line, where it stands by itself and is shorter than the text's lines."""
    lines = head.lines
    text = lines[0].text
    usual = sorted(len(line.text) for line in lines)[len(lines) // 2]
    if (
        len(lines) > 1
        and head.front > 0
        and 3 <= len(text) <= 120
        and text[:1].isupper()
        and not text.endswith((".", ",", ";", ":"))
        and len(text) < 0.8 * max(usual, 40)
        and _is_title(text)
    ):
        yield Fact(text, 0.7, "first page")


def _tidy(text: str) -> str:
    """One line, words cut at a line's end whole, without ornaments around it."""
    text = re.sub(r"(?<=[a-z])[-\u00ad] (?=[a-z])", "", text)
    text = re.sub(r"(?<=\w)- (?=[A-Z])", "-", text)
    for ligature, letters in (("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬀ", "ff"), ("ﬃ", "ffi"), ("ﬄ", "ffl")):
        text = text.replace(ligature, letters)
    return " ".join(text.split()).strip(" *•·|_~")[:_MAX]
