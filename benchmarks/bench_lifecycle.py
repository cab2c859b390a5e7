"""What a night costs: a first run, one in which nothing has changed, one in which a brief has; and the memory of it.

    python benchmarks/bench_lifecycle.py --briefs 10000 --passages 100000

Made-up briefs, the hashing embedder (a real model adds its own time and memory, which other benchmarks tell), the
command itself in a process of its own. Memory is the most that it held at a time; the processes that read have limits
of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from conditions import spread, stated, table
from synthetic import write_briefs


def run(home: Path, *options: str) -> tuple[float, float, dict[str, object]]:
    """Reindex; returns seconds, the most MB of the process itself, and the report."""
    command = [sys.executable, "-m", "briefqa.cli", "reindex", "docs_in", "--index", "index", "--json", *options]
    environment = os.environ | {"BRIEFQA_MODEL": "hashing"}
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        peak = [0.0]
        watch = threading.Thread(target=_watch, args=(process, peak))
        watch.start()
        out = process.stdout.read() if process.stdout else ""
        process.wait()
        seconds = time.perf_counter() - start
        watch.join()
    if process.returncode:
        raise SystemExit(f"exit status {process.returncode}: {out[:300]}")
    return seconds, peak[0], json.loads(out)


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    """Look at the high-water mark of resident memory until the process ends."""
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            return
        peak[0] = max([peak[0], *(int(kb) / 1000 for kb in re.findall(r"VmHWM:\s+(\d+)", status))])
        time.sleep(0.05)


def written(index: Path) -> set[tuple[str, int]]:
    """Every file of the index with the time of its writing; not what names the process and tells how it ended."""
    told = {index / ".lock", index / "reports" / "last.json"}
    return {(str(path), path.stat().st_mtime_ns) for path in index.rglob("*") if path.is_file() and path not in told}


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--briefs", type=int, default=10_000)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="work here and leave it; what lies there is gone on with")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="briefqa-lifecycle-") as name,
        stated("Nights", arguments.seed, ["faiss-cpu"]),
    ):
        home = arguments.folder or Path(name)
        per_brief = max(1, arguments.passages // arguments.briefs)
        if not (home / "docs_in").is_dir():
            write_briefs(home / "docs_in", arguments.passages, arguments.seed, per_brief)
        seconds, peak, report = run(home)
        print(f"{report['briefs']} briefs, {report['passages']} passages", flush=True)
        print(f"first run: {seconds:.1f} s, {peak:.0f} MB; {_steps(report)}", flush=True)
        nothing, one = [], []
        for number in range(arguments.rounds):
            before = written(home / "index")
            nothing.append(run(home))
            if written(home / "index") != before:
                raise SystemExit("Nothing has changed, and something was written.")
            brief = home / "docs_in" / f"brief-{number:04}.md"
            brief.write_text(brief.read_text(encoding="utf-8") + "\n\nOne more paragraph.\n", encoding="utf-8")
            one.append(run(home))
            print(f"one brief changed: {one[-1][0]:.1f} s; {_steps(one[-1][2])}", flush=True)
        nights = {"nothing changed": nothing, "one brief changed": one}
        rows = [
            [name, spread([each[0] for each in of], 1), f"{max(each[1] for each in of):.0f}"]
            for name, of in nights.items()
        ]
        table(["night", "seconds", "most MB"], rows)
    return 0


def _steps(report: dict[str, object]) -> str:
    steps = report["seconds"]
    assert isinstance(steps, dict)
    return ", ".join(f"{name} {seconds:.1f}" for name, seconds in steps.items())


if __name__ == "__main__":
    sys.exit(main())
