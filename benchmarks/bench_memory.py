"""How much memory `briefqa reindex` and the server need at their peak.

    python benchmarks/bench_memory.py [--embedded N] [--passages N] [--searches N] [--seed N]

"itself" is the high-water mark of resident memory of the process (VmHWM of Linux); "with its readers" is the largest
sum of what it and the processes that read files for it held at one moment, looked at 50 times a second; memory that
they share counts twice. The usual ru_maxrss is of no use here: it counts what the parent held before the program began.
The model alone is what a program needs that loads it and embeds one batch of full windows.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

from conditions import stated, table
from serving import serving

_BATCH_OF_FULL_WINDOWS = """
from briefqa.embedding import load_embedder
load_embedder("all-MiniLM-L6-v2").embed_passages(["water " * 300] * 16)
"""
_HITS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--embedded", type=int, default=300, help="passages embedded by the model (default: 300)")
    parser.add_argument("--passages", type=int, default=10_000, help="of the other indexes (default: 10000)")
    parser.add_argument("--searches", type=int, default=200, help="(default: 200)")
    parser.add_argument("--seed", type=int, default=20310407)
    arguments = parser.parse_args()
    if not Path("/proc/self/status").exists():
        raise SystemExit("This benchmark reads /proc, which only Linux has.")
    libraries = ["briefqa", "torch", "sentence-transformers", "faiss-cpu"]
    with stated("Memory", arguments.seed, libraries), tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), arguments.embedded, arguments.passages, arguments.searches, arguments.seed)
        table(["process", "itself, MB", "with its readers, MB"], rows)


def measure(folder: Path, embedded: int, passages: int, searches: int, seed: int) -> list[list[str]]:
    """Run all processes one after another; returns a row for each."""
    small, large = folder / "small", folder / "large"
    in_another_process("write", small / "docs_in", embedded, seed)
    in_another_process("index", large, passages, seed)
    runs = {
        "the model alone, one full batch": [sys.executable, "-c", _BATCH_OF_FULL_WINDOWS],
        f"reindex, {embedded} passages, all embedded": reindexing(small, "again", "all-MiniLM-L6-v2"),
        "reindex, nothing changed": reindexing(small, "again", "all-MiniLM-L6-v2"),
        f"reindex, {embedded} passages, without a model": reindexing(small, "plain", "hashing"),
        f"reindex, {passages} passages, without a model": reindexing(large, "plain", "hashing"),
    }
    rows = []
    for name, command in runs.items():
        own, family = peaks_of(command)
        rows.append([name, f"{own:.0f}", f"{family:.0f}"])
    asked = in_another_process("ask", folder, searches, seed)
    with serving(large / "index") as client:
        rows.append([f"server, {passages} passages, ready", f"{memory(client.server.pid, 'VmHWM'):.0f}", ""])
        for question in asked:
            client.search(question, _HITS)
        rows.append([f"server, after {len(asked)} searches", f"{memory(client.server.pid, 'VmHWM'):.0f}", ""])
    return rows


def in_another_process(task: str, folder: Path, count: int, seed: int) -> list[str]:
    """Do what needs the model or much memory, so that this process, the parent of what is measured, stays small."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(prepare, (task, folder, count, seed))


def prepare(task: str, folder: Path, count: int, seed: int) -> list[str]:
    """Write briefs, write and index them, or make questions, which are returned."""
    import synthetic  # noqa: PLC0415 - only here: see above

    if task == "ask":
        return synthetic.questions(count, seed)
    if task == "write":
        synthetic.write_briefs(folder, count, seed)
    else:
        synthetic.build_random_index(folder, count, seed)
    return []


def reindexing(folder: Path, index: str, model: str) -> list[str]:
    """Return the command that indexes folder/docs_in with a model."""
    command = [sys.executable, "-m", "briefqa.cli", "reindex", str(folder / "docs_in"), "--index", str(folder / index)]
    return ["env", f"BRIEFQA_MODEL={model}", *command]


def peaks_of(command: list[str]) -> tuple[float, float]:
    """Run a command to its end; returns the most memory that it held, and it and its children together, in MB."""
    own = family = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        # WNOWAIT leaves the ended process to be waited for by `with`.
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            own = max(own, memory(process.pid, "VmHWM"))
            family = max(family, sum(memory(pid, "VmRSS") for pid in [process.pid, *children(process.pid)]))
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"Exit status {process.returncode}: {' '.join(command)}")
    return own, max(own, family)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:  # it has just ended
        return []
    return [int(child) for child in listed.split()]


def memory(pid: int, name: str) -> float:
    """Return a figure of a process's memory in MB; 0 where it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
