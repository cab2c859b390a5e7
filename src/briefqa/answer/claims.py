"""What a sentence claims that can be checked: numbers, names and quoted words, as they are compared."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from briefqa.lexical import language_of, terms

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?")
_GROUPED = re.compile(r"(?<=\d)[.,\u00a0\u202f' ](?=\d{3}(?!\d))")
_WORDS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split(),
        map(str, range(1, 21)),
        strict=True,
    )
)
_WORDS |= {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80"}
_WORDS |= {"ninety": "90", "hundred": "100", "thousand": "1000", "half": "0.5", "third": "3", "quarter": "4"}
_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"|„([^“]+)“|«([^»]+)»")
_CAPITAL = re.compile(r"(?<![\w’'])[^\W\d_a-zß-öø-ÿ][\w’'&-]*")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Claims:
    """Numbers, names (single words, folded) and quotes of a sentence, and all of its terms."""

    numbers: frozenset[str]
    names: frozenset[str]
    quotes: tuple[str, ...]
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text to compare claims with: its numbers, words, terms, and itself, folded."""

    numbers: frozenset[str]
    words: frozenset[str]
    terms: frozenset[str]
    text: str


def claims_of(sentence: str) -> Claims:
    """Read what a sentence claims."""
    names = set()
    for found in _CAPITAL.finditer(sentence):
        word = folded(found.group()).removesuffix("'s")
        # The first word has its capital from the sentence.
        first = not _WORD.search(sentence, 0, found.start())
        if len(word) > 1 and not first and word not in _WORDS:
            names.add(word)
    quotes = tuple("".join(groups) for groups in _QUOTED.findall(sentence))
    return Claims(_numbers(sentence), frozenset(names), tuple(map(folded, quotes)), _terms(sentence))


def evidence_of(text: str) -> Evidence:
    """Prepare a text for comparison."""
    said = folded(text)
    return Evidence(
        _numbers(text), frozenset(re.findall(r"[\w&'-]+", said)) | frozenset(_WORD.findall(said)), _terms(text), said
    )


def missing(claims: Claims, evidence: Evidence) -> list[str]:
    """Name what is claimed and does not stand in the text."""
    gone = [f"the number {number}" for number in sorted(claims.numbers - evidence.numbers)]
    gone += [
        f"the name {name}"
        for name in sorted(claims.names - evidence.words)
        if not all(part in evidence.words for part in _WORD.findall(name))
    ]
    gone += [f"the words “{quote}”" for quote in claims.quotes if quote.strip(" .,;") not in evidence.text]
    return gone


def shared(claims: Claims, evidence: Evidence) -> float:
    """Tell what part of the sentence's terms the text has, from 0 to 1."""
    return len(claims.terms & evidence.terms) / max(1, len(claims.terms))


def folded(text: str) -> str:
    """Text as it is compared: without case, accents' composition, kinds of quotes, dashes and blanks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = plain.translate(str.maketrans("‘’‛′“”„‟«»‐‑‒–—−", '\'\'\'\'""""""------'))
    return " ".join(plain.split())


def _numbers(text: str) -> frozenset[str]:
    found = {_number(match.group()) for match in _NUMBER.finditer(text)}
    return frozenset(
        found
        | {
            _WORDS[word]
            for word in _WORD.findall(text.casefold())
            if word in _WORDS and word not in {"one", "third", "quarter", "half"}
        }
    )


def _number(text: str) -> str:
    plain = _GROUPED.sub("", text).replace(",", ".")
    whole, _, part = plain.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{part}" if part else "")


def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text, language_of("", text))[0])
