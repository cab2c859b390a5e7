"""Holds what a model wrote to the passages it cites: nothing that is not there is passed on as if it were.

A sentence stands where a place of a passage it cites bears it out: up to three sentences that follow one another, with
the notes cited there, have every number, name and quote of it and enough of its words, and do not say the opposite.
The same figure from elsewhere in the passage will not do. Where another passage bears it out, the citation is put
right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from briefqa.answer.claims import Claims, Evidence, claims_of, contradicted, evidence_of, folded, missing, shared
from briefqa.search import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

_CITED = re.compile(r"\s*\[\s*(?:passages?\s*)?(\d+(?:\s*[,;]\s*\d+)*)\s*\]", re.IGNORECASE)
_CLOSED = re.compile(r"[.!?…。！？:;][\"”’»)\]\s]*$")
# Set by judgement; tests/test_answer_verifying.py holds what it must catch and let pass.
_ENOUGH_WORDS = 0.65
_LONGEST_PLACE = 3


@dataclass(frozen=True, slots=True)
class Given:
    """A passage as a model is given it. notes: of each, where in text its mark stands, and what it says.

    heading: the titles of brief and section, whose names may be named of anything below them.
    """

    text: str
    notes: tuple[tuple[int, str], ...] = ()
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """A passage to compare with. places: those of one sentence and its notes, then those of two, of three.

    names: the words of the headings above it.
    """

    places: tuple[tuple[Evidence, ...], ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence after checking. text: without its citations; passages: the numbers of those that bear it out.

    problem: why it does not stand, "" where it does. moved: its citations were wrong and are put right.
    together: no single passage bears it out, but all of them do together. harmless: it does not stand, but names no
    number, name or quote that is not there, and denies nothing: a remark, which may be shown if it is marked as one.
    """

    text: str
    passages: tuple[int, ...]
    problem: str = ""
    moved: bool = False
    together: bool = False
    harmless: bool = False


def drafted(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Part what a model wrote into sentences, each once, with the numbers that it cites. One cut short is left out."""
    found = _parted(text)
    cut_short = len(found) > 1 and not _CLOSED.search(_CITED.sub("", text))
    return found[:-1] if cut_short else found


def settled(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Give those sentences of a text, as `drafted` does, that nothing that is yet to be written can change."""
    last_closed = text.rfind("]")
    opened = text.find("[", last_closed + 1)
    return _parted(text[:opened] if opened >= 0 else text)[:-1]


def _parted(text: str) -> list[tuple[str, tuple[int, ...]]]:
    # A number behind the full stop belongs to the sentence before it.
    joined = re.sub(r"([.!?][\"”’)]*)((?:\s*\[[^\]]*\d[^\]]*\])+)", lambda m: f"{m[2]}{m[1]}", text.strip())
    found: dict[str, tuple[str, tuple[int, ...]]] = {}
    for start, end in sentences(joined):
        said = joined[start:end]
        numbers = [int(number) for group in _CITED.findall(said) for number in re.findall(r"\d+", group)]
        bare = " ".join(_CITED.sub("", said).split())
        if re.search(r"\w", bare):
            # A small model may say the same over and over.
            found.setdefault(folded(bare), (bare, tuple(dict.fromkeys(numbers))))
    return list(found.values())


def evidence(given: Sequence[Given]) -> list[Ground]:
    """Prepare passages for comparison; they are numbered from 1."""
    return [_ground(one) for one in given]


def check(sentence: str, cited: Sequence[int], passages: Sequence[Ground]) -> Checked:
    """Check one sentence against the passages that it cites, and all others where those do not bear it out."""
    claims = claims_of(sentence)
    known = [number for number in cited if 1 <= number <= len(passages)]
    bearing = [number for number in known if _bears_out(claims, passages[number - 1])]
    if bearing:
        return Checked(sentence, tuple(bearing), moved=len(bearing) < len(cited))
    if len(known) > 1 and _bear_out_together(claims, [passages[number - 1] for number in known]):
        return Checked(sentence, tuple(known), together=True)
    others = [number for number in range(1, len(passages) + 1) if _bears_out(claims, passages[number - 1])]
    if others:
        best = max(others, key=lambda number: _nearest(claims, passages[number - 1])[0])
        return Checked(sentence, (best,), moved=True)
    problem, harmless = _problem(claims, cited, [passages[number - 1] for number in known] or passages)
    return Checked(sentence, (), problem, harmless=harmless)


def _problem(claims: Claims, cited: Sequence[int], known: Sequence[Ground]) -> tuple[str, bool]:
    """Say why a sentence does not stand, and whether it is harmless. known: the passages cited, or all."""
    share, place, named = max(((*_nearest(claims, ground), ground.names) for ground in known), key=lambda it: it[0])
    gone = missing(claims, place, named=named)
    opposed = contradicted(claims, place)
    harmless = not gone and not opposed
    if not cited:
        return "it cites no passage, and none bears it out", harmless
    if gone:
        return f"{gone[0]} is not in the place cited", harmless
    if opposed and share >= _ENOUGH_WORDS:
        return "the passage cited says the opposite", harmless
    return "the passage cited does not say so", harmless


def _ground(given: Given) -> Ground:
    spans = sentences(given.text)
    said = [
        evidence_of("\n".join([given.text[start:end], *(text for at, text in given.notes if start < at <= end)]))
        for start, end in spans
    ]
    notes = [evidence_of(text) for _, text in given.notes]
    places = [
        tuple(reduce(or_, said[at : at + length]) for at in range(len(said) - length + 1))
        for length in range(1, min(_LONGEST_PLACE, len(said)) + 1)
    ]
    places[:1] = [(*(places[0] if places else ()), *notes)]
    return Ground(tuple(places), evidence_of(given.heading).words)


def _bears_out(claims: Claims, ground: Ground) -> bool:
    """Whether the shortest place that has all of it, and of those the one nearest in words, does not contradict it."""
    for places in ground.places:
        bearing = [
            (share, place)
            for place in places
            if (share := shared(claims, place)) >= _ENOUGH_WORDS and not missing(claims, place, named=ground.names)
        ]
        if bearing:
            return not contradicted(claims, max(bearing, key=lambda found: found[0])[1])
    return False


def _bear_out_together(claims: Claims, grounds: Sequence[Ground]) -> bool:
    """Whether the nearest places of several passages have all of it between them."""
    places = [_nearest(claims, ground)[1] for ground in grounds]
    every = reduce(or_, places)
    named = frozenset().union(*(ground.names for ground in grounds))
    return (
        not missing(claims, every, named=named)
        and shared(claims, every) >= _ENOUGH_WORDS
        and not any(contradicted(claims, place) for place in places)
    )


def _nearest(claims: Claims, ground: Ground) -> tuple[float, Evidence]:
    """The place that has most of the sentence's claims and words, the shorter one of equals."""
    found = [(shared(claims, place), place) for places in ground.places for place in places]
    return max(found, key=lambda one: (-len(missing(claims, one[1], named=ground.names)), one[0]))
