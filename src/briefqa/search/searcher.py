"""Searching one generation: both legs, one ranking, and the passages fetched with the notes that they cite."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from briefqa.errors import IncompatibleGeneration, QueryError
from briefqa.filters import All, Filter
from briefqa.generation import NONE_FOUND
from briefqa.search.answerable import Evidence, calibration_of
from briefqa.search.fusion import Fusion
from briefqa.search.highlights import highlights
from briefqa.search.hits import Hit, Ranking, Stopwatch
from briefqa.search.presenting import cited_notes, collapsed
from briefqa.search.reranking import RERANKED, rerank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from briefqa.embedding import Embedder
    from briefqa.generation import BriefRecord, Candidates, Index, IndexInfo, StoredPassage
    from briefqa.search.fusion import Fused, Ranked
    from briefqa.search.reranking import Reranker

# Passages that each leg brings: those that only one of them finds, far down, have no chance against the best of both.
_CANDIDATES = 100
_PHRASE = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“]+)“|«([^»]+)»')
_MOST_NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to search, beside the question.

    where: which passages to look at; None all. rerank: whether to read the first passages again, which takes longer and
    ranks better; None is yes where there is a reranker. expand: neighbours to bring of each hit, on either side.
    """

    where: Filter | None = None
    rerank: bool | None = None
    expand: int = 0


_ANYTHING = Wanted()


class Chosen(NamedTuple):
    """A passage that becomes a hit, with its score and the other briefs that say the same."""

    score: float
    stored: StoredPassage
    also_in: tuple[BriefRecord, ...]


