from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from briefqa.embedding import HashingEmbedder
from briefqa.errors import IncompatibleGeneration, QueryError
from briefqa.filters import parse_filter
from briefqa.generation import open_current
from briefqa.search import Searcher, Wanted
from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief
from test_generation import publish

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from briefqa.generation import StoredPassage

BRIEFS = (make_brief(LEVEE), make_brief(SCHOOL, path="meals.txt", title="School Meals"))


def searcher() -> Searcher:
    return Searcher(MemoryIndex(BRIEFS), HashingEmbedder())


def test_the_nearest_passage_comes_first() -> None:
    ranking = searcher().search("What do school meals cost?", 2)

    assert [hit.rank for hit in ranking.hits] == [1, 2]
    assert ranking.hits[0].stored.passage.text == SCHOOL
    assert ranking.hits[0].score > ranking.hits[1].score
    assert ranking.generation == "g1"


def test_each_linked_mark_brings_its_note_with_its_place_in_the_passage() -> None:
    [hit] = searcher().search("levee premiums", 1).hits

    assert [(cited.note.label, cited.offset) for cited in hit.notes] == [("12", 48), ("12", len(LEVEE))]
    assert LEVEE[: hit.notes[0].offset].endswith("in four years.")


def test_offsets_count_from_the_start_of_the_passage() -> None:
    class Later(MemoryIndex):
        def fetch(self, passage_ids: Sequence[str]) -> list[StoredPassage]:
            return [
                replace(
                    stored,
                    passage=replace(
                        stored.passage,
                        start=100,
                        marks=tuple(replace(mark, offset=mark.offset + 100) for mark in stored.passage.marks),
                    ),
                )
                for stored in super().fetch(passage_ids)
            ]

    [hit] = Searcher(Later(BRIEFS), HashingEmbedder()).search("levee premiums", 1).hits

    assert [cited.offset for cited in hit.notes] == [48, len(LEVEE)]


def test_the_sentences_that_answer_are_shown() -> None:
    [hit] = searcher().search("By how much did the levee premium rise?", 1).hits

    assert [LEVEE[start:end] for start, end in hit.highlights] == ["Levee premiums rose by 31 percent in four years."]


def test_a_question_about_something_else_is_not_held_to_be_answerable() -> None:
    answered = searcher().search("School meals cost each canteen", 2)
    other = searcher().search("Which striker scored in Lisbon?", 2)

    assert answered.answerable
    assert not other.answerable
    assert other.hits
    assert 0 <= other.confidence < answered.confidence <= 1


def test_the_same_question_finds_the_same_hits() -> None:
    one, two = (searcher().search("What is planned?", 2).hits for _ in range(2))

    assert one == two


@pytest.mark.parametrize("query", ["", "  \n\t", "\u2003", "levee\0", "levee \ud83d"])
def test_a_question_that_is_none_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        searcher().search(query, 1)


@pytest.mark.parametrize("k", [0, -1])
def test_no_passages_cannot_be_asked_for(k: int) -> None:
    with pytest.raises(QueryError):
        searcher().search("levee", k)


def test_more_passages_than_there_are_gives_all() -> None:
    assert len(searcher().search("levee", 10**9).hits) == 2


def test_an_empty_index_gives_no_hits() -> None:
    assert Searcher(MemoryIndex(()), HashingEmbedder()).search("levee", 5).hits == ()


def test_an_index_of_another_model_is_not_searched() -> None:
    with pytest.raises(IncompatibleGeneration, match="briefqa reindex"):
        Searcher(MemoryIndex(BRIEFS, fingerprint="other"), HashingEmbedder())


def test_editions_of_one_brief_are_one_hit_that_names_all() -> None:
    editions = (*BRIEFS, make_brief(LEVEE, path="coast/levees.docx"), make_brief(LEVEE, path="old/levees.txt"))
    hits = Searcher(MemoryIndex(editions), HashingEmbedder()).search("levee premiums", 4).hits

    assert [hit.rank for hit in hits] == [1, 2]
    assert {hits[0].stored.brief.path, *(brief.path for brief in hits[0].also_in)} == {
        "coast/levees.pdf",
        "coast/levees.docx",
        "old/levees.txt",
    }
    assert hits[1].also_in == ()


def test_many_editions_leave_room_for_the_others() -> None:
    editions = (*BRIEFS, *(make_brief(f"{LEVEE} ", path=f"{n}/levees.txt") for n in range(12)))
    hits = Searcher(MemoryIndex(editions), HashingEmbedder()).search("levee premiums", 2).hits
    assert [hit.rank for hit in hits] == [1, 2]
    assert len(hits[0].also_in) == 12
    assert hits[0].score >= hits[1].score


@pytest.mark.parametrize(
    ("question", "matched"),
    [("Which institute wrote on protection?", True), ("How did premiums rise in years?", False)],
)
def test_a_note_that_answers_is_marked(question: str, *, matched: bool) -> None:
    [hit] = searcher().search(question, 1, Wanted(where=parse_filter({"collection": "coast"}))).hits

    assert {cited.matched for cited in hit.notes} == {matched}


@pytest.mark.parametrize("expand", [-1, 6])
def test_neighbours_without_end_cannot_be_asked_for(expand: int) -> None:
    with pytest.raises(QueryError, match="expand"):
        searcher().search("levee", 1, Wanted(expand=expand))


def test_neighbours_come_in_the_order_of_the_brief(tmp_path: Path) -> None:
    body = "\n\n".join(f"Part {n} is about {word} alone. " * 4 for n, word in enumerate(["rain", "tolls", "ferries"]))
    publish(tmp_path, [make_brief(body)])
    index = open_current(tmp_path)
    hit = Searcher(index, HashingEmbedder()).search("tolls", 1, Wanted(expand=2)).hits[0]
    ordinals = [stored.passage.ordinal for stored in hit.neighbours]

    assert ordinals == sorted(ordinals)
    assert hit.stored.passage.ordinal not in ordinals
    assert len(ordinals) >= 2
    index.close()
