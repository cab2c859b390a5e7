"""What a search gives back. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds that each step of a search took."""

    embed: float
    search: float
    fetch: float
    rerank: float = 0.0

    @property
    def total(self) -> float:
        """All steps together."""
        return self.embed + self.search + self.fetch + self.rerank


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
