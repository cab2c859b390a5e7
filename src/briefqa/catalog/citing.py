"""Who cites what: notes and the works that they cite, looked up from either side.

It has a connection of its own, because these questions take longer than those of a search, and must not hold them up.
"""

# ruff: noqa: S608 - every query is put together from constants of this package

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from briefqa.catalog.records import CitedSource, CitingPassage, Portion, StoredNote, pages_from_json
from briefqa.catalog.rows import PAIRS, RECORD, THESE, THESE_NUMBERS, THESE_PAIRS, Rows
from briefqa.errors import NotFound
from briefqa.sources import summary, words_sought

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefqa.catalog.records import BriefRecord, NotesWanted, SourcesWanted

_FOLDER = "CAST(substr(path, 1, max(instr(path, '/') - 1, 0)) AS TEXT)"
# The briefs of a collection, a copy in it sufficing.
_BRIEFS_OF = f"(SELECT id FROM briefs WHERE {_FOLDER} = ? UNION SELECT brief FROM files WHERE {_FOLDER} = ?)"
_ENOUGH = 8  # citations of a work from which it is described: the fullest


class CitingCatalog(Rows):
    """An open catalog, asked about notes and sources. Safe for many threads, which take turns."""

    def notes(self, where: NotesWanted, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        """List notes in the order of the briefs' paths, and of each brief."""
        conditions, values = _in("b.id", where.brief, where.collection)
        words, sought = _holding(where)
        # Joined across, so that SQLite goes by the briefs.
        joined = f"FROM briefs b CROSS JOIN notes n WHERE {_all(['n.brief = b.id', *conditions, *words])}"
        if words:
            [(total,)] = self._select(f"SELECT count(*) {joined}", *values, *sought)
        else:
            counted = f"SELECT coalesce(sum(b.note_count), 0) FROM briefs b WHERE {_all(conditions)}"
            [(total,)] = self._select(counted, *values)
        keys = self._select(
            f"SELECT n.brief, n.id {joined} ORDER BY b.path, b.id, n.ordinal LIMIT ? OFFSET ?",
            *values, *sought, limit, offset,
        )  # fmt: skip
        return Portion(total, tuple(self._stored_notes(keys)))

    def sources(self, where: SourcesWanted, *, limit: int, offset: int = 0) -> Portion[CitedSource]:
        """List the works that notes cite, those that most briefs cite first."""
        conditions, values = _in("brief", where.brief, where.collection)
        words = words_sought(where.text)
        conditions, values = [*conditions, *("instr(words, ?) > 0" for _ in words)], [*values, *words]
        [(total,)] = self._select(f"SELECT count(DISTINCT work) FROM cited WHERE {_all(conditions)}", *values)
        # What is looked for says which works are listed; counted are all citations of each.
        listed = f"WHERE work IN (SELECT work FROM cited WHERE {_all(conditions)})" if conditions else ""
        rows = self._select(
            f"SELECT work FROM cited {listed} GROUP BY work "
            "ORDER BY count(DISTINCT brief) DESC, count(*) FILTER (WHERE NOT again) DESC, work LIMIT ? OFFSET ?",
            *values, limit, offset,
        )  # fmt: skip
        return Portion(total, tuple(self._works([row[0] for row in rows])))

    def source(self, source_id: str) -> CitedSource:
        """Return one work, by any of its ids. Raises NotFound."""
        return self._works([self._work(source_id)])[0]

    def citing(self, source_id: str, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        """List the notes that cite a work, in the order of `notes`. Raises NotFound."""
        work = self._work(source_id)
        [(total,)] = self._select("SELECT count(*) FROM cited WHERE work = ? AND NOT again", work)
        keys = self._select(
            "SELECT n.brief, n.id FROM cited c JOIN briefs b ON b.id = c.brief "
            "JOIN notes n ON n.brief = c.brief AND n.id = c.note WHERE c.work = ? AND NOT c.again "
            "ORDER BY b.path, b.id, n.ordinal LIMIT ? OFFSET ?",
            work, limit, offset,
        )  # fmt: skip
        return Portion(total, tuple(self._stored_notes(keys)))

    def _work(self, source_id: str) -> int:
        rows = self._select("SELECT work FROM works WHERE id = ? LIMIT 1", source_id)
        if not rows:
            raise NotFound(f"There is no source {source_id!r}: `GET /v1/sources` lists all of them.")
        work: int = rows[0][0]
        return work

    def _works(self, works: Sequence[int]) -> list[CitedSource]:
        """Describe works, in the same order."""
        these = json.dumps(list(works))
        counts = self._select(
            "SELECT work, count(DISTINCT brief), count(*) FILTER (WHERE NOT again) FROM cited "
            f"WHERE work IN {THESE_NUMBERS} GROUP BY work",
            these,
        )
        passages = self._select(
            "SELECT c.work, count(DISTINCT m.brief || ':' || m.passage) FROM cited c "
            "JOIN marks m ON m.brief = c.brief AND m.note = c.note AND m.passage IS NOT NULL "
            f"WHERE c.work IN {THESE_NUMBERS} GROUP BY c.work",
            these,
        )
        briefs_and_notes = {work: (briefs, notes) for work, briefs, notes in counts}
        number = dict(passages)
        ids = self._ids(works)
        return [
            CitedSource(
                ids[work], {"id": ids[work], **self._described(work)}, *briefs_and_notes[work], number.get(work, 0)
            )
            for work in works
        ]

    def _ids(self, works: Iterable[int]) -> dict[int, str]:
        """Return the surest id of each work."""
        query = "SELECT id FROM works WHERE work = ? ORDER BY strength, id LIMIT 1"
        return {work: self._select(query, work)[0][0] for work in works}

    def _described(self, work: int) -> dict[str, Any]:
        rows = self._select(
            "SELECT s.csl FROM (SELECT brief, note, source, fullness FROM cited WHERE work = ? "
            "ORDER BY fullness DESC, brief, note, source LIMIT ?) c "
            "JOIN sources s ON s.brief = c.brief AND s.note = c.note AND s.ordinal = c.source "
            "ORDER BY c.fullness DESC, c.brief, c.note, c.source",
            work, _ENOUGH,
        )  # fmt: skip
        with self._guarded():
            return summary(json.loads(csl) for (csl,) in rows)

    def _stored_notes(self, keys: Sequence[tuple[str, str]]) -> list[StoredNote]:
        """Return notes whole, in the same order, in a handful of queries however many."""
        if not keys:
            return []
        pairs = json.dumps(keys)
        records = self._records_of({brief for brief, _ in keys})
        notes = self._notes(PAIRS, pairs)
        passages = self._passages(pairs)
        query = f"SELECT brief, note, work FROM cited WHERE (brief, note) IN {THESE_PAIRS} ORDER BY source"
        rows = self._select(query, pairs)
        ids = self._ids({work for _, _, work in rows})
        works: dict[tuple[str, str], list[str]] = defaultdict(list)
        for brief, note, work in rows:
            works[brief, note].append(ids[work])
        return [
            StoredNote(notes[key], records[key[0]], tuple(passages.get(key, ())), tuple(works.get(key, ())))
            for key in keys
        ]

    def _records_of(self, briefs: Iterable[str]) -> dict[str, BriefRecord]:
        return self._records(
            self._select(f"SELECT {RECORD} FROM briefs b WHERE b.id IN {THESE}", json.dumps(list(briefs)))
        )

    def _passages(self, pairs: str) -> dict[tuple[str, str], list[CitingPassage]]:
        """Find the passages that cite notes, by brief and note, each once."""
        rows = self._select(
            "SELECT DISTINCT m.brief, m.note, p.ordinal, p.id, p.section, p.pages FROM marks m "
            "JOIN passages p ON p.brief = m.brief AND p.ordinal = m.passage "
            f"WHERE (m.brief, m.note) IN {THESE_PAIRS} ORDER BY p.ordinal",
            pairs,
        )
        found: dict[tuple[str, str], list[CitingPassage]] = defaultdict(list)
        with self._guarded():
            for brief, note, _, passage_id, section, pages in rows:
                found[brief, note].append(CitingPassage(passage_id, brief, section, pages_from_json(pages)))
        return found


def _in(column: str, brief: str, collection: str) -> tuple[list[str], list[Any]]:
    """Return the conditions that a brief is this one and lies in this collection, and their values."""
    conditions: list[str] = []
    values: list[Any] = []
    if brief:
        conditions.append(f"{column} = ?")
        values.append(brief)
    if collection:
        # As a sum of texts it keeps SQLite from looking up every brief for every row of an index.
        conditions.append(f"({column} || '') IN {_BRIEFS_OF}")
        values += [collection, collection]
    return conditions, values


def _holding(where: NotesWanted) -> tuple[list[str], list[Any]]:
    """Return the conditions on a note n itself, and their values."""
    conditions: list[str] = []
    values: list[Any] = []
    for column, value in (("n.label", where.label), ("n.kind", where.kind)):
        if value:
            conditions.append(f"{column} = ?")
            values.append(value)
    for word in where.text.split():
        # SQLite knows the case of ASCII only; what goes beyond it is folded here, where a word needs that.
        text, sought = ("lower(n.text)", word.lower()) if word.isascii() else ("fold(n.text)", word.casefold())
        conditions.append(f"instr({text}, ?) > 0")
        values.append(sought)
    return conditions, values


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "TRUE"
