"""One folder to measure on, whatever kind it is: indexed, asked, measured, compared."""

from __future__ import annotations

import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.errors import EvaluationError
from briefqa.evaluation.collections import load_collection
from briefqa.evaluation.comparing import Comparison, compare
from briefqa.evaluation.indexing import index_entries
from briefqa.evaluation.questions import QUESTIONS, QuestionsReport, evaluate_questions, load_questions
from briefqa.evaluation.running import Report, ask, measure, measure_queries, read_run, write_run
from briefqa.generation import open_current
from briefqa.reindex import reindex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from briefqa.generation import Index
    from briefqa.search import Searcher

_COMPARED = "nDCG@10"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured, and where indexes are kept. reading: what `reindex` takes for the reading of briefs.

    cache: a folder in which the index of each collection stays for the next time; None keeps none.
    """

    searcher: Callable[[Index], Searcher]
    indexing: dict[str, Any]
    reading: dict[str, Any]
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How one folder went: `report` of a collection, or `questions`; `comparison` where there was a baseline."""

    name: str
    report: Report | None = None
    questions: QuestionsReport | None = None
    comparison: Comparison | None = None


def evaluate_folder(
    folder: Path, setting: Setting, *, run: Path | None = None, baseline: Path | None = None
) -> Evaluation:
    """Measure on a folder: a collection in BEIR's format, or briefs with `questions.jsonl`.

    run: where to write a TREC run; baseline: an earlier run to compare with. Raises EvaluationError.
    """
    name = folder.resolve().name
    with _workplace(setting.cache, name) as place:
        if (folder / "corpus.jsonl").exists():
            return _collection(folder, place, setting, run, baseline)
        if (folder / QUESTIONS).exists():
            return Evaluation(name, questions=_questions(folder, place, setting))
    raise EvaluationError(f"{folder} holds neither corpus.jsonl nor {QUESTIONS}: there is nothing to measure on.")


def _collection(
    folder: Path, place: Path, setting: Setting, run_file: Path | None, baseline: Path | None
) -> Evaluation:
    collection = load_collection(folder)
    earlier = read_run(baseline) if baseline else None
    kept = (place / "index" / "CURRENT").exists()
    index, seconds = index_entries(collection.entries, place, **setting.indexing)
    with closing(open_current(index)) as opened:
        searcher = setting.searcher(opened)
        found, ms_per_query = ask(collection, searcher, opened)
        passages = searcher.info.passages
    report = Report(
        collection=collection.name,
        queries=len(collection.judged),
        measures=measure(collection, found),
        ms_per_query=ms_per_query,
        seconds_indexing=None if kept else seconds,
        passages=passages,
    )
    if run_file:
        write_run(run_file, found)
    comparison = None
    if earlier is not None:
        figures = [measure_queries(collection, each, _COMPARED) for each in (earlier, found)]
        comparison = compare(figures[0], figures[1], _COMPARED)
    return Evaluation(collection.name, report, comparison=comparison)


def _questions(folder: Path, place: Path, setting: Setting) -> QuestionsReport:
    questions = load_questions(folder / QUESTIONS)
    reindex(folder, place / "index", **setting.indexing, **setting.reading, keep=1)
    with closing(open_current(place / "index")) as opened:
        return evaluate_questions(questions, setting.searcher(opened).search)


@contextmanager
def _workplace(cache: Path | None, name: str) -> Iterator[Path]:
    if cache is None:
        with tempfile.TemporaryDirectory(prefix="briefqa-eval-") as temporary:
            yield Path(temporary)
    else:
        place = cache / name
        place.mkdir(parents=True, exist_ok=True)
        yield place
