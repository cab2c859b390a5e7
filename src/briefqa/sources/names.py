"""Tells people, institutions and titles apart, by their words."""

from __future__ import annotations

import re
from typing import Any

from briefqa.sources.segments import comma_items

Name = dict[str, Any]

_INSTITUTION = re.compile(
    r"\b(?:Department|Dep['’]t|Office|Bureau|Agency|Administration|Committee|Commission|Council|Institute|Institut|"
    r"Ministry|Ministère|Ministerium|Bundesamt|Center|Centre|Association|Organi[sz]ation|Foundation|Stiftung|"
    r"University|Université|Universität|Bank|Union|Congress|Court|Board|Authority|Service|Laboratory|Staff|Desk|Group|"
    r"Company|Corp|Inc|Ltd|GmbH|Society|Federation|Secretariat|Government|Police|Army|Fund|Programme|Nations)\b"
)
_NO_INSTITUTION = re.compile(r":|\binto\b|\A(?:Joint|Statement|Hearing|Remarks|Report|Interview|Letter|Press|Speech)\b")
_ACRONYM = re.compile(r"(?:[A-Z]\.?){2,8}|[A-Z]{2,}[\w/&-]*")
_PARTICLES = frozenset("de da du des del della di la le van von der den ter ten zu zur y e el al bin ibn".split())
_NOT_A_NAME = frozenset(
    (
        "the a an on in of for to from with and or but at by as this that his her its our see above below part "
        "chapter table figure volume title section article act memorandum statement letter report hearing remarks "
        "interview press public law order note notes copyright ed eds art arts speech joint president annex "
        "appendix according based le les der die das ein eine un une news today federal national american united "
        "international new history essay "
        "now they we you he she it who what how why when where your my their if then not no"
    ).split()
)
_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:-[A-ZÀ-Þ][\w'’.-]*)*")
_FAMILY = r"([A-ZÀ-ÖØ-Þ][\w'’-]+(?:[ -](?:(?:da|de|do|von|van)\s)?[A-ZÀ-ÖØ-Þ][\w'’-]+){0,3})"
_INITIALS = rf"{_FAMILY},\s((?:[A-Z]\.[ -]?){{1,4}})"
_WRITTEN_OUT = (
    rf"{_FAMILY},\s((?:(?:Von|van|von)\s)?[A-ZÀ-Þ](?:[\w’-]+|\.)(?:[ -][A-ZÀ-Þ](?:[\w’-]+|\.)?){{0,2}}"
    r"(?:\s(?:da|de|do|dos|von|van)(?:\s[A-ZÀ-Þ][\w’-]+)?)?)"
)
_SUFFIX = re.compile(r",?\s(Jr\.?|Sr\.?|III|II|IV)\Z")
_JOINED = re.compile(r",?\s+(?:and|&|et|und)\s+|,\s+")
_ET_AL = re.compile(r",?\s+(?:et\s+al\.?|u\.\s?a\.|and others)\s*\Z")
_SMALL = frozenset(
    (
        "a an and as at but by de der des die du et for from for im in into le les la of on or over per the to und "
        "van via von vs versus with without who why how not zu zur über en sur dans pour aux au entre y e el"
    ).split()
)
NOT_A_TITLE = re.compile(
    r"(?:Above|Below|See|Supra|Infra|Chapter|Table|Figure|Part|Art|Arts|Ed|Eds|Section|Annex|Note|Ibid|Idem|Id|Vol|Volume)\b"
)
_EDITOR = re.compile(r",?\s\(?(?:eds?\.|Hrsg\.|Hg\.|dir\.)\)?,?")
_PROSE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|shall|should|must|may|can|could|would|does|did|do|requires|"
    r"recommends|contains|reads|says|describes|provides|this|these|those|that|which|it|they|we|I|you|he|she|ist|sind|"
    r"wird|war|est|sont|était)\b"
)


def person(text: str) -> Name | None:
    """Read "Given M. Family" as a CSL name; None where it does not look like one person."""
    text = text.strip()
    suffix = _SUFFIX.search(text)
    words = (text[: suffix.start()] if suffix else text).split()
    if (
        not 2 <= len(words) <= 6
        or words[0] in ("Mr.", "Mrs.", "Ms.", "M.")
        or any(character.isdigit() for character in text)
        or _INSTITUTION.search(text)
    ):
        return None
    if any(
        len(word.strip(".")) > 1 and word.lower().strip(".") in _NOT_A_NAME and word not in _PARTICLES for word in words
    ):
        return None
    if not all(_WORD.fullmatch(word) or word in _PARTICLES for word in words):
        return None
    if not _WORD.fullmatch(words[0]) or not _WORD.fullmatch(words[-1]) or words[-1].endswith("."):
        return None
    first = len(words) - 1
    while first > 1 and words[first - 1].lower() in _PARTICLES:
        first -= 1
    name: Name = {"family": " ".join(words[first:]), "given": " ".join(words[:first])}
    if suffix:
        name["suffix"] = suffix[1]
    return name


