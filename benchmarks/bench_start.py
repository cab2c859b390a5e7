"""How soon a cold process answers: `briefqa search` from start to end, `briefqa serve` from start to ready.

    python benchmarks/bench_start.py [--passages N] [--rounds N] [--seed N]

Every start is a new process over the same index, the converted model beside it; files are in the system's cache. Beside
it what imports took, as `-X importtime` tells, and of which packages: the tracing itself costs a little.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from conditions import quantile, spread, stated, table
from serving import serving
from synthetic import build_random_index, questions

_LARGEST = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--index", type=Path, metavar="DIR", help="an index that is there, in place of a made-up one")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=20310407)
    arguments = parser.parse_args()
    libraries = ["briefqa", "onnxruntime", "faiss-cpu", "fastapi", "numpy"]
    with stated("Cold start", arguments.seed, libraries), tempfile.TemporaryDirectory() as folder:
        index = arguments.index or Path(folder) / "index"
        if arguments.index is None:
            build_random_index(Path(folder), arguments.passages, arguments.seed)
        asked = questions(arguments.rounds + 2, arguments.seed)
        search(asked[0], index)  # converts the model
        taken: dict[str, list[float]] = {"search": [], "serve, until ready": []}
        for question in asked[1:-1]:
            taken["search"].append(timed_search(question, index))
            started = time.perf_counter()
            with serving(index):
                taken["serve, until ready"].append(time.perf_counter() - started)
        rows = [[name, spread(seconds), f"{quantile(seconds, 0.95):.2f}"] for name, seconds in taken.items()]
        table(["start", "seconds", "p95"], rows)
        imports(search(asked[-1], index, "-X", "importtime"))


def search(question: str, index: Path, *options: str) -> str:
    """Run a search; returns what it said to stderr."""
    command = [sys.executable, *options, "-m", "briefqa.cli", "search", question, "--index", str(index)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def timed_search(question: str, index: Path) -> float:
    """Return the seconds of a search as a process."""
    started = time.perf_counter()
    search(question, index)
    return time.perf_counter() - started


def imports(told: str) -> None:
    """Print which packages' own code took longest to import."""
    took: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for microseconds, module in re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", told, re.MULTILINE):
        package = module.partition(".")[0]
        took[package] += int(microseconds)
        count[package] += 1
    rows = [[package, str(count[package]), f"{of / 1000:.0f}"] for package, of in took.most_common(_LARGEST)]
    table(["imported by a search", "modules", "ms"], [*rows, ["all", f"{count.total()}", f"{took.total() / 1000:.0f}"]])


if __name__ == "__main__":
    main()
