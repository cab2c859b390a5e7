"""How well each candidate answers: meaning, shared words, and what the search thinks of its passage."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from briefqa.lexical import language_of, terms, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.answer.candidates import Candidate
    from briefqa.search import Searcher

# Set by judgement, not fitted; benchmarks/measure_answers.py measures what comes of them.
_MEANING, _WORDS, _PASSAGE = 0.45, 0.35, 0.2
_FIGURE = 0.1
# A sentence that begins with a pronoun leaves its reader to guess what it is about.
_DANGLING = 0.08
# Only so many are embedded, those that share most with the question or stand in the best passages: they cost time.
_EMBEDDED = 32
# So many are read by a reranker, where there is one; it is worth as much as all the rest.
_READ = 8

_ASKS_FOR_A_FIGURE = re.compile(
    r"\b(how (?:many|much|high|large|long|far|old|often)|what (?:year|date|percentage|share|number|rate)|when"
    r"|wie ?viele?|wann|wie (?:hoch|oft|lange|groß)|combien|quand|en quelle année)\b",
    re.IGNORECASE,
)
_PRONOUN_FIRST = re.compile(
    r"(?:it|its|they|their|them|he|his|she|her|this|these|those|such|both|that|er|sie|es|diese[rs]?|il|elle|ils|ces?)\b",
    re.IGNORECASE,
)
_FIGURE_IN = re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million)\b")


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate with its weight, from 0 to about 1, and its words, to tell what says the same."""

    candidate: Candidate
    weight: float
    words: frozenset[str]


def weighed(question: str, found: Sequence[Candidate], searcher: Searcher) -> list[Weighed]:
    """Weigh candidates for a question, the best first; ties in the order given."""
    if not found:
        return []
    shared = _shared(question, found)
    best_hit = max(candidate.hit.score for candidate in found) or 1.0
    passage = np.array([max(candidate.hit.score, 0.0) / best_hit for candidate in found])
    first = np.argsort(-(_WORDS * shared + _PASSAGE * passage), kind="stable")[:_EMBEDDED]
    near = np.clip(searcher.nearness(question, [found[place].text for place in first]), 0, 1)
    weights = _MEANING * near + _WORDS * shared[first] + _PASSAGE * passage[first]
    if _ASKS_FOR_A_FIGURE.search(question):
        weights += _FIGURE * np.array([bool(_FIGURE_IN.search(found[place].text)) for place in first])
    weights -= _DANGLING * np.array([bool(_PRONOUN_FIRST.match(found[place].text)) for place in first])
    order = np.argsort(-weights, kind="stable")
    weights = _read(question, [found[first[place]] for place in order[:_READ]], weights, order, searcher)
    result = [
        Weighed(found[place], float(weight), frozenset(words(found[place].text)))
        for place, weight in zip(first, weights, strict=True)
    ]
    return sorted(result, key=lambda item: -item.weight)


def _read(
    question: str, best: Sequence[Candidate], weights: np.ndarray, order: np.ndarray, searcher: Searcher
) -> np.ndarray:
    """Put what a reranker says of the best ones to their weights; without one, leave them."""
    logits = searcher.read_together(question, [candidate.text for candidate in best])
    if logits is None:
        return weights
    read = np.zeros_like(weights)
    read[order[: len(best)]] = 1 / (1 + np.exp(-logits / 4))
    return np.asarray((weights + read) / 2)


def _shared(question: str, found: Sequence[Candidate]) -> np.ndarray:
    """What part of the question's terms each candidate holds, rare ones counting more. Shape (len(found),)."""
    code = language_of(found[0].hit.stored.brief.language, question)
    single, pairs = terms(question, code)
    wanted = {*single, *pairs}
    held = [wanted & {*(said := terms(candidate.text, code))[0], *said[1]} for candidate in found]
    rarity = {term: math.log(1 + len(found) / (1 + sum(term in each for each in held))) for term in wanted}
    total = sum(rarity.values()) or 1.0
    return np.array([sum(rarity[term] for term in each) / total for each in held])
