"""Cuts a note into the stretches that may each cite one source. One pass, linear in the length of the note."""

from __future__ import annotations

import re

from briefqa.sources.addresses import find_addresses
from briefqa.sources.dates import MONTH

_ABBREVIATIONS = frozenset(
    (
        "v vs vol vols no nos nr p pp s ss ch chap chaps sec secs art arts ed eds hrsg hg trans tr trad rev inc co "
        "corp ltd bros cong sess rep reps cir ct app supp stat fed reg dist dept div educ ins assn dr mr mrs ms "
        "prof sen gov gen col lt capt hon st jr sr mt ft jan feb mar apr jun jul aug sept sep oct nov dec al cf "
        "e.g eg i.e ie n nn fn op loc pt pts bk bd bde aufl abs art. ebd vgl cp ca approx pub l cert comm tit "
        "cl par paras para fig tab u.s u.s.c c.f.r ph.d d.c n.y n.j a.m p.m lib tom t fol ff sq viz esp mass cal "
        "ga ky tex fla del pa va ill mich minn const amend rel geo car hen eliz jac ann edw will vict ric wash"
    ).split()
)
_BOUNDARY = re.compile(r";(?=\s)|[.?!…][\"'’”»)\]]{0,3}(?=\s+(?:[“(\[@\"‘]|«\s?)?[A-ZÀ-ÖØ-Þ0-9])")
_SIGNED = re.compile(r"(?<=\s)—(?=[A-Z])")  # “A quotation.” —Harris, Money and Coins, p. 3
_REPRINTED = re.compile(r",\s(?:reprinted|cited|quoted)\sin\s(?=[A-Z“])")
_WORD_BEFORE = re.compile(r"[^\s(“«\"\[/–—-]*\Z")
_SIGNAL_NEXT = re.compile(r"\s+(?:See|Cf|Ibid|Id|But|For|The|This|In|Also|Voir|Siehe|Vgl)\b")
_SEE_NEXT = re.compile(r"\s+(?:See|Cf|Ibid|Voir|Siehe|Vgl)\b")
_JOURNAL_NEXT = re.compile(
    r"\s(?:L|Rev|J|Q|U)\.|\s\((?:1[5-9]|20)\d\d[a-z]?\)\."
)  # "Coast. L. Rev.", "Berg, O. (2015)."
_CAPITALS_NEXT = re.compile(r"\s[A-Z]{2,12}[., ]")
_VOLUME_NEXT = re.compile(
    rf"\s(?:\d{{1,5}}(?:,\s\d{{1,5}}(?:[–-]\d{{1,5}})?)?\s)?\((?:(?i:{MONTH})\s)?(?:\d{{1,2}},\s)?\d{{4}}\)"
)
# "Networks.” Leisure Studies, vol. 42": a title and what it stands in.
_CONTAINER_NEXT = re.compile(r"\s+[A-Z][^.;“”\"?!]{2,80}?,?\s(?:(?:vol\.|no\.)\s?\d|\d{1,4}(?:,|:|\.|\s?\())")
# "…, 15.01.2017. Online: https://…", and "Köln; Weimar; Wien 2018".
_ADDRESS_NEXT = re.compile(
    r"\s+(?:Online|Available|Retrieved|Accessed|Abrufbar|Verfügbar|Disponible|Disponibile|En ligne|URL|DOI|Web)\b"
    r"[^.;]{0,40}(?:https?:|10\.)",
)
_PLACE_NEXT = re.compile(r"\s[A-ZÀ-Þ][\w-]+(?:;\s[A-ZÀ-Þ][\w-]+)*\s(?:1[5-9]|20)\d\d\b")
_NEXT_AUTHOR = re.compile(r"\s[A-ZÀ-Þ][\w'’ -]{1,40},\s[A-ZÀ-Þ][\w. '’-]{0,40}(?:[;:]|\s\((?:Hg|Hrsg|\d{4}))")
_AUTHOR_BEFORE = re.compile(r"(?:\A|[\s(])[A-ZÀ-Þ][\w'’-]{1,25},\s[A-ZÀ-Þ][\w. '’-]{0,40}\Z")
_ORDINAL_NEXT = re.compile(rf"\s(?:{MONTH}|Aufl|Jh|Jahrhundert|Geburtstag)", re.IGNORECASE)
_PAIRS = {"(": ")", "[": "]", "“": "”", "«": "»"}
_CLOSERS = {closer: opener for opener, closer in _PAIRS.items()}


