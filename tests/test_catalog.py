from __future__ import annotations

import os
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.briefs import Note
from briefqa.catalog import Catalog, CatalogWriter, Counts, FileRecord
from briefqa.embedding import HashingEmbedder
from briefqa.errors import CorruptGeneration, GenerationError, NotFound
from briefqa.passages import embedded_text, passage_id, split
from fakes import LEVEE, SCHOOL, make_brief
from generated import briefs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from briefqa.briefs import Brief, Passage


def cut(brief: Brief) -> tuple[Passage, ...]:
    return split(brief, HashingEmbedder().count_tokens, max_tokens=30, window=64)


def add(writer: CatalogWriter, brief: Brief) -> None:
    passages = cut(brief)
    writer.add(brief, passages, [embedded_text(passage) for passage in passages])


def id_of(brief: Brief) -> str:
    """The id of the only passage of a brief."""
    return passage_id(brief.id, " ".join(brief.body.split()))


def written(file: Path, stored: Iterable[Brief]) -> Catalog:
    file.unlink(missing_ok=True)
    with CatalogWriter(file) as writer:
        for brief in stored:
            add(writer, brief)
            writer.put_files([FileRecord(brief.path, 1, 2, brief.id * 4, brief.id)])
        writer.finish()
    return Catalog(file)


@given(st.lists(briefs(ids=st.sampled_from([f"{n:016x}" for n in range(4)])), unique_by=lambda b: b.id, max_size=3))
def test_what_is_put_in_comes_out(tmp_path_factory: pytest.TempPathFactory, stored: list[Brief]) -> None:
    catalog = written(tmp_path_factory.getbasetemp() / "hypothesis.sqlite", stored)
    try:
        for brief in stored:
            record, found = catalog.brief(brief.id)
            assert found == brief
            assert (record.places, record.pages, record.notes) == ((brief.path,), len(brief.pages), len(brief.notes))
        passages = [passage for brief in stored for passage in cut(brief)]
        ids = [passage.id for passage in passages]
        assert catalog.passage_ids(range(len(ids))) == ids
        passages = passages[::-2] + passages[-2::-2]
        fetched = catalog.fetch([passage.id for passage in passages])
        assert [item.passage for item in fetched] == passages
        for item in fetched:
            linked = [mark.note_id for mark in item.passage.marks if mark.note_id]
            assert [note.id for note in item.notes] == list(dict.fromkeys(linked))
            assert item.brief.id == item.passage.brief_id
        marks = [mark for brief in stored for mark in brief.marks]
        assert catalog.counts() == Counts(
            briefs=len(stored),
            passages=len(passages),
            notes=sum(len(brief.notes) for brief in stored),
            marks=len(marks),
            unlinked=sum(mark.note_id is None for mark in marks),
        )
    finally:
        catalog.close()


def test_a_passage_comes_with_the_notes_it_cites_each_once(tmp_path: Path) -> None:
    brief = make_brief(LEVEE)
    catalog = written(tmp_path / "c", [brief, make_brief(SCHOOL, path="meals.pdf")])
    (stored,) = catalog.fetch([id_of(brief)])
    assert [mark.label for mark in stored.passage.marks] == ["12", "12", "13"]
    assert stored.notes == brief.notes
    assert stored.notes[0].sources[0].url == "https://example.org/premiums"
    catalog.close()


def test_a_missing_passage_or_brief_is_named(tmp_path: Path) -> None:
    brief = make_brief(LEVEE)
    catalog = written(tmp_path / "c", [brief])
    with pytest.raises(NotFound, match="gone-7"):
        catalog.fetch([id_of(brief), "gone-7"])
    with pytest.raises(NotFound, match="abc"):
        catalog.brief("abc")
    assert catalog.fetch([]) == []
    assert catalog.positions(["gone-7", id_of(brief)]) == {id_of(brief): 0}
    catalog.close()


def test_briefs_are_listed_by_path_and_page_by_page(tmp_path: Path) -> None:
    stored = [make_brief(f"Dams. {n}", path=f"{n % 3}/{n}.pdf") for n in range(9)]
    catalog = written(tmp_path / "c", stored)
    paths = sorted(brief.path for brief in stored)
    assert [record.path for record in catalog.briefs(limit=100)] == paths
    assert [record.path for record in catalog.briefs(limit=4, offset=3)] == paths[3:7]
    assert {record.collection for record in catalog.briefs(limit=100)} == {"0", "1", "2"}
    catalog.close()


