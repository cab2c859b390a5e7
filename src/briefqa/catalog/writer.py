"""Building a catalog, once, in a folder that nobody reads yet."""

# ruff: noqa: S608 - every query is put together from constants of this module

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from briefqa.catalog.citations import Citations
from briefqa.catalog.file import immutable_uri
from briefqa.catalog.records import (
    APPLICATION_ID,
    INDEXES,
    SCHEMA,
    FileRecord,
    digest_of,
    insert,
    pages_to_json,
)
from briefqa.errors import GenerationError
from briefqa.noted import noted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from briefqa.briefs import Brief, PageGeometry, Passage

# Between two looks at whether Ctrl-C was pressed: some ten milliseconds.
_OPERATIONS = 1_000_000
_OF_BRIEFS = (
    "title, authors, published, language, body, pages, sections, problems, page_count, passage_count, note_count"
)
_COPIED = {
    "passages": "id, brief, ordinal, begins, ends, text, context, section, pages, digest",
    "noted": "brief, note, passage, digest",
}


class Copied(NamedTuple):
    """Which rows of vectors were taken over, of passages and of notes: where they lie in the source, in their order."""

    passages: list[int]
    noted: list[int]


class CatalogWriter:
    """Fills a new catalog. Passages get positions 0, 1, … in the order in which they come: the rows of their vectors.

    So do the notes that they cite, as far as these are embedded. Safe against nothing: no journal, no sync. A build
    that is cut short is thrown away whole; `finish` syncs.
    """

    def __init__(self, file: Path, parent: Path | None = None, *, same: bool = False) -> None:
        """Create file. parent: the catalog of the generation before, from which to copy; sound and unchanging.

        same: the same code has written it, so that what it tells of citations holds.
        """
        self._file = file
        self._parent = parent
        self._same = same
        self._rows = dict.fromkeys(_COPIED, 0)
        with self._guarded():
            self._connection = sqlite3.connect(file, uri=True, isolation_level=None)
            self._connection.executescript(
                f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA journal_mode = OFF;"
                "PRAGMA synchronous = OFF;" + SCHEMA
            )
            # A statement may take longer than whoever presses Ctrl-C waits. The signal is raised in the handler, which
            # ends the statement.
            self._connection.set_progress_handler(lambda: 0, _OPERATIONS)
            self._citations = Citations(self._connection)
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
        return self._rows["passages"]

    @property
    def noted(self) -> int:
        """How many vectors of notes belong to them."""
        return self._rows["noted"]

    def copy(self, kept: Mapping[str, str], source: Path | None = None) -> Copied:
        """Take over briefs as they are. kept: their ids, and the paths they now lie at.

        source: another catalog than the parent's. Returns the positions that their passages and notes have there; here
        they follow in the same order on those that are in.
        """
        with self._guarded():
            run = self._connection.execute
            if source is not None:
                run("COMMIT")
                run("ATTACH ? AS other", (immutable_uri(source),))
                run("BEGIN")
            copied = self._copy("parent" if source is None else "other", kept)
            if source is not None:
                run("COMMIT")
                run("DETACH other")
                run("BEGIN")
        return copied

    def _copy(self, other: str, kept: Mapping[str, str]) -> Copied:
        run = self._connection.execute
        run("DROP TABLE IF EXISTS temp.kept")
        run("CREATE TEMP TABLE kept (id TEXT PRIMARY KEY, path)")
        self._insert("temp.kept", list(kept.items()))
        these = "(SELECT id FROM temp.kept)"
        run(
            f"INSERT INTO briefs SELECT id, kept.path, {_OF_BRIEFS} "
            f"FROM {other}.briefs JOIN temp.kept kept USING (id) ORDER BY id"
        )
        for table in ("notes", "sources", "marks", "geometry"):
            run(f"INSERT INTO {table} SELECT * FROM {other}.{table} WHERE brief IN {these}")
        if other == "parent" and not self._same:
            self._citations.tell_anew(these)
        else:
            self._citations.copy(other, these, settled=other == "parent")
        return Copied(*(self._copy_rows(table, other, these) for table in _COPIED))

    def _copy_rows(self, table: str, other: str, these: str) -> list[int]:
        run, columns = self._connection.execute, _COPIED[table]
        run(
            f"INSERT INTO {table} (position, {columns}) "
            f"SELECT {self._rows[table]} + row_number() OVER (ORDER BY position) - 1, {columns} "
            f"FROM {other}.{table} WHERE brief IN {these} ORDER BY position"
        )
        positions = run(f"SELECT position FROM {other}.{table} WHERE brief IN {these} ORDER BY position").fetchall()
        self._rows[table] += len(positions)
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
            self._citations.add(brief)
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
                    _passage_row(self._rows["passages"] + n, passage, text)
                    for n, (passage, text) in enumerate(zip(passages, embedded, strict=True))
                ],
            )
            cited = [
                (self._rows["noted"] + n, brief.id, one.note_id, one.passage, digest_of(one.text))
                for n, one in enumerate(noted(brief, passages))
            ]
            self._insert("noted", cited)
        self._rows["passages"] += len(passages)
        self._rows["noted"] += len(cited)

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

    def finish(self, *, works: bool = True) -> None:
        """Write all of it to the disk and close. works: put together what is cited; else whoever copies it does."""
        with self._guarded():
            if works:
                self._citations.write()
            else:
                self._citations.put_away()
            self._connection.execute("COMMIT")
            self._connection.executescript(INDEXES)
            self._connection.close()

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        insert(self._connection, table, rows)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from error
            raise GenerationError(f"Cannot write {self._file} ({error}). Is the disk full?") from error


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
