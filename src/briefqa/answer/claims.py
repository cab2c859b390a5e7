"""What a sentence claims that can be checked: numbers, names, quoted words and its sense, as they are compared."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

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
_WORDS |= {"ninety": "90", "hundred": "100", "thousand": "1000"}
del _WORDS["one"]  # which is seldom a number
_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"|„([^“]+)“|«([^»]+)»")
_CAPITAL = re.compile(r"(?<![\w’'])[^\W\d_a-zß-öø-ÿ][\w’'&-]*")
_WORD = re.compile(r"[^\W_]+")

_DENIAL = re.compile(
    r"(?:\b(?:not|no|never|neither|nor|none|without|cannot|nicht|kein(?:e[mnrs]?)?|nie(?:mals)?|ohne|pas|jamais|sans"
    r"|aucune?|nunca|sin|ning[uú]n|non|mai|senza)\b|n['’]t\b)(?!\s+(?:only|nur|seulement|solo)\b)",
    re.IGNORECASE,
)
# So many words that count stand under a denial: "not | paid | twice".
_UNDER_DENIAL = 2
# So many words before and behind a number say what it counts.
_NEAR = 8
_CLAUSE_END = re.compile(r"[,;:()]|[.](?=\s|$)")
_MORE = (
    "increase increased increases increasing rise rose risen rises rising grew grow grown grows growing growth higher "
    "more gained gain gains above upward stieg steigen gestiegen höher mehr augmenté augmente hausse supérieur plus"
)
_LESS = (
    "decrease decreased decreases decreasing fall fell fallen falls falling shrank shrink shrunk shrinks shrinking "
    "decline declined declines declining drop dropped drops dropping lower less fewer reduced reduce reduces reducing "
    "reduction lost loss below downward sank sinken gesunken niedriger weniger diminué diminue baisse inférieur moins"
)
_OPPOSITES = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        (_MORE, _LESS),
        ("before earlier prior vor avant", "after later since nach après"),
        ("best", "worst"),
        ("first", "last"),
        ("maximum most", "minimum least"),
        ("allowed permitted lawful legal", "forbidden prohibited unlawful illegal barred"),
        ("accepted approved upheld", "rejected refused denied overturned"),
    )
)
_BOTH_WAYS = (*_OPPOSITES, *((other, one) for one, other in _OPPOSITES))
_HAVE_OPPOSITES = frozenset().union(*(one | other for one, other in _OPPOSITES))


Numbers = dict[str, frozenset[str]]
"""Each number as it is compared, with the words near it."""


Words = dict[str, frozenset[str]]
"""Each word that has an opposite, with the word after it: "less": {"natural"}."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Numbers, names (single words, folded) and quotes of a sentence, all of its terms, and its sense."""

    numbers: Numbers
    names: frozenset[str]
    quotes: tuple[str, ...]
    terms: frozenset[str]
    sense: Sense


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text to compare claims with: its numbers, words, terms and sense, and itself, folded."""

    numbers: Numbers
    words: frozenset[str]
    terms: frozenset[str]
    text: str
    sense: Sense

    def __or__(self, other: Evidence) -> Evidence:
        """Both texts as one."""
        return Evidence(
            {
                number: self.numbers.get(number, frozenset()) | other.numbers.get(number, frozenset())
                for number in [*self.numbers, *other.numbers]
            },
            self.words | other.words,
            self.terms | other.terms,
            f"{self.text} {other.text}",
            Sense(
                self.sense.affirmed | other.sense.affirmed,
                self.sense.denied | other.sense.denied,
                {
                    word: self.sense.words.get(word, frozenset()) | other.sense.words.get(word, frozenset())
                    for word in [*self.sense.words, *other.sense.words]
                },
            ),
        )


@dataclass(frozen=True, slots=True)
class Sense:
    """Which terms a text affirms and which it denies (of some, it does both), and its words that have an opposite."""

    affirmed: frozenset[str]
    denied: frozenset[str]
    words: Words


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
    sense = _sense(sentence)
    return Claims(
        _numbers(sentence), frozenset(names), tuple(map(folded, quotes)), sense.affirmed | sense.denied, sense
    )


def evidence_of(text: str) -> Evidence:
    """Prepare a text for comparison."""
    said, sense = folded(text), _sense(text)
    return Evidence(
        _numbers(text),
        frozenset(re.findall(r"[\w&'-]+", said)) | frozenset(_WORD.findall(said)),
        sense.affirmed | sense.denied,
        said,
        sense,
    )


def missing(claims: Claims, evidence: Evidence, *, named: frozenset[str] = frozenset()) -> list[str]:
    """Name what is claimed and does not stand in the text. named: words that may be named without standing there."""
    words = evidence.words | named
    gone = [
        f"the number {number}"
        for number, near in sorted(claims.numbers.items())
        # The same figure beside quite other words is another figure: a page, a year, a share of something else.
        if number not in evidence.numbers or (near and not near & evidence.numbers[number])
    ]
    gone += [f"the name {name}" for name in unnamed(claims, words)]
    gone += [f"the words “{quote}”" for quote in claims.quotes if quote.strip(" .,;") not in evidence.text]
    return gone


def unnamed(claims: Claims, words: frozenset[str]) -> list[str]:
    """Give the names that are claimed and are not among words, neither whole nor in their parts."""
    return [name for name in sorted(claims.names - words) if not all(part in words for part in _WORD.findall(name))]


def contradicted(claims: Claims, evidence: Evidence) -> bool:
    """Tell whether the text denies what is claimed, or does not deny what is denied, or says the opposite word."""
    ours, theirs = claims.sense, evidence.sense
    if ours.denied and not ours.denied & theirs.denied:
        return True
    if (ours.denied - ours.affirmed) & (theirs.affirmed - theirs.denied):
        return True
    if (ours.affirmed - ours.denied) & (theirs.denied - theirs.affirmed):
        return True
    return any(_opposed(ours.words, theirs.words, *pair) for pair in _BOTH_WAYS)


def _opposed(ours: Words, theirs: Words, one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether we say the one and they say only the other, of the same thing where both say both."""
    said, meant = ours.keys() & one, theirs.keys() & other
    if not said or not meant:
        return False
    if not theirs.keys() & one:
        return True
    about = {thing for word in said for thing in ours[word]}
    opposite = {thing for word in meant for thing in theirs[word]}
    same = {thing for word in theirs.keys() & one for thing in theirs[word]}
    return bool(about & (opposite - same))