def people(text: str) -> list[Name] | None:
    """Read "A B", "A B and C D", "A B, C D & E F" or "A B et al." as people; None unless all are."""
    text = _ET_AL.sub("", text.strip())
    found = [person(part) for part in _JOINED.split(text)]
    return [name for name in found if name] if all(found) else None


def inverted(text: str) -> list[Name] | None:
    """Read "Family, G. M., & Other, X." or "Family, Given; Other, Given" as people; None unless all of it is."""
    text = _ET_AL.sub("", text.strip().rstrip(","))
    for one, commas in ((_INITIALS, "[,;]"), (_WRITTEN_OUT, ";")):
        joined = rf"(?:{commas}|\s?/|,?\s(?:&|and|und|et|y|e))"
        if re.fullmatch(rf"{one}(?:{joined}\s{one}){{0,20}}", text):
            return [{"family": family, "given": given.strip()} for family, given in re.findall(one, text)]
    return None


def families(text: str) -> list[Name] | None:
    """Read "SMITH" or "Berg/Lund" as family names; only for where the form of the citation says that it is authors."""
    parts = re.split(r"\s?/\s?", text.strip())
    if not all(re.fullmatch(r"(?:(?:[Vv]on|[Vv]an|[Dd]e)\s)?[A-ZÀ-Þ][\w’-]{2,25}", part) for part in parts):
        return None
    return None if any(part.lower() in _NOT_A_NAME for part in parts) else [{"family": part} for part in parts]


def institution(text: str) -> Name | None:
    """Read the name of an institution as a literal CSL name; None where it does not look like one."""
    text = text.strip()
    words = text.split()
    if not 1 <= len(words) <= 12 or any(character.isdigit() for character in text) or _PROSE.search(text):
        return None
    if _NO_INSTITUTION.search(text):
        return None
    if not text[:1].isupper() or not (_INSTITUTION.search(text) or _ACRONYM.fullmatch(text)):
        return None
    return {"literal": text} if capitalised(text) >= 0.8 else None


def official(text: str) -> bool:
    """Whether a name is clearly that of an office or a body, and not that of a newspaper or a broadcaster."""
    return bool(_INSTITUTION.search(text) or re.search(r"\b(?:White House|Press Release)\b", text))


def authors(text: str) -> list[Name] | None:
    """Read people, or one institution; None where it is neither."""
    found = people(text)
    if found:
        return found
    whole = institution(text)
    return [whole] if whole else None


def capitalised(text: str) -> float:
    """Share of the words that matter which begin with a capital or a figure."""
    words = [word.strip("“”‘’\"'()[]«»,:;") for word in text.split()]
    weighty = [word for word in words if word and word not in _SMALL and any(map(str.isalnum, word))]
    return sum(not word[0].islower() for word in weighty) / len(weighty) if weighty else 0.0


def title_like(text: str, *, capitals: float = 0.75) -> bool:
    """Whether text reads as the title of something and not as a sentence. capitals: the least share of them."""
    words = text.split()
    return (
        2 <= len(words) <= 30
        and (text[0].isupper() or text[0].isdigit())
        and not _PROSE.search(text)
        and capitalised(text) >= capitals
    )


def names_and_title(lead: str) -> dict[str, Any] | None:
    """Part `Authors, Title`, `Editors, eds., Title` or `Title` into CSL variables; None where there is no title."""
    items = comma_items(lead)
    if not items or len(lead) > 400:
        return None
    initialled = ", ".join(items[:2])
    if len(items) > 2 and re.fullmatch(_INITIALS, initialled) and (names := inverted(initialled)):  # "Berg, O., Title"
        title = ", ".join(items[2:])
        return {"title": title, "author": names} if capitalised(title) >= 0.4 else None
    if re.match(rf"{_INITIALS}\s", lead):  # "Berg, O. Title": where the name ends is a guess
        return None
    count = authors_among(items)
    names = authors(_EDITOR.sub("", ", ".join(items[:count]))) if count else None
    rest = items[count:] if names else items
    edited = len(rest) > 1 and _EDITOR.fullmatch(f" {rest[0]}")
    title = ", ".join(rest[1:] if edited else rest)
    if not title or capitalised(title) < 0.4 or (not names and (NOT_A_TITLE.match(title) or not title_like(title))):
        return None
    return {"title": title} | ({"editor" if edited else "author": names} if names else {})


def authors_among(items: list[str]) -> int:
    """Count the leading comma items that name authors; at least one item is left for the title."""
    for count in range(2, min(len(items), 6)):
        if re.match(r"(?:and|&|et|und)\s", items[count - 1]) and people(", ".join(items[:count])):
            return count
    return 1 if len(items) > 1 and authors(items[0]) else 0
