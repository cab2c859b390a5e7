"""One ranking out of two: by meaning (dense) and by words (lexical)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from briefqa.generation import Candidate

# Cormack, Clarke and Büttcher, SIGIR 2009.
_RRF_K = 60


class Ranked(NamedTuple):
    """A passage with its final score, from 0 to about 1, higher is better.

    lexical: its lexical score as a part of the best one's.
    """

    passage_id: str
    score: float
    lexical: float = 0.0

    @property
    def brief_id(self) -> str:
        """The brief that the passage is from."""
        return self.passage_id.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the legs are put together.

    method "convex": each leg's scores as parts of the best one's, 0 staying 0 (Bruch, Gai and Ingber, "An Analysis of
    Fusion Functions for Hybrid Retrieval", TOIS 2023: their theoretical minimum), lexical_weight of one and the rest
    of the other. "rrf": the sum of 1 / (60 + rank), whatever the scores are.
    """

    method: Literal["convex", "rrf"] = "convex"
    lexical_weight: float = 0.5

    def rank(self, candidates: Sequence[Candidate]) -> list[Ranked]:
        """Rank candidates, best first, ties in the order of the ids."""
        parts = _by_rank if self.method == "rrf" else _by_score
        dense = parts(candidates, lambda candidate: candidate.dense)
        lexical = parts(candidates, lambda candidate: candidate.lexical)
        words, meaning = (1.0, 1.0) if self.method == "rrf" else (self.lexical_weight, 1 - self.lexical_weight)
        ranked = [
            Ranked(candidate.passage_id, words * from_words + meaning * from_meaning, from_words)
            for candidate, from_words, from_meaning in zip(candidates, lexical, dense, strict=True)
        ]
        return sorted(ranked, key=lambda passage: (-passage.score, passage.passage_id))


def _by_score(candidates: Sequence[Candidate], score: Callable[[Candidate], float]) -> list[float]:
    best = max(map(score, candidates), default=0.0)
    return [max(score(candidate), 0.0) / best if best > 0 else 0.0 for candidate in candidates]


def _by_rank(candidates: Sequence[Candidate], score: Callable[[Candidate], float]) -> list[float]:
    order = sorted(candidates, key=lambda candidate: (-score(candidate), candidate.passage_id))
    ranks = {candidate.passage_id: rank for rank, candidate in enumerate(order, start=1)}
    return [1 / (_RRF_K + ranks[candidate.passage_id]) if score(candidate) > 0 else 0.0 for candidate in candidates]
