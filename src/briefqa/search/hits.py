"""What a search gives back. Plain data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from briefqa.search.answerable import THRESHOLD

if TYPE_CHECKING:
    from briefqa.briefs import Note
    from briefqa.generation import BriefRecord, StoredPassage


@dataclass(frozen=True, slots=True)
class CitedNote:
    """A note, and one place in a passage that cites it. offset counts in `Passage.text`.

    matched: the note rather than the passage holds what the question asks for.
    """

    note: Note
    offset: int
    matched: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with rank (from 1) and score (higher is nearer).

    notes: one entry for every mark of the passage that leads to a note, by offset.
    highlights: spans of `Passage.text`, the sentences that answer best.
    also_in: other briefs that say the same, editions of the same document most often; they are no hits of their own.
    neighbours: the passages before and after it, as many as were asked for, in the order of the brief.
    """

    rank: int
    score: float
    stored: StoredPassage
    notes: tuple[CitedNote, ...]
    highlights: tuple[tuple[int, int], ...] = ()
    also_in: tuple[BriefRecord, ...] = ()
    neighbours: tuple[StoredPassage, ...] = ()


class Step(NamedTuple):
    """A step of a search: from when to when it was taken, in nanoseconds of `time.perf_counter_ns`."""

    name: str
    start: int
    end: int


class Timings(NamedTuple):
    """The steps of a search in their order, and how many milliseconds they took."""

    steps: tuple[Step, ...]

    def of(self, *names: str) -> float:
        """All steps of these names together."""
        return sum(step.end - step.start for step in self.steps if step.name in names) / 1e6

    @property
    def embed(self) -> float:
        """Until the question has a vector."""
        return self.of("embed")

    @property
    def search(self) -> float:
        """Both legs, and their fusion."""
        return self.of("legs", "fusion")

    @property
    def fetch(self) -> float:
        """Passages and notes."""
        return self.of("fetch")

    @property
    def rerank(self) -> float:
        """Reading again; 0 where nothing was."""
        return self.of("rerank")

    @property
    def total(self) -> float:
        """All steps together."""
        return sum(step.end - step.start for step in self.steps) / 1e6


class Stopwatch:
    """Takes the time of steps that follow one another."""

    def __init__(self) -> None:
        self._since = time.perf_counter_ns()
        self._steps: list[Step] = []

    def ended(self, name: str) -> None:
        """End a step, and begin the next."""
        now = time.perf_counter_ns()
        self._steps.append(Step(name, self._since, now))
        self._since = now

    def timings(self) -> Timings:
        """Give the steps so far."""
        return Timings(tuple(self._steps))


@dataclass(frozen=True, slots=True)
class Ranking:
    """The hits for one question, best first, all from one generation.

    confidence: how probable it is that the briefs answer the question at all, from 0 to 1.
    """

    query: str
    generation: str
    hits: tuple[Hit, ...]
    timings: Timings
    confidence: float = 0.0

    @property
    def answerable(self) -> bool:
        """Whether the briefs are held to answer the question."""
        return self.confidence >= THRESHOLD
