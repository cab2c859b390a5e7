"""Whether the briefs answer a question at all: a probability, calibrated for each model.

Two things tell: how near the best passage is in meaning, and what part of the question's words it holds, rare ones
counting more. Their weights are those of a logistic regression over questions that have an answer and the same
questions asked of other collections; docs/evaluate.md says how it was made and what it reaches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from briefqa.embedding import PACKAGED_MODEL

THRESHOLD = 0.5
"""A question is held to be answerable from this confidence on."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer. nearness: the first hit's dense score; coverage: its share of the question's words."""

    nearness: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic regression over `Evidence`."""

    nearness: float
    coverage: float
    offset: float

    def confidence(self, evidence: Evidence) -> float:
        """Return how probable it is that the briefs answer, from 0 to 1."""
        logit = self.nearness * evidence.nearness + self.coverage * evidence.coverage + self.offset
        return 1 / (1 + math.exp(-logit))


# Fitted by benchmarks/calibrate.py while words that only ask still counted. Fitted anew, they refuse hardly more of
# what has no answer, and three times as many questions that a note answers (docs/evaluate.md). What is near differs
# from model to model; shared words do not.
_OF_MODEL = {PACKAGED_MODEL: Calibration(nearness=22.90, coverage=10.97, offset=-12.50)}
_OF_ANY_MODEL = Calibration(nearness=0.0, coverage=16.22, offset=-5.81)


def calibration_of(model: str) -> Calibration:
    """Give the calibration for a model; one that has none is judged by shared words alone."""
    return _OF_MODEL.get(model, _OF_ANY_MODEL)
