"""How long a search takes over HTTP, by step, at 10,000 passages.

    python benchmarks/bench_search.py [--passages N] [--searches N] [-k N] [--seed N]

The briefs are made up and their vectors are random, in clusters, so that the index is built in seconds; the questions
are embedded by the real model, and the server is the real one, in a process of its own. One client asks one question
after another over one connection, each question once. embed, search and fetch are what the server says of itself in
`Server-Timing`; "HTTP and JSON" is what is left of the client's time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from conditions import quantile, stated, table
from serving import serving
from synthetic import build_random_index, questions

_WARM_UP = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=10_000, help="(default: 10000)")
    parser.add_argument("--searches", type=int, default=300, help="timed ones (default: 300)")
    parser.add_argument("-k", type=int, default=5, help="hits of each (default: 5)")
    parser.add_argument("--seed", type=int, default=20310407)
    arguments = parser.parse_args()
    libraries = ["briefqa", "torch", "sentence-transformers", "faiss-cpu", "fastapi", "uvicorn"]
    with stated("Search", arguments.seed, libraries), tempfile.TemporaryDirectory() as folder:
        report = build_random_index(Path(folder), arguments.passages, arguments.seed)
        asked = questions(_WARM_UP + arguments.searches, arguments.seed)
        with serving(Path(folder) / "index") as client:
            answers = [client.search(question, arguments.k) for question in asked][_WARM_UP:]
    columns = {step: [answer.steps[step] for answer in answers] for step in ("embed", "search", "fetch")}
    columns["HTTP and JSON"] = [answer.whole - sum(answer.steps.values()) for answer in answers]
    columns["whole"] = [answer.whole for answer in answers]
    size = statistics.mean(answer.size for answer in answers) / 1000
    print(
        f"\n{report.passages} passages of {report.briefs} briefs with {report.notes} notes; {len(answers)} searches of "
        f"{arguments.k} hits after {_WARM_UP} to warm up; an answer has {size:.1f} kB on average; milliseconds"
    )
    rows = [
        [step, f"{quantile(taken, 0.5):.1f}", f"{quantile(taken, 0.95):.1f}", f"{max(taken):.1f}"]
        for step, taken in columns.items()
    ]
    table(["step", "p50", "p95", "longest"], rows)


if __name__ == "__main__":
    main()
