"""All benchmarks, one after another, and one table of what is to be read of them.

    python benchmarks/suite.py [--only NAME ...] [--write FILE]

Each is a process of its own with its defaults, and prints what it prints by itself. The table at the end has machine,
versions and seeds, what is aimed at, and how busy other programs kept the machine meanwhile: where that is more than a
fifth of a core, run the benchmark again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from conditions import LOG, lines_of

HERE = Path(__file__).resolve().parent
# They want to be told of what: an index, a server.
_ASKED_FOR = {"bench_postgres"}
_TELLING_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that matters. row, column: where it stands in a table of the benchmark. aim: what is wanted of it.

    table: which of the tables that have such a row and column, -1 the last.
    """

    name: str
    benchmark: str
    row: str
    column: str
    unit: str
    aim: str = ""
    table: int = -1


FIGURES = [
    Figure("read and linked, beside pypdf's extract_text", "bench_reading", "read + understand",
           "speed, extract_text = 1", "×", "≥ 0.5"),
    Figure("embedding in fp32, beside torch", "bench_embedding", "converted, side by side", "beside torch", "×"),
    Figure("share of the fp32 peak", "bench_embedding", "converted, side by side", "share of the peak", "", "≥ 0.75"),
    Figure("embedding in int8, beside torch", "bench_embedding", "int8, side by side", "beside torch", "×"),
    Figure("a question's vector", "bench_embedding", "converted", "p50, ms", "ms"),
    Figure("whole reindex", "bench_indexing", "whole reindex", "passages/s", "passages/s"),
    Figure("cold search", "bench_start", "search", "seconds", "s", "≤ 1.5"),
    Figure("serve until ready", "bench_start", "serve, until ready", "seconds", "s", "≤ 1.5"),
    Figure("over HTTP, beside the bare embedding", "bench_serving", "over HTTP", "p50 beside bare", "×", "≤ 1.6"),
    Figure("over HTTP, p50", "bench_serving", "over HTTP", "p50", "ms"),
    Figure("16 clients", "bench_serving", "16", "answers a second", "answers/s"),
    Figure("the server's memory, after all", "bench_serving", "after 3000 more", "MB", "MB", "≤ 400"),
    Figure("embedding, legs and fusion, beside embedding", "bench_steps", "in a search: embedding, legs, fusion",
           "p50 beside embedding", "×", "≤ 1.3", table=0),
    Figure("legs, fusion, fetching at 100,000, p95", "bench_steps", "legs, fusion and fetching", "p95", "ms", "≤ 10"),
    Figure("the nearest ten of 100,000, recall", "bench_legs", "10", "recall", "", "≥ 0.98"),
    Figure("a night in which nothing changed", "bench_lifecycle", "nothing changed", "seconds", "s", "≤ 10"),
    Figure("a night in which one brief changed", "bench_lifecycle", "one brief changed", "seconds", "s", "≤ 10"),
    Figure("painted after the answer", "bench_pages", "warm", "ms after the answer", "ms", "≤ 100"),
    Figure("indexing grows as passages ^", "bench_scale", "indexing, CPU seconds", "exponent", "", "≤ 1.1"),
    Figure("both legs grow as passages ^", "bench_scale", "both legs, p50 ms", "exponent", "", "< 1"),
]  # fmt: skip


def main() -> None:
    """Run all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = sorted({file.stem for file in HERE.glob("bench_*.py")} - _ASKED_FOR)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the table as Markdown, too")
    arguments = parser.parse_args()
    failed, logged = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            log = Path(folder) / name
            done = subprocess.run([sys.executable, HERE / f"{name}.py"], check=False, env=os.environ | {LOG: str(log)})
            if done.returncode:
                failed.append(name)
            logged[name] = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    told = page(logged)
    print(f"\n{told}")
    if arguments.write:
        arguments.write.write_text(told, encoding="utf-8")
    if failed:
        raise SystemExit(f"These failed: {', '.join(failed)}.")


def page(logged: dict[str, list[dict[str, Any]]]) -> str:
    """Write the table of all figures that were measured, below the conditions."""
    conditions = {name: {key: of for one in lines for key, of in one.items()} for name, lines in logged.items()}
    versions = sorted({each for of in conditions.values() for each in of.get("versions", [])})
    rows = []
    for figure in FIGURES:
        value = found(logged.get(figure.benchmark, []), figure)
        if value is not None:
            its = conditions[figure.benchmark]
            seed, others = its.get("seed"), its.get("others")
            rows.append([
                figure.name, f"{value} {figure.unit}".strip(), figure.aim, figure.benchmark,
                "none" if seed is None else str(seed), "not known" if others is None else f"{others:.2f}",
            ])  # fmt: skip
    head = [f"{machine()}; {', '.join(versions)}; {datetime.now().astimezone():%Y-%m-%d}.", ""]
    columns = ["figure", "measured", "aim", "benchmark", "seed", "cores that others kept busy"]
    return "\n".join([*head, *lines_of(columns, rows)])


def found(lines: list[dict[str, Any]], figure: Figure) -> str | None:
    """Find a figure in the tables that a benchmark has printed."""
    values = [
        row[one["head"].index(figure.column)]
        for one in lines
        if figure.column in one.get("head", [])
        for row in one["rows"]
        if row[0] == figure.row
    ]
    return values[figure.table] if values else None


def machine() -> str:
    """Describe the processor, with those of its abilities that decide over the figures."""
    cpuinfo = Path("/proc/cpuinfo")
    told = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    name = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    flags = set(re.findall(r"\S+", next(iter(re.findall(r"^flags\s*: (.+)$", told, re.MULTILINE)), "")))
    able = ", ".join(flag for flag in _TELLING_FLAGS if flag in flags)
    return f"{os.cpu_count()} cores, {name[1] if name else platform.processor()} ({able or platform.machine()})"


if __name__ == "__main__":
    main()
