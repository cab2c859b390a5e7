"""Measure how often the right sentence is in the extractive answer.

    python benchmarks/measure_answers.py --cache build/eval          all of it
    python benchmarks/measure_answers.py --cache build/eval --every 8      each eighth question

- xquad_en (../shared/collections): right is an answer one of whose sentences holds the few words wanted.
- seed (../shared/seed): right is an answer that cites the notes of the expected passage; unanswerable ones: abstained.
- note questions (note-search/questions.tsv over ../shared/notes-gold): right is an answer that brings the note, and
  "in words" one that holds the note's own words.

Also: sentences an answer has, how often it abstains, seconds. Exits with 1 where a quote is not its brief's body at its
offsets, or a number of a sentence is not in its citation. What it does not tell: whether all of an answer is wanted.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conditions import stated
from retrieval import NOTE_QUESTIONS, SHARED, default_setting, same_notes

from briefqa.answer import Answer, answer
from briefqa.evaluation.collections import load_collection
from briefqa.evaluation.indexing import index_entries
from briefqa.generation import open_current
from briefqa.reindex import reindex
from briefqa.search import load_reranker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.evaluation import Setting
    from briefqa.generation import Index

_HITS = 5


@dataclass(slots=True)
class Tally:
    """What came of the questions of one kind."""

    questions: int = 0
    right: int = 0
    in_words: int = 0
    abstained: int = 0
    sentences: int = 0
    seconds: float = 0.0

    def shown(self, name: str) -> str:
        """One line of the table."""
        answered = max(1, self.questions - self.abstained)
        return (
            f"{name:<9} {self.questions:>5} questions, right {self.right / self.questions:.4f}, in the note's words "
            f"{self.in_words / self.questions:.4f}, abstained {self.abstained / self.questions:.4f}, "
            f"{self.sentences / answered:.2f} sentences, {self.seconds:.0f} s"
        )


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("build/eval"), help="where indexes are kept")
    parser.add_argument("--every", type=int, default=1, help="ask only each so-manieth question")
    parser.add_argument("--reranker", default="", help="as the setting of that name")
    parser.add_argument("--verbose", action="store_true", help="show the answers that are not right")
    arguments = parser.parse_args()
    setting = default_setting(arguments.cache, reranker=load_reranker(arguments.reranker))
    with stated("Answers", None, ["briefqa"]):
        for name, questions in (("seed", seed), ("notes", notes), ("xquad_en", xquad)):
            tally = Tally()
            started = time.perf_counter()
            for question, found, right, in_words in questions(setting, arguments.every):
                tally.right += right
                tally.in_words += in_words
                if arguments.verbose and not right:
                    print(f"  {question}\n    {found.text}")
                count(tally, found)
            tally.seconds = time.perf_counter() - started
            print(tally.shown(name), flush=True)
    return 0


def count(tally: Tally, found: Answer) -> None:
    """Count what every answer is counted for."""
    tally.questions += 1
    tally.abstained += found.abstained
    tally.sentences += len(found.sentences)


Asked = tuple[str, Answer, bool, bool]


def seed(setting: Setting, _every: int) -> Iterator[Asked]:
    """Ask the user's own questions."""
    folder = SHARED / "seed"
    with indexed(folder, "seed", setting) as index:
        searcher = setting.searcher(index)
        for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
            wanted = json.loads(line)
            found = answer(wanted["question"], searcher, _HITS)
            labels = {note.note.label for citation in found.citations for note in citation.notes}
            if wanted.get("abstain"):
                right = found.abstained
            else:
                right = not found.abstained and labels.issuperset(wanted.get("notes", ["?"]))
            yield wanted["question"], checked(found, index), right, False


def notes(setting: Setting, every: int) -> Iterator[Asked]:
    """Ask what only a note answers."""
    gold = SHARED / "notes-gold"
    with indexed(gold, "notes-gold", setting) as index:
        briefs = [index.brief(record.id)[1] for record in index.briefs(limit=1000)]
        searcher = setting.searcher(index)
        with NOTE_QUESTIONS.open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[::every]
        for row in rows:
            note = json.loads((gold / f"{row['document']}.gold.json").read_text())["notes"][int(row["nth"])]
            right = {(brief.id, name) for brief in briefs for name in same_notes(brief, note["text"])}
            found = answer(row["question"], searcher, _HITS)
            brought = [
                cited.note
                for citation in found.citations
                for cited in citation.notes
                if (citation.stored.brief.id, cited.note.id) in right
            ]
            said = any(sentence.text in one.text for sentence in found.sentences for one in brought)
            yield row["question"], checked(found, index), bool(brought), said


def xquad(setting: Setting, every: int) -> Iterator[Asked]:
    """Ask questions whose answer is a few words of one paragraph."""
    folder = SHARED / "collections" / "xquad_en"
    collection = load_collection(folder)
    place = (setting.cache or Path()) / "xquad_en"
    place.mkdir(parents=True, exist_ok=True)
    index_entries(collection.entries, place, **setting.indexing)
    with closing(open_current(place / "index")) as index:
        searcher = setting.searcher(index)
        for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()[::every]:
            query = json.loads(line)
            found = answer(query["text"], searcher, _HITS)
            wanted = squeezed(query["metadata"]["answer"])
            right = any(wanted in squeezed(one.text) for one in found.sentences)
            yield query["text"], checked(found, index), right, False


@contextmanager
def indexed(folder: Path, name: str, setting: Setting) -> Iterator[Index]:
    """Index a folder of briefs, or bring its index up to date."""
    place = (setting.cache or Path()) / name / "index"
    reindex(folder, place, **setting.indexing, **setting.reading, keep=1)
    with closing(open_current(place)) as index:
        yield index


def checked(found: Answer, index: Index) -> Answer:
    """Leave the answer as it is. Exits where a quote is not its brief's body, or a number is not in its citation."""
    cited = {citation.ordinal: citation for citation in found.citations}
    for citation in found.citations:
        body = index.brief(citation.stored.brief.id)[1].body
        if body[citation.start : citation.end] != citation.quote:
            raise SystemExit(f"measure_answers: not in the brief: {citation.quote}")
    for sentence in found.sentences:
        sources = [cited[number] for number in sentence.citations]
        said = " ".join([source.quote + "".join(note.note.text for note in source.notes) for source in sources])
        if not set(re.findall(r"\d+", sentence.text)) <= set(re.findall(r"\d+", said)):
            raise SystemExit(f"measure_answers: a number is not in its citation: {sentence.text}")
    return found


def squeezed(text: str) -> str:
    """Text as it is compared."""
    return " ".join(text.casefold().split())


if __name__ == "__main__":
    sys.exit(main())
