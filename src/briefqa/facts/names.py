"""What names look like: of people, of organisations, of files and of programs."""

from __future__ import annotations

import re

_PARTICLES = r"(?:de|da|del|della|di|du|van|von|der|den|ten|la|le|el|al|bin|ibn|zu|zur|y|dos|das)"
_PART = r"(?:[A-ZÀ-ÞŁŚŻČŠŽ][\w’'.-]*)"
_PERSON = re.compile(
    rf"{_PART}(?:\s+(?:{_PART}|{_PARTICLES})){{0,4}}\s+{_PART}(?:,?\s(?:Jr|Sr|Ph\.?D|MD|II|III|IV)\.?)?"
)
_TITLES = re.compile(r"^(?:Dr|Prof|Mr|Mrs|Ms|Sir|Hon|The Honorable|Professor)\.?\s+", re.IGNORECASE)
# Words that no person's name has.
_ORGANISATION = re.compile(
    r"\b(?:academy|administration|agency|association|authority|bank|board|bureau|cent(?:er|re)|clinic|coalition|college|"
    r"commission|committee|company|congress|consortium|corporation|council|court|department|directorate|division|forum|"
    r"foundation|group|house|inc|initiative|institut\w*|laboratory|library|llc|ltd|ministry|network|observatory|office|"
    r"organi[sz]ation|parliament|partnership|press|program(?:me)?|projects?|school|senate|service|society|survey|trust|"
    r"union|universit\w+|universität|ministerium|bundes\w+|stiftung|ministère|ministerio|gmbh|e\.\s?v\.|ngo|department|"
    r"think tank|accountability|government|nations)\b",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\b(?:the|and|for|with|on|in|at|to|by|of|from|abstract|act|annual|appendix|applies|approved|article|brief|briefing|"
    r"background|chapter|chief|contents|copyright|date|deputy|director|draft|edition|executive|facts?|figure|final|general|"
    r"guidance|highlights|introduction|issue|judge|justice|key|memorandum|minister|new|note|opinion|overview|page|paper|part|"
    r"policy|preface|president|professor|public|publication|report|review|secretary|section|security|series|special|"
    r"state|states|street|summary|syllabus|table|technical|united|volume|washington|working|avenue|national|federal|"
    r"international|north|south|east|west)\b",
    re.IGNORECASE,
)
_SMALL = frozenset("of for the and in on de des du la le für der und del y et".split())
# What metadata holds instead of an author.
_NO_AUTHOR = re.compile(
    r"preferred customer|user|users?\b.*|admin\w*|administrator|owner|unknown|anonymous|author|default|guest|test|root|"
    r"windows|microsoft.*|adobe.*|libreoffice.*|openoffice.*|python-docx|apache.*|wkhtmltopdf.*|latex.*|pandoc|"
    r"print\s?server.*|scanner|xerox.*|canon.*|hp\b.*|dell|lenovo|valued .*|registered user|un-?named.*|none|n/?a|"
    r"(?:my )?(?:pc|laptop|computer)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[,;]?\s*(?:https?://|www\.)\S+|\S+@\S+")


def is_person(text: str) -> bool:
    """Whether text looks like one person's name: two to six capitalised words, none of them a word of titles."""
    text = _TITLES.sub("", text.strip())
    if not 5 <= len(text) <= 60 or any(char.isdigit() for char in text):
        return False
    # "MARK" and "Mark" are names, "of" and "Office" are not.
    parts = [part for part in re.split(r"[\s.]+", text) if part]
    long = [part for part in parts if len(part) > 1]
    return (
        _PERSON.fullmatch(text) is not None
        and 2 <= len([part for part in long if part[0].isupper()]) <= 3
        and not _ORGANISATION.search(text)
        and not _NO_NAME.search(text)
    )


def is_organisation(text: str) -> bool:
    """Whether text looks like an organisation's name: capitalised words, one such as "Institute" first or last."""
    words = re.findall(r"[^\W\d_][\w’'-]*", text)
    return (
        0 < len(words) <= 12
        and any(_heads(found, text) for found in _ORGANISATION.finditer(text))
        and not re.match(r"(?:an?|ein|eine|une?|una)\s", text, re.IGNORECASE)
        and all(word[0].isupper() or word.casefold() in _SMALL for word in words)
        and not re.search(r"[:;?!]", text)
    )


def _heads(found: re.Match[str], text: str) -> bool:
    """Whether the word is what the name is about, and does not describe another ("Agency Reporting Rules")."""
    before = re.sub(r"^the\s+", "", text[: found.start()], flags=re.IGNORECASE)
    after = text[found.end() :]
    return (
        not before.strip() or re.match(r"\W*$|\W*\([A-Z]+\)$|\s+(?:of|for|on|de|du|des|der|für)\b", after) is not None
    )


def declared_author(text: str) -> str:
    """An author as metadata gives it, cleaned; "" where it is no name (a login, a program, a placeholder)."""
    text = " ".join(_ADDRESS.sub("", text).split()).strip(" ,;|")
    text = re.sub(r"\s+[-–]\s+[a-z]{2,4}$", "", text)  # "Copyright Office - jmf": who typed it
    if not text or _NO_AUTHOR.fullmatch(text):
        return ""
    turned = re.fullmatch(r"([^\W\d_][\w’'-]+), ([^\W\d_][\w’'.-]*(?: [^\W\d_]\.?)?)", text)
    if turned and not _ORGANISATION.search(text):
        text = f"{turned[2]} {turned[1]}"
    if is_organisation(text):
        return text
    if any(char.isdigit() for char in text) or " " not in text:
        return text if re.fullmatch(r"[A-Z]{3,8}", text) else ""  # "OECD", not "cg04209" or "Tara"
    return text


def printed_names(text: str) -> list[str]:
    """The people that a line names, if it holds nothing else: "A. Byrne, Lin Wu, and Orla Fenn"; else none."""
    parts = re.split(r"\s*[,;•·|]\s*(?:and|und|et|y|&)\s+|\s*[,;•·|]\s*|\s+(?:and|und|et|&)\s+", text.strip(" ,.;*"))
    parts = [part for part in parts if part and part not in {"Jr.", "Jr", "Ph.D.", "PhD", "MD", "J.D."}]
    return parts if parts and all(is_person(part) for part in parts) else []
