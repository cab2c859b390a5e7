"""What an index of many briefs will need: what was measured for one passage, times how many there are.

    python benchmarks/capacity.py [--pages N] [--passages-a-page N]

Prints the tables of docs/capacity.md, with the formulas; what was measured, and by which command, stands below as
constants. Put in what your own briefs and machine give: passages a page above all.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from conditions import table

# benchmarks/bench_postgres.py over 114,569 passages of 590 characters, 0.13 notes a passage; bytes a passage.
_FOLDER_BYTES, _POSTGRES_BYTES = 6824, 7774
# Of these, what every search touches: the vectors in two bits, the ids, the terms.
_TOUCHED_BYTES = 109 + 33 + 2599
# The same run: seconds to load a passage into PostgreSQL and to index it there.
_LOADING = 43 / 114_569
# benchmarks/nodes.py over real pages with the packaged model on two cores: passages a page, seconds a page for reading,
# finding notes, cutting, embedding and writing all.
_PASSAGES_A_PAGE, _SECONDS_A_PAGE = 4.3, 0.16
# benchmarks/bench_lifecycle.py: of these, for a passage, all but reading and embedding.
_WRITING = (46.1 + 38.6) / 101_398
# Arithmetic of the model for a passage of 200 tokens (docs/speed.md); what a GPU of 60 TFLOP/s does at a third of it.
_FLOPS_A_PASSAGE, _GPU_FLOPS = 6 * (24 * 200 * 384**2 + 4 * 200**2 * 384), 60e12 / 3
# Where the ways part, in passages: two bits a number or lists; one PostgreSQL or several; an engine of its own.
_COARSE_UP_TO, _ONE_SERVER_UP_TO, _ENGINE_FROM = 500_000, 10_000_000, 50_000_000
_KEPT = 2  # generations at a time while one is made


@dataclass(frozen=True, slots=True)
class Need:
    """What so many passages need. Bytes and seconds."""

    passages: float

    @property
    def folder(self) -> float:
        """On disk, in a folder, two generations."""
        return _KEPT * self.passages * _FOLDER_BYTES

    @property
    def postgres(self) -> float:
        """On disk, in PostgreSQL, two generations."""
        return _KEPT * self.passages * _POSTGRES_BYTES

    @property
    def memory(self) -> float:
        """For each host that searches a folder, so that no search waits for the disk."""
        return self.passages * _TOUCHED_BYTES

    @property
    def on_gpu(self) -> float:
        """To embed on one GPU, cut and write; reading is not in it, which other cores do meanwhile."""
        return self.passages * (_FLOPS_A_PASSAGE / _GPU_FLOPS + _WRITING)

    @property
    def advice(self) -> str:
        """Where to keep so many."""
        if self.passages <= _COARSE_UP_TO:
            return "a folder"
        if self.passages <= _ONE_SERVER_UP_TO:
            return "a folder (lists), or PostgreSQL"
        shards = -(-self.passages // _ONE_SERVER_UP_TO)
        if self.passages <= _ENGINE_FROM:
            return f"PostgreSQL, {shards:.0f} shards"
        return f"a vector engine of its own; PostgreSQL would take {shards:.0f} shards"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=float, default=8, help="of a brief, on average (default: 8)")
    parser.add_argument("--passages-a-page", type=float, default=_PASSAGES_A_PAGE)
    arguments = parser.parse_args()
    rows = []
    for briefs in (10**5, 10**6, 10**7):
        pages = briefs * arguments.pages
        need = Need(pages * arguments.passages_a_page)
        rows.append([
            f"{briefs:,}", f"{need.passages / 1e6:,.1f}", f"{need.folder / 1e9:,.0f}", f"{need.memory / 1e9:,.0f}",
            f"{need.postgres / 1e9:,.0f}", f"{pages * _SECONDS_A_PAGE / 3600:,.0f}", f"{need.on_gpu / 3600:,.0f}",
            f"{need.passages * _LOADING / 3600:,.1f}", need.advice,
        ])  # fmt: skip
    head = ["briefs", "passages, millions", "folder, GB", "memory for it, GB", "PostgreSQL, GB", "hours on two cores"]
    table([*head, "hours on one GPU", "hours to load PostgreSQL", "where"], rows)


if __name__ == "__main__":
    main()