def segments(text: str) -> list[tuple[int, int]]:
    """Cut at semicolons, at sentence ends and after addresses, but not inside quotations, brackets and addresses.

    Returns spans (start, end), trimmed of white space, in order.
    """
    inside = _enclosed(text)
    for address in find_addresses(text):
        inside[address.start : address.end] = b"\1" * (address.end - address.start)
    cuts = {match.end() for match in _BOUNDARY.finditer(text) if _cuts_here(text, match, inside)}
    cuts |= {match.end() for match in _REPRINTED.finditer(text) if not inside[match.start()]}
    cuts |= {match.start() for match in _SIGNED.finditer(text) if not inside[match.start()]}
    cuts |= {
        end
        for _, _, end in find_addresses(text)
        if re.match(r"[.,]?\s+(?!Stand\b|Zugriff\b|Accessed\b)[A-Z“@]", text[end : end + 12])
    }
    spans = []
    start = 0
    for cut in [*sorted(cuts), len(text)]:
        piece = text[start:cut]
        left = len(piece) - len(piece.lstrip(" \t\n\r;,—"))
        right = len(piece.rstrip(" \t\n\r;"))
        if left < right:
            spans.append((start + left, start + right))
        start = cut
    return spans


def _cuts_here(text: str, match: re.Match[str], inside: bytearray) -> bool:
    """Whether a semicolon or full stop, with the quotation mark or bracket that follows it, ends a stretch."""
    at, end = match.start(), match.end()
    closed = text[at + 1 : end]
    if text[at] == ";" and _NEXT_AUTHOR.match(text, end) and _AUTHOR_BEFORE.search(text, max(0, at - 70), at):
        return False  # "Berg, Oda; Lund, Per: Title"
    if (_ADDRESS_NEXT if text[at] == "." else _PLACE_NEXT).match(text, end) and not closed.strip(")]"):
        return False
    if text[at] == ";" or not closed:
        return not inside[at] and (text[at] != "." or not _abbreviates(text, at, end))
    if end < len(text) and inside[end]:
        return False
    if closed.strip(")]") and text[at] in "?!":  # “Who Pays?” Review of … is one citation
        return bool(_SIGNAL_NEXT.match(text, end))
    return not (closed.strip(")]") and _CONTAINER_NEXT.match(text, end) and not _SIGNAL_NEXT.match(text, end))


def _abbreviates(text: str, at: int, end: int) -> bool:
    """Whether the full stop at `at` belongs to an abbreviation or an initial."""
    word = _WORD_BEFORE.search(text, max(0, at - 20), at)
    before = word[0].lower() if word else ""
    if len(before) == 1 and before.isalpha():
        return True
    if before == "memo":  # "T.C. Memo. 1991-402", but "as in his memo. The …"
        return bool(re.match(r"\s\d", text[end : end + 2]))
    if _JOURNAL_NEXT.match(text, end) or _in_title(word[0] if word else "", text, end):
        return True
    if before.isdigit() and _ORDINAL_NEXT.match(text, end):
        return True
    if _SEE_NEXT.match(text, end):
        return False
    return before in _ABBREVIATIONS or bool(re.search(r"\.\w\Z|\.[23]d\Z", before))


def _in_title(word: str, text: str, end: int) -> bool:
    """Whether a word with its full stop belongs to an abbreviated name: "STAN. L. SCH.", "Stud. 862, 865 (2020)"."""
    if not word[:1].isupper() or not 2 <= len(word) <= 7:
        return False
    return bool(_VOLUME_NEXT.match(text, end) or (word.isupper() and _CAPITALS_NEXT.match(text, end)))


def _enclosed(text: str) -> bytearray:
    """Mark with 1 what stands inside a pair of quotation marks or brackets; one that is never closed does not count."""
    marks = bytearray(len(text))
    opened: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for at, character in enumerate(text):
        if character in _PAIRS:
            opened.append((character, at))
        elif character in _CLOSERS:
            for back in range(len(opened) - 1, max(-1, len(opened) - 8), -1):
                if opened[back][0] == _CLOSERS[character]:
                    pairs.append((opened[back][1], at))
                    del opened[back:]
                    break
    straight = [at for at, character in enumerate(text) if character == '"']
    if len(straight) % 2 == 0:
        pairs += list(zip(straight[::2], straight[1::2], strict=True))
    until = 0
    for start, end in sorted(pairs):
        if end > until:
            begin = max(start, until)
            marks[begin : end + 1] = b"\1" * (end + 1 - begin)
            until = end + 1
    return marks


def comma_items(text: str) -> list[str]:
    """Split at commas that stand outside quotations and brackets; the items are trimmed, empty ones left out."""
    inside = _enclosed(text)
    items, start = [], 0
    for at, character in enumerate(text):
        if character == "," and not inside[at]:
            items.append(text[start:at].strip())
            start = at + 1
    items.append(text[start:].strip())
    return [item for item in items if item]
