"""Joins lines into running text: words, compounds and URLs that were cut at a line's end are whole again."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_HYPHENS = "-‐\u00ad"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?(?:[-‐][^\W\d_]+)*")
_URL_TAIL = re.compile(
    r"(?:https?://|www\.|doi\.org/|doi:|\b(?:[\w-]{1,60}\.){1,4}(?:com|edu|eu|gov|int|mil|net|org|uk|de|fr)/)\S*$",
    re.IGNORECASE,
)
# A URL breaks after these; a hyphen there belongs to it.
_URL_BREAKS = tuple("-‐/_=&?%#.~+:")
_URL_ONLY = re.compile(
    r"[/?#&=%_~]|\.(?:html?|pdf|aspx?|php|org|gov|com|edu)\b|\w[-_.]\w+[-_/.]|\d[-_]\w|\w\d{2,}", re.IGNORECASE
)
# No word is longer, and no more of a text than a few of them is needed to tell how it goes on.
_LONGEST_WORD, _ENOUGH = 200, 4000
_URL_STOP = re.compile(r"[\s<>\"”“’)\]]")
# First parts that keep their hyphen before another word.
_PREFIXES = frozenset(
    "self non well cross half ex quasi anti counter long short high low mid multi co pre post pro semi sub vice "
    "inter intra trans ultra under over then former so much ill one two three four five six seven eight nine ten "
    "first second third late early mass full part".split()
)
# Second parts that make a compound of most words before them.
_SUFFIXES = frozenset("based level term scale free owned funded driven specific oriented wide sized".split())


class Vocabulary:
    """The words that occur uncut in a document, to tell a compound's hyphen from one of hyphenation."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._words: Counter[str] = Counter()
        carried = False
        for text in lines:
            words = _WORD.findall(text.casefold())
            if carried:
                words = words[1:]
            carried = text.endswith(tuple(_HYPHENS))
            self._words.update(words[:-1] if carried else words)

    def keeps_hyphen(self, first: str, second: str) -> bool:
        """Whether first + "-" + second, cut at the hyphen, is a compound (else it is one word, hyphenated)."""
        if not second[:1].islower() or not first[-1:].isalpha():
            return True
        first, second = first.casefold(), second.casefold()
        solid = self._words[first.rsplit("-", 1)[-1] + second] + self._words[first + second]
        compound = self._words[f"{first}-{second}"] + self._words[f"{first}‐{second}"]
        if solid or compound:
            return compound > solid
        if "-" in first or (second in _SUFFIXES and len(first) > 3):
            return True
        return first in _PREFIXES and self._words[second] > 0 and len(first) > 2


def join(before: str, after: str, vocabulary: Vocabulary, *, full: bool = True) -> tuple[str, str]:
    """How a line goes on in the next: (before without what only the cut put there, what stands between the two).

    full: whether the first line reaches the right margin. A URL goes on in the next line only from a full one, or
    from a character after which URLs are broken.
    """
    if before.endswith("\u00ad"):
        return before[:-1], ""
    tail = _URL_TAIL.search(before, before.rfind(" ") + 1)
    if tail:
        return (before, "") if _url_goes_on(before, after, full=full) else (before, " ")
    if before.endswith(("-", "‐")) and len(before) > 1 and not before[-2].isspace():
        return _join_at_hyphen(before, after, vocabulary)
    between = "" if before.endswith(("—", "–")) and not before.endswith((" —", " –")) else " "
    return before, between


def join_all(lines: Iterable[tuple[str, bool]], vocabulary: Vocabulary) -> str:
    """Lines as one text; with each, whether it reaches the right margin. In time that grows with the text alone."""
    done: list[str] = []
    text, full = "", True
    for line, reaches in lines:
        if text:
            text, between = join(text, line, vocabulary, full=full)
            text += between
            if len(text) > 2 * _ENOUGH:
                done.append(text[:-_ENOUGH])
                text = text[-_ENOUGH:]
        text += line
        full = reaches
    return "".join([*done, text])


def _join_at_hyphen(before: str, after: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """`join` for a line that ends in a hyphen."""
    first, second = _last_word(before[:-1]), _WORD.match(after)
    if re.match(r"(?:and|or|und|oder|et|ou|to|bis)\b", after):
        return before, " "  # "short- and long-term"
    if not first or not second or vocabulary.keeps_hyphen(first, second[0]):
        return before, ""
    return before[:-1], ""


def _last_word(text: str) -> str:
    found = re.search(r"[^\W\d_]+(?:-[^\W\d_]+)*$", text[-_LONGEST_WORD:])
    return found[0] if found else ""


def _url_goes_on(before: str, after: str, *, full: bool) -> bool:
    """Whether the URL at the end of before is carried on by the first word of after."""
    word = after.split(maxsplit=1)[0] if after.strip() else ""
    if not word or after[0].isspace() or (re.match(r"https?://|www\.", word) and not before.endswith("//")):
        return False
    if before.endswith("."):
        return full and word[0].islower() and bool(_URL_ONLY.search(word))
    if before.endswith(_URL_BREAKS) or (word.startswith("/") and len(word) > 1):
        return True
    if not full or before.endswith((",", ";", ")", ">", "]")):
        return False
    begins_inside = len(word) > 1 and word.startswith(("/", "?", "&", "=", "%", "_", "-", "#", "."))
    return begins_inside or bool(_URL_ONLY.search(_URL_STOP.split(word, maxsplit=1)[0].rstrip(".,;")))


def clean(text: str) -> str:
    """Runs of white space as one blank; ligatures and soft hyphens resolved."""
    for ligature, letters in (
        ("ﬁ", "fi"),
        ("ﬂ", "fl"),
        ("ﬀ", "ff"),
        ("ﬃ", "ffi"),
        ("ﬄ", "ffl"),
        ("ﬅ", "st"),
        ("ﬆ", "st"),
    ):
        if ligature in text:
            text = text.replace(ligature, letters)
    return re.sub(r"\s+", " ", text.replace("\u00ad", "")).strip()
