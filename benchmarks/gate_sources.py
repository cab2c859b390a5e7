"""Hold the parsing of sources to what was reached: no field's figures may fall below the stored baseline.

    python benchmarks/gate_sources.py             compare; exit 1 where a field has become worse
    python benchmarks/gate_sources.py --update    store today's counts as the baseline

Scores the labelled notes as score_sources.py does. For each field of each half, what is right may not become less, and
what is claimed wrongly not more; the same for references. What has become better is said: store it with --update.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from score_sources import GOLD, SHARED, load, score, score_references

BASELINE = Path(__file__).resolve().parent.parent / "tests" / "baselines" / "sources.json"

# [right, claimed] by "half field".
Counts = dict[str, list[int]]


def main() -> int:
    """Compare or update, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="store today's counts as the baseline")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        required = os.environ.get("BRIEFQA_REQUIRE_SHARED") == "1"
        print(f"gate_sources: {'' if required else 'skipped, '}{SHARED} is missing.")
        return int(required)
    today = measure()
    if arguments.update:
        BASELINE.write_text(json.dumps(today, indent=2) + "\n", encoding="utf-8")
        print(f"gate_sources: stored in {BASELINE.name}.")
        return 0
    return compare(today, json.loads(BASELINE.read_text(encoding="utf-8")))


def measure() -> Counts:
    """Count what is right and what is claimed, by half and field, and for references."""
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    notes = {name: load(name) for name in {row["file"] for row in rows}}
    halves: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        halves[row["half"]].append(row)
    counts: Counts = {}
    for half in ("tune", "held"):
        figures = score(halves[half], notes, None)
        counts |= {f"{half} {key}": figure[:2] for key, figure in figures["fields"].items()}
        right, claimed, labelled = figures["all"]
        print(f"{half}: precision {right / claimed:.3f}, recall {right / labelled:.3f}")
    references = score_references(halves["references"], notes)
    print(
        f"references: {references['right']} right of {references['claimed']} claimed, {references['labelled']} labelled"
    )
    return counts | {"references": [references["right"], references["claimed"]]}


def compare(today: Counts, baseline: Counts) -> int:
    """Say what has become worse or better; 1 where anything has become worse, else 0."""
    worse = better = 0
    for name in sorted(today.keys() | baseline.keys()):
        right, claimed = today.get(name, [0, 0])
        stored_right, stored_claimed = baseline.get(name, [0, 0])
        more_right, more_wrong = right - stored_right, (claimed - right) - (stored_claimed - stored_right)
        if more_right < 0 or more_wrong > 0:
            print(f"WORSE  {name}: right {stored_right} -> {right}, claimed {stored_claimed} -> {claimed}")
            worse += 1
        elif more_right or more_wrong:
            print(f"better {name}: right {stored_right} -> {right}, claimed {stored_claimed} -> {claimed}")
            better += 1
    if better:
        print("gate_sources: better than the baseline. Store it: python benchmarks/gate_sources.py --update")
    print(f"gate_sources: {worse} worse, {better} better.")
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main())
