"""Read thousands of damaged documents: each may fail with an error that names it, and cost nothing but itself.

    python benchmarks/fuzz_reading.py [SEED [COUNT]] [--extra FOLDER ...] [--keep FOLDER]

Documents are those of tests/briefs, docs_in/samples and the folders that are named. Each reading takes one of them and
does to it one to four of: bytes flipped, a stretch cut out, doubled or overwritten from another document, the end cut
off, numbers changed; in the file itself or, for PDF streams and the parts of Word files, beneath the compression. Every
tenth is left whole and must be read as before. It tells how many were read and refused, and names as failures: flaws
(errors that are not meant), crashes, hangs and whole documents lost; it then exits with 1. The same seed, count and
folders make the same files; --keep writes those that failed.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import sys
import tempfile
import zipfile
import zlib
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.errors import ReaderDied, ReaderFlaw, ReadingTimeout
from briefqa.ingest import ingest
from briefqa.reading import SUFFIXES
from briefqa.reading.isolated import Isolated, Limits, cores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.ingest import Ingested
    from briefqa.reading.isolated import Job, Outcome

PROJECT = Path(__file__).resolve().parent.parent
FOLDERS = (PROJECT / "tests" / "briefs", PROJECT / "docs_in" / "samples")
WHOLE_EVERY = 10
TOLD = 40

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def main() -> int:
    """Damage, read, tell; 1 where anything failed that must not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("count", type=int, nargs="?", default=500)
    parser.add_argument("--extra", type=Path, action="append", default=[], metavar="FOLDER", help="more documents")
    parser.add_argument("--max-kb", type=int, default=300, help="leave larger documents out (default: 300)")
    parser.add_argument("--seconds", type=int, default=60, help="what one file may take (default: 60)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write the files that failed here")
    arguments = parser.parse_args()
    documents = find(arguments.extra, arguments.max_kb * 1000)
    print(f"seed {arguments.seed}, {arguments.count} files from {len(documents)} documents", flush=True)
    call = partial(ingest, max_bytes=20_000_000, max_pages=500, max_chars=5_000_000)
    told: Counter[str] = Counter()
    failed = 0
    with (
        tempfile.TemporaryDirectory() as scratch,
        Isolated(call, Limits(arguments.seconds, 1_500_000_000), cores()) as isolated,
    ):
        for outcome in isolated.map(jobs(documents, Path(scratch), arguments.seed, arguments.count)):
            file = Path(scratch) / outcome.name
            kind, failure = judged(outcome)
            told[f"{file.suffix} {kind}"] += 1
            if failure:
                failed += 1
                print(f"FAILED {outcome.name}: {failure}", flush=True)
                if arguments.keep:
                    arguments.keep.mkdir(parents=True, exist_ok=True)
                    file.rename(arguments.keep / file.name)
            file.unlink(missing_ok=True)
    for kind, count in sorted(told.items()):
        print(f"{count:6} {kind}")
    print(f"fuzz_reading: {failed} failed of {arguments.count}.")
    return int(failed > 0)


def find(extra: Sequence[Path], most: int) -> list[Path]:
    """List the documents, the same in every run."""
    files = (file for folder in (*FOLDERS, *extra) for file in sorted(folder.rglob("*")))
    found = [file for file in files if file.suffix in SUFFIXES and file.is_file() and file.stat().st_size <= most]
    if not found:
        sys.exit("fuzz_reading: there are no documents to damage.")
    return found


def jobs(documents: Sequence[Path], scratch: Path, seed: int, count: int) -> Iterator[Job]:
    """Write the files when they are asked for; all formats come equally often."""
    kinds: dict[str, list[Path]] = {}
    for document in documents:
        kinds.setdefault(document.suffix, []).append(document)
    for number in range(count):
        dice = random.Random(f"{seed} {number}")  # noqa: S311 - no secret; each file can be made alone
        document, donor = dice.choices(kinds[dice.choice(sorted(kinds))], k=2)
        whole = number % WHOLE_EVERY == 0
        name = f"{number:05}-{'whole' if whole else 'damaged'}-{document.stem}{document.suffix}"
        data = document.read_bytes()
        if not whole:
            data = damaged(data, donor.read_bytes(), document.suffix, dice)
        file = scratch / name
        file.write_bytes(data)
        yield name, (file, name, f"{number:016x}")


