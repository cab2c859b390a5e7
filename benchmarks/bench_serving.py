"""Serving over HTTP: latency beside the bare embedding, answers a second for many clients, and memory.

    python benchmarks/bench_serving.py [--passages N] [--clients N] [--questions N] [--seed N]

One server with one worker, the packaged model, questions that are all different unless said otherwise: one client asks
those of the development collections over texts of these and others, many clients ask made-up ones. Without ../shared,
all is made up. The clients are threads of this process, each with a connection that stays open, on the same cores as
the server. The bare embedding is that of this process, of the same questions, each asked right before the server is.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from bench_memory import memory
from conditions import quantile, stated, table
from retrieval import SHARED
from serving import Client, serving
from synthetic import build_random_index, questions
from varied import build_varied_index, real_questions

from briefqa.embedding import PACKAGED_MODEL, load_embedder

if TYPE_CHECKING:
    from collections.abc import Sequence

_WARM_UP, _ALONE, _HITS = 30, 300, 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--index", type=Path, metavar="DIR", help="an index that is there, in place of a made-up one")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--questions", type=int, default=3000, help="asked by all clients together (default: 3000)")
    parser.add_argument("--seed", type=int, default=20310407)
    arguments = parser.parse_args()
    libraries = ["briefqa", "onnxruntime", "faiss-cpu", "fastapi", "uvicorn", "numpy"]
    with stated("Serving", arguments.seed, libraries), tempfile.TemporaryDirectory() as folder:
        index = arguments.index or Path(folder) / "index"
        if arguments.index is None:
            build = build_varied_index if SHARED.is_dir() else build_random_index
            build(Path(folder), arguments.passages, arguments.seed)
        asked: list[str] = real_questions(arguments.seed)[:_ALONE] if SHARED.is_dir() else []
        asked += questions(_ALONE - len(asked) + arguments.questions, arguments.seed)
        embedder = load_embedder(PACKAGED_MODEL, converted=index / "models")
        with serving(index) as client:
            ready = memory(client.server.pid, "VmRSS")
            taken: dict[str, list[float]] = {"bare embedding": [], "over HTTP": [], "over HTTP, asked before": []}
            for question in asked[:_ALONE]:
                started = time.perf_counter()
                embedder.embed_query(question)
                taken["bare embedding"].append(1000 * (time.perf_counter() - started))
                taken["over HTTP"].append(client.search(question, _HITS).whole)
                taken["over HTTP, asked before"].append(client.search(question, _HITS).whole)
            latencies({name: times[_WARM_UP:] for name, times in taken.items()})
            before = memory(client.server.pid, "VmRSS")
            many(client, arguments.clients, asked[_ALONE:])
            after = memory(client.server.pid, "VmRSS")
        rows = [["ready", ready], ["after 600 searches", before], [f"after {arguments.questions} more", after]]
        table(["server's memory", "MB"], [[name, f"{megabytes:.0f}"] for name, megabytes in rows])


def latencies(taken: dict[str, list[float]]) -> None:
    """Print milliseconds, and how many times the bare embedding they are."""
    bare = quantile(taken["bare embedding"], 0.5)
    rows = [
        [name, *(f"{quantile(times, part):.1f}" for part in (0.5, 0.95)), f"{quantile(times, 0.5) / bare:.2f}"]
        for name, times in taken.items()
    ]
    table(["one client, ms", "p50", "p95", "p50 beside bare"], rows)


def many(first: Client, clients: int, asked: Sequence[str]) -> None:
    """Let clients ask at the same time, and print answers a second and how long each took."""

    def ask(number: int) -> list[float]:
        client = Client(first.port, first.server)
        return [client.search(question, _HITS).whole for question in asked[number::clients]]

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = [taken for of_client in pool.map(ask, range(clients)) for taken in of_client]
    seconds = time.perf_counter() - started
    row = [str(clients), f"{len(times) / seconds:.1f}", *(f"{quantile(times, part):.0f}" for part in (0.5, 0.95, 0.99))]
    table(["clients", "answers a second", "p50, ms", "p95", "p99"], [row])


if __name__ == "__main__":
    main()
