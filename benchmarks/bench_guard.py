"""Whether time tells that a hidden brief exists: the same look-ups of hidden and of made-up ids, in random order.

The probability that a hidden id takes longer than a made-up one (0.5: nothing to tell) is given with the interval that
chance alone would stay in 19 times of 20. python benchmarks/bench_guard.py --rounds 4000
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from conditions import stated, table
from scipy.stats import rankdata
from starlette.testclient import TestClient
from synthetic import build_index, write_briefs

from briefqa.embedding import HashingEmbedder
from briefqa.generation import open_current
from briefqa.keys import KeyFile
from briefqa.service.app import create_app
from briefqa.service.guarding import Guard

_SEED = 7391


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000, help="look-ups of each kind (default: 2000)")
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory() as folder,
        stated("Look-ups of hidden and of made-up ids", _SEED, ["fastapi", "starlette"]),
    ):
        home = Path(folder)
        for number, name in enumerate(("open", "hidden")):
            write_briefs(home / "docs_in" / name, 600, _SEED + number)
        build_index(home / "docs_in", home / "index", HashingEmbedder(), limits=None)
        index = open_current(home / "index")
        hidden = [(brief.id, _passage_of(index, brief.id)) for brief in index.within(["hidden"]).briefs(limit=999)]
        index.close()
        keys = KeyFile(home / "index" / "keys.json")
        _, secret = keys.create("limited", collections=["open"])
        app = create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in", guard=Guard(keys=keys))
        with TestClient(app, headers={"Authorization": f"Bearer {secret}"}) as client:
            client.post("/v1/search", json={"query": "wait until the model is there"})
            rows = [_compared(client, kind, hidden, rounds) for kind in ("briefs", "passages")]
        table(["look-up", "hidden, median", "made up, median", "P(hidden slower)", "by chance"], rows)


def _passage_of(index: object, brief_id: str) -> str:
    from briefqa.filters import Is  # noqa: PLC0415 - only here

    rows = index.select(Is("brief", (brief_id,)))  # type: ignore[attr-defined]
    found = index.candidates(lambda: HashingEmbedder().embed_query("policy"), "policy", 1, rows)  # type: ignore[attr-defined]
    return str(found.ids[0])


def _compared(client: TestClient, kind: str, hidden: list[tuple[str, str]], rounds: int) -> list[str]:
    source = random.Random(_SEED)  # noqa: S311 - to be repeated, not to be secret
    taken: dict[bool, list[float]] = {True: [], False: []}
    order = [True, False] * rounds
    source.shuffle(order)
    for exists in order:
        real = source.choice(hidden)[kind == "passages"]
        asked = real if exists else f"{source.getrandbits(64):016x}{real[16:]}"
        started = time.perf_counter()
        answer = client.get(f"/v1/{kind}/{asked}")
        taken[exists].append(time.perf_counter() - started)
        assert answer.status_code == 404, answer.text
    ranks = rankdata(np.concatenate([taken[True], taken[False]]))
    slower = (ranks[:rounds].sum() - rounds * (rounds + 1) / 2) / rounds**2
    chance = 1.96 * ((2 * rounds + 1) / (12 * rounds * rounds)) ** 0.5
    medians = (f"{1000 * statistics.median(taken[exists]):.3f} ms" for exists in (True, False))
    return [kind, *medians, f"{slower:.4f}", f"{0.5 - chance:.4f}-{0.5 + chance:.4f}"]


if __name__ == "__main__":
    main()