def shared(claims: Claims, evidence: Evidence) -> float:
    """Tell what part of the sentence's terms the text has, from 0 to 1. Numbers are compared by themselves."""
    wanted = {term for term in claims.terms if not term.isdigit()} or claims.terms
    return len(wanted & evidence.terms) / max(1, len(wanted))


def folded(text: str) -> str:
    """Text as it is compared: without case, accents' composition, kinds of quotes, dashes and blanks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = plain.translate(str.maketrans("‘’‛′“”„‟«»‐‑‒–—−", '\'\'\'\'""""""------'))
    return " ".join(plain.split())


def _numbers(text: str) -> Numbers:
    code = language_of("", text)
    words = list(_WORD.finditer(text.casefold()))
    spans = [(found.start(), found.end(), _number(found.group())) for found in _NUMBER.finditer(text)]
    spans += [(word.start(), word.end(), _WORDS[word.group()]) for word in words if word.group() in _WORDS]
    plain = [word for word in words if not word.group()[0].isdigit() and word.group() not in _WORDS]
    starts = [word.start() for word in plain]
    found: dict[str, frozenset[str]] = {}
    for start, end, number in spans:
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        near = [word.group() for word in plain[max(0, first - _NEAR) : last + _NEAR]]
        found[number] = found.get(number, frozenset()) | frozenset(terms(" ".join(near), code)[0])
    return found


def _number(text: str) -> str:
    plain = _GROUPED.sub("", text).replace(",", ".")
    whole, _, part = plain.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{part}" if part else "")


def _sense(text: str) -> Sense:
    code = language_of("", text)
    denied: set[str] = set()
    affirmed: list[str] = []
    end = 0
    for denial in _DENIAL.finditer(text):
        if denial.start() < end:
            continue
        affirmed.append(text[end : denial.start()])
        reached, end = _under(text, denial.end(), code)
        denied.update(reached)
    affirmed.append(text[end:])
    said = terms(" | ".join(affirmed), code)[0]
    return Sense(frozenset(said), frozenset(denied), _with_opposites(text))


def _with_opposites(text: str) -> Words:
    found: dict[str, frozenset[str]] = {}
    for word, following in pairwise([*_WORD.findall(text.casefold()), ""]):
        if word in _HAVE_OPPOSITES:
            found[word] = found.get(word, frozenset()) | {following}
    return found


def _under(text: str, start: int, code: str) -> tuple[set[str], int]:
    """The terms that a denial before start denies, and where they end. None reaches over the end of its clause."""
    close = _CLAUSE_END.search(text, start)
    reached: set[str] = set()
    end, counted = start, 0
    for word in _WORD.finditer(text, start, close.start() if close else len(text)):
        stems = terms(word.group(), code)[0]
        reached.update(stems)
        end = word.end()
        counted += bool(stems)
        if counted == _UNDER_DENIAL:
            break
    return reached, end
