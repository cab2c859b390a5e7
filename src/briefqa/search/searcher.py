"""Searching one generation: both legs, one ranking, and the passages fetched with the notes that they cite."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.errors import IncompatibleGeneration, QueryError
from briefqa.search.answerable import THRESHOLD, calibration_of
from briefqa.search.fusion import Fusion
from briefqa.search.highlights import highlights

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from briefqa.briefs import Note
    from briefqa.embedding import Embedder
    from briefqa.generation import Candidate, Index, IndexInfo, StoredPassage
    from briefqa.search.fusion import Ranked

# Passages that each leg brings: those that only one of them finds, far down, have no chance against the best of both.
_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class CitedNote:
    """A note, and one place in a passage that cites it. offset counts in `Passage.text`."""

    note: Note
    offset: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with rank (from 1) and score (higher is nearer).

    notes: one entry for every mark of the passage that leads to a note, by offset.
    highlights: spans of `Passage.text`, the sentences that answer best.
    """

    rank: int
    score: float
    stored: StoredPassage
    notes: tuple[CitedNote, ...]
    highlights: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds that each step of a search took."""

    embed: float
    search: float
    fetch: float

    @property
    def total(self) -> float:
        """All steps together."""
        return self.embed + self.search + self.fetch


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


class Searcher:
    """Searches one generation, which it holds for life. Safe to use from several threads."""

    def __init__(self, index: Index, embedder: Embedder, fusion: Fusion | None = None) -> None:
        """Take how the legs are put together; None is by the defaults of `Fusion`.

        Raise IncompatibleGeneration if the index was built with another model than embedder.
        """
        self._info = index.info()
        if self._info.fingerprint != embedder.fingerprint:
            raise IncompatibleGeneration(
                f"Generation {self._info.generation} was built with the model {self._info.model!r}, and the settings "
                f"ask for {embedder.model!r} or for other prompts: run `briefqa reindex` with these settings."
            )
        self._index = index
        self._embedder = embedder
        self._fusion = fusion or Fusion()
        self._calibration = calibration_of(self._info.model)

    @property
    def info(self) -> IndexInfo:
        """What the generation holds."""
        return self._info

    def search(self, query: str, k: int) -> Ranking:
        """Find the k passages nearest to the question; fewer where the index holds fewer.

        Raises QueryError for a question that `clean_question` refuses, or for k < 1.
        """
        question = clean_question(query)
        if k < 1:
            raise QueryError(f"k = {k} asks for no passages: choose 1 or more.")
        started = time.perf_counter()
        vector = self._embedder.embed_query(question)
        embedded = time.perf_counter()
        found = self._candidates(question, vector, k)
        scored = self._fusion.rank(found)[:k]
        confidence = self._confidence(question, found, scored)
        searched = time.perf_counter()
        stored = self._index.fetch([passage_id for passage_id, _ in scored])
        fetched = time.perf_counter()
        hits = tuple(
            Hit(
                rank,
                float(score),
                passage,
                cited_notes(passage),
                highlights(question, passage.passage.text, passage.brief.language),
            )
            for rank, ((_, score), passage) in enumerate(zip(scored, stored, strict=True), start=1)
        )
        timings = Timings(_ms(started, embedded), _ms(embedded, searched), _ms(searched, fetched))
        return Ranking(query, self._info.generation, hits, timings, confidence)

    def rank(self, query: str, k: int) -> list[Ranked]:
        """Rank the k best passages without fetching them. Raises as `search` does."""
        question = clean_question(query)
        return self._fusion.rank(self._candidates(question, self._embedder.embed_query(question), k))[:k]

    def _candidates(self, question: str, vector: NDArray[np.float32], k: int) -> list[Candidate]:
        if not self._info.passages:
            return []
        return self._index.candidates(vector, question, min(max(k, _CANDIDATES), self._info.passages))

    def _confidence(self, question: str, candidates: Sequence[Candidate], ranked: Sequence[Ranked]) -> float:
        if not ranked:
            return 0.0
        first = ranked[0].passage_id
        nearness = next(candidate.dense for candidate in candidates if candidate.passage_id == first)
        return self._calibration.confidence(nearness, self._index.coverage(question, first))


def clean_question(query: str) -> str:
    """Return the question without space around it.

    Raises QueryError if nothing is left, or if it holds a NUL or half a surrogate pair, which no model can read.
    """
    question = query.strip()
    if not question:
        raise QueryError("The question is empty: ask something.")
    if "\0" in question or any("\ud800" <= character <= "\udfff" for character in question):
        raise QueryError("The question holds characters that are not text: a NUL or half a surrogate pair.")
    return question


def cited_notes(stored: StoredPassage) -> tuple[CitedNote, ...]:
    """Pair each mark of the passage with its note; marks that lead nowhere are left out."""
    notes = {note.id: note for note in stored.notes}
    passage = stored.passage
    return tuple(
        CitedNote(notes[mark.note_id], mark.offset - passage.start)
        for mark in passage.marks
        if mark.note_id is not None and mark.note_id in notes
    )


def _ms(start: float, end: float) -> float:
    return (end - start) * 1000
