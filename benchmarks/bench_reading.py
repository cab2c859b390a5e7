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
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from conditions import spread, stated, table
from pypdf import PdfReader

from briefqa.notes import understand
from briefqa.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROJECT = Path(__file__).resolve().parent.parent
FOLDERS = [PROJECT / "docs_in" / "samples", PROJECT.parent / "shared" / "notes-gold"]
_NO_LIMIT = 10**9
# Fewer pages are read several times by the two processes: what they do must be long beside handing it out.
_PAGES_FOR_TWO = 100


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


def measure(folder: Path, files: Sequence[Path], passes: int) -> None:
    """Time all contenders on the files of one folder and print the table."""
    pages = sum(len(PdfReader(file).pages) for file in files)
    extract = [0.0] * passes
    reading = [0.0] * passes
    notes = [0.0] * passes
    for number in range(passes):
        for place, file in enumerate(files):
            pypdf_first = (number + place) % 2 == 0
            if pypdf_first:
                extract[number] += seconds(functools.partial(extract_text, file))
            started = time.perf_counter()
            document = read(file, file.name, max_bytes=_NO_LIMIT, max_pages=_NO_LIMIT)
            between = time.perf_counter()
            understand(document, "0" * 16)
            notes[number] += time.perf_counter() - between
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
        ]
    ]
    table(["step", "pages/s", "speed, extract_text = 1"], rows)
    two_processes(files * (1 + _PAGES_FOR_TWO // pages))


def two_processes(files: Sequence[Path]) -> None:
    """Read and understand all files in one worker and in two, and print how much faster two are.

    A loop of plain Python under the same workers tells what the machine gives to a second process at that moment.
    """
    long_ones_first = sorted(files, key=lambda file: -file.stat().st_size)
    took: dict[int, float] = {}
    loop: dict[int, float] = {}
    peak = 0
    for workers in (1, 2):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            list(pool.map(warm_up, [long_ones_first[-1]] * workers))
            loop[workers] = seconds(functools.partial(drain, pool, spin, [1_500_000] * 8))
            took[workers] = seconds(functools.partial(drain, pool, read_and_understand, long_ones_first))
            peak = max(peak, *pool.map(peak_memory, range(4 * workers)))
    print(
        f"two processes instead of one: {took[1] / took[2]:.2f} times as fast "
        f"(a loop of plain Python: {loop[1] / loop[2]:.2f}); peak memory of a worker {peak} MB",
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


def read_and_understand(file: Path) -> None:
    """Do all that is done to a file before it is cut into passages."""
    understand(read(file, file.name, max_bytes=_NO_LIMIT, max_pages=_NO_LIMIT), "0" * 16)


def warm_up(file: Path) -> None:
    """Import in a worker all that it needs, and keep it busy until the other has been started, too."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    read_and_understand(file)
    time.sleep(0.5)


def spin(times: int) -> int:
    """Add numbers up."""
    return sum(number & 7 for number in range(times))


def drain(pool: ProcessPoolExecutor, work: Callable[..., object], items: Sequence[object]) -> None:
    """Have the workers do all items."""
    for _ in pool.map(work, items):
        pass


def peak_memory(_: int) -> int:
    """Return the most memory that this process ever held, in MB."""
    time.sleep(0.05)  # so that each worker gets its turn
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
