"""An answer out of the briefs' own sentences, verbatim: never a word that is not in a brief."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from briefqa.answer.answers import Answer, AnswerSentence, Citation
from briefqa.answer.candidates import candidates
from briefqa.answer.weighing import weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.answer.candidates import Candidate
    from briefqa.answer.weighing import Weighed
    from briefqa.search import Hit, Ranking, Searcher

MOST_SENTENCES = 4
# A sentence joins the best one where it weighs so much of it. Set by judgement; what comes of it is measured by
# benchmarks/measure_answers.py.
_ENOUGH = 0.87
# Sentences that have so many of their words in common (of the shorter one's) say the same.
_SAME = 0.7
_NEAREST = 3


def extracted(ranking: Ranking, searcher: Searcher) -> Answer:
    """Make an answer of the hits of a search."""
    if not ranking.hits or not ranking.answerable:
        return Answer(ranking.query, ranking, abstained=True, reason=reason_to_abstain(ranking))
    found = [candidate for hit in ranking.hits for candidate in candidates(hit)]
    chosen = _chosen(weighed(ranking.query, found, searcher))
    if not chosen:
        reason = f"The passages found hold no whole sentence to quote. {_nearest(ranking.hits)}"
        return Answer(ranking.query, ranking, abstained=True, reason=reason)
    citations = tuple(citation_of(candidate, ordinal) for ordinal, candidate in enumerate(chosen, start=1))
    return Answer(
        ranking.query,
        ranking,
        sentences=tuple(map(_sentence, chosen, citations)),
        citations=citations,
    )


def reason_to_abstain(ranking: Ranking) -> str:
    """Say why there is no answer, and what the nearest passages are."""
    if not ranking.hits:
        return "The briefs hold no passage on this."
    return f"The briefs do not seem to answer this (confidence {ranking.confidence:.0%}). {_nearest(ranking.hits)}"


def citation_of(candidate: Candidate, ordinal: int) -> Citation:
    """Cite the sentence of a candidate, with the notes that it leads to."""
    passage = candidate.hit.stored.passage
    cited = (candidate.note,) if candidate.note else candidate.marks
    return Citation(
        ordinal=ordinal,
        quote=passage.text[candidate.start : candidate.end],
        start=passage.start + candidate.start,
        end=passage.start + candidate.end,
        stored=candidate.hit.stored,
        notes=tuple(replace(note, offset=note.offset - candidate.start) for note in cited),
    )


def _chosen(ordered: Sequence[Weighed]) -> list[Candidate]:
    """The best sentences that say different things, in the order in which they are to be read."""
    kept: list[Weighed] = []
    for item in ordered:
        if len(kept) == MOST_SENTENCES or (kept and item.weight < _ENOUGH * kept[0].weight):
            break
        if not any(_same(item, other) for other in kept):
            kept.append(item)
    # Brief by brief, the one with the best sentence first; within a brief as it goes, a note after what cites it.
    briefs = list(dict.fromkeys(item.candidate.hit.stored.brief.id for item in kept))

    def reading_order(item: Weighed) -> tuple[int, int, bool]:
        candidate = item.candidate
        stored = candidate.hit.stored
        return briefs.index(stored.brief.id), stored.passage.start + candidate.start, candidate.note is not None

    return [item.candidate for item in sorted(kept, key=reading_order)]


def _same(one: Weighed, other: Weighed) -> bool:
    shorter = min(len(one.words), len(other.words))
    return len(one.words & other.words) >= _SAME * max(shorter, 1)


def _sentence(candidate: Candidate, citation: Citation) -> AnswerSentence:
    return AnswerSentence(
        candidate.text,
        (citation.ordinal,),
        "note" if citation.notes else "brief",
        candidate.note.note.label if candidate.note else "",
    )


def _nearest(hits: Sequence[Hit]) -> str:
    named = []
    for hit in hits[:_NEAREST]:
        brief, passage = hit.stored.brief, hit.stored.passage
        page = f", p. {passage.pages[0].label or passage.pages[0].index}" if passage.pages else ""
        named.append(f"“{' '.join((brief.title or brief.path).split())}”{page}")
    return f"The nearest passages: {'; '.join(dict.fromkeys(named))}."
