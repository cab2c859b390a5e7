"""Who wrote a document: metadata, the line below the title, the head of a memorandum."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.facts.fact import Fact
from briefqa.facts.memo import memo_fields
from briefqa.facts.names import declared_author, is_organisation, is_person, printed_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefqa.facts.head import Head, HeadLine

_NOBODY: Fact[tuple[str, ...]] = Fact((), 0.0)
_BY = re.compile(r"(?:(?:written|prepared|edited)\s+)?(?:by|von|par|por)\s*:?\s+(.+)", re.IGNORECASE)
_AUTHORS = re.compile(r"(?:authors?|autor(?:en|es|in)?|auteurs?|verfasser)\s*:\s*(.+)", re.IGNORECASE)
_SERIES = re.compile(
    r"(.+?)\s*(?:,|\||•|·|–|—)\s*(?:(?:policy|working|issue|research|discussion|white|technical)\s+)?"
    r"(?:brief|paper|report|memo|memorandum|note|bulletin)\b.*",
    re.IGNORECASE,
)


def authors_of(declared: Sequence[str], head: Head) -> Fact[tuple[str, ...]]:
    """The authors with the most behind them. declared: as metadata gives them, one or several to an entry."""
    printed = max(_printed(head), key=lambda fact: fact.confidence, default=_NOBODY)
    claimed = _declared(declared, head)
    return max((claimed, printed), key=lambda fact: fact.confidence)


def _declared(declared: Sequence[str], head: Head) -> Fact[tuple[str, ...]]:
    names = [declared_author(part) for entry in declared for part in _parted(entry)]
    kept = tuple(dict.fromkeys(name for name in names if name))
    if not kept:
        return _NOBODY
    page = _folded(line.text for line in head.lines)
    known = sum(_folded([name]) in page for name in kept)
    if 2 * known >= len(kept):
        return Fact(kept, 0.95, "metadata")
    # A person who is not named on the page may be the one who typed it; an office publishes under its name.
    return Fact(kept, 0.7 if all(is_organisation(name) for name in kept) else 0.55, "metadata")


def _parted(entry: str) -> list[str]:
    """The names of an entry: parted by semicolons, else by commas where whole names stand between them."""
    parts = re.split(r"\s*;\s*", entry)
    if len(parts) == 1 and len(names := printed_names(entry)) > 1:
        return names
    return parts


def _folded(texts: Iterable[str]) -> str:
    return " ".join(re.findall(r"[^\W_]+", " ".join(texts).casefold()))


def _printed(head: Head) -> list[Fact[tuple[str, ...]]]:
    found: list[Fact[tuple[str, ...]]] = []
    senders = [name for line in memo_fields(head).get("from", "").split("\n") if (name := _sender(line))]
    if senders:
        found.append(Fact(tuple(senders), 0.9, "memo head"))
    front = head.before_text
    for row, line in enumerate(front):
        stated = _BY.fullmatch(line.text) or _AUTHORS.fullmatch(line.text)
        names = _over_lines(stated[1], front[row + 1 : row + 4]) if stated else []
        if names:
            found.append(Fact(tuple(names), 0.9, "first page"))
    stacked = _stacked(front[1:])
    if len(stacked) > 1:
        found.append(Fact(tuple(stacked), 0.75, "first page"))
    for line in front[1:4]:
        series = _SERIES.fullmatch(line.text)
        if series and is_organisation(series[1]):
            found.append(Fact((series[1].strip(),), 0.7, "first page"))
    return found


def _sender(line: str) -> str:
    """The person whom a line of a "FROM:" field names: before a comma, an office or what OCR made of a signature."""
    name = re.split(r",|\s[~•·*|]|\s{2,}", line.strip())[0].strip()
    return name if is_person(name) else ""


def _over_lines(text: str, following: Sequence[HeadLine]) -> list[str]:
    """The names of "By A, B," and of the lines that the list goes on in."""
    names = printed_names(text)
    for line in following:
        if not text.rstrip().endswith((",", "and", "&", "und", "et")):
            break
        text = f"{text} {line.text}"
        names = printed_names(text) or names
    return names


def _stacked(lines: Sequence[HeadLine]) -> list[str]:
    """Names below the title: one a line, or several to a line, in lines of one size that follow each other."""
    names: list[str] = []
    size = 0.0
    for line in lines:
        here = printed_names(line.text)
        if here and (not names or abs(line.size - size) < 0.3):
            names += here
            size = line.size
        elif names:
            break
    return names if len(names) > 1 else []
