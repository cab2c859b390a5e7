"""An index of which some collections are seen gives what an index of these alone would give."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefqa import generation as g
from briefqa.catalog import CatalogWriter
from briefqa.catalog.restricting import restrict
from briefqa.errors import NotFound
from briefqa.filters import All, Filter, parse_filter
from briefqa.search import Searcher, Wanted
from fakes import LEVEE, SCHOOL, make_brief
from generated import briefs
from test_generation import EMBEDDER, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from briefqa.briefs import Brief

HARBOUR = "Harbour dues fund the quay. The Halberd merger is secret, and so are its premiums. Dues rise with the tide."
FRENCH = "Les primes d’assurance ont augmenté de 31 pour cent. Personne ne l’avait prévu dans les communes."
OPEN = [
    make_brief(LEVEE, path="coast/levees.pdf"),
    make_brief(SCHOOL, path="coast/meals.pdf", title="School Meals"),
    make_brief("Premium rates differ by parish. Premiums pay for levees, levees for premiums.", path="coast/rates.pdf"),
]
HIDDEN = [
    make_brief(HARBOUR, path="harbour/dues.pdf", title="The Halberd Merger"),
    make_brief(FRENCH, path="harbour/primes.pdf", title="Primes"),
    make_brief("Levees, levees, levees; premiums nowhere. Halberds are weapons.", path="harbour/levees.pdf"),
]
QUESTIONS = [
    "How high are levee premiums?",
    "the Halberd merger",
    "school meals and harbour dues",
    "premuims of the schol",  # slips of the typist are mended by the words that there are
    "halbred",
    "Les primes d’assurance ont augmenté",
    '"levee premiums" rose',
    '"harbour dues"',
    "schoolmeals",
    "the of",
]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[g.Generation]:
    folder = tmp_path_factory.mktemp("alone")
    publish(folder, OPEN)
    with closing(g.open_current(folder)) as index:
        yield index


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[g.Generation]:
    folder = tmp_path_factory.mktemp("both")
    publish(folder, [HIDDEN[0], *OPEN, *HIDDEN[1:]])
    with closing(g.open_current(folder)) as index:
        yield index


def equal(seen: g.Index, alone: g.Index, question: str) -> None:
    """All that can be asked of both is answered alike."""
    info = seen.info()
    assert info == replace(alone.info(), generation=info.generation, created=info.created, parent=info.parent)
    vector = EMBEDDER.embed_query(question)
    reach = max(info.passages, 1)
    assert dict(seen.dense(vector, reach)) == pytest.approx(dict(alone.dense(vector, reach)), abs=1e-5)
    assert dict(seen.lexical(question, reach)) == pytest.approx(dict(alone.lexical(question, reach)), abs=1e-5)
    found, expected = (index.candidates(lambda: vector, question, reach).by_id() for index in (seen, alone))
    assert found.ids == expected.ids
    assert found.dense == pytest.approx(expected.dense, abs=1e-5)
    assert found.lexical == pytest.approx(expected.lexical, abs=1e-5)
    for row, other in zip(found.rows.tolist(), expected.rows.tolist(), strict=True):
        assert seen.coverage(question, row) == pytest.approx(alone.coverage(question, other), abs=1e-9)
    assert seen.briefs(limit=1000) == alone.briefs(limit=1000)
    for record in seen.briefs(limit=1000):
        assert seen.brief(record.id) == alone.brief(record.id)
    ids = expected.ids
    assert seen.fetch(ids) == alone.fetch(ids)


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_of_other_collections_shows(both: g.Generation, alone: g.Generation, question: str) -> None:
    seen = both.within(["coast"])

    equal(seen, alone, question)
    rankings = [Searcher(index, EMBEDDER).search(question, 10) for index in (seen, alone)]
    assert [hit.stored for hit in rankings[0].hits] == [hit.stored for hit in rankings[1].hits]
    assert [hit.score for hit in rankings[0].hits] == pytest.approx([hit.score for hit in rankings[1].hits], abs=1e-5)
    assert rankings[0].confidence == pytest.approx(rankings[1].confidence, abs=1e-5)


def test_the_whole_would_tell(both: g.Generation, alone: g.Generation) -> None:
    # What the test above holds is worth something: with the statistics of the whole the same question scores otherwise.
    question = "levee premiums"
    whole = {one: score for one, score in both.lexical(question, 99) if one in dict(alone.lexical(question, 99))}
    assert whole != pytest.approx(dict(alone.lexical(question, 99)), abs=1e-3)


@settings(max_examples=20)
@given(
    st.lists(briefs(ids=st.sampled_from([f"{n:016x}" for n in range(6)])), unique_by=lambda b: b.id, max_size=6),
    st.sets(st.sampled_from(["coast", "harbour", "", "nowhere"])),
    st.sampled_from(["water tax", "“Yes.” said the tax", "wtaer", "公共", "naive x"]),
    st.data(),
)
def test_any_collections_are_seen_as_if_alone(
    tmp_path_factory: pytest.TempPathFactory,
    stored: list[Brief],
    collections: set[str],
    question: str,
    data: st.DataObject,
) -> None:
    folders = [data.draw(st.sampled_from(["coast/", "harbour/", ""])) for _ in stored]
    stored = [replace(brief, path=f"{at}{brief.id}.pdf") for brief, at in zip(stored, folders, strict=True)]
    folder = tmp_path_factory.mktemp("index")
    publish(folder / "both", stored)
    publish(folder / "alone", [brief for brief in stored if brief.collection in collections])
    with closing(g.open_current(folder / "both")) as both, closing(g.open_current(folder / "alone")) as alone:
        equal(both.within(collections), alone, question)


@pytest.mark.parametrize(
    "said",
    [
        {"collection": "harbour"},
        {"not": {"collection": "harbour"}},
        {"or": [{"collection": "harbour"}, {"author": "writer"}]},
        {"cites": "https://example.org/premiums"},
        {"brief": HIDDEN[0].id},
    ],
)
def test_filters_reach_no_further(both: g.Generation, alone: g.Generation, said: dict[str, object]) -> None:
    seen = both.within(["coast"])
    where: Filter = parse_filter(said)

    assert len(seen.select(where)) == len(alone.select(where))
    hits = Searcher(seen, EMBEDDER).search("harbour dues and levee premiums", 99, Wanted(where)).hits
    assert {hit.stored.brief.collection for hit in hits} <= {"coast"}


def test_what_is_hidden_is_not_found_in_the_words_of_what_does_not_exist(both: g.Generation) -> None:
    seen = both.within(["coast"])
    hidden = HIDDEN[0].id

    def told(brief_id: str) -> list[str]:
        messages = []
        for ask in (seen.brief, lambda one: seen.fetch([f"{one}-0"])):
            with pytest.raises(NotFound) as raised:
                ask(brief_id)
            messages.append(str(raised.value).replace(brief_id, "ID"))
        return messages

    assert told(hidden) == told("0" * 16)
    assert seen.dense(EMBEDDER.embed_query("dues"), 9, [f"{hidden}-0"]) == []
    assert seen.lexical("dues", 9, [f"{hidden}-0"]) == []
    rows = both.select(parse_filter({"brief": hidden})).rows.tolist()
    assert rows
    assert {seen.coverage("dues", row) for row in rows} == {0.0}
    assert seen.geometry(hidden) == ()


def test_a_subset_of_the_whole_brings_nothing_into_view(both: g.Generation) -> None:
    seen = both.within(["coast"])
    everything = both.select(All(()))

    found = seen.candidates(lambda: EMBEDDER.embed_query("dues"), "harbour dues", 99, everything)

    assert {seen.fetch([one])[0].brief.collection for one in found.ids} == {"coast"}


def test_no_collection_is_an_empty_index(both: g.Generation) -> None:
    nothing = both.within([])

    assert (nothing.info().briefs, nothing.info().passages, nothing.briefs(limit=9)) == (0, 0, [])
    assert Searcher(nothing, EMBEDDER).search("harbour dues", 9).hits == ()


def test_views_are_made_once_and_close_with_the_index(tmp_path: Path) -> None:
    publish(tmp_path, OPEN)
    index = g.open_current(tmp_path)

    assert index.within(["coast", "harbour"]) is index.within({"harbour", "coast"})
    index.close()


def test_a_brief_in_two_collections_shows_only_the_places_that_are_seen(tmp_path: Path) -> None:
    both = catalog_with(tmp_path, [replace(OPEN[0], path="coast/a.pdf")], ["coast/a.pdf", "harbour/secret-name.pdf"])

    seen = both.execute("SELECT id, path FROM briefs").fetchall()
    assert seen == [(OPEN[0].id, "harbour/secret-name.pdf")]
    assert both.execute("SELECT path FROM files").fetchall() == [("harbour/secret-name.pdf",)]
    both.close()


def test_every_table_of_a_catalog_is_restricted(tmp_path: Path) -> None:
    # A table that comes later is shown by its column "brief", or not at all.
    connection = catalog_with(tmp_path, OPEN, ["coast/x.pdf"], see="nowhere")
    tables = [row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]

    assert {"briefs", "passages", "notes", "marks", "sources", "files", "geometry"} <= set(tables)
    for table in tables:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table  # noqa: S608
    connection.close()


def catalog_with(
    folder: Path, stored: Sequence[Brief], paths: Sequence[str], see: str = "harbour"
) -> sqlite3.Connection:
    with CatalogWriter(folder / "catalog.sqlite") as writer:
        for brief in stored:
            writer.add(brief, [], [])
        writer.finish()
    connection = sqlite3.connect(folder / "catalog.sqlite")
    for path in paths:
        connection.execute("INSERT INTO files (path, brief) VALUES (?, ?)", [path, stored[0].id])
    restrict(connection, [see])
    return connection
