"""Fills the disk at each step of a reindex, and checks that nothing is broken.

    python benchmarks/full_disk.py        (for root on Linux: a small tmpfs is mounted)

A folder of made-up briefs is changed at random, and a reindex of it started on the tmpfs. At one moment of it all that
is free there is taken, so that whatever is written from then on fails as the system makes it fail. The moments are each
time that a file of the index is opened to be written (by Python, SQLite or FAISS), a folder made in it, or a name
changed. Then the same on disks of several sizes, which the reindex fills itself, somewhere in the middle of a file.

After each: the generation that was live is live, whole to the last byte and searched; with the space given back, the
next reindex publishes what a build from nothing gives, and nothing is left over.
"""

from __future__ import annotations

import argparse
import errno
import gc
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crashes import FAILED, Home, forked, status_of

from briefqa import generation as g

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BRIEFS = 40
_ROOM = 200_000_000
_BALLAST = "ballast"
_TO_WRITE = os.O_WRONLY | os.O_RDWR


@contextmanager
def small_disk(mount: Path, size: int) -> Iterator[Path]:
    """Mount a tmpfs of so many bytes. Ends the process where that is not allowed."""
    mount.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", mount], check=False).returncode:
        print("skipped: a tmpfs cannot be mounted here")
        raise SystemExit(0)
    try:
        yield mount
    finally:
        gc.collect()  # what failed is held by its traceback, and holds its files mapped
        subprocess.run(["umount", mount], check=True)


def fill(disk: Path) -> None:
    """Take all the space that is left on a disk."""
    handle = os.open(disk / _BALLAST, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    block = b"x" * 1_000_000
    try:
        while block:
            try:
                os.write(handle, block)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                block = block[: len(block) // 2]
    finally:
        os.close(handle)


def at_moments(index: Path, moment: Callable[[str], None]) -> None:
    """Call moment(name) before each step that something is written at below index. For good: in a forked process."""
    import faiss  # noqa: PLC0415 - what opens its file where Python does not see it

    inside = f"{index}{os.sep}"

    def told(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _TO_WRITE):
            return
        if event not in {"open", "os.mkdir", "os.rename", "sqlite3.connect"}:
            return
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes, os.PathLike)) else ""
        if path.startswith(inside) and not (event == "open" and path.endswith(".sqlite-journal")):
            moment(f"{event.removeprefix('os.')} {Path(path).relative_to(index)}")

    write_index = faiss.write_index

    def write(built: Any, file: str) -> None:
        moment(f"write_index {Path(file).relative_to(index)}")
        write_index(built, file)

    faiss.write_index = write
    sys.addaudithook(told)


def moments(home: Home, into: Path) -> list[str]:
    """Name the moments of a reindex."""

    def run() -> None:
        names: list[str] = []
        at_moments(home.index, names.append)
        home.reindex()
        into.write_text(json.dumps(names), encoding="utf-8")

    assert status_of(forked(run)) == 0
    names: list[str] = json.loads(into.read_text(encoding="utf-8"))
    return names


def at_each_moment(disk: Path, home: Home, every: int, scratch: Path) -> int:
    """Fill the disk at each moment; returns at how many of them the reindex failed."""
    home.change()
    names = moments(home, scratch.with_suffix(".json"))
    failed = 0
    for at in range(0, len(names), every):
        home.change()
        live = g.current_id(home.index)

        def run(at: int = at) -> None:
            met: list[str] = []

            def moment(name: str) -> None:
                met.append(name)
                if len(met) == at + 1:
                    fill(disk)

            at_moments(home.index, moment)
            home.reindex()

        status = status_of(forked(run))
        assert status in (0, FAILED), f"exit status {status} at {names[at]}"
        published = g.current_id(home.index)
        assert (published == live) == (status == FAILED), f"{published} is live after {names[at]}"
        home.check_live(published)
        (disk / _BALLAST).unlink()
        home.check_new(scratch)
        failed += status == FAILED
        print(f"    {names[at]:<60} {'failed, and told' if status else 'went through'}", flush=True)
    return failed


def at_sizes(disk: Path, home: Home, sizes: int, scratch: Path) -> int:
    """Leave less and less room, down to nearly none; returns how often the reindex failed."""
    needed = sum(path.stat().st_size for path in home.index.rglob("*") if path.is_file())
    failed = 0
    for number in range(sizes):
        home.change()
        live = g.current_id(home.index)
        fill(disk)
        os.truncate(disk / _BALLAST, (disk / _BALLAST).stat().st_size - needed * (number + 1) // sizes)
        status = status_of(forked(home.reindex))
        assert status in (0, FAILED), f"exit status {status} with {number + 1} of {sizes} parts of the room"
        home.check_live(live if status else g.current_id(home.index))
        (disk / _BALLAST).unlink()
        home.check_new(scratch)
        failed += status == FAILED
    return failed


def main() -> int:
    """Do all of it, and print what was met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth moment (default: 1)")
    parser.add_argument("--sizes", type=int, default=20, help="so many disks that the reindex fills itself")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="briefqa-full-") as name,
        small_disk(Path(name) / "disk", _ROOM) as disk,
    ):
        home = Home(Path(name) / "home", arguments.seed, _BRIEFS)
        home.index = disk / "index"
        home.reindex()
        scratch = Path(name) / "scratch"
        failed = at_each_moment(disk, home, arguments.every, scratch)
        print(f"full at a moment     {failed} reindexes failed, nothing broken, lost or doubled", flush=True)
        failed = at_sizes(disk, home, arguments.sizes, scratch)
        print(f"full within a file   {failed} of {arguments.sizes} reindexes failed: the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
