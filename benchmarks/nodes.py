"""Real pages read and embedded by this machine, and by a Ray cluster of two nodes of which one is killed halfway.

    python benchmarks/nodes.py ../shared/notes-gold --pages 2000

The files are repeated, each time with a comment behind them so that they are other files, until there are so many
pages. Both indexes have to hold the same, vectors to within 1e-5 a number. Both nodes are on this machine and share its
cores, so that the cluster can only be slower: the difference is what Ray costs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conditions import stated, table
from ray.cluster_utils import Cluster as RayCluster
from sameness import assert_same
from synthetic import LIMITS, PASSAGE_TOKENS

from briefqa.cluster import Recipe, connected
from briefqa.embedding import embedder_key, load_embedder
from briefqa.reading.isolated import cores
from briefqa.reindex import Here, reindex

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefqa.reindex import Progress, ReindexReport, Workers

_MODEL = "all-MiniLM-L6-v2"
_MAX_BYTES = 100_000_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where there are PDFs")
    parser.add_argument("--pages", type=int, default=2000)
    arguments = parser.parse_args()
    with (
        stated("Reindexing on a Ray cluster", 0, ["ray", "onnxruntime", "pypdf"]),
        tempfile.TemporaryDirectory() as work,
    ):
        docs_in = Path(work) / "docs_in"
        pages = _fill(docs_in, sorted(arguments.folder.rglob("*.pdf")), arguments.pages)
        here, _ = _timed(docs_in, Path(work) / "here", Here(cores()), lambda _: None)
        with tempfile.TemporaryDirectory(prefix="bq-", dir="/tmp", ignore_cleanup_errors=True) as sockets:
            whole, lost, killed_after = _on_cluster(docs_in, Path(work), sockets)
        print(assert_same(Path(work) / "here", Path(work) / "whole", near=1e-5))
        print(assert_same(Path(work) / "here", Path(work) / "lost", near=1e-5))
        rows = [["this machine", here, 1.0], ["two nodes on it", whole, whole / here],
                ["two nodes, one killed", lost, lost / here]]  # fmt: skip
        shown = [[what, f"{seconds:.0f}", f"{ratio:.2f}"] for what, seconds, ratio in rows]
        print(table(["", "seconds", "beside this machine"], shown))
        print(f"\n{pages} pages; the node was killed after {killed_after:.0f} s")


def _fill(docs_in: Path, files: list[Path], pages: int) -> int:
    """Fill the folder with so many pages at least; returns how many."""
    from pypdf import PdfReader  # noqa: PLC0415 - here only

    docs_in.mkdir()
    counts = [(file, len(PdfReader(file).pages)) for file in files]
    found = 0
    for number in range(pages):
        for file, count in counts:
            if found >= pages:
                return found
            copy = docs_in / f"{number:03}-{file.name}"
            shutil.copy(file, copy)
            with copy.open("ab") as end:
                end.write(f"\n% {number}\n".encode())
            found += count
    return found


def _on_cluster(docs_in: Path, work: Path, sockets: str) -> tuple[float, float, float]:
    """Time both runs on two nodes; returns their seconds, and after how many of the second one a node was killed."""
    small: dict[str, Any] = {"object_store_memory": 200_000_000, "include_dashboard": False}
    # Where Ray writes the cluster's address: it makes that folder only where it has no other to work in.
    os.environ["RAY_TMPDIR"] = sockets
    (Path(sockets) / "ray").mkdir(exist_ok=True)
    cluster = RayCluster(initialize_head=True, head_node_args={"num_cpus": 0, "temp_dir": sockets, **small})
    nodes = [cluster.add_node(num_cpus=1, **small) for _ in range(2)]
    killed: list[float] = []

    def halfway(now: Progress) -> None:
        if now.step == "read" and now.done >= now.total / 2 and not killed:
            killed.append(time.perf_counter())
            threading.Thread(target=cluster.remove_node, args=(nodes[1], False)).start()

    recipe = Recipe(_MODEL)
    with connected(cluster.address, recipe, _MAX_BYTES) as workers:
        whole, _ = _timed(docs_in, work / "whole", workers, lambda _: None)
    with connected(cluster.address, recipe, _MAX_BYTES) as workers:
        lost, begun = _timed(docs_in, work / "lost", workers, halfway)
    cluster.shutdown()  # type: ignore[no-untyped-call]
    return whole, lost, killed[0] - begun


def _timed(docs_in: Path, index: Path, workers: Workers, progress: Callable[[Progress], None]) -> tuple[float, float]:
    """Reindex; returns how many seconds it took, and when it began."""
    begun = time.perf_counter()
    report: ReindexReport = reindex(
        docs_in,
        index,
        load=lambda: load_embedder(_MODEL, converted=index.parent / "models"),
        embedder_key=embedder_key(_MODEL),
        passage_tokens=PASSAGE_TOKENS,
        faiss_factory="auto",
        keep=1,
        max_bytes=_MAX_BYTES,
        max_pages=2000,
        limits=LIMITS,
        workers=workers,
        progress=progress,
    )
    assert report.published, report.problems
    return time.perf_counter() - begun, begun


if __name__ == "__main__":
    main()
