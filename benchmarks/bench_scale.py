"""What indexing and searching cost against the number of passages, with the exponents of the curves and a plot of them.

    python benchmarks/bench_scale.py [--passages N ...] [--folder DIR] [--plot FILE] [--searches N] [--seed N]

The index is that of `varied` with mixtures of real vectors, built in DIR by a process of its own, where it stays for
the next time, together with what building it cost; a million passages take an hour and 20 GB. Searches are made in
another process, which opens it: questions of the development collections, each asked once. The stage that is timed is
that of both legs and their fusion; a whole search embeds the question before, and fetches five hits after. MB are what
opening and searching add to a process that has the model; what of it is not its own are pages of files, which the
system takes back when it needs them. Recall is that of the ten nearest passages beside comparing with all. At last
every hundredth brief is changed and the index is brought up to date; mixing takes no longer than hashing, so that
embedding is no part of it. Exponents are those of straight lines through the points in both logarithms, from 10,000
passages on: 1 is linear. Needs ../shared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bench_memory import memory
from conditions import cpu_seconds, quantile, stated, table
from retrieval import PROJECT, SHARED
from varied import BANK, MixedPassages, build_varied_index, real_briefs, real_questions

from briefqa.embedding import PACKAGED_MODEL, load_embedder
from briefqa.generation import generation_folder, open_current
from briefqa.generation.manifest import BRIEF_VECTORS, EMBEDDINGS, LEXICAL, VECTORS
from briefqa.lexical import Lexical
from briefqa.search import Searcher
from briefqa.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_WARM_UP, _HITS, _NEAREST, _COMPARED, _BLOCK = 30, 5, 10, 100, 65_536
_FITTED_FROM = 10_000
_EVERY = 100  # of so many briefs one is changed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, nargs="+", default=[1000, 10_000, 100_000], metavar="N")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the indexes are kept")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="an SVG to write")
    parser.add_argument("--searches", type=int, default=200, help="timed ones (default: 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=["build", "search", "change"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        print(f"bench_scale: skipped, {SHARED} is missing.")
        return
    if arguments.part:
        [passages] = arguments.passages
        part = {"build": build, "search": search, "change": change}[arguments.part]
        print(json.dumps(part(arguments.folder, passages, arguments)))
        return
    place = nullcontext(arguments.folder) if arguments.folder else tempfile.TemporaryDirectory()
    with stated("Cost against size", arguments.seed, ["briefqa", "faiss-cpu", "numpy"]), place as folder:
        measured = [measure(Path(folder) / f"s{passages}", passages, arguments) for passages in arguments.passages]
        print_all(measured)
        if arguments.plot:
            plot(measured, arguments.plot)


def measure(folder: Path, passages: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Have one size built, searched and changed, each in a process of its own. What building cost is kept."""
    kept = folder / "built.json"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(apart("build", folder, passages, arguments)), encoding="utf-8")
    built = json.loads(kept.read_bytes())
    return {"built": built, "search": apart("search", folder, passages, arguments)} | (
        {"changed": apart("change", folder, passages, arguments)} if passages >= _FITTED_FROM else {}
    )


