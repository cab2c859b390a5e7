"""How well a hit tells which of its notes answers: by words alone, and by words or else by meaning.

    python benchmarks/measure_marking.py [--cache DIR] [--seed N]

Over ../shared/notes-gold. Found: of the hits among the first three that cite the note which a question of
note-search/questions.tsv is about, those in which it is marked. Right: of the notes marked there, those that say the
same as that one. Wrongly: sentences of a body, twelve of each document, are asked with two fifths of their words left
out; where the passage is found that says it and it cites notes, none of these may be marked.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from conditions import stated, table
from retrieval import NOTE_QUESTIONS, SHARED, default_setting, same_notes

from briefqa.generation import open_current
from briefqa.reindex import reindex
from briefqa.search.highlights import sentences
from briefqa.search.presenting import cited_notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Brief
    from briefqa.search import Hit

_SENTENCES, _LONG, _KEPT = 12, range(80, 300), 0.6
_BEGINNING = 40  # characters by which a sentence is known again


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where gate_retrieval.py keeps its indexes")
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    with stated("Marked notes", arguments.seed, ["briefqa", "onnxruntime"]), tempfile.TemporaryDirectory() as folder:
        setting = default_setting(arguments.cache or Path(folder))
        place = (setting.cache or Path()) / "notes-gold"
        reindex(SHARED / "notes-gold", place / "index", **setting.indexing, **setting.reading, keep=1)
        with closing(open_current(place / "index")) as index:
            searcher = setting.searcher(index)
            briefs = [index.brief(record.id)[1] for record in index.briefs(limit=1000)]
            found: dict[str, list[bool]] = {"by words": [], "by words or meaning": []}
            right: dict[str, list[bool]] = {name: [] for name in found}
            wrongly: dict[str, list[bool]] = {name: [] for name in found}
            for question, its in note_questions(briefs):
                for hit in searcher.search(question, 3).hits:
                    wanted = {cited.note.id for cited in hit.notes if (hit.stored.brief.id, cited.note.id) in its}
                    for name, marked in both(hit, question).items() if wanted else ():
                        found[name].append(bool(marked & wanted))
                        right[name] += [note in wanted for note in marked]
            for question, beginning in body_questions(briefs, arguments.seed):
                for hit in searcher.search(question, 1).hits:
                    if hit.notes and beginning in hit.stored.passage.text:
                        for name, marked in both(hit, question).items():
                            wrongly[name].append(bool(marked))
        table(
            ["marked", "found", "right", "wrongly"],
            [[name, *(f"{sum(of[name])}/{len(of[name])}" for of in (found, right, wrongly))] for name in found],
        )


def both(hit: Hit, question: str) -> dict[str, set[str]]:
    """Ids of the notes that are marked, by either way."""
    by_words = cited_notes(hit.stored, question)
    return {
        name: {one.note.id for one in cited if one.matched}
        for name, cited in (("by words", by_words), ("by words or meaning", hit.notes))
    }


def note_questions(briefs: list[Brief]) -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """Give the questions of note-search, each with the ids of brief and note of all notes that say what it asks for."""
    with NOTE_QUESTIONS.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            gold = json.loads((SHARED / "notes-gold" / f"{row['document']}.gold.json").read_text(encoding="utf-8"))
            text = gold["notes"][int(row["nth"])]["text"]
            yield row["question"], {(brief.id, name) for brief in briefs for name in same_notes(brief, text)}


def body_questions(briefs: list[Brief], seed: int) -> Iterator[tuple[str, str]]:
    """Give sentences of the bodies with words left out, each with its beginning."""
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for brief in briefs:
        spans = [(start, end) for start, end in sentences(brief.body) if end - start in _LONG]
        for start, end in source.sample(spans, min(_SENTENCES, len(spans))):
            kept = [word for word in brief.body[start:end].split() if source.random() < _KEPT]
            if kept:
                yield " ".join(kept).replace('"', ""), brief.body[start : start + _BEGINNING]


if __name__ == "__main__":
    main()
