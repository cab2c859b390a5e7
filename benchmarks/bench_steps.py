"""What each step of a search costs over real texts: embedding, both legs, fetching, presenting, reading again.

    python benchmarks/bench_steps.py [--passages N ...] [--searches N] [--folder DIR] [--seed N]

The index is that of `varied`, built in DIR, where it stays for the next time; 100,000 passages take ten minutes. The
questions are those of the development collections, each asked once, by the converted model. Steps are timed in this
process, one after another, side by side for each question, so that a busy moment strikes all of them. Needs ../shared.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from conditions import quantile, stated, table
from retrieval import PROJECT, SHARED
from varied import build_varied_index, real_questions

from briefqa.embedding import PACKAGED_MODEL, load_embedder
from briefqa.filters import parse_filter
from briefqa.generation import open_current
from briefqa.search import PACKAGED_RERANKER, Searcher, Wanted, load_reranker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from briefqa.embedding import Embedder
    from briefqa.generation import Index

T = TypeVar("T")
_WARM_UP, _HITS, _CANDIDATES = 30, 5, 100
_FILTERS = {"has_notes: false": {"has_notes": False}, "has_notes: true": {"has_notes": True}}
_BUDGETS = (200, 500, 1000)
_READ_AGAIN = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000], metavar="N")
    parser.add_argument("--searches", type=int, default=200, help="timed ones (default: 200)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the indexes are kept")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        print(f"bench_steps: skipped, {SHARED} is missing.")
        return
    asked = real_questions(arguments.seed)[: _WARM_UP + arguments.searches]
    embedder = load_embedder(PACKAGED_MODEL, converted=PROJECT / "build" / "models")
    libraries = ["briefqa", "onnxruntime", "faiss-cpu", "numpy"]
    with stated("Steps of a search", arguments.seed, libraries), tempfile.TemporaryDirectory() as temporary:
        for passages in arguments.passages:
            folder = (arguments.folder or Path(temporary)) / f"i{passages}"
            build_varied_index(folder, passages, arguments.seed)
            with closing(open_current(folder / "index")) as index:
                print(f"\n{index.info().passages} passages of {index.info().briefs} briefs")
                steps(index, embedder, asked)
                filters(index, embedder, asked)
        budgets(folder / "index", embedder, asked)


def steps(index: Index, embedder: Embedder, asked: Sequence[str]) -> None:
    """Time embedding, both legs and fetching by themselves, and the steps of a search as the searcher tells them."""
    searcher = Searcher(index, embedder)
    taken: dict[str, list[float]] = {}
    for question in asked:
        vector = timed(taken, "embedding the question", lambda: embedder.embed_query(question))  # noqa: B023
        found = timed(taken, "both legs", lambda: index.candidates(lambda: vector, question, _CANDIDATES))  # noqa: B023
        ids = found.ids[: 2 * _HITS]
        timed(taken, "fetching passages and notes", lambda: index.fetch(ids))  # noqa: B023
        told = searcher.search(question, _HITS).timings
        within = {
            "in a search: embedding": told.embed,
            "in a search: both legs": told.of("legs"),
            "in a search: fusion, confidence": told.of("fusion"),
            "in a search: embedding, legs, fusion": told.embed + told.search,
            "in a search: fetching, highlights": told.fetch,
            "whole search, 5 hits": told.total,
            "legs, fusion and fetching": told.search + taken["fetching passages and notes"][-1],
        }
        for name, milliseconds in within.items():
            taken.setdefault(name, []).append(milliseconds)
    taken = {name: times[_WARM_UP:] for name, times in taken.items()}
    embedding = quantile(taken["embedding the question"], 0.5)
    rows = [
        [
            name,
            *(f"{quantile(times, part):.2f}" for part in (0.1, 0.5, 0.95)),
            f"{quantile(times, 0.5) / embedding:.2f}",
        ]
        for name, times in taken.items()
    ]
    table(["ms", "p10", "p50", "p95", "p50 beside embedding"], rows)


def filters(index: Index, embedder: Embedder, asked: Sequence[str]) -> None:
    """Time both legs with a filter and without, side by side."""
    vectors = [embedder.embed_query(question) for question in asked]
    rows = []
    for name, said in _FILTERS.items():
        where = parse_filter(said)
        taken: dict[str, list[float]] = {}
        few = timed(taken, "first", lambda: index.select(where))  # noqa: B023
        for question, vector in zip(asked, vectors, strict=True):
            timed(taken, "without", lambda: index.candidates(lambda: vector, question, _CANDIDATES))  # noqa: B023
            timed(taken, "with", lambda: index.candidates(lambda: vector, question, _CANDIDATES, index.select(where)))  # noqa: B023
        parts = [quantile(taken[kind][_WARM_UP:], part) for kind in ("without", "with") for part in (0.5, 0.95)]
        ratio = f"{parts[2] / parts[0]:.2f}"
        rows.append([name, str(len(few)), f"{taken['first'][0]:.0f}", *(f"{part:.2f}" for part in parts), ratio])
    table(["filter", "passages", "the first time", "legs, p50", "p95", "filtered, p50", "p95", "p50 beside"], rows)


def budgets(folder: Path, embedder: Embedder, asked: Sequence[str]) -> None:
    """Time reading again, by budget; the index is opened anew."""
    reranker = load_reranker(PACKAGED_RERANKER)
    rows = []
    for budget in _BUDGETS:
        with closing(open_current(folder)) as index:
            searcher = Searcher(index, embedder, reranker=reranker, rerank_budget_ms=budget)
            searcher.search(asked[0], _HITS, Wanted(rerank=True))
            taken = [searcher.search(question, _HITS).timings.rerank for question in asked[-_READ_AGAIN:]]
        rows.append([str(budget), *(f"{quantile(taken, part):.0f}" for part in (0.5, 0.95)), f"{max(taken):.0f}"])
    table(["budget, ms", "reading again, p50", "p95", "longest"], rows)


def timed(taken: dict[str, list[float]], name: str, call: Callable[[], T]) -> T:
    """Call, and note the milliseconds."""
    started = time.perf_counter()
    result = call()
    taken.setdefault(name, []).append(1000 * (time.perf_counter() - started))
    return result


if __name__ == "__main__":
    main()