@pytest.mark.parametrize("name", ['a b\'s "c".pdf', "naïve—.pdf", "new\nline.pdf", "bad\udcff.pdf", "nul-less/\t.pdf"])
def test_any_file_name_is_kept(tmp_path: Path, name: str) -> None:
    brief = make_brief(LEVEE, path="x.pdf")
    with CatalogWriter(tmp_path / "c") as writer:
        add(writer, replace(brief, path=name))
        writer.put_files([FileRecord(name, 1, 2, "a", brief.id), FileRecord(f"2{name}", 1, 2, "b", None, f"no {name}")])
        writer.finish()
    catalog = Catalog(tmp_path / "c")
    assert catalog.brief(brief.id)[1].path == name
    assert catalog.briefs(limit=1)[0].places == (name,)
    assert {file.path for file in catalog.files()} == {name, f"2{name}"}
    catalog.close()


def test_copied_briefs_keep_all_but_their_place(tmp_path: Path) -> None:
    kept, dropped, last = (make_brief(f"{LEVEE} {n}", path=f"{n}.pdf") for n in range(3))
    written(tmp_path / "old", [dropped, kept, last]).close()
    with CatalogWriter(tmp_path / "new", tmp_path / "old") as writer:
        assert writer.copy({kept.id: "moved/1.pdf", last.id: last.path}).passages == [1, 2]
        add(writer, make_brief(f"{LEVEE} 1", path="again.pdf"))
        writer.finish()
    catalog = Catalog(tmp_path / "new")
    assert catalog.brief(kept.id)[1] == replace(kept, path="moved/1.pdf")
    assert catalog.brief(kept.id)[0].collection == "moved"
    assert catalog.counts() == Counts(3, 3, 3, 9, 3)
    assert catalog.fetch([id_of(kept)])[0].notes == kept.notes
    with pytest.raises(NotFound):
        catalog.brief(dropped.id)
    catalog.close()


def test_a_long_statement_ends_when_a_signal_comes(tmp_path: Path) -> None:
    written(tmp_path / "old", [make_brief(LEVEE)]).close()
    with closing(sqlite3.connect(tmp_path / "old")) as old:
        old.execute(
            "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 600000) "
            "INSERT INTO passages SELECT n, n, 'b', n, 0, 0, n, '', '', '[]', n FROM counted"
        )
        old.commit()
    with CatalogWriter(tmp_path / "new", tmp_path / "old") as writer:
        pressed = threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGINT))
        pressed.start()
        with pytest.raises(KeyboardInterrupt):
            writer.copy({"b": "b.md"})
        pressed.join()


def test_many_threads_may_read_at_once(tmp_path: Path) -> None:
    stored = [make_brief(f"Dams. {n}", path=f"{n}.pdf") for n in range(20)]
    catalog = written(tmp_path / "c", stored)
    ids = [id_of(brief) for brief in stored]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(catalog.fetch, [ids[n % 20 :] for n in range(200)]))
    assert [item.passage.id for item in found[3]] == ids[3:]
    catalog.close()


def test_a_catalog_that_was_removed_meanwhile_can_still_be_read(tmp_path: Path) -> None:
    brief = make_brief(LEVEE)
    catalog = written(tmp_path / "c", [brief])
    (tmp_path / "c").unlink()
    assert catalog.fetch([id_of(brief)])[0].passage.text == LEVEE
    catalog.close()


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "foreign", "zeros"])
def test_a_damaged_catalog_is_told_with_the_file_and_the_remedy(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "c.sqlite"
    written(file, [make_brief(LEVEE)]).close()
    size = file.stat().st_size
    if damage == "missing":
        file.unlink()
    else:
        zeros = file.read_bytes()[:100] + bytes(size - 100)
        foreign = file.read_bytes()[:68] + b"GPKG" + file.read_bytes()[72:]
        file.write_bytes({"empty": b"", "text": b"no database " * 99, "foreign": foreign, "zeros": zeros}[damage])
    with pytest.raises(CorruptGeneration, match=r"c\.sqlite.*briefqa reindex"):
        Catalog(file).counts()


def test_what_sqlite_refuses_is_told(tmp_path: Path) -> None:
    note = Note("n1", "1", "footnote", 1, "See.")
    with CatalogWriter(tmp_path / "c") as writer, pytest.raises(GenerationError, match="Cannot write"):
        add(writer, replace(make_brief(LEVEE), notes=(note, note)))
