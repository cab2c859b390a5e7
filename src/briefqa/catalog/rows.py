"""What is put together from several rows of a catalog, for every kind of question to it."""

# ruff: noqa: S608 - every query is put together from constants of this package

from __future__ import annotations

import json
from collections import defaultdict
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

from briefqa.briefs import Note, Source
from briefqa.catalog.file import CatalogFile
from briefqa.catalog.records import BriefRecord, collection_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from briefqa.catalog.database import Database

RECORD = "b.id, b.path, b.title, b.authors, b.published, b.language, b.page_count, b.passage_count, b.note_count"
THESE = "(SELECT value FROM json_each(?))"
THESE_NUMBERS = "(SELECT CAST(value AS INTEGER) FROM json_each(?))"
THESE_PAIRS = "(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))"
PAIRS = f"(brief, id) IN {THESE_PAIRS}"


class Rows:
    """A catalog whose notes and records of briefs can be had whole."""

    def __init__(self, where: Path | Database) -> None:
        """Open the catalog in a file, or in a database that is open. Raises CorruptGeneration."""
        self._database: Database = CatalogFile(where) if isinstance(where, PathLike) else where

    def within(self, collections: Iterable[str]) -> Self:
        """Open the catalog once more, to see the briefs of some collections only: of others, no method tells anything.

        Raises CorruptGeneration if the file has been pruned meanwhile.
        """
        return type(self)(self._database.within(collections))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _select(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._database.select(query, *parameters)

    def _guarded(self) -> AbstractContextManager[None]:
        return self._database.guarded()

    def _notes(self, where: str, parameter: str) -> dict[tuple[str, str], Note]:
        """Return notes with their sources, by brief and id, in the order of each brief."""
        rows = self._select(
            f"SELECT brief, id, label, kind, page, text, refers_to FROM notes WHERE {where} ORDER BY brief, ordinal",
            parameter,
        )
        of_note = where.replace("(brief, id)", "(brief, note)")
        cited = self._select(
            f"SELECT brief, note, csl, begins, ends FROM sources WHERE {of_note} ORDER BY ordinal", parameter
        )
        sources: dict[tuple[str, str], list[Source]] = defaultdict(list)
        with self._guarded():
            for brief_id, note_id, csl, begins, ends in cited:
                sources[brief_id, note_id].append(Source(json.loads(csl), begins, ends))
        return {
            (brief_id, note_id): Note(note_id, label, kind, page, text, tuple(sources[brief_id, note_id]), refers_to)
            for brief_id, note_id, label, kind, page, text, refers_to in rows
        }

    def _records(self, rows: Iterable[tuple[Any, ...]]) -> dict[str, BriefRecord]:
        """Return records by id, in the order of rows, with the places of all of them."""
        rows = list(rows)
        places: dict[str, list[str]] = defaultdict(list)
        ids = json.dumps(list({row[0] for row in rows}))
        for brief_id, path in self._select(f"SELECT brief, path FROM files WHERE brief IN {THESE}", ids):
            places[brief_id].append(path)
        with self._guarded():
            return {
                brief_id: BriefRecord(
                    id=brief_id,
                    path=path,
                    places=tuple(sorted(places[brief_id])),
                    title=title,
                    collection=collection_of(path),
                    authors=tuple(json.loads(authors)),
                    published=published,
                    language=language,
                    pages=pages,
                    passages=passages,
                    notes=notes,
                )
                for brief_id, path, title, authors, published, language, pages, passages, notes in rows
            }
