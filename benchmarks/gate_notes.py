"""Hold the linking of notes to what was reached: the scorer's figures must not fall below the stored baseline.

    python benchmarks/gate_notes.py             compare; exit 1 where a figure has become worse
    python benchmarks/gate_notes.py --update    store today's figures as the baseline

Runs ../shared/tools/score_notes.py on every folder of documents with gold, and on the text that pypdf takes out of its
PDFs, plain and as it was laid out (people keep such files in place of PDFs); and compares macro F1, precision, the
number of documents that failed, the share of notes that leak into the body, and each document's F1. What has become
better is said, and is no failure: store it with --update, and let the review of the change see the difference. No
figure is a time. A document that the baseline does not know must come in through --update.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pypdf

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"
BASELINE = PROJECT / "tests" / "baselines" / "notes.json"
FOLDERS = ("seed", "notes-gold")
# The text of one folder's PDFs, by name: pypdf's extraction mode.
AS_TEXT = {"notes-gold as plain text": "plain", "notes-gold as laid out text": "layout"}
TOLERANCE = 0.005

Figures = dict[str, float]


def main() -> int:
    """Compare or update, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="store today's figures as the baseline")
    parser.add_argument("--jobs", type=int, default=2, help="documents read at once (default: 2)")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        if os.environ.get("BRIEFQA_REQUIRE_SHARED") == "1":
            print(f"gate_notes: {SHARED} is missing, and BRIEFQA_REQUIRE_SHARED=1 asks for it.", file=sys.stderr)
            return 1
        print(f"gate_notes: skipped, there is nothing to measure on: {SHARED} is missing.")
        return 0
    today = {folder: measure(SHARED / folder, arguments.jobs) for folder in FOLDERS}
    for name, mode in AS_TEXT.items():
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home, name)
            write_texts(SHARED / "notes-gold", folder, mode, arguments.jobs)
            today[name] = measure(folder, arguments.jobs)
    if arguments.update:
        BASELINE.parent.mkdir(parents=True, exist_ok=True)
        BASELINE.write_text(json.dumps(today, indent=2) + "\n", encoding="utf-8")
        print(f"gate_notes: stored in {BASELINE.relative_to(PROJECT)}.")
        return 0
    if not BASELINE.exists():
        print("gate_notes: no baseline yet. Store one: python benchmarks/gate_notes.py --update", file=sys.stderr)
        return 1
    return compare(today, json.loads(BASELINE.read_text(encoding="utf-8")))


def write_texts(source: Path, target: Path, mode: str, jobs: int) -> None:
    """Write the text of a folder's PDFs, page by page between form feeds, with its gold beside it."""
    target.mkdir()
    golds = sorted(source.glob("*.gold.json"))
    with ProcessPoolExecutor(jobs) as pool:
        texts = pool.map(
            text_of, [source / json.loads(gold.read_bytes())["file"] for gold in golds], [mode] * len(golds)
        )
        for gold, text in zip(golds, texts, strict=True):
            told = json.loads(gold.read_bytes())
            told["file"] = Path(told["file"]).with_suffix(".txt").name
            (target / told["file"]).write_text(text, encoding="utf-8")
            (target / gold.name).write_text(json.dumps(told), encoding="utf-8")


def text_of(pdf: Path, mode: str) -> str:
    """The text of a PDF in one of pypdf's extraction modes."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return "\f".join(page.extract_text(extraction_mode=mode) for page in pypdf.PdfReader(pdf).pages)


def measure(folder: Path, jobs: int) -> Figures:
    """Score one folder: the totals by name, and `f1 FILE` for each document."""
    inspect = f"{Path(sys.executable).with_name('briefqa')} inspect --json"
    scorer = SHARED / "tools" / "score_notes.py"
    command = [sys.executable, str(scorer), str(folder), "--command", inspect, "--json", "--jobs", str(jobs)]
    scored = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT).stdout)
    total = scored["total"]
    print(
        f"{folder.name}: {total['documents']} documents, {total['notes']} notes, macro F1 {total['macro_f1']:.4f}, "
        f"precision {total['precision']:.4f}, recall {total['recall']:.4f}, leak {total['leak']:.4f}, "
        f"failed {total['failed']}, perfect {total['docs_perfect']}",
        flush=True,
    )
    figures: Figures = {name: total[name] for name in ("macro_f1", "precision", "leak", "failed")}
    return figures | {f"f1 {document['file']}": f1(document) for document in scored["documents"]}


def f1(document: dict[str, Any]) -> float:
    """Return F1 of one document's links; without notes, 1 where none is claimed. As the scorer's macro F1 takes it."""
    both = document["gold"] + document["claimed"]
    return round(2 * document["linked"] / both, 4) if both else float("error" not in document)


def compare(today: dict[str, Figures], baseline: dict[str, Figures]) -> int:
    """Say what has become worse or better; 1 where anything has become worse, else 0."""
    worse = better = 0
    for folder, figures in today.items():
        stored = baseline.get(folder, {})
        for name in sorted(figures.keys() | stored.keys()):
            if name not in stored or name not in figures:
                print(f"WORSE  {folder}: {name} is {'not in the baseline' if name in figures else 'gone'}")
                worse += 1
                continue
            change = figures[name] - stored[name]
            gain = -change if name in {"leak", "failed"} else change
            if abs(gain) <= TOLERANCE:
                continue
            print(f"{'WORSE ' if gain < 0 else 'better'} {folder}: {name} {stored[name]} -> {figures[name]}")
            worse += gain < 0
            better += gain > 0
    if better:
        print("gate_notes: better than the baseline. Store it: python benchmarks/gate_notes.py --update")
    print(f"gate_notes: {worse} worse, {better} better, within {TOLERANCE} otherwise.")
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main())
