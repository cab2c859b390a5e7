"""What the two legs of the search cost by themselves, without a model: building, size, time of a search, recall.

    python benchmarks/bench_legs.py [--lexical N] [--vectors N] [--cache DIR] [--seed N]

Lexical: made-up passages of 150 words out of 80,000 by Zipf's law, 20 a brief; questions of 10 words. Vectors: mixtures
of two of the development collections' vectors, of which gate_retrieval.py has kept the indexes in DIR, or, without it,
of random ones, and some noise; searched for near ones of these, with notes and without. CPU seconds are those of all
threads: what others do changes them little, unlike the time by the clock.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from conditions import quantile, stated, table
from retrieval import COLLECTIONS

from briefqa.generation import NOTE_WEIGHT, WithNotes
from briefqa.lexical import Lexical, write_lexical
from briefqa.vector_building import write_index
from briefqa.vector_files import InContext, create_embeddings, write_briefs
from briefqa.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from briefqa.generation import Near

_WORDS, _LONG, _A_BRIEF, _SEARCHES, _DIMENSION = 80_000, 150, 20, 200, 384
# Notes for each passage, as in real documents (../shared/notes-gold: 1,400 for 2,186).
_NOTES = 0.64


@dataclass(frozen=True)
class Text:
    """A made-up passage."""

    brief_id: str
    text: str
    heading: str = "flood levee"
    language: str = "en"


class Texts:
    """Texts of made-up words."""

    def __init__(self, seed: int) -> None:
        source = random.Random(seed)  # noqa: S311 - no secret
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._words = ["".join(source.choices(letters, k=source.randint(3, 10))) for _ in range(_WORDS)]
        frequency = 1 / np.arange(1, _WORDS + 1)
        self._frequency = frequency / frequency.sum()
        self._random = np.random.default_rng(seed)

    def text(self, length: int) -> str:
        """So many words."""
        return " ".join(self._words[n] for n in self._random.choice(_WORDS, length, p=self._frequency))

    def passages(self, count: int) -> Iterator[Text]:
        """So many passages."""
        for n in range(count):
            yield Text(str(n // _A_BRIEF), self.text(_LONG))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lexical", type=int, default=10_000, metavar="N", help="passages (default: 10000)")
    parser.add_argument("--vectors", type=int, default=100_000, metavar="N", help="passages (default: 100000)")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where gate_retrieval.py keeps its indexes")
    parser.add_argument("--seed", type=int, default=20310405)
    arguments = parser.parse_args()
    with stated("Legs", arguments.seed, ["briefqa", "faiss-cpu", "numpy"]), tempfile.TemporaryDirectory() as folder:
        lexical(Path(folder) / "lexical", arguments.lexical, arguments.seed)
        vectors(Path(folder), arguments.vectors, known_vectors(arguments.cache, arguments.seed), arguments.seed)


def lexical(folder: Path, count: int, seed: int) -> None:
    """Measure the lexical leg."""
    making = cpu(lambda: sum(1 for _ in Texts(seed).passages(count)))
    building = cpu(lambda: write_lexical(folder, Texts(seed).passages(count))) - making
    opened, texts = Lexical.open(folder), Texts(seed)
    asked = [texts.text(10) for _ in range(_SEARCHES)]
    taken = [cpu(lambda: opened.best(opened.scores(question), 100)) for question in asked]  # noqa: B023 - called at once
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    print(f"\nlexical, {count} passages: peak of resident memory {peak:.0f} MB, {size:.0f} MB on disk")
    table(["CPU to build, s", "a search, ms p50", "p95"], [[f"{building:.1f}", *milliseconds(taken)]])


def vectors(folder: Path, count: int, known: NDArray[np.float32], seed: int) -> None:
    """Measure the leg of vectors, with the kind of index that "auto" chooses."""
    source = np.random.default_rng(seed)
    one, other = source.integers(len(known), size=(2, count))
    rows = known[one] + known[other] / 2 + noise(source, count) / 2
    embeddings = create_embeddings(folder / "e.npy", count, _DIMENSION)
    embeddings[:] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    brief_of = (np.arange(count) // _A_BRIEF).astype(np.int32)
    summed = InContext(embeddings, write_briefs(folder / "b.npy", embeddings, brief_of), brief_of)
    building = cpu(lambda: write_index(folder / "v.faiss", summed, "auto"))
    opened = Vectors.open(folder / "v.faiss", folder / "e.npy", folder / "b.npy", brief_of)
    asked = known[source.integers(len(known), size=_SEARCHES)] + 0.9 * noise(source, _SEARCHES)
    scores = asked @ summed[np.arange(count)].T
    size = (folder / "v.faiss").stat().st_size / 1e6
    print(f"\nvectors, {count}: {size:.0f} MB on disk, {building:.1f} s of CPU to build")
    lines = []
    for k in (10, 100):
        best = np.argpartition(-scores, k)[:, :k]
        found = [set(opened.search(question, k).rows.tolist()) for question in asked]
        recall = np.mean([len(got & set(exact.tolist())) / k for got, exact in zip(found, best, strict=True)])
        taken = [cpu(lambda: opened.search(question, k)) for question in asked]  # noqa: B023 - called at once
        lines.append([str(k), f"{recall:.4f}", *milliseconds(taken)])
    table(["k", "recall", "CPU of a search, ms p50", "p95"], lines)
    lines = []
    for name, near in (("without", opened), ("with", with_notes(folder, opened, embeddings, brief_of, seed))):
        taken = [cpu(lambda: compared(near, question)) for question in asked]  # noqa: B023 - called at once
        lines.append([name, *milliseconds(taken)])
    print(f"\nthe first 100 and the scores of 200, with and without {int(_NOTES * count)} notes")
    table(["notes", "CPU, ms p50", "p95"], lines)


def with_notes(
    folder: Path, passages: Vectors, embeddings: NDArray[np.float32], brief_of: NDArray[np.int32], seed: int
) -> WithNotes:
    """Give passages notes that speak of something between them and other passages."""
    source, count = np.random.default_rng(seed + 3), len(embeddings)
    passage_of = np.sort(source.integers(count, size=int(_NOTES * count))).astype(np.int32)
    rows = embeddings[passage_of] / 2 + embeddings[source.integers(count, size=len(passage_of))]
    cited = create_embeddings(folder / "n.npy", len(rows), _DIMENSION)
    cited[:] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    in_context = InContext(cited, np.load(folder / "b.npy"), brief_of[passage_of], NOTE_WEIGHT)
    write_index(folder / "n.faiss", in_context, "auto")
    notes = Vectors.open(folder / "n.faiss", folder / "n.npy", folder / "b.npy", brief_of[passage_of], NOTE_WEIGHT)
    return WithNotes(passages, notes, passage_of, count)


def compared(near: Near, question: NDArray[np.float32]) -> None:
    """Do what a search asks of the vectors: the nearest, and the scores of what either leg has found."""
    rows = near.search(question, 100).rows.tolist()
    near.scores(question, np.unique([*rows, *range(0, 100 * len(rows), 100)]))


def known_vectors(cache: Path | None, seed: int) -> NDArray[np.float32]:
    """Return the vectors of the development collections, or random ones."""
    if cache is None:
        rows = noise(np.random.default_rng(seed + 2), 5000)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
    found = [next((cache / name / "index" / "generations").glob("*/embeddings.npy")) for name in COLLECTIONS]
    return np.concatenate([np.load(file) for file in found])


def noise(source: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Return random vectors of a length near 1."""
    return source.standard_normal((count, _DIMENSION), dtype=np.float32) / np.float32(np.sqrt(_DIMENSION))


def cpu(call: Callable[[], object]) -> float:
    """Seconds of CPU that a call takes."""
    before = time.process_time()
    call()
    return time.process_time() - before


def milliseconds(seconds: list[float]) -> list[str]:
    """Show median and 95th percentile."""
    return [f"{1000 * quantile(seconds, part):.1f}" for part in (0.5, 0.95)]


if __name__ == "__main__":
    main()
