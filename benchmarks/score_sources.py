"""Measure how well the sources of notes are parsed, and notes such as "ibid." resolved, against labels made by hand.

    python benchmarks/score_sources.py             a table of fields, for the tuned half and the one held out
    python benchmarks/score_sources.py --misses    also every field that is wrong, missing or too much
    python benchmarks/score_sources.py --json

The notes are those of ../shared (seed and notes-gold), by number; sources.gold.jsonl holds their labels as character
offsets into them, and no text. Its rows of references are all that were claimed when they were made, checked by hand,
and those that were known to be missed.

A field counts as right where it says the same but for case and punctuation; authors and editors where all of them are
right, in order; a date where all its parts are. A source is paired with the labelled one that it agrees with most; a
field that has a wrong value is a miss and a false claim at once.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from briefqa.briefs import Note
from briefqa.sources import parse_sources, resolve

SHARED = Path(__file__).resolve().parents[2] / "shared"
GOLD = Path(__file__).with_name("sources.gold.jsonl")
TEXTS = ("title", "container-title", "publisher", "publisher-place", "page", "volume", "issue", "number", "section")
FIELDS = ("type", "author", "editor", *TEXTS, "authority", "issued", "URL")

Fields = dict[str, Any]


def main() -> int:
    """Score both halves and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--misses", choices=("tune", "held", "all"), nargs="?", const="all", help="show what is wrong")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        print(f"score_sources: there is nothing to measure on: {SHARED} is missing.", file=sys.stderr)
        return 1
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    notes = {name: load(name) for name in {row["file"] for row in rows}}
    halves: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        halves[row["half"]].append(row)
    report = {half: score(halves[half], notes, arguments.misses) for half in ("tune", "held")}
    references = score_references(halves["references"], notes)
    if arguments.json:
        print(json.dumps({**report, "references": references}, indent=2))
    else:
        for half, figures in report.items():
            print_table(half, figures)
        print("\nreferences:", references)
    return 0


def load(name: str) -> tuple[Note, ...]:
    """Read the notes of a document with gold, and resolve them."""
    path = next(
        folder / f"{name}.gold.json"
        for folder in (SHARED / "notes-gold", SHARED / "seed")
        if (folder / f"{name}.gold.json").exists()
    )
    listed = json.loads(path.read_text(encoding="utf-8"))["notes"]
    return resolve([Note(str(n), note["number"], note["kind"], 0, note["text"]) for n, note in enumerate(listed)])


def score(rows: list[dict[str, Any]], notes: dict[str, tuple[Note, ...]], misses: str | None) -> dict[str, Any]:
    """Count right, claimed and labelled values by field."""
    right: Counter[str] = Counter()
    claimed: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    for row in rows:
        note = notes[row["file"]][row["note"]]
        gold = [labels(source, note.text) for source in row["sources"]]
        found = [parsed(source.csl) for source in parse_sources(note.text)]
        for mine, true in pair(found, gold):
            claimed.update(mine.keys())
            labelled.update(true.keys())
            right.update(key for key in mine if mine[key] == true.get(key))
            if misses in ("all", row["half"]):
                show(row, mine, true)
    fields = {key: [right[key], claimed[key], labelled[key]] for key in FIELDS if claimed[key] or labelled[key]}
    total = [sum(column) for column in zip(*fields.values(), strict=True)]
    return {"notes": len(rows), "fields": fields, "all": total}


def score_references(rows: list[dict[str, Any]], notes: dict[str, tuple[Note, ...]]) -> dict[str, int]:
    """Count the notes that refer to another: right, claimed (in all documents at hand) and labelled."""
    meant = {(row["file"], row["note"]): row["refers_to"] for row in rows if row["refers_to"] is not None}
    claimed = {
        (name, at): int(note.refers_to)
        for name, listed in notes.items()
        for at, note in enumerate(listed)
        if note.refers_to is not None
    }
    right = sum(meant.get(place) == target for place, target in claimed.items())
    return {"right": right, "claimed": len(claimed), "labelled": len(meant)}


def labels(source: dict[str, Any], text: str) -> Fields:
    """Turn offsets into what they stand for."""
    values: Fields = {"type": source["type"]}
    for key in ("author", "editor"):
        if key in source:
            values[key] = [name_words(text[start:end]) for start, end in source[key]]
    for key in (*TEXTS, "authority"):
        if key in source:
            values[key] = folded(text[slice(*source[key])])
    if "URL" in source:
        values["URL"] = text[slice(*source["URL"])]
    if "issued" in source:
        values["issued"] = source["issued"]
    return values


def parsed(csl: dict[str, Any]) -> Fields:
    """Bring a CSL item into the same form."""
    values: Fields = {key: folded(csl[key]) for key in (*TEXTS, "authority") if key in csl}
    values["type"] = csl["type"]
    for key in ("author", "editor"):
        if key in csl:
            values[key] = [name_words(n.get("literal") or f"{n.get('given', '')} {n['family']}") for n in csl[key]]
    if "number" in values:
        values["number"] = values["number"].removeprefix("pub l ")
    if "issued" in csl:
        values["issued"] = csl["issued"]["date-parts"][0]
    if "URL" in csl:
        values["URL"] = csl["URL"]
    return values


def pair(found: list[Fields], gold: list[Fields]) -> list[tuple[Fields, Fields]]:
    """Pair sources by agreement, best first; what is left over is paired with nothing."""
    agreement = sorted(
        (
            (-sum(mine[key] == true.get(key) for key in mine if key != "type"), abs(m - t), m, t)
            for m, mine in enumerate(found)
            for t, true in enumerate(gold)
        ),
    )
    left, right = set(range(len(found))), set(range(len(gold)))
    pairs = []
    for score_, _, m, t in agreement:
        if score_ and m in left and t in right:
            left.remove(m)
            right.remove(t)
            pairs.append((found[m], gold[t]))
    return [*pairs, *((found[m], {}) for m in sorted(left)), *(({}, gold[t]) for t in sorted(right))]


def folded(text: str) -> str:
    """Drop case and punctuation."""
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def name_words(name: str) -> str:
    """Fold a name, its words in order of the alphabet: "Berg, Oda" is "Oda Berg"."""
    return " ".join(sorted(folded(name).split()))


def show(row: dict[str, Any], mine: Fields, true: Fields) -> None:
    """Print what is wrong in one source."""
    wrong: dict[str, list[Any]] = defaultdict(list)
    for key in FIELDS:
        if mine.get(key) != true.get(key):
            wrong[key] = [mine.get(key), true.get(key)]
    if wrong:
        print(row["half"], row["file"], row["note"], "found, meant:", dict(wrong))


def print_table(half: str, figures: dict[str, Any]) -> None:
    """Print one half."""
    print(f"\n{half}: {figures['notes']} notes")
    print(f"{'field':<16}{'precision':>10}{'recall':>8}{'right':>7}{'claimed':>9}{'labelled':>10}")
    for key, (right, claimed, labelled) in [*figures["fields"].items(), ("ALL", figures["all"])]:
        precision, recall = right / max(1, claimed), right / max(1, labelled)
        print(f"{key:<16}{precision:>10.3f}{recall:>8.3f}{right:>7}{claimed:>9}{labelled:>10}")


if __name__ == "__main__":
    sys.exit(main())
