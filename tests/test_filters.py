from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from briefqa import generation as g
from briefqa.embedding import HashingEmbedder
from briefqa.errors import QueryError
from briefqa.filters import parse_filter
from briefqa.search import Searcher, Wanted
from fakes import LEVEE, SCHOOL, make_brief
from test_generation import publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BRIEFS = (
    make_brief(LEVEE, path="coast/levees.pdf"),
    replace(
        make_brief(SCHOOL, path="schools/meals.txt", title="School Meals"),
        authors=("Ana Ríos", "B. Hale"),
        published="2029",
        language="en-GB",
        marks=(),
        notes=(),
    ),
    replace(make_brief("Deiche kosten Geld.", path="deiche.txt", title="Deiche"), published="", language="de"),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[g.Generation]:
    folder: Path = tmp_path_factory.mktemp("filters")
    publish(folder, [replace(brief, id=f"{n:016x}") for n, brief in enumerate(BRIEFS)])
    opened = g.open_current(folder)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("said", "briefs"),
    [
        ({}, {0, 1, 2}),
        ({"collection": "coast"}, {0}),
        ({"collection": ["coast", ""]}, {0, 2}),
        ({"collection": "%"}, set()),
        ({"brief": "0000000000000001"}, {1}),
        ({"author": "hale"}, {1}),
        ({"author": "Ana"}, {1}),
        ({"published_from": "2029"}, {0, 1}),
        ({"published_from": "2031-03"}, {0}),
        ({"published_to": "2031"}, {0, 1}),
        ({"published_to": "2030-12"}, {1}),
        ({"published_from": "2029", "published_to": "2029"}, {1}),
        ({"language": "en"}, {0, 1}),
        ({"language": ["de", "fr"]}, {2}),
        ({"has_notes": True}, {0, 2}),
        ({"has_notes": False}, {1}),
        ({"cites": "https://example.org/premiums"}, {0, 2}),
        ({"cites": "premiums"}, {0, 2}),
        ({"cites": "premiums tides"}, set()),
        ({"not": {"collection": "coast"}}, {1, 2}),
        ({"or": [{"collection": "coast"}, {"author": "hale"}]}, {0, 1}),
        ({"and": [{"language": "en"}, {"not": {"author": "hale"}}]}, {0}),
        ({"not": {"or": [{"language": "de"}, {"published_from": "2030"}]}}, {1}),
    ],
)
def test_a_filter_lets_through_what_it_says(index: g.Generation, said: dict[str, Any], briefs: set[int]) -> None:
    hits = Searcher(index, HashingEmbedder()).search("levee premiums", 10, Wanted(parse_filter(said))).hits
    assert {int(hit.stored.brief.id, 16) for hit in hits} == briefs


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([], "filters: an object is wanted"),
        ({"colour": "red"}, r"filters\.colour: there is no such field. The fields are collection,"),
        ({"or": []}, r"filters\.or: a list of filters"),
        ({"or": [{"x": 1}]}, r"filters\.or\.0\.x"),
        ({"not": 3}, r"filters\.not: an object"),
        ({"author": 3}, "a text or a list of texts"),
        ({"author": []}, "a text or a list of texts"),
        ({"author": "a\0"}, "a text or a list of texts"),
        ({"has_notes": "yes"}, "true or false"),
        ({"published_from": "last year"}, "a date is wanted"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_with_its_place(said: object, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        parse_filter(said)


def test_a_filter_nested_too_deeply_is_refused() -> None:
    said: dict[str, Any] = {}
    for _ in range(50):
        said = {"not": said}
    with pytest.raises(QueryError, match="too deeply"):
        parse_filter(said)


@pytest.mark.parametrize(
    ("question", "briefs"),
    [
        ('"levee premiums" and more', {0}),
        ('"LEVEE-premiums"', {0}),
        ("“premiums levee”", set()),
        ('"Premiums and Protection"', {0, 2}),
        ('"four" "nobody had planned"', {0}),
        ('"four" "milk"', set()),
        ('"quintessence"', set()),
    ],
)
def test_what_is_quoted_must_occur_in_the_passage_or_its_notes(
    index: g.Generation, question: str, briefs: set[int]
) -> None:
    hits = Searcher(index, HashingEmbedder()).search(question, 10).hits
    assert {int(hit.stored.brief.id, 16) for hit in hits} == briefs


def test_a_filtered_ranking_is_the_whole_one_with_the_others_left_out(index: g.Generation) -> None:
    vector = HashingEmbedder().embed_query("levee premiums meals")
    whole = index.candidates(lambda: vector, "levee premiums meals", 10)
    english = index.select(parse_filter({"language": "en"}))
    some = index.candidates(lambda: vector, "levee premiums meals", 10, english)
    scores, of_whole = (
        dict(zip(found.ids, zip(found.dense.tolist(), found.lexical.tolist(), strict=True), strict=True))
        for found in (some, whole)
    )
    assert len(scores) == 2
    assert scores.items() <= of_whole.items()
