"""Changes a folder of briefs at random, round after round, and holds the incremental index against a full rebuild.

    python benchmarks/rounds.py --briefs 10000 --changes 1000 --rounds 20

Each round changes, adds, moves, removes, doubles or breaks so many files, reindexes, and builds the same folder from
nothing beside it. Both must hold the same (see `sameness`), and give the same rankings for the same questions. Prints
the seconds of each. With --folder the next call goes on where the last one ended; give it another seed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from sameness import assert_same

from briefqa import generation as g
from briefqa.catalog import SourcesWanted
from briefqa.embedding import HashingEmbedder
from briefqa.reindex import reindex
from briefqa.search import Searcher

_QUESTIONS = 20
_SOURCES = 100


class Folder:
    """Briefs that change at random."""

    def __init__(self, root: Path, briefs: int, seed: int) -> None:
        self.root = root
        self.random = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._number = seed * 1_000_000
        if root.exists():  # gone on with
            return
        for _ in range(briefs):
            self.add()

    def text(self) -> str:
        """Make a brief of one to four paragraphs, some of which other briefs have, too, some with a note."""
        self._number += 1
        words = [f"term{int(self.random.paretovariate(0.6)) % 5000}" for _ in range(self.random.randint(30, 120))]
        paragraphs = [" ".join(words[start : start + 40]) + "." for start in range(0, len(words), 40)]
        if self.random.random() < 0.3:
            paragraphs.append(
                f"This paragraph number {self.random.randrange(50)} is printed in many briefs of the board."
            )
        if self.random.random() < 0.5:
            paragraphs[0] += "[^1]"
            paragraphs.append(f"[^1]: {self.cited()}")
        return f"# Brief {self._number}\n\n" + "\n\n".join(paragraphs) + "\n"

    def cited(self) -> str:
        """Word a note that cites one or two of a thousand works, each by one, two or all of the names that it has."""
        works = []
        for _ in range(self.random.randint(1, 2)):
            number = self.random.randrange(1000)
            year = 1990 + number % 30
            title = f'Ada Quill{number}, "The {number}th Account of Levees and Drains on the Coast" (Board {year})'
            address, doi = f"https://example.org/accounts/{number}", f"https://doi.org/10.5555/account.{number}"
            names = self.random.sample([title, address, doi], self.random.randint(1, 3))
            works.append(", ".join(sorted(names)))
        return f"{'; '.join(works)}, p. {self.random.randrange(90)}."

    def add(self) -> None:
        """Write a new brief."""
        file = self.root / f"{self.random.randrange(20):02}" / f"brief-{self.random.randrange(10**9):09}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.text(), encoding="utf-8")

    def change(self, count: int) -> None:
        """Do something to so many files."""
        files = sorted(self.root.rglob("*.*"))
        for file in self.random.sample(files, min(count, len(files))):
            what = self.random.randrange(7)
            if what == 0:
                file.unlink()
            elif what == 1:
                self.add()
            elif what == 2:
                file.rename(self.root / f"{self.random.randrange(20):02}" / f"moved-{self.random.randrange(10**9)}.md")
            elif what == 3:
                shutil.copyfile(file, file.with_name(f"copy-{self.random.randrange(10**9)}.md"))
            elif what == 4:
                file.with_suffix(".pdf").write_bytes(b"%PDF-1.7 broken " + self.random.randbytes(20))
            elif what == 5:
                said = file.read_text(encoding="utf-8", errors="replace")
                file.write_text(f"{said}\nOne more line, {self.random.randrange(10**6)}.\n", encoding="utf-8")
            else:
                file.write_text(self.text(), encoding="utf-8")


def index(docs_in: Path, folder: Path) -> float:
    """Bring folder up to date with docs_in; returns the seconds."""
    start = time.perf_counter()
    reindex(
        docs_in, folder, load=HashingEmbedder, embedder_key="hashing", passage_tokens=40, faiss_factory="Flat",
        keep=1, max_bytes=10**6, max_pages=100, limits=None,
    )  # fmt: skip
    return time.perf_counter() - start


def compare(left: Path, right: Path, source: random.Random) -> str:
    """Fail where two indexes differ; returns how much was the same."""
    same = assert_same(left, right)
    opened = [g.open_current(folder) for folder in (left, right)]
    searchers = [Searcher(each, HashingEmbedder()) for each in opened]
    cited = [each.sources(SourcesWanted(), limit=_SOURCES) for each in opened]
    assert cited[0] == cited[1], "the sources differ"
    for _ in range(_QUESTIONS):
        question = " ".join(f"term{int(source.paretovariate(0.6)) % 5000}" for _ in range(4))
        ranked = [
            [(hit.stored.passage.text, round(hit.score, 4)) for hit in s.search(question, 10).hits] for s in searchers
        ]
        assert ranked[0] == ranked[1], f"the rankings for {question!r} differ"
    for each in opened:
        each.close()
    return ", ".join(f"{count:,} {name}" for name, count in same.items())


def main() -> int:
    """Do so many rounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--briefs", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--folder", type=Path, help="work here, leave it, and go on with it the next time (with another seed)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="briefqa-rounds-") as name:
        place = arguments.folder or Path(name)
        docs_in, kept, whole = (place / part for part in ("docs_in", "kept", "whole"))
        folder = Folder(docs_in, arguments.briefs, arguments.seed)
        index(docs_in, kept)
        for number in range(1, arguments.rounds + 1):
            folder.change(arguments.changes)
            step = index(docs_in, kept)
            shutil.rmtree(whole, ignore_errors=True)
            anew = index(docs_in, whole)
            same = compare(kept, whole, folder.random)
            print(f"round {number}: equal ({step:.1f} s, from nothing {anew:.1f} s): {same}", flush=True)
    print(f"{arguments.rounds} rounds of {arguments.changes} changes to {arguments.briefs} briefs: all equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
