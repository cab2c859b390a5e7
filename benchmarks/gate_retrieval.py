"""Hold the search to what was reached: on no collection may it become worse by more than half a point, or for sure.

    python benchmarks/gate_retrieval.py                compare with the baseline; exit 1 where something became worse
    python benchmarks/gate_retrieval.py --update       store today's figures as the baseline
    python benchmarks/gate_retrieval.py --cache DIR    keep the indexes there, which makes the next run quick

nDCG@10 of every query of the development collections, default settings, splitting included, no reranking; a drop of the
mean by more than 0.005, or one that is no chance (paired randomisation test, p < 0.05), fails. The same with reading
again, and with the model in eight-bit integers, on the collection where that is quickly done. And the share of the
questions of note-search/questions.tsv whose note comes among the first ten. No figure is a time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval import COLLECTIONS, PROJECT, SHARED, default_setting, note_ranks

from briefqa.evaluation import compare, evaluate_folder
from briefqa.evaluation.collections import load_collection
from briefqa.evaluation.running import measure_queries, read_run
from briefqa.search import PACKAGED_RERANKER, load_reranker

if TYPE_CHECKING:
    from briefqa.evaluation import Setting

BASELINE = PROJECT / "tests" / "baselines" / "retrieval.json"
MEASURE = "nDCG@10"
# The collection on which reading again and eight-bit integers are held to their figures, too.
QUICK = "orsharc"
TOLERANCE = 0.005
CERTAIN = 0.05

Figures = dict[str, dict[str, float]]


def main() -> int:
    """Compare or update, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="store today's figures as the baseline")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep the indexes there")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        required = os.environ.get("BRIEFQA_REQUIRE_SHARED") == "1"
        print(f"gate_retrieval: {'failed' if required else 'skipped'}, {SHARED} is missing.")
        return int(required)
    with tempfile.TemporaryDirectory(prefix="briefqa-gate-") as temporary:
        today = measured(default_setting(arguments.cache or Path(temporary)), Path(temporary))
    if arguments.update:
        BASELINE.write_text(json.dumps(today, separators=(",", ":")).replace("},", "},\n") + "\n", encoding="utf-8")
        print(f"gate_retrieval: stored in {BASELINE.relative_to(PROJECT)}.")
        return 0
    if not BASELINE.exists():
        print("gate_retrieval: no baseline yet. Store one: python benchmarks/gate_retrieval.py --update")
        return 1
    return worse(json.loads(BASELINE.read_text(encoding="utf-8")), today)


def measured(setting: Setting, folder: Path) -> Figures:
    """Measure each query of each collection, and each question about a note (1 where it is among the first ten)."""
    figures = {name: by_query(name, name, setting, folder) for name in COLLECTIONS}
    reranker = load_reranker(PACKAGED_RERANKER)
    again = default_setting(setting.cache or folder, reranker=reranker, rerank_budget_ms=0)
    figures[f"{QUICK}, read again"] = by_query(QUICK, f"{QUICK}, read again", again, folder)
    # An index of its own, beside the other, or each would have all passages embedded anew.
    rounded = default_setting((setting.cache or folder) / "int8", "int8")
    figures[f"{QUICK}, int8"] = by_query(QUICK, f"{QUICK}, int8", rounded, folder)
    ranks = list(note_ranks(setting))
    figures["notes"] = {f"{at}": float(0 < one.rank <= 10) for at, one in enumerate(ranks)}
    share = {reach: sum(0 < one.rank <= reach for one in ranks) / len(ranks) for reach in (1, 5, 10)}
    print(f"notes: {len(ranks)} questions, {', '.join(f'R@{reach} {value:.4f}' for reach, value in share.items())}")
    return figures


def by_query(collection: str, name: str, setting: Setting, folder: Path) -> dict[str, float]:
    """Measure each query of a collection. name: what it is called where it is shown."""
    run = folder / f"{collection}.run"
    found = evaluate_folder(SHARED / "collections" / collection, setting, run=run)
    if found.report:
        shown = ", ".join(f"{measure} {value:.4f}" for measure, value in found.report.measures.items())
        print(f"{name}: {shown}, {found.report.ms_per_query:.1f} ms a query", flush=True)
    figures = measure_queries(load_collection(SHARED / "collections" / collection), read_run(run), MEASURE)
    return {query_id: round(value, 4) for query_id, value in figures.items()}


def worse(baseline: Figures, today: Figures) -> int:
    """Say what has changed; 1 where anything has become worse, else 0."""
    failed = 0
    for name, figures in today.items():
        if name not in baseline:
            print(f"WORSE  {name} is not in the baseline")
            failed += 1
            continue
        found = compare(baseline[name], figures, MEASURE)
        bad = found.change < -TOLERANCE or (found.change < 0 and found.p < CERTAIN)
        failed += bad
        if found.queries:
            verdict = "WORSE " if bad else "other "
            print(f"{verdict} {name}: {found.before:.4f} -> {found.after:.4f}, p = {found.p:.3f}; the greatest losses:")
            for query_id, before, after in found.queries[:5]:
                print(f"         {query_id}: {before:.4f} -> {after:.4f}")
    print(f"gate_retrieval: {failed} worse.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
