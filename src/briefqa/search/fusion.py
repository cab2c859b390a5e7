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
class Fused:
    """Candidates in one ranking. places: of the candidates, best first; scores: theirs, in the same order.

    Equal ones are put in the order of their ids when they are named: most are never shown.
    """

    found: Candidates
    places: NDArray[np.int64]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def first(self) -> int:
        """The place of the best of the candidates."""
        equal = self.places[: self._end_of_equals(0)]
        if len(equal) == 1:
            return int(equal[0])
        names = self.found.names(self.found.rows[equal])
        return int(equal[names.index(min(names))])

    def ranked(self, start: int, end: int | None) -> list[Ranked]:
        """Name those from one rank (the first is 0) to before another."""
        wanted = range(len(self))[start:end]
        if not wanted:
            return []
        start = int(np.searchsorted(-self.scores, -self.scores[wanted.start]))
        every = slice(start, self._end_of_equals(wanted.stop - 1))
        named = map(Ranked, self.found.names(self.found.rows[self.places[every]]), self.scores[every].tolist())
        in_order = sorted(named, key=lambda one: (-one.score, one.passage_id))
        return in_order[wanted.start - start : wanted.stop - start]

    def _end_of_equals(self, rank: int) -> int:
        return int(np.searchsorted(-self.scores, -self.scores[rank], "right"))


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the legs are put together.

    method "convex": each leg's scores as parts of the best one's, 0 staying 0 (Bruch, Gai and Ingber, "An Analysis of
    Fusion Functions for Hybrid Retrieval", TOIS 2023: their theoretical minimum), lexical_weight of one and the rest
    of the other. "rrf": the sum of 1 / (60 + rank), whatever the scores are.
    """

    method: Literal["convex", "rrf"] = "convex"
    lexical_weight: float = 0.5

    def rank(self, found: Candidates) -> Fused:
        """Rank candidates, best first, ties in the order of the ids."""
        if not len(found.rows):
            return Fused(found, np.empty(0, dtype=np.int64), np.empty(0))
        if self.method == "rrf":  # equal scores have different ranks
            found = found.by_id()
            return _sorted(found, _by_rank(found.dense) + _by_rank(found.lexical))
        words, meaning = self.lexical_weight, 1 - self.lexical_weight
        from_words, from_meaning = (_by_score(scores.astype(np.float64)) for scores in (found.lexical, found.dense))
        return _sorted(found, words * from_words + meaning * from_meaning)


def _sorted(found: Candidates, scores: NDArray[np.float64]) -> Fused:
    order = np.argsort(-scores, kind="stable")
    return Fused(found, order, scores[order])


def _by_score(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    best = float(scores.max())
    return np.maximum(scores, 0.0) / best if best > 0 else np.zeros(len(scores))


def _by_rank(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return np.where(scores > 0, 1 / (_RRF_K + ranks), 0.0)