class Searcher:
    """Searches one generation, which it holds for life. Safe to use from several threads."""

    def __init__(  # noqa: PLR0913 - what it searches, how, and who is told
        self,
        index: Index,
        embedder: Embedder,
        *,
        fusion: Fusion | None = None,
        reranker: Reranker | None = None,
        rerank_budget_ms: int = 0,
        observe: Callable[[Ranking], None] | None = None,
    ) -> None:
        """Take how the legs are put together (None: by the defaults of `Fusion`), and what reads the first hits again.

        rerank_budget_ms: as in `reranking.rerank`. observe: is told of every search that is done. Raise
        IncompatibleGeneration if the index was built with another model than embedder.
        """
        self._info = index.info()
        if self._info.fingerprint != embedder.fingerprint:
            raise IncompatibleGeneration(
                f"Generation {self._info.generation} was built with the model {self._info.model!r}, and the settings "
                f"ask for {embedder.model!r}, for other prompts or another precision: run `briefqa reindex` with these "
                "settings."
            )
        self._index = index
        self._embedder = embedder
        self._fusion = fusion or Fusion()
        self._reranker = reranker
        self._budget_ms = rerank_budget_ms
        self._observe = observe
        self._calibration = calibration_of(self._info.model)

    @property
    def info(self) -> IndexInfo:
        """What the generation holds."""
        return self._info

    def search(self, query: str, k: int, wanted: Wanted = _ANYTHING) -> Ranking:
        """Find the k passages that answer best; fewer where the index holds fewer.

        What stands in quotation marks must occur in a hit or in a note that it cites. Raises QueryError for a question
        that `clean_question` refuses, for k < 1, or for a wish that cannot be met.
        """
        question = clean_question(query)
        reranker = self._check(k, wanted)
        watch = Stopwatch()

        @cache
        def vector() -> NDArray[np.float32]:
            watch.ended("legs")  # what may be looked at is chosen
            made = self._embedder.embed_query(question)
            watch.ended("embed")
            return made

        found = self._candidates(question, vector, k, wanted.where)
        watch.ended("legs")
        fused = self._fusion.rank(found)
        evidence = self._evidence(question, fused)
        watch.ended("fusion")
        # Some more than k, so that k are left when the same passage of other editions is out.
        reach = max(2 * k, RERANKED if reranker else 0)
        ranked = fused.ranked(0, None if reranker else reach)
        stored = {passage.passage.id: passage for passage in self._fetch(ranked[:reach])}
        watch.ended("fetch")
        if reranker:
            ranked = self._reranked(question, ranked, stored, reranker)
            watch.ended("rerank")
        chosen = self._chosen(fused, ranked, [stored[passage.passage_id] for passage in ranked[:reach]], k)
        hits = self._hits(question, vector, chosen, wanted.expand)
        watch.ended("fetch")
        confidence = self._calibration.confidence(evidence) if hits else 0.0
        ranking = Ranking(query, self._info.generation, hits, watch.timings(), confidence)
        if self._observe:
            self._observe(ranking)
        return ranking

    def rank(self, query: str, k: int) -> list[Ranked]:
        """Rank the k best passages, editions of the same one each by itself, and fetch none but those to be read again.

        Raises as `search` does.
        """
        question = clean_question(query)
        ranked = self._fusion.rank(self._candidates(question, self._embed(question), k, None)).ranked(0, k)
        if self._reranker is None:
            return ranked
        stored = {passage.passage.id: passage for passage in self._fetch(ranked[:RERANKED])}
        return self._reranked(question, ranked, stored, self._reranker)

    def nearness(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return how near in meaning each text is to a question: a cosine, shape (len(texts),)."""
        if not texts:
            return np.empty(0, dtype=np.float32)
        near: NDArray[np.float32] = self._embedder.embed_passages(texts) @ self._embedder.embed_query(question)
        return near

    def read_together(self, question: str, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """Return the reranker's logit for each text, shape (len(texts),); None where there is no reranker."""
        return self._reranker.score(question, texts) if self._reranker and texts else None

    def _check(self, k: int, wanted: Wanted) -> Reranker | None:
        """Return the reranker to use. Raises QueryError for what cannot be met."""
        if k < 1:
            raise QueryError(f"k = {k} asks for no passages: choose 1 or more.")
        if not 0 <= wanted.expand <= _MOST_NEIGHBOURS:
            raise QueryError(f"expand = {wanted.expand} is out of range: choose from 0 to {_MOST_NEIGHBOURS}.")
        if wanted.rerank and self._reranker is None:
            raise QueryError("There is no reranker: set `reranker`, or do not ask to rerank.")
        return None if wanted.rerank is False else self._reranker

    def _embed(self, question: str) -> Callable[[], NDArray[np.float32]]:
        return lambda: self._embedder.embed_query(question)

    def _candidates(
        self, question: str, vector: Callable[[], NDArray[np.float32]], k: int, where: Filter | None
    ) -> Candidates:
        if not self._info.passages:
            return NONE_FOUND
        phrases = quoted_phrases(question)
        only = None
        if where is not None or phrases:
            only = self._index.select(where or All(()), phrases)
        reach = min(max(2 * k, _CANDIDATES), self._info.passages)
        return self._index.candidates(vector, question, reach, only)

    def _fetch(self, ranked: Sequence[Ranked]) -> list[StoredPassage]:
        return self._index.fetch([passage.passage_id for passage in ranked])

    def _reranked(
        self, question: str, ranked: Sequence[Ranked], stored: dict[str, StoredPassage], reranker: Reranker
    ) -> list[Ranked]:
        texts = {passage.passage_id: _read_again(stored[passage.passage_id]) for passage in ranked[:RERANKED]}
        return rerank(question, ranked, texts, reranker, budget_ms=self._budget_ms)

    def _chosen(self, fused: Fused, ranked: Sequence[Ranked], stored: Sequence[StoredPassage], k: int) -> list[Chosen]:
        """Choose k passages that differ.

        ranked: the first of fused, and perhaps read again. stored: the first of these; more are fetched as long as too
        few do.
        """
        distinct = collapsed(stored)
        while len(distinct) < k and len(stored) < len(fused):
            if len(ranked) == len(stored):
                ranked = [*ranked, *fused.ranked(len(stored), 2 * len(stored))]
            stored = [*stored, *self._fetch(ranked[len(stored) : 2 * len(stored)])]
            distinct = collapsed(stored)
        return [Chosen(ranked[place].score, stored[place], also) for place, also in distinct[:k]]

    def _hits(
        self, question: str, vector: Callable[[], NDArray[np.float32]], chosen: Sequence[Chosen], expand: int
    ) -> tuple[Hit, ...]:
        """Make hits of what is chosen."""
        citing = [one.stored for one in chosen if one.stored.notes]
        # Of none, as of an empty index, the vector is not asked for.
        nearer = self._index.nearer(vector(), citing) if citing else []
        by_id = {stored.passage.id: its for stored, its in zip(citing, nearer, strict=True)}
        return tuple(
            Hit(
                rank=rank,
                score=score,
                stored=stored,
                notes=cited_notes(stored, question, by_id.get(stored.passage.id)),
                highlights=highlights(question, stored.passage.text, stored.brief.language),
                also_in=also,
                neighbours=self._neighbours(stored, expand) if expand else (),
            )
            for rank, (score, stored, also) in enumerate(chosen, start=1)
        )

    def _neighbours(self, stored: StoredPassage, expand: int) -> tuple[StoredPassage, ...]:
        return tuple(self._index.around(stored.passage.id, expand))

    def evidence(self, query: str) -> Evidence:
        """Tell what speaks for the briefs answering a question. Raises as `search` does."""
        question = clean_question(query)
        found = self._candidates(question, self._embed(question), 1, None)
        return self._evidence(question, self._fusion.rank(found))

    def _evidence(self, question: str, fused: Fused) -> Evidence:
        if not len(fused):
            return Evidence(0.0, 0.0)
        first = fused.first
        return Evidence(float(fused.found.dense[first]), self._index.coverage(question, int(fused.found.rows[first])))


def quoted_phrases(question: str) -> list[str]:
    """List what stands in quotation marks in a question, and so must occur in a hit."""
    return ["".join(groups) for groups in _PHRASE.findall(question)]


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


def _read_again(stored: StoredPassage) -> str:
    """What a reranker reads: the passage below its title and heading, and the notes that it cites."""
    parts = [stored.passage.context, stored.passage.text.strip(), *(note.text for note in stored.notes)]
    return "\n".join(part for part in parts if part)
