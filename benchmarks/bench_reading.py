"""How fast PDFs are read and their notes found, beside pypdf's own `extract_text` on the same files.

    python benchmarks/bench_reading.py [FOLDER ...] [--passes N]

Every file is done by each contender before the next file is touched, in an order that turns with every pass, so that
whatever else the machine does falls on all of them. The ratio is taken within a pass. Files are in the system's cache
after the first pass; what is timed is parsing, not the disk.
"""

from __future__ import annotations

import argparse
import functools
import logging
import time
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from conditions import spread, stated, table
from pypdf import PdfReader

from briefqa.ingest import ingest
from briefqa.notes import understand
from briefqa.reading import read
from briefqa.reading.isolated import Isolated, Limits
from briefqa.sources import with_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PROJECT = Path(__file__).resolve().parent.parent
FOLDERS = [PROJECT / "docs_in" / "samples", PROJECT.parent / "shared" / "notes-gold"]
_NO_LIMIT = 10**9
# Fewer pages are read several times by the two processes: what they do must be long beside handing it out.
_PAGES_FOR_TWO = 100
_LIMITS = Limits(seconds=600, memory=2_000_000_000)
_SPINS = 1_500_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[folder for folder in FOLDERS if folder.is_dir()])
    parser.add_argument("--passes", type=int, default=3, help="times that every file is read (default: 3)")
    arguments = parser.parse_args()
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with stated("Reading", None, ["briefqa", "pypdf"]):
        for folder in arguments.folders:
            files = sorted(folder.rglob("*.pdf"))
            if not files:
                raise SystemExit(f"{folder} holds no PDF files.")
            measure(folder, files, arguments.passes)


def measure(folder: Path, files: list[Path], passes: int) -> None:
    """Time all contenders on the files of one folder and print the table."""
    pages = sum(len(PdfReader(file).pages) for file in files)
    extract = [0.0] * passes
    reading = [0.0] * passes
    notes = [0.0] * passes
    sources = [0.0] * passes
    for number in range(passes):
        for place, file in enumerate(files):
            pypdf_first = (number + place) % 2 == 0
            if pypdf_first:
                extract[number] += seconds(functools.partial(extract_text, file))
            started = time.perf_counter()
            document = read(file, file.name, max_bytes=_NO_LIMIT, max_pages=_NO_LIMIT)
            between = time.perf_counter()
            brief = understand(document, "0" * 16)
            understood = time.perf_counter()
            with_sources(brief)
            sources[number] += time.perf_counter() - understood
            notes[number] += understood - between
            reading[number] += between - started
            if not pypdf_first:
                extract[number] += seconds(functools.partial(extract_text, file))
    both = [a + b for a, b in zip(reading, notes, strict=True)]
    print(f"\n{folder.name}: {len(files)} PDF files, {pages} pages, {passes} passes; median (least–greatest)")
    rows = [
        [name, spread([pages / t for t in times], 1), spread([e / t for e, t in zip(extract, times, strict=True)])]
        for name, times in [
            ("pypdf extract_text", extract),
            ("reading.read", reading),
            ("notes.understand", notes),
            ("read + understand", both),
            ("the same + sources", [a + b for a, b in zip(both, sources, strict=True)]),
        ]
    ]
    table(["step", "pages/s", "speed, extract_text = 1"], rows)
    two_processes(files * (1 + _PAGES_FOR_TWO // pages), passes)


def two_processes(files: Sequence[Path], passes: int) -> None:
    """Have `reindex`'s own readers do all files, one process and then two, and print how much faster two are.

    A loop of plain Python, once and then in two processes at once, tells what the machine gives to a second process.
    """
    long_ones_first = sorted(files, key=lambda file: -file.stat().st_size)
    jobs = [(file.name, (file, file.name, "0" * 16)) for file in long_ones_first]
    call = functools.partial(ingest, max_bytes=_NO_LIMIT, max_pages=_NO_LIMIT, max_chars=_NO_LIMIT)
    took: dict[int, list[float]] = {1: [], 2: []}
    loop: dict[int, list[float]] = {1: [], 2: []}
    peak = 0
    for processes in (1, 2) * passes:
        with Isolated(call, _LIMITS, processes) as readers:
            drain(readers.map(jobs[-1:] * processes))  # so that they are started
            started = time.perf_counter()
            outcomes = list(readers.map(jobs))
            took[processes].append(time.perf_counter() - started)
        failed = [outcome.error for outcome in outcomes if outcome.error is not None]
        if failed:
            raise SystemExit(f"Not every file could be read: {failed[0]}")
        peak = max(peak, *(outcome.peak for outcome in outcomes))
        with get_context("spawn").Pool(processes) as pool:
            pool.map(spin, [1] * processes, chunksize=1)
            loop[processes].append(seconds(functools.partial(pool.map, spin, [_SPINS] * 8, chunksize=1)))
    faster, plain = (spread([one / two for one, two in zip(of[1], of[2], strict=True)]) for of in (took, loop))
    print(
        f"two processes instead of one: {faster} times as fast (a loop of plain Python: {plain} times); "
        f"peak memory of a reader: {peak / 1e6:.0f} MB",
        flush=True,
    )


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def extract_text(file: Path) -> None:
    """Do what most programs do: open the file and take the text of each page."""
    for page in PdfReader(file).pages:
        page.extract_text()


def drain(outcomes: Iterable[object]) -> None:
    """Wait for all of them."""
    for _ in outcomes:
        pass


def spin(times: int) -> int:
    """Add numbers up."""
    return sum(number & 7 for number in range(times))


if __name__ == "__main__":
    main()