def apart(part: str, folder: Path, passages: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run a part in a process of its own."""
    command = [sys.executable, __file__, "--part", part, "--folder", str(folder), "--passages", str(passages)]
    command += ["--searches", str(arguments.searches), "--seed", str(arguments.seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def build(folder: Path, passages: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Build from nothing: seconds by the clock and of the CPU, and the most memory held."""
    real_briefs()  # what they are made of is read before
    before = cpu_seconds()
    report = build_varied_index(folder, passages, arguments.seed, mixed=True)
    return {
        "passages": report.passages,
        "briefs": report.briefs,
        "seconds": report.took,
        "cpu": cpu_seconds() - before,
        "peak": memory(os.getpid(), "VmHWM"),
    }


def change(folder: Path, passages: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Change every hundredth brief, other ones each time, and bring the index up to date."""
    with closing(open_current(folder / "index")) as index:
        briefs = index.info().briefs
    rounds = folder / "rounds"
    first = int(rounds.read_text()) + 1 if rounds.exists() else 0
    rounds.write_text(str(first))
    real_briefs()
    before = cpu_seconds()
    changed = range(first % _EVERY, briefs, _EVERY)
    report = build_varied_index(folder, passages, arguments.seed, mixed=True, changed=changed)
    return {
        "briefs": len(changed),
        "seconds": report.took,
        "steps": report.seconds,
        "cpu": cpu_seconds() - before,
        "peak": memory(os.getpid(), "VmHWM"),
    }


def search(folder: Path, passages: int, arguments: argparse.Namespace) -> dict[str, Any]:  # noqa: ARG001 - as the others
    """Open the index and search it."""
    asked = real_questions(arguments.seed)[: _WARM_UP + arguments.searches]
    real = load_embedder(PACKAGED_MODEL, converted=PROJECT / "build" / "models")
    embedder = MixedPassages(real, folder.parent / BANK, ())
    before = memory(os.getpid(), "VmRSS"), memory(os.getpid(), "RssAnon")
    started = time.perf_counter()
    with closing(open_current(folder / "index")) as index:
        opened = time.perf_counter() - started
        searcher = Searcher(index, embedder)
        searcher.search(asked[0], _HITS)
        first = time.perf_counter() - started
        taken = [searcher.search(question, _HITS).timings for question in asked][_WARM_UP:]
        after = memory(os.getpid(), "VmRSS"), memory(os.getpid(), "RssAnon")
        generation = generation_folder(folder / "index", index.info().generation)
    stage = [one.search for one in taken]
    return {
        "open": opened,
        "first": first,
        "p50": quantile(stage, 0.5),
        "p95": quantile(stage, 0.95),
        "whole": quantile([one.total for one in taken], 0.5),
        "whole_p95": quantile([one.total for one in taken], 0.95),
        "memory": after[0] - before[0],
        "own": after[1] - before[1],
        "recall": recall(generation, np.stack([embedder.embed_query(question) for question in asked[:_COMPARED]])),
    }


def recall(generation: Path, asked: NDArray[np.float32]) -> float:
    """Tell which part of the ten nearest passages is found, beside comparing with all."""
    brief_of = Lexical.open(generation / LEXICAL).brief_of
    vectors = Vectors.open(generation / VECTORS, generation / EMBEDDINGS, generation / BRIEF_VECTORS, brief_of)
    rows, briefs = (np.load(generation / name, mmap_mode="r") for name in (EMBEDDINGS, BRIEF_VECTORS))
    best_rows = np.zeros((len(asked), 0), dtype=np.int64)
    best = np.zeros((len(asked), 0), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        part = (rows[start : start + _BLOCK] + briefs[brief_of[start : start + _BLOCK]]) / 2
        best = np.concatenate([best, asked @ part.T], axis=1)
        numbers = np.broadcast_to(np.arange(start, start + len(part)), (len(asked), len(part)))
        best_rows = np.concatenate([best_rows, numbers], axis=1)
        order = np.argsort(-best, axis=1, kind="stable")[:, :_NEAREST]
        best, best_rows = np.take_along_axis(best, order, 1), np.take_along_axis(best_rows, order, 1)
    found = [set(vectors.search(question, _NEAREST).rows.tolist()) for question in asked]
    return float(
        np.mean([len(got & set(right)) / len(right) for got, right in zip(found, best_rows.tolist(), strict=True)])
    )


CURVES = {
    "indexing, CPU seconds": lambda one: one["built"]["cpu"],
    "both legs, p50 ms": lambda one: one["search"]["p50"],
    "both legs, p95 ms": lambda one: one["search"]["p95"],
    "opening, seconds": lambda one: one["search"]["open"],
    "memory of a searching process, MB": lambda one: one["search"]["memory"],
    "1 % changed, seconds": lambda one: one["changed"]["seconds"],
}


def fit(points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Exponent and factor of a power of the size, by least squares in logarithms; None for fewer than two points."""
    points = [point for point in points if point[0] >= _FITTED_FROM]
    if len(points) < 2:
        return None
    exponent, logarithm = np.polyfit(*np.log(np.array(points)).T, 1)
    return float(exponent), float(np.exp(logarithm))


def points_of(measured: Sequence[dict[str, Any]], name: str) -> list[tuple[float, float]]:
    """Sizes, and what one curve has there."""
    has = [one for one in measured if "changed" in one or "changed" not in name]
    return [(one["built"]["passages"], CURVES[name](one)) for one in has]


def print_all(measured: Sequence[dict[str, Any]]) -> None:
    """Print a row for each size, and the exponents."""
    rows = []
    for one in measured:
        built, searched, changed = one["built"], one["search"], one.get("changed")
        rows.append([
            f"{built['passages']:,}", f"{built['briefs']:,}", f"{built['seconds']:.0f}", f"{built['cpu']:.0f}",
            f"{built['peak']:.0f}", f"{searched['open']:.2f}", f"{searched['first']:.2f}", f"{searched['p50']:.1f}",
            f"{searched['p95']:.1f}", f"{searched['whole']:.1f}", f"{searched['whole_p95']:.1f}",
            f"{searched['recall']:.4f}",
            f"{searched['memory']:.0f}",
            f"{searched['own']:.0f}",
            f"{changed['seconds']:.0f} ({changed['briefs']:,} briefs)" if changed else "",
        ])  # fmt: skip
    head = [
        "passages", "briefs", "built, s", "CPU s", "most MB", "open, s", "and first search", "stage p50, ms", "p95",
        "whole search p50", "p95", "recall@10", "MB", "of them own", "1 % changed, s",
    ]  # fmt: skip
    table(head, rows)
    exponents = [(name, fit(points_of(measured, name))) for name in CURVES]
    table(["from 10,000 passages on", "exponent"], [[name, f"{found[0]:.2f}"] for name, found in exponents if found])


def plot(measured: Sequence[dict[str, Any]], file: Path) -> None:
    """Draw all curves with their fits."""
    import matplotlib as mpl  # noqa: PLC0415 - a second, and for this alone
    from matplotlib.figure import Figure  # noqa: PLC0415 - the same
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415 - the same

    mpl.rcParams |= {"svg.hashsalt": "briefqa", "font.size": 9}
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    for axes, name in zip(figure.subplots(2, 3).flat, CURVES, strict=True):
        points = points_of(measured, name)
        axes.loglog(*zip(*points, strict=True), "o", color="#1b4f72")
        if found := fit(points):
            sizes = np.array([_FITTED_FROM, max(size for size, _ in points)])
            axes.loglog(sizes, found[1] * sizes ** found[0], color="#b9770e", label=f"passages ^ {found[0]:.2f}")
            axes.legend(frameon=False)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if axis is axes.yaxis else (1,)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
            axis.set_minor_formatter(NullFormatter())
        axes.set_title(name)
        axes.set_xlabel("passages")
        axes.grid(alpha=0.3)
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    main()
