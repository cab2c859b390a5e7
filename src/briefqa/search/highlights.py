"""The sentences of a passage that answer best, by the words that they share with the question."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from briefqa.lexical import Sought, known_language, terms, tokens
from briefqa.sentences import sentence_ends

_MOST = 3
# A sentence is shown beside the best one if what it adds is worth so much of what the best one has.
_WORTH_ADDING = 0.4
# Such as (a) or IV. or, where it heads a section, # 2.
_NUMBER = re.compile(r"(?:#+\s+)?[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{2,5})[.)\]]+")
# What ends a sentence, or a line of a list; what begins an item of one.
_ENDED = re.compile(r"[.!?…:;,。！？\"'”’»)\]]")
_ITEM = re.compile(r"[-–—*•·‣▪◦]|[(\[]?\w{1,3}[.)\]]\s")
_LONGEST_HEADING = 100
# Questions whose terms are kept at hand: one is asked of several passages.
_AT_HAND = 64
# Passages whose words are kept at hand, since many questions find the same: six kilobytes each.
_PASSAGES_AT_HAND = 1024

Span = tuple[int, int]


class _Parted(NamedTuple):
    """A text in sentences, headings left out unless there is nothing else, with the tokens of each.

    language: the code of the one to analyse them in.
    """

    spans: tuple[Span, ...]
    tokens: list[list[str]]
    language: str


def sentences(text: str) -> list[Span]:
    """Spans of the sentences of a text, without the white space between them. A number goes with what it numbers."""
    bounds = sorted({0, *sentence_ends(text), len(text)})
    spans: list[Span] = []
    for start, end in pairwise(bounds):
        piece = text[start:end].rstrip()
        last = start + len(piece)
        first = last - len(piece.lstrip())
        if first < last:
            if spans and _NUMBER.fullmatch(text, *spans[-1]) and "\n" not in text[spans[-1][1] : first]:
                first = spans.pop()[0]
            spans.append((first, last))
    return spans


def highlights(question: str, text: str, language: str = "") -> tuple[Span, ...]:
    """Find one to three sentences of text, in the order of the text; none only where there is no text.

    The best sentence holds most of the question's words, the ones that few sentences hold counting more, pairs of
    neighbours counting as words of their own. Others follow as long as they add what the ones before lack. Where no
    sentence shares a word with the question, it is the first. A heading is none, unless there is nothing else.
    language: of the text, as its brief says it, or "".
    """
    spans, read, code = _parted(text, language)
    if len(spans) < 2:
        return spans
    found = dict(zip(spans, _sought(question, code).held_by(read), strict=True))
    holding = Counter(chain.from_iterable(found.values()))
    # In a fixed order, since sums of the same numbers in another differ.
    weights = {term: math.log(1 + len(spans) / count) for term, count in sorted(holding.items())}
    chosen: list[Span] = []
    left = dict(weights)
    best = 0.0
    while left and len(chosen) < _MOST:
        gains = {span: sum(weight for term, weight in left.items() if term in held) for span, held in found.items()}
        span = max(gains, key=lambda span: (gains[span], -span[0]))
        if gains[span] <= best * _WORTH_ADDING:
            break
        best = best or gains[span]
        chosen.append(span)
        left = {term: weight for term, weight in left.items() if term not in found[span]}
    return tuple(sorted(chosen)) or spans[:1]


@lru_cache(_PASSAGES_AT_HAND)
def _parted(text: str, language: str) -> _Parted:
    every = sentences(text)
    spans = tuple(span for span in every if not _is_heading(text, *span)) or tuple(every)
    read = [tokens(text[slice(*span)]) for span in spans]
    return _Parted(spans, read, known_language(language, list(chain.from_iterable(read))))


def _is_heading(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is a paragraph of a few words that ends as no sentence does, or a number alone."""
    if text[start] == "#" or _NUMBER.fullmatch(text, start, end):
        return True
    if _ENDED.match(text, end - 1) or end - start > _LONGEST_HEADING or _ITEM.match(text, start):
        return False
    before, after = text[:start], text[end:]
    opens = not before.strip() or "\n\n" in before[len(before.rstrip()) :]
    return opens and (not after.strip() or "\n\n" in after[: len(after) - len(after.lstrip())])


@lru_cache(_AT_HAND)
def _sought(question: str, code: str) -> Sought:
    single, pairs = terms(question, code)
    return Sought(frozenset(single + pairs), code)
