"""The works of a catalog that takes over from another are those that it would have by itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.briefs import Brief, Note, PageSpan, Source
from briefqa.catalog import CatalogWriter
from test_works import CITATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NIGHTS = 3
BRIEFS = 8


def brief_that_cites(number: int, notes: list[list[dict[str, Any]]]) -> Brief:
    cited = (
        Note(f"n{n}", str(n), "footnote", 1, "", tuple(Source(csl, 0, 0) for csl in items))
        for n, items in enumerate(notes)
    )
    return Brief(f"{number:016x}", f"{number}.md", "", "", (PageSpan(1, "1", 0, 0),), notes=tuple(cited))


def build(
    file: Path, new: Iterable[Brief], parent: Path | None = None, kept: Iterable[Brief] = (), **how: bool
) -> None:
    with CatalogWriter(file, parent, **how) as writer:
        if parent is not None:
            writer.copy({brief.id: brief.path for brief in kept})
        segment = file.with_suffix(".segment")
        with CatalogWriter(segment) as first:
            for brief in new:
                first.add(brief, (), ())
            first.finish(works=False)
        writer.copy({brief.id: brief.path for brief in new}, segment)
        writer.finish()


def told(file: Path) -> dict[str, list[Any]]:
    """All that a catalog says of citations, row by row."""
    with closing(sqlite3.connect(file)) as catalog:
        return {
            table: catalog.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4").fetchall()  # noqa: S608 - ours
            for table in ("cited", "names", "works")
        }


@given(st.data())
def test_works_that_are_taken_over_are_those_of_a_build_from_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("nights")
    notes = st.lists(st.lists(CITATIONS, min_size=1, max_size=2), max_size=2)
    live: dict[int, Brief] = {}
    for night in range(NIGHTS):
        changed = data.draw(st.sets(st.integers(0, BRIEFS), min_size=1), label="changed")
        gone = data.draw(st.sets(st.sampled_from(sorted(changed))), label="gone")
        kept = {number: brief for number, brief in live.items() if number not in changed}
        new = {number: brief_that_cites(number, data.draw(notes)) for number in changed - gone}
        live = kept | new
        before = folder / f"{night - 1}" if night else None
        build(folder / f"{night}", new.values(), before, kept.values(), same=True)
        build(folder / f"{night} whole", live.values())
        assert told(folder / f"{night}") == told(folder / f"{night} whole")


@pytest.mark.parametrize("harm", ["DROP TABLE names", "UPDATE names SET name = 0", "UPDATE cited SET words = ''"])
def test_what_other_code_has_told_of_citations_is_told_anew(tmp_path: Path, harm: str) -> None:
    csl = {"type": "book", "title": "Silt and Sand", "author": [{"family": "Quill"}]}
    briefs = [brief_that_cites(number, [[csl]]) for number in range(3)]
    build(tmp_path / "whole", briefs)
    build(tmp_path / "old", briefs[:2])
    with closing(sqlite3.connect(tmp_path / "old")) as old:
        old.execute(harm)
        old.commit()
    build(tmp_path / "new", briefs[2:], tmp_path / "old", briefs[:2], same=False)
    assert told(tmp_path / "new") == told(tmp_path / "whole")
