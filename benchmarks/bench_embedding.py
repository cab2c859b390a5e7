"""Embedding on a CPU: the converted model beside sentence-transformers, and beside what the machine can multiply.

Also the same in eight-bit integers, whose share of the peak in single precision may exceed 1, and both with batches
side by side, each by one thread, as a night computes them.

Figures like these mislead in three ways. The peak is that of one large product of matrices: nothing with attention,
normalisation and small matrices reaches it. Texts of one length flatter every runtime, since nothing is padded; a
mixture as of real passages is measured, too. And on a busy machine all figures fall, the faster one's most: the rounds
of both alternate, and the ratios of each round are what to read.

A text of n tokens costs, in additions and multiplications, layers x (24 n h^2 + 4 n^2 h) with hidden size h: four
projections and the two of the feed-forward part (12 h^2 products a token), and two products of attention.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from conditions import quantile, spread, stated, table

from briefqa.embedding import load_embedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from briefqa.embedding import Embedder

T = TypeVar("T")

_MODEL = "all-MiniLM-L6-v2"
_LAYERS, _HIDDEN = 6, 384
_SIDE = 2048  # of the matrices whose product is held to be the machine's peak
_WORDS = (
    "the water board of a district pays for drains and levees when tariffs rise by reports that it had made".split()
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=120, help="of each kind and round (default: 120)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20310407)
    arguments = parser.parse_args()
    libraries = ["onnxruntime", "torch", "sentence-transformers", "tokenizers", "numpy"]
    with stated("Embedding", arguments.seed, libraries), tempfile.TemporaryDirectory() as folder:
        converted, loading = timed(lambda: load_embedder(_MODEL, converted=Path(folder)))
        again, loading_again = timed(lambda: load_embedder(_MODEL, converted=Path(folder)))
        plain, loading_plain = timed(lambda: load_embedder(_MODEL))
        rounded, rounding = timed(lambda: load_embedder(_MODEL, precision="int8", converted=Path(folder)))
        many = {"converted": Path(folder), "many": True}
        embedders = {
            "torch": plain,
            "converted": converted,
            "converted, side by side": load_embedder(_MODEL, **many),
            "int8": rounded,
            "int8, side by side": load_embedder(_MODEL, precision="int8", **many),
        }
        del again
        print(f"\nloading: {loading:.1f} s with the conversion and torch's import, then {loading_again:.2f} s; "
              f"by torch, imported already, {loading_plain:.1f} s; rounding, once, {rounding:.1f} s")  # fmt: skip
        random = np.random.default_rng(arguments.seed)
        kinds = {
            "one length, 212 tokens": [" ".join(random.choice(_WORDS, 210)) for _ in range(arguments.texts)],
            "mixed, 20 to 250 tokens": [
                " ".join(random.choice(_WORDS, n)) for n in random.integers(18, 248, arguments.texts)
            ],
        }
        for kind, texts in kinds.items():
            throughput(kind, texts, embedders, arguments.rounds)
        latency(embedders, random)


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """Return what a call returns, and its seconds."""
    started = time.perf_counter()
    value = call()
    return value, time.perf_counter() - started


def throughput(kind: str, texts: Sequence[str], embedders: dict[str, Embedder], rounds: int) -> None:
    """Print texts a second, and the arithmetic of it as a share of the peak that was measured in the same round."""
    work = sum(_LAYERS * (24 * n * _HIDDEN**2 + 4 * n * n * _HIDDEN) for n in embedders["torch"].count_tokens(texts))
    rates: dict[str, list[float]] = {name: [] for name in embedders}
    shares: dict[str, list[float]] = {name: [] for name in embedders}
    vectors = {}
    for _ in range(rounds):
        peak = multiplications()
        for name, embedder in embedders.items():
            vectors[name], seconds = timed(lambda embedder=embedder: embedder.embed_passages(texts))
            rates[name].append(len(texts) / seconds)
            shares[name].append(work / seconds / peak)
    print(f"\n{kind}")
    rows = []
    for name in embedders:
        ratios = [ours / theirs for ours, theirs in zip(rates[name], rates["torch"], strict=True)]
        nearest = float((vectors["torch"] * vectors[name]).sum(axis=1).min())
        rows.append([name, spread(rates[name], 1), spread(ratios), spread(shares[name]), f"{nearest:.6f}"])
    table(["", "texts/s", "beside torch", "share of the peak", "least cosine to torch"], rows)


def multiplications() -> float:
    """Measure the additions and multiplications a second of one large product in single precision, by torch."""
    import torch  # noqa: PLC0415 - loaded by then

    matrix = torch.rand(_SIDE, _SIDE)
    matrix @ matrix
    return max(2 * _SIDE**3 / timed(lambda: matrix @ matrix)[1] for _ in range(5))


def latency(embedders: dict[str, Embedder], random: np.random.Generator) -> None:
    """Print milliseconds of one question, of all in turn."""
    questions = [" ".join(random.choice(_WORDS, n)) + "?" for n in random.integers(6, 18, 100)]
    taken: dict[str, list[float]] = {name: [] for name in embedders}
    for question in questions:
        for name, embedder in embedders.items():
            taken[name].append(1000 * timed(lambda e=embedder, q=question: e.embed_query(q))[1])
    print("\none question of 6 to 17 words")
    rows = [[name, f"{quantile(ms, 0.5):.1f}", f"{quantile(ms, 0.95):.1f}"] for name, ms in taken.items()]
    table(["", "p50, ms", "p95, ms"], rows)


if __name__ == "__main__":
    main()
