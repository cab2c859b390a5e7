"""Holds what a model wrote to the passages it cites: nothing that is not there is passed on as if it were.

A sentence stands where every number, name and quote of it is in a passage it cites, or in that passage's notes, and
enough of its words are. Where another passage bears it out, the citation is put right. What turns a meaning round
in the passage's own words ("rose" for "fell") is not seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.answer.claims import Evidence, claims_of, evidence_of, missing, shared
from briefqa.search import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

_CITED = re.compile(r"\s*\[\s*(?:passages?\s*)?(\d+(?:\s*[,;]\s*\d+)*)\s*\]", re.IGNORECASE)
# Set by judgement; tests/test_answer_verifying.py holds what it must catch and let pass.
_ENOUGH_WORDS = 0.5


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence after checking. text: without its citations; passages: the numbers of those that bear it out.

    problem: why it does not stand, "" where it does. moved: its citations were wrong and are put right.
    together: no single passage bears it out, but all of them do together.
    """

    text: str
    passages: tuple[int, ...]
    problem: str = ""
    moved: bool = False
    together: bool = False


def drafted(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Part what a model wrote into sentences, each with the numbers that it cites."""
    # A number behind the full stop belongs to the sentence before it.
    joined = re.sub(r"([.!?][\"”’)]*)((?:\s*\[[^\]]*\d[^\]]*\])+)", lambda m: f"{m[2]}{m[1]}", text.strip())
    found = []
    for start, end in sentences(joined):
        said = joined[start:end]
        numbers = [int(number) for group in _CITED.findall(said) for number in re.findall(r"\d+", group)]
        bare = " ".join(_CITED.sub("", said).split())
        if re.search(r"\w", bare):
            found.append((bare, tuple(dict.fromkeys(numbers))))
    return found


def settled(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Give those sentences of a text, as `drafted` does, that nothing that is yet to be written can change."""
    last_closed = text.rfind("]")
    opened = text.find("[", last_closed + 1)
    return drafted(text[:opened] if opened >= 0 else text)[:-1]


def evidence(texts: Sequence[str]) -> list[Evidence]:
    """Prepare passages, each with its notes; they are numbered from 1."""
    return [evidence_of(text) for text in texts]


def check(sentence: str, cited: Sequence[int], passages: Sequence[Evidence]) -> Checked:
    """Check one sentence against the passages that it cites, and all others where those do not bear it out."""
    claims = claims_of(sentence)
    known = [number for number in cited if 1 <= number <= len(passages)]
    bearing = [number for number in known if _bears_out(sentence, passages[number - 1])]
    if bearing:
        return Checked(sentence, tuple(bearing), moved=len(bearing) < len(cited))
    if len(known) > 1:
        every = _together([passages[number - 1] for number in known])
        if _bears_out(sentence, every):
            return Checked(sentence, tuple(known), together=True)
    others = [number for number in range(1, len(passages) + 1) if _bears_out(sentence, passages[number - 1])]
    if others:
        best = max(others, key=lambda number: shared(claims, passages[number - 1]))
        return Checked(sentence, (best,), moved=True)
    if not cited:
        problem = "it cites no passage, and none bears it out"
    elif not known:
        problem = f"there is no passage {cited[0]}"
    else:
        gone = missing(claims, _together([passages[number - 1] for number in known]))
        problem = f"{gone[0]} is not in the passage cited" if gone else "the passage cited does not say so"
    return Checked(sentence, (), problem)


def _bears_out(sentence: str, passage: Evidence) -> bool:
    claims = claims_of(sentence)
    return not missing(claims, passage) and shared(claims, passage) >= _ENOUGH_WORDS


def _together(passages: Sequence[Evidence]) -> Evidence:
    return Evidence(
        frozenset().union(*(one.numbers for one in passages)),
        frozenset().union(*(one.words for one in passages)),
        frozenset().union(*(one.terms for one in passages)),
        "\n".join(one.text for one in passages),
    )
