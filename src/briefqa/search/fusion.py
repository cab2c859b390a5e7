"""One ranking out of two: by meaning (dense) and by words (lexical)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from briefqa.generation import Candidates

# Cormack, Clarke and Büttcher, SIGIR 2009.
_RRF_K = 60


class Ranked(NamedTuple):
    """A passage with its final score, from 0 to about 1, higher is better."""

    passage_id: str
    score: float

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

    def rank(self, found: Candidates) -> list[Ranked]:
        """Rank candidates, best first, ties in the order of the ids."""
        if not found.ids:
            return []
        parts = _by_rank if self.method == "rrf" else _by_score
        from_meaning, from_words = parts(found.dense.astype(np.float64)), parts(found.lexical.astype(np.float64))
        words, meaning = (1.0, 1.0) if self.method == "rrf" else (self.lexical_weight, 1 - self.lexical_weight)
        scores = words * from_words + meaning * from_meaning
        order = np.argsort(-scores, kind="stable")
        return list(map(Ranked, [found.ids[place] for place in order.tolist()], scores[order].tolist()))


def _by_score(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    best = float(scores.max())
    return np.maximum(scores, 0.0) / best if best > 0 else np.zeros(len(scores))


def _by_rank(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return np.where(scores > 0, 1 / (_RRF_K + ranks), 0.0)
