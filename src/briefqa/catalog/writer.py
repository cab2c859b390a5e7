"""Building a catalog, once, in a folder that nobody reads yet."""

# ruff: noqa: S608 - every query is put together from constants of this module

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Self

from briefqa.catalog.file import immutable_uri
from briefqa.catalog.records import (
    APPLICATION_ID,
    INDEXES,
    SCHEMA,
    FileRecord,
    digest_of,
    pages_to_json,
    restored,
    storable,
)
from briefqa.errors import GenerationError
from briefqa.sources import fullness, merge, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from briefqa.briefs import Brief, PageGeometry, Passage

_AT_ONCE = 10_000
_COPIED = "id, brief, ordinal, begins, ends, text, context, section, pages, digest"


class CatalogWriter:
    """Fills a new catalog. Passages get positions 0, 1, … in the order in which they come: the rows of their vectors.

    Safe against nothing: no journal, no sync. A build that is cut short is thrown away whole; `finish` syncs.
    """

    def __init__(self, file: Path, parent: Path | None = None) -> None:
        """Create file. parent: the catalog of the generation before, from which to copy; sound and unchanging."""
        self._file = file
        self._parent = parent
        self._passages = 0
        with self._guarded():
            self._connection = sqlite3.connect(file, uri=True, isolation_level=None)
            self._connection.executescript(
                f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA journal_mode = OFF;"
                "PRAGMA synchronous = OFF;" + SCHEMA + "CREATE TEMP TABLE known"
                "(brief, note, source, fullness, words, PRIMARY KEY (brief, note, source)) WITHOUT ROWID;"
            )
            if parent is not None:
                self._connection.execute("ATTACH ? AS parent", (immutable_uri(parent),))
            self._connection.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def passages(self) -> int:
        """How many passages are in."""
        return self._passages

    def copy(self, kept: Mapping[str, str], source: Path | None = None) -> list[int]:
        """Take over briefs as they are. kept: their ids, and the paths they now lie at.

        source: another catalog than the parent's. Returns the positions that their passages have there; here they
        follow in the same order on those that are in.
        """
        with self._guarded():
            run = self._connection.execute
            if source is not None:
                run("COMMIT")
                run("ATTACH ? AS other", (immutable_uri(source),))
                run("BEGIN")
            positions = self._copy("parent" if source is None else "other", kept)
            if source is not None:
                run("COMMIT")
                run("DETACH other")
                run("BEGIN")
        return positions

    def _copy(self, other: str, kept: Mapping[str, str]) -> list[int]:
        run = self._connection.execute
        run("DROP TABLE IF EXISTS temp.kept")
        run("CREATE TEMP TABLE kept (id TEXT PRIMARY KEY, path)")
        self._insert("temp.kept", [(brief_id, path) for brief_id, path in kept.items()])
        these = "(SELECT id FROM temp.kept)"
        run(f"INSERT INTO briefs SELECT * FROM {other}.briefs WHERE id IN {these}")
        run(f"UPDATE briefs SET path = (SELECT path FROM temp.kept WHERE kept.id = briefs.id) WHERE id IN {these}")
        for table in ("notes", "sources", "marks", "geometry"):
            run(f"INSERT INTO {table} SELECT * FROM {other}.{table} WHERE brief IN {these}")
        told = "brief, note, source, fullness, words"
        run(f"INSERT INTO temp.known SELECT {told} FROM {other}.cited WHERE brief IN {these}")
        run(
            f"INSERT INTO passages (position, {_COPIED}) "
            f"SELECT {self._passages} + row_number() OVER (ORDER BY position) - 1, {_COPIED} "
            f"FROM {other}.passages WHERE brief IN {these} ORDER BY position"
        )
        positions = run(f"SELECT position FROM {other}.passages WHERE brief IN {these} ORDER BY position").fetchall()
        self._passages += len(positions)
        return [row[0] for row in positions]

    def add(self, brief: Brief, passages: Sequence[Passage], embedded: Sequence[str]) -> None:
        """Put a brief in. embedded: the text of each passage as it is embedded."""
        with self._guarded():
            self._insert("briefs", [_brief_row(brief, len(passages))])
            self._insert(
                "notes",
                [
                    (brief.id, note.id, n, note.label, note.kind, note.page, note.text, note.refers_to)
                    for n, note in enumerate(brief.notes)
                ],
            )
            self._insert(
                "sources",
                [
                    (brief.id, note.id, n, json.dumps(source.csl), source.start, source.end)
                    for note in brief.notes
                    for n, source in enumerate(note.sources)
                ],
            )
            place = {mark: passage.ordinal for passage in passages for mark in passage.marks}
            self._insert(
                "marks",
                [
                    (brief.id, n, mark.label, mark.offset, mark.page, mark.note_id, place.get(mark))
                    for n, mark in enumerate(brief.marks)
                ],
            )
            self._insert("geometry", [(brief.id, *_geometry_row(page)) for page in brief.geometry])
            self._insert(
                "passages",
                [
                    _passage_row(self._passages + n, passage, text)
                    for n, (passage, text) in enumerate(zip(passages, embedded, strict=True))
                ],
            )
        self._passages += len(passages)

    def revise(self, replaced: Mapping[str, str]) -> None:
        """Note which briefs took the place of others, beside what the parent notes. To be called after the last brief.

        replaced: the id of each brief that is gone, and that of the one at its place, "" where there is none.
        """
        with self._guarded():
            run = self._connection.execute
            if self._parent is not None:
                run("INSERT INTO revisions SELECT * FROM parent.revisions")
            for old, new in replaced.items():
                run("UPDATE revisions SET brief = ? WHERE brief = ?", (new, old))
                run("INSERT OR REPLACE INTO revisions VALUES (?, ?)", (old, new))
            run("DELETE FROM revisions WHERE old IN (SELECT id FROM briefs)")

    def put_files(self, files: Iterable[FileRecord]) -> None:
        """Put the files of docs_in in."""
        with self._guarded():
            self._insert("files", [astuple(file) for file in files])

    def finish(self) -> None:
        """Write all of it to the disk and close."""
        with self._guarded():
            self._write_works()
            self._connection.execute("COMMIT")
            self._connection.executescript(INDEXES)
            self._connection.close()

    def _write_works(self) -> None:
        """Put citations of the same work together. Anew each time: one more citation may make one of two works.

        What is told of a citation by itself is taken over with its brief.
        """
        sources = "SELECT brief, note, ordinal, csl FROM sources ORDER BY brief, note, ordinal"
        cited = merge((f"{brief}:{note}:{n}", json.loads(csl)) for brief, note, n, csl in self._rows(sources))
        before: set[int] = set()  # works that the note has cited already
        citations, names = [], []
        told = (
            "SELECT s.brief, s.note, s.ordinal, iif(k.source IS NULL, s.csl, NULL), k.fullness, k.words FROM sources s "
            "LEFT JOIN temp.known k ON k.brief = s.brief AND k.note = s.note AND k.source = s.ordinal "
            "ORDER BY s.brief, s.note, s.ordinal"
        )
        for (brief, note, n, csl, *known), (work, ids) in zip(self._rows(told), cited, strict=True):
            before = before if n else set()
            said = known if csl is None else _said(json.loads(csl))
            citations.append((brief, note, n, work, work in before, *said))
            names += [(name, brief, work, strength) for strength, name in ids]
            before.add(work)
            if len(citations) >= _AT_ONCE:
                self._put_works(citations, names)
        self._put_works(citations, names)

    def _put_works(self, citations: list[tuple[Any, ...]], names: list[tuple[Any, ...]]) -> None:
        """Write what became of some citations, and forget it."""
        self._insert("cited", citations)
        self._connection.executemany("INSERT OR IGNORE INTO works VALUES (?, ?, ?, ?)", names)
        citations.clear()
        names.clear()

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        return (restored(row) for row in self._connection.execute(query))

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            places = ", ".join("?" * len(rows[0]))
            self._connection.executemany(
                f"INSERT INTO {table} VALUES ({places})",
                [tuple(map(storable, row)) for row in rows],
            )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise GenerationError(f"Cannot write {self._file} ({error}). Is the disk full?") from error


def _said(csl: dict[str, Any]) -> tuple[int, str]:
    """Tell of a citation how much it says, and the words that it is found by."""
    return fullness(csl), words_of(csl)


def _brief_row(brief: Brief, passages: int) -> tuple[Any, ...]:
    return (
        brief.id,
        brief.path,
        brief.title,
        json.dumps(brief.authors),
        brief.published,
        brief.language,
        brief.body,
        pages_to_json(brief.pages),
        json.dumps([astuple(section) for section in brief.sections]),
        json.dumps([astuple(problem) for problem in brief.problems]),
        len(brief.pages),
        passages,
        len(brief.notes),
    )


def _geometry_row(page: PageGeometry) -> tuple[Any, ...]:
    return page.index, page.width, page.height, page.packed


def _passage_row(position: int, passage: Passage, embedded: str) -> tuple[Any, ...]:
    return (
        position,
        passage.id,
        passage.brief_id,
        passage.ordinal,
        passage.start,
        passage.end,
        passage.text,
        passage.context,
        passage.section,
        pages_to_json(passage.pages),
        digest_of(embedded),
    )
