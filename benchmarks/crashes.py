"""Ends reindexes in every way that a night can end them, and checks that nothing is broken, lost or doubled.

    python benchmarks/crashes.py --kills 200

A small folder of made-up briefs is changed at random; a reindex of it is started, and
- killed (SIGKILL) at random moments of it;
- killed before each call of fsync and rename, that is, at every boundary between its steps on the disk; and
- made to fail at each of them with an error of the disk (`full_disk` does it with disks that are full).

After each: the generation that was live is live, whole to the last byte and searched; the next reindex succeeds; what
it publishes has just the briefs that lie in the folder, each once, with the passages and vectors of a build from
nothing; no build, segment or lock is left over. Runs are forked from one process: each takes a fraction of a second.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa import generation as g
from briefqa.catalog import Catalog
from briefqa.embedding import HashingEmbedder
from briefqa.errors import BriefqaError
from briefqa.reindex import reindex
from briefqa.search import Searcher
from briefqa.vector_files import open_embeddings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAILED = 7


class Home:
    """A folder of briefs that changes, and its index."""

    def __init__(self, folder: Path, seed: int, briefs: int) -> None:
        self.docs_in = folder / "docs_in"
        self.index = folder / "index"
        self.docs_in.mkdir(parents=True)
        self.random = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.count = 0
        for _ in range(briefs):
            self.write()

    def write(self, name: str = "") -> None:
        """Write a brief of some paragraphs, or write one anew."""
        self.count += 1
        said = " ".join(f"word{self.random.randrange(300)}" for _ in range(40))
        paragraphs = [f"{said} {self.random.randrange(10**9)}." for _ in range(self.random.randint(1, 4))]
        file = self.docs_in / (name or f"{self.random.choice('abc')}/{self.count:05}.md")
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"# Brief {self.count}\n\n" + "\n\n".join(paragraphs) + "\n", encoding="utf-8")

    def change(self) -> None:
        """Add, change, move, remove some."""
        files = sorted(path for path in self.docs_in.rglob("*.md"))
        for file in self.random.sample(files, max(3, len(files) // 10)):
            what = self.random.randrange(4)
            if what == 0:
                file.unlink()
                self.write()
            elif what == 1:
                file.rename(file.with_name(f"moved-{self.count}-{self.random.randrange(10**6)}.md"))
            else:
                self.write(file.relative_to(self.docs_in).as_posix())

    def reindex(self, index: Path | None = None) -> None:
        """Bring the index up to date, in this process."""
        reindex(
            self.docs_in,
            index or self.index,
            load=HashingEmbedder,
            embedder_key="hashing",
            passage_tokens=40,
            faiss_factory="Flat",
            keep=2,
            max_bytes=10**6,
            max_pages=100,
            limits=None,
        )

    def expected(self) -> set[str]:
        """Give the ids of the briefs that lie in the folder."""
        return {hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in self.docs_in.rglob("*.md")}

    def check_live(self, live: str | None) -> None:
        """Check that this generation is live, whole and searched."""
        found = g.current_id(self.index)
        assert found == live, f"{found} is live, not {live}"
        if live is None:
            return
        g.verify(self.index, live)
        opened = g.open_current(self.index)
        assert Searcher(opened, HashingEmbedder()).search("word1 word2", 3).hits
        opened.close()

    def check_new(self, scratch: Path) -> None:
        """Check that the next run succeeds, and publishes what a build from nothing gives."""
        self.reindex()
        name = g.current_id(self.index)
        assert name is not None
        g.verify(self.index, name)
        folder = g.generation_folder(self.index, name)
        catalog = Catalog(folder / g.CATALOG)
        assert set(catalog.brief_ids()) == self.expected(), "briefs are lost or doubled"
        catalog.close()
        self.reindex(scratch)
        whole = g.generation_folder(scratch, g.current_id(scratch) or "")
        assert passages(folder) == passages(whole), "passages or vectors differ from those of a build from nothing"
        left = [path.name for path in (self.index / "generations").iterdir() if path.name.startswith(".")]
        assert left == [], f"left over: {left}"
        assert not (self.index / "work").exists()
        assert g.held_folder(self.index) is None


def passages(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Give text and vector of each passage of a generation, by its id."""
    catalog = Catalog(folder / g.CATALOG)
    vectors = open_embeddings(folder / g.EMBEDDINGS)
    ids = catalog.passage_ids(range(len(vectors)))
    assert len(set(ids)) == len(ids)
    found = {
        stored.passage.id: (stored.passage.text, np.asarray(vector).tobytes())
        for stored, vector in zip(catalog.fetch(ids), vectors, strict=True)
    }
    catalog.close()
    return found


