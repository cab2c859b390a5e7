"""The sentences of a passage that answer best, by the words that they share with the question."""

from __future__ import annotations

import math
import re
from itertools import pairwise

from briefqa.lexical import language_of, terms
from briefqa.sentences import PARAGRAPH_END, SENTENCE_END

_ENDS = re.compile(f"{PARAGRAPH_END}|{SENTENCE_END}")
_MOST = 3
# A sentence is shown beside the best one if what it adds is worth so much of what the best one has.
_WORTH_ADDING = 0.4

Span = tuple[int, int]


def sentences(text: str) -> list[Span]:
    """Spans of the sentences of a text, without the white space between them."""
    bounds = sorted({0, *(match.end() for match in _ENDS.finditer(text)), len(text)})
    spans = []
    for start, end in pairwise(bounds):
        bare = text[start:end].strip()
        if bare:
            first = start + len(text[start:end]) - len(text[start:end].lstrip())
            spans.append((first, first + len(bare)))
    return spans


def highlights(question: str, text: str, language: str = "") -> tuple[Span, ...]:
    """Find one to three sentences of text, in the order of the text; none only where there is no text.

    The best sentence holds most of the question's words, the ones that few sentences hold counting more, pairs of
    neighbours counting as words of their own. Others follow as long as they add what the ones before lack. Where no
    sentence shares a word with the question, it is the first. language: of the text, as its brief says it, or "".
    """
    spans = sentences(text)
    code = language_of(language, text)
    wanted = set(_terms(question, code))
    found = {span: wanted.intersection(_terms(text[slice(*span)], code)) for span in spans}
    weights = {term: _rarity(sum(term in held for held in found.values()), len(spans)) for term in wanted}
    chosen: list[Span] = []
    covered: set[str] = set()
    best = 0.0
    while len(chosen) < min(_MOST, len(spans)):
        gain, span = max(
            ((sum(weights[term] for term in found[span] - covered), (-span[0], -span[1])) for span in spans),
            default=(0.0, (0, 0)),
        )
        if gain <= best * _WORTH_ADDING:
            break
        best = best or gain
        start, end = -span[0], -span[1]
        chosen.append((start, end))
        covered |= found[start, end]
    return tuple(sorted(chosen)) or tuple(spans[:1])


def _terms(text: str, code: str) -> list[str]:
    single, pairs = terms(text, code)
    return single + pairs


def _rarity(holding: int, of: int) -> float:
    return math.log(1 + of / max(holding, 1))
