"""What every benchmark prints around its figures: the conditions they were taken under, and the figures as a table."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STAT = Path("/proc/stat")

LOG = "BENCH_LOG"
"""A variable of the environment that names a file: what is printed is written there as lines of JSON, too. Not one of
briefqa's own, which would take it for a setting that it does not know."""


@contextmanager
def stated(title: str, seed: int | None, libraries: Sequence[str]) -> Iterator[None]:
    """Print the conditions of a benchmark before it, and after it how busy other programs kept the machine.

    seed: None where nothing is random. libraries: whose versions decide over the figures.
    """
    command = shlex.join(["python", Path(sys.argv[0]).as_posix(), *sys.argv[1:]])
    print(f"\n== {title}")
    print(f"command   {command}")
    print(f"seed      {'none: nothing is random' if seed is None else seed}")
    print(f"machine   {os.cpu_count()} cores, {platform.machine()}, {platform.system()}")
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in libraries)]
    print("versions  " + ", ".join(versions))
    _log({"seed": seed, "versions": versions})
    started, busy_before, own_before = time.perf_counter(), _busy_seconds(), cpu_seconds()
    yield
    seconds = time.perf_counter() - started
    note = "not known here"
    if busy_before is not None and (busy := _busy_seconds()) is not None:
        others = max(0.0, busy - busy_before - (cpu_seconds() - own_before)) / seconds
        note = f"{others:.2f} of {os.cpu_count()} cores on average" + (" (NOISY: run it again)" if others > 0.2 else "")
        _log({"others": others})
    print(f"took {seconds:.0f} s; other programs kept busy meanwhile: {note}", flush=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a Markdown table that can also be read as it is."""
    print("\n".join(lines_of(head, rows)), flush=True)
    _log({"head": head, "rows": rows})


def lines_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Give a Markdown table line by line."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    return [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (head, ["-" * width for width in widths], *rows)
    ]


def _log(said: dict[str, object]) -> None:
    if file := os.environ.get(LOG):
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(said) + "\n")


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median of values, and the least and the greatest."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return f"{median:.{digits}f} ({ordered[0]:.{digits}f}–{ordered[-1]:.{digits}f})"


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value that the part (0 to 1) of all values does not exceed, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _busy_seconds() -> float | None:
    """CPU seconds that all programs have used since the machine started; None where the system does not tell."""
    if not _STAT.exists():
        return None
    user, nice, system, _idle, _waiting, *interrupts = map(int, _STAT.read_text(encoding="ascii").split()[1:8])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])
