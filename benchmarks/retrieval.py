"""What the benchmarks of the search share: the development collections, and an index of each, kept between runs."""

from __future__ import annotations

import csv
import json
import os
import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefqa.embedding import PACKAGED_MODEL, embedder_key, load_embedder
from briefqa.evaluation import Setting
from briefqa.generation import open_current
from briefqa.reindex import reindex
from briefqa.search import Searcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Brief

# Before torch is loaded: its threads wait for each other by spinning, which on a machine that does other work, too,
# makes an embedding of 10 ms last half a second (measured).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"
COLLECTIONS = ("time", "orsharc", "cranfield", "xquad_en")
NOTE_QUESTIONS = Path(__file__).parent / "note-search" / "questions.tsv"


def default_setting(cache: Path, precision: str = "fp32", **searching: Any) -> Setting:
    """Everything as it is by default, the packaged model included. searching: options of `Searcher`."""
    embedder = load_embedder(PACKAGED_MODEL, precision=precision, converted=PROJECT / "build" / "models")
    indexing = {
        "load": lambda: embedder,
        "embedder_key": embedder_key(PACKAGED_MODEL, precision=precision),
        "passage_tokens": 200,
        "faiss_factory": "auto",
    }
    reading = {"max_bytes": 10**8, "max_pages": 2000}
    return Setting(lambda index: Searcher(index, embedder, **searching), indexing, reading, cache)


@dataclass(frozen=True, slots=True)
class NoteRank:
    """A question that only a note answers, and the rank of the first passage that cites it; 0: none of the first 50."""

    document: str
    label: str
    question: str
    rank: int


def note_ranks(setting: Setting) -> Iterator[NoteRank]:
    """Ask every question of note-search/questions.tsv over the documents of ../shared/notes-gold."""
    place = (setting.cache or Path()) / "notes-gold"
    gold = SHARED / "notes-gold"
    reindex(gold, place / "index", **setting.indexing, **setting.reading, keep=1)
    with closing(open_current(place / "index")) as index:
        briefs = [index.brief(record.id)[1] for record in index.briefs(limit=1000)]
        searcher = setting.searcher(index)
        with NOTE_QUESTIONS.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                note = json.loads((gold / f"{row['document']}.gold.json").read_text())["notes"][int(row["nth"])]
                right = {(brief.id, name) for brief in briefs for name in same_notes(brief, note["text"])}
                hits = searcher.search(row["question"], 50).hits
                rank = next(
                    (
                        hit.rank
                        for hit in hits
                        if any((hit.stored.brief.id, cited.note.id) in right for cited in hit.notes)
                    ),
                    0,
                )
                yield NoteRank(row["document"], row["label"], row["question"], rank)


def same_notes(brief: Brief, text: str) -> Iterator[str]:
    """Ids of the notes that begin as text does: some documents are there twice, by other producers."""
    beginning = re.sub(r"\W+", "", text.casefold())[:40]
    for note in brief.notes:
        if re.sub(r"\W+", "", note.text.casefold()).startswith(beginning):
            yield note.id