def damaged(data: bytes, donor: bytes, suffix: str, dice: random.Random) -> bytes:
    """Damage a document, half of the time beneath its compression."""
    beneath = {".pdf": in_a_stream, ".docx": in_a_part}.get(suffix)
    for _ in range(dice.randint(1, 4)):
        way = beneath if beneath is not None and dice.random() < 0.5 else hurt
        data = way(data, donor, dice)
    return data


def hurt(data: bytes, donor: bytes, dice: random.Random) -> bytes:  # noqa: PLR0911 - one a kind of damage
    """Do one thing to a stretch of bytes."""
    if len(data) < 2:
        return donor
    start = dice.randrange(len(data))
    end = min(len(data), start + int(10 ** dice.uniform(0, 4.5)))
    match dice.choice(("flip", "flip", "cut", "double", "repeat", "splice", "truncate", "number", "number", "turn")):
        case "flip":
            changed = bytearray(data)
            for _ in range(dice.choice((1, 8, 200))):
                changed[dice.randrange(len(changed))] = dice.randrange(256)
            return bytes(changed)
        case "cut":
            return data[:start] + data[end:]
        case "double":
            return data[:end] + data[start:end] + data[end:]
        case "repeat":
            return data[:end] + data[start : min(end, start + 200)] * dice.choice((30, 1000)) + data[end:]
        case "splice":
            other = dice.randrange(len(donor)) if donor else 0
            return data[:start] + donor[other : other + end - start] + data[end:]
        case "truncate":
            return data[:start]
        case "number":
            return other_number(data, start, dice)
        case _:
            return data[:start] + data[start:end][::-1] + data[end:]


def other_number(data: bytes, start: int, dice: random.Random) -> bytes:
    """Change the next number: lengths, offsets, sizes, references."""
    number = re.compile(rb"\d+").search(data, start)
    if number is None:
        return data
    value = dice.choice((0, 1, -1, 7, 65_535, 2**31, 2**63, 10**40, int(number[0][:18]) + 1))
    return data[: number.start()] + str(value).encode() + data[number.end() :]


def in_a_stream(data: bytes, donor: bytes, dice: random.Random) -> bytes:
    """Damage one of a PDF's compressed streams beneath the compression."""
    streams = list(_STREAM.finditer(data))
    if not streams:
        return data
    stream = dice.choice(streams)
    try:
        plain = zlib.decompressobj().decompress(stream[1], 5_000_000)
    except zlib.error:
        return data
    return data[: stream.start(1)] + zlib.compress(hurt(plain, donor, dice)) + b"\n" + data[stream.end(1) :]


def in_a_part(data: bytes, donor: bytes, dice: random.Random) -> bytes:
    """Damage one part of a Word file beneath the compression."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(io.BytesIO(donor)) as archive:
            other = archive.read(dice.choice(archive.namelist()))
    except Exception:  # noqa: BLE001 - it is damaged already, in one of the many ways that zipfile tells of
        return data
    chosen = dice.choice(sorted(name for name in parts if name.endswith((".xml", ".rels"))) or [""])
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, hurt(part, other, dice) if name == chosen else part)
    return written.getvalue()


def judged(outcome: Outcome[Ingested]) -> tuple[str, str]:
    """What became of a file, in a word; and what is wrong with that, or ""."""
    error = outcome.error
    if error is None:
        problems = outcome.value.brief.problems if outcome.value else ()
        return "read, with problems" if problems else "read", ""
    kind = type(error).__name__
    wrong = isinstance(error, (ReaderFlaw, ReaderDied, ReadingTimeout, OSError)) or "-whole-" in outcome.name
    return kind, f"{kind}: {str(error)[:400]}" if wrong else ""


if __name__ == "__main__":
    sys.exit(main())