def forked(run: Callable[[], None]) -> int:
    """Start run in a process of its own; returns its id. It exits with FAILED where one of our errors was raised."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        run()
        status = 0
    except BriefqaError as error:
        print(f"    {error}", flush=True)
        status = FAILED
    finally:
        os._exit(status)


def status_of(child: int) -> int:
    """Wait for a process; returns its exit status, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def counted(at: int, fault: Callable[[], None]) -> Iterator[list[int]]:
    """Call fault instead of the at-th call of fsync, rename or replace of this process; gives the number of calls.

    Patched in, since no seam of the program stands for the disk; only ever in a forked process.
    """
    calls = [0]
    kept = {name: getattr(os, name) for name in ("fsync", "rename", "replace")}

    def wrapped(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            calls[0] += 1
            if calls[0] == at:
                fault()
            return kept[name](*arguments, **more)

        return call

    for name in kept:
        setattr(os, name, wrapped(name))
    yield calls
    for name, call in kept.items():
        setattr(os, name, call)


def kill_self() -> None:
    """End this process as kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def disk_error() -> None:
    """Fail as a disk does."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def kill_at_random(home: Home, kills: int, scratch: Path) -> int:
    """Kill reindexes at random moments; returns how many of them had not ended by then."""
    landed = 0
    longest = 0.0
    while landed < kills:
        home.change()
        live = g.current_id(home.index)
        if not longest:
            start = time.perf_counter()
            assert status_of(forked(home.reindex)) == 0
            longest = time.perf_counter() - start
            continue
        child = forked(home.reindex)
        time.sleep(home.random.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        killed = status_of(child) == -signal.SIGKILL
        landed += killed
        # A run that was killed after its last step has published.
        home.check_live(live if g.current_id(home.index) == live else g.current_id(home.index))
        if landed % 3 == 0:  # else the next one is killed, too
            home.check_new(scratch)
    home.check_new(scratch)
    return landed


def at_each_boundary(home: Home, fault: Callable[[], None], every: int, scratch: Path) -> int:
    """End reindexes at each call of fsync and rename; returns how many boundaries there are."""
    at = 1
    while True:
        home.change()
        live = g.current_id(home.index)

        def run(at: int = at) -> None:
            with counted(at, fault) as calls:
                home.reindex()
            if calls[0] < at:
                os._exit(0)

        status = status_of(forked(run))
        if status == 0:
            home.check_new(scratch)
            return at - 1
        assert status == (-signal.SIGKILL if fault is kill_self else FAILED), f"exit status {status}"
        published = g.current_id(home.index)
        if published != live:  # the last boundary is behind the replacement of CURRENT
            assert published is not None
        home.check_live(published)
        home.check_new(scratch)
        at += every


def main() -> int:
    """Do all of it, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="at random moments (default: 200)")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth boundary (default: 1)")
    parser.add_argument("--briefs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="briefqa-crashes-") as name:
        folder = Path(name)
        home = Home(folder / "home", arguments.seed, arguments.briefs)
        scratch = folder / "scratch"
        home.reindex()
        killed = kill_at_random(home, arguments.kills, scratch)
        print(f"killed at random moments   {killed}: nothing broken, lost or doubled", flush=True)
        for told, fault in (("killed at boundaries", kill_self), ("disk error at boundaries", disk_error)):
            boundaries = at_each_boundary(home, fault, arguments.every, scratch)
            print(f"{told:<26} {boundaries} of them: the same", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
