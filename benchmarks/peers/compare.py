"""The same documents, weights and questions through briefqa and others, in one interleaved run.

    python benchmarks/peers/compare.py [--collection NAME] [--texts N] [--questions N] [--rounds N] [--only NAME ...]

Each system runs in a process of its own, in an environment that is made once of `requirements/NAME.txt`, as its
documentation shows it ("default") and with its best sensible setting ("best"; `systems.py` says which). A round goes
through all of them: texts in, searchable out, then the questions one after the other. "Beside briefqa" is the rate of
indexing as a part of briefqa's in fp32, in the same round, by the clock and by the CPU time of all threads, which a
busy machine changes less. Needs ../shared; PIP_FLAGS has further arguments for pip.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from conditions import quantile, spread, stated, table  # noqa: E402 - found by the line above
from retrieval import PROJECT, SHARED  # noqa: E402 - the same
from talking import Talking  # noqa: E402 - the same

from briefqa.evaluation.collections import load_collection  # noqa: E402 - the same
from briefqa.evaluation.running import measure_queries  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Sequence

SYSTEMS = [
    ("briefqa", "fp32"), ("briefqa", "int8"), ("bare", "default"), ("bare", "best"), ("chroma", "default"),
    ("chroma", "best"), ("haystack", "default"), ("haystack", "best"), ("langchain", "default"), ("langchain", "best"),
    ("llamaindex", "default"), ("llamaindex", "best"), ("txtai", "default"), ("txtai", "best"),
]  # fmt: skip
_WARM_UP, _HITS = 5, 10


class Running:
    """A system in its process.

    seconds, cpu: of each round's indexing. ms: of all questions; cpu_ms: their mean in each round. found: in the last.
    """

    def __init__(self, name: str, setting: str) -> None:
        self.name, self.setting = name, setting
        self.seconds: list[float] = []
        self.cpu: list[float] = []
        self.ms: list[float] = []
        self.cpu_ms: list[float] = []
        self.found: list[list[int]] = []
        self.peak = 0.0
        self.process = Talking([str(python_of(name)), str(HERE / "worker.py"), name, setting])

    def index(self, texts: Sequence[tuple[str, str]]) -> None:
        """Index, and note how long it took."""
        answer = self.process.ask({"texts": texts})
        self.seconds.append(answer["seconds"])
        self.cpu.append(answer["cpu"])

    def search(self, questions: Sequence[str]) -> None:
        """Ask, and note how long each question took."""
        self.process.ask({"questions": questions[:_WARM_UP], "k": _HITS})
        answer = self.process.ask({"questions": questions, "k": _HITS})
        self.ms += answer["ms"]
        self.cpu_ms.append(1000 * answer["cpu"] / len(questions))
        self.found, self.peak = answer["found"], answer["VmHWM"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collection", default="orsharc")
    parser.add_argument("--texts", type=int, help="only so many (default: all); nDCG means nothing then")
    parser.add_argument("--questions", type=int, help="only so many (default: all)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these systems, and briefqa")
    arguments = parser.parse_args()
    collection = load_collection(SHARED / "collections" / arguments.collection)
    texts = [(entry.title, entry.text) for entry in collection.entries][: arguments.texts]
    asked = list(collection.judged.items())[: arguments.questions]
    chosen = [(name, how) for name, how in SYSTEMS if name in {"briefqa", *(arguments.only or dict(SYSTEMS))}]
    with stated(
        f"{len(texts)} texts of {arguments.collection}, {len(asked)} questions", None, ["briefqa", "onnxruntime"]
    ):
        for name in dict(chosen):
            print(f"{name:10}", versions(name))
        running = [Running(name, setting) for name, setting in chosen]
        for system in running:
            system.process.said()  # its model is loaded
        for _ in range(arguments.rounds):
            for system in running:
                system.index(texts)
                system.search([question for _, question in asked])
        for system in running:
            system.process.close()
        rows = []
        for system in running:
            run = {
                # Of several passages of a text the best one counts, which is the last that is looked at.
                query: {collection.entries[place].id: float(-rank) for rank, place in reversed([*enumerate(found)])}
                for (query, _), found in zip(asked, system.found, strict=True)
            }
            figures = measure_queries(collection, run, "nDCG@10")
            quality = sum(figures.get(query, 0.0) for query, _ in asked) / len(asked)
            first = running[0]
            rows.append([
                f"{system.name}, {system.setting}",
                spread([len(texts) / seconds for seconds in system.seconds], 1),
                spread([own / other for own, other in zip(first.seconds, system.seconds, strict=True)]),
                spread([own / other for own, other in zip(first.cpu, system.cpu, strict=True)]),
                f"{quantile(system.ms, 0.5):.1f}", f"{quantile(system.ms, 0.95):.1f}", spread(system.cpu_ms, 1),
                f"{system.peak:.0f}", f"{quality:.3f}",
            ])  # fmt: skip
        head = [
            "system",
            "texts/s",
            "beside briefqa",
            "by CPU",
            "question, p50 ms",
            "p95",
            "CPU ms",
            "peak, MB",
            "nDCG@10",
        ]
        table(head, rows)


def python_of(name: str) -> Path:
    """Return the interpreter of a system's environment, which is made where it is not there."""
    if name == "briefqa":
        return Path(sys.executable)
    folder = PROJECT / "build" / "peers" / name
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        flags = shlex.split(os.environ.get("PIP_FLAGS", ""))
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *flags, "-r", HERE / "requirements" / f"{name}.txt"], check=True
        )
    return python


def versions(name: str) -> str:
    """Name the versions that a system runs with."""
    if name == "briefqa":
        return "of this environment"
    return (HERE / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\n", ", ").rstrip(", ")


if __name__ == "__main__":
    main()
