"""The briefs of docs_in/samples are read as they were written: what a new user sees first has to be right."""

from __future__ import annotations

import json
import re
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from briefqa.config import Config
from briefqa.embedding import embedder_key, load_embedder
from briefqa.generation import open_current
from briefqa.notes import understand
from briefqa.reading import SUFFIXES, read
from briefqa.reindex import reindex
from briefqa.search import Searcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from briefqa.briefs import Brief

PROJECT = Path(__file__).parent.parent
DOCS_IN = PROJECT / "docs_in"
SOURCES = PROJECT / "samples" / "sources"
SAMPLES = sorted(
    file.relative_to(DOCS_IN).as_posix() for file in (DOCS_IN / "samples").iterdir() if not file.name.startswith(".")
)
QUESTIONS = [json.loads(line) for line in (PROJECT / "samples" / "questions.jsonl").read_text("utf-8").splitlines()]
ANSWERED = [question for question in QUESTIONS if not question.get("abstain")]


@cache
def brief(name: str) -> Brief:
    return understand(read(DOCS_IN / name, name, max_bytes=10_000_000, max_pages=100), "sample")


def as_text(brief: Brief) -> str:
    """The brief for a golden that is easy to review: marks as [^1] in the body, its notes below."""
    places = [
        (mark.offset, f"[^{mark.label}]" if mark.note_id else f"[^{mark.label} leads nowhere]") for mark in brief.marks
    ]
    places += [(page.start, f"{{page {page.label}}}") for page in brief.pages]
    body = brief.body
    for offset, sign in sorted(places, reverse=True):
        body = body[:offset] + sign + body[offset:]
    head = {"title": brief.title, "authors": "; ".join(brief.authors), "published": brief.published}
    lines = [*(f"{name}: {value}" for name, value in head.items()), "", body, ""]
    lines += [f"[^{note.label}]: ({note.kind}, page {note.page}) {note.text}" for note in brief.notes]
    lines += [f"problem: page {problem.page}: {problem.message}" for problem in brief.problems]
    return "\n".join(lines) + "\n"


def test_docs_in_holds_briefs_only() -> None:
    assert len(SAMPLES) >= 4
    assert {Path(name).suffix for name in SAMPLES} <= SUFFIXES


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_reads_as_expected(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.md", as_text(brief(name)))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_mark_of_a_sample_leads_to_its_note(name: str) -> None:
    read = brief(name)
    assert [mark.label for mark in read.marks] == [str(number + 1) for number in range(len(read.notes))]
    assert [mark.note_id for mark in read.marks] == [note.id for note in read.notes]
    assert read.problems == ()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_addresses_of_a_sample_are_whole(name: str) -> None:
    source = next(SOURCES.glob(f"{Path(name).stem}.*")).read_text(encoding="utf-8")
    written = set(re.findall(r"https://www\.example\.(?:org|com)/[^\s\]}<]+", source))
    notes = [note.text for note in brief(name).notes]
    assert written == {address for note in notes for address in re.findall(r"https://\S+", note)}


def test_compounds_cut_at_a_line_end_keep_their_hyphen() -> None:
    body = brief("samples/groundwater-metering.txt").body
    assert "an acreage-based charge was introduced" in body


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("samples/groundwater-metering.txt", "in a trial with 96 wells its readings were within 6 per cent"),
        ("samples/rural-broadband.pdf", "fell from 96 to 41 megabits per second within eighteen months as neighbours"),
        ("samples/school-meals.pdf", "larger than chance would explain; the second corresponds to a fifth of the gap"),
    ],
)
def test_a_sentence_over_a_page_break_reads_on(name: str, sentence: str) -> None:
    read = brief(name)
    start = read.body.index(sentence)
    assert [page.index for page in read.pages_of(start, start + len(sentence))] == [1, 2]


@pytest.mark.parametrize("question", ANSWERED, ids=[question["question"] for question in ANSWERED])
def test_a_question_asks_for_what_its_brief_says(question: dict[str, Any]) -> None:
    read = brief(question["brief"])
    assert read.body.count(question["passage_contains"]) == 1
    notes = {note.label: note.text for note in read.notes}
    assert question["notes"]
    assert notes.keys() >= set(question["notes"])
    if "source_url" in question:
        assert any(question["source_url"] in notes[label].split() for label in question["notes"])


def test_some_questions_have_no_answer() -> None:
    assert len(QUESTIONS) - len(ANSWERED) >= 2


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory, packaged_models: Path) -> Iterator[Searcher]:
    """What `make run` serves at first: the samples, with the settings' defaults."""
    settings = Config()
    index = tmp_path_factory.mktemp("index")
    embedder = load_embedder(
        settings.model,
        device=settings.device,
        query_prompt=settings.query_prompt,
        passage_prompt=settings.passage_prompt,
        converted=packaged_models,
    )
    reindex(
        DOCS_IN,
        index,
        load=lambda: embedder,
        embedder_key=embedder_key(settings.model, passage_prompt=settings.passage_prompt),
        passage_tokens=settings.passage_tokens,
        faiss_factory=settings.faiss_factory,
        keep=1,
        max_bytes=10_000_000,
        max_pages=100,
    )
    with closing(open_current(index)) as generation:
        yield Searcher(generation, embedder)


@pytest.mark.model
def test_the_first_hit_answers_most_questions_and_brings_the_notes(searcher: Searcher) -> None:
    right = []
    for question in ANSWERED:
        first = searcher.search(question["question"], 1).hits[0].stored
        if question["passage_contains"] in first.passage.text:
            right.append(question["question"])
            assert {note.label for note in first.notes} >= set(question["notes"])
    assert len(right) >= 0.8 * len(ANSWERED), right


@pytest.mark.model
def test_questions_without_an_answer_are_told_from_all_others(searcher: Searcher) -> None:
    found = {question["question"]: searcher.search(question["question"], 1) for question in QUESTIONS}
    assert all(found[question["question"]].answerable for question in ANSWERED)
    assert not any(found[question["question"]].answerable for question in QUESTIONS if question.get("abstain"))
