"""Asking every query of a collection, measuring the ranking, and TREC runs."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.errors import EvaluationError, QueryError
from briefqa.evaluation.indexing import entry_number

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.evaluation.collections import Collection
    from briefqa.generation import Index
    from briefqa.search import Ranked, Searcher

MEASURES = ("nDCG@10", "R@10", "R@50", "RR@10")
# Briefs kept of a ranking, and how many passages are asked for to find them: as many more as briefs have passages on
# average, since a brief may fill places that others would have.
_BRIEFS = 100
_FEWEST, _MOST = 300, 3000
_TAG = "briefqa"

Run = dict[str, dict[str, float]]
"""Query id → entry id → score."""


@dataclass(frozen=True, slots=True)
class Report:
    """How one collection went. measures: by name, the mean over the judged queries.

    ms_per_query: mean time of a search, the embedding of the question included. seconds_indexing: None where an index
    of an earlier call was brought up to date, which says nothing of what indexing costs.
    """

    collection: str
    queries: int
    measures: dict[str, float]
    ms_per_query: float
    seconds_indexing: float | None
    passages: int


def ask(collection: Collection, searcher: Searcher, index: Index) -> tuple[Run, float]:
    """Ask all judged queries of an index of the collection; returns the run and the mean milliseconds of a search.

    A query that nobody can ask, because it is empty, finds nothing. An entry is not found by itself: some collections
    ask with the text of an entry.
    """
    entries = {entry.id: entry.text for entry in collection.entries}
    places = {brief.id: brief.places for brief in index.briefs(limit=len(collection.entries) + 1)}
    reach = 3 * _BRIEFS * searcher.info.passages // max(searcher.info.briefs, 1)
    run: Run = {}
    took = 0.0
    for query_id, text in collection.judged.items():
        started = time.perf_counter()
        try:
            ranked = searcher.rank(text, min(max(reach, _FEWEST), _MOST))
        except QueryError:
            ranked = []
        took += time.perf_counter() - started
        run[query_id] = _by_entry(ranked, places, collection)
        if text.strip() in entries.get(query_id, "\0"):
            run[query_id].pop(query_id, None)
    return run, 1000 * took / len(run)


def _by_entry(ranked: list[Ranked], places: dict[str, tuple[str, ...]], collection: Collection) -> dict[str, float]:
    """Rank entries by their best passage."""
    scores: dict[str, float] = {}
    for passage in ranked:
        for path in places[passage.brief_id]:
            scores.setdefault(collection.entries[entry_number(path)].id, passage.score)
        if len(scores) >= _BRIEFS:
            break
    return scores


def measure(collection: Collection, run: Run) -> dict[str, float]:
    """Measure a run; a judged query that it lacks counts as 0."""
    import ir_measures  # noqa: PLC0415 - only evaluation needs it

    wanted = [ir_measures.parse_measure(name) for name in MEASURES]
    found = ir_measures.calc_aggregate(wanted, _judgments(collection), run)
    return {name: float(found[each]) for name, each in zip(MEASURES, wanted, strict=True)}


def measure_queries(collection: Collection, run: Run, measure_name: str) -> dict[str, float]:
    """Measure each judged query by itself."""
    import ir_measures  # noqa: PLC0415 - only evaluation needs it

    figures = dict.fromkeys(collection.judged, 0.0)
    for each in ir_measures.iter_calc([ir_measures.parse_measure(measure_name)], _judgments(collection), run):
        figures[each.query_id] = float(each.value)
    return figures


def _judgments(collection: Collection) -> dict[str, dict[str, int]]:
    return {query_id: collection.qrels[query_id] for query_id in collection.judged}


def write_run(file: Path, run: Run) -> None:
    """Write a TREC run: query, Q0, entry, rank, score, tag. White space in an id is written %20."""
    lines = [
        f"{_unparted(query_id)} Q0 {_unparted(entry_id)} {rank} {score:.6f} {_TAG}\n"
        for query_id, scores in run.items()
        for rank, (entry_id, score) in enumerate(scores.items(), start=1)
    ]
    try:
        file.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"Cannot write the run {file}: {error.strerror}.") from error


def _unparted(name: str) -> str:
    return re.sub(r"\s", "%20", name)


def read_run(file: Path) -> Run:
    """Read a TREC run. Raises EvaluationError."""
    import ir_measures  # noqa: PLC0415 - only evaluation needs it

    run: Run = {}
    try:
        with file.open(encoding="utf-8") as lines:
            for scored in ir_measures.read_trec_run(lines):  # type: ignore[no-untyped-call]
                of_query = run.setdefault(scored.query_id.replace("%20", " "), {})
                of_query[scored.doc_id.replace("%20", " ")] = scored.score
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{file} is not a TREC run (query, Q0, entry, rank, score, tag): {error}.") from error
    return run
