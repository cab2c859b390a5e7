"""What notes cite, in a catalog that is being built: each citation by itself, and the works that they are of.

One citation more may make one of two works, and one less may part them; but only works that share a name with it, or
with what shares one with it, and so on. All others are taken over from the generation before as they are.
"""

# ruff: noqa: S608 - every query is put together from constants of this package

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from briefqa.catalog.records import insert, restored, storable
from briefqa.sources import fullness, merge, name_keys, words_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from briefqa.briefs import Brief

_AT_ONCE = 10_000
# What is told of each citation; `work`: as the generation before numbers it, as long as that holds.
_SCRATCH = """
CREATE TEMP TABLE told (
    brief, note, source, fullness, words, work INTEGER, again, PRIMARY KEY (brief, note, source)
) WITHOUT ROWID;
CREATE TEMP TABLE goes_by (id, brief, work INTEGER, strength);
CREATE TEMP TABLE numbered (work INTEGER PRIMARY KEY, number INTEGER);
"""
_CITATION = "brief, note, source"
# The names of citations that have come or gone, and of all that share a name with one of them, and so on.
_TOUCHED = f"""
CREATE TEMP TABLE holders (name INTEGER, brief, note, source, PRIMARY KEY (name, brief, note, source)) WITHOUT ROWID;
INSERT INTO temp.holders SELECT name, {_CITATION} FROM names ORDER BY name, {_CITATION};
CREATE TEMP TABLE touched (name INTEGER PRIMARY KEY);
INSERT INTO temp.touched WITH RECURSIVE hit (name) AS (
    SELECT n.name FROM names n JOIN temp.told t USING ({_CITATION}) WHERE t.work IS NULL
    UNION SELECT name FROM parent.names WHERE brief NOT IN (SELECT brief FROM temp.told WHERE work IS NOT NULL)
    UNION SELECT n.name FROM hit JOIN temp.holders h ON h.name = hit.name JOIN names n USING ({_CITATION})
) SELECT name FROM hit;
UPDATE temp.told SET work = NULL WHERE ({_CITATION}) IN (
    SELECT {_CITATION} FROM temp.touched JOIN temp.holders USING (name)
)
""".split(";")


class Citations:
    """The citations of a catalog that is being built."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """connection: of the catalog, its tables made."""
        self._connection = connection
        self._settled = False
        connection.executescript(_SCRATCH)

    def add(self, brief: Brief) -> None:
        """Tell of what the notes of a brief cite."""
        self._tell((brief.id, note.id, n, source.csl) for note in brief.notes for n, source in enumerate(note.sources))

    def copy(self, other: str, these: str, *, settled: bool) -> None:
        """Take over what an attached catalog tells of the citations of these briefs.

        settled: it is the catalog of the generation before, and its works are taken over, too.
        """
        run = self._connection.execute
        work = "work, again" if settled else "NULL, NULL"
        run(
            f"INSERT INTO temp.told SELECT {_CITATION}, fullness, words, {work} "
            f"FROM {other}.cited WHERE brief IN {these}"
        )
        run(f"INSERT INTO names SELECT * FROM {other}.names WHERE brief IN {these}")
        self._settled |= settled

    def tell_anew(self, these: str) -> None:
        """Tell of the citations of these briefs by what the catalog has of their sources."""
        rows = self._rows(f"SELECT brief, note, ordinal, csl FROM sources WHERE brief IN {these}")
        self._tell((*citation, json.loads(csl)) for *citation, csl in rows)

    def put_away(self) -> None:
        """Write what is told of each citation by itself, for a catalog to take over."""
        self._connection.execute(f"INSERT INTO cited SELECT {_CITATION}, NULL, NULL, fullness, words FROM temp.told")

    def write(self) -> None:
        """Put citations of the same work together, and write all of it."""
        if self._settled:
            for statement in _TOUCHED:
                self._connection.execute(statement)
        self._merge()
        numbers: dict[int, int] = {}
        for (work,) in self._rows(f"SELECT work FROM temp.told ORDER BY {_CITATION}"):
            numbers.setdefault(work, len(numbers))
        insert(self._connection, "temp.numbered", list(numbers.items()))
        run = self._connection.execute
        run(
            "INSERT INTO cited SELECT brief, note, source, number, again, fullness, words "
            "FROM temp.told JOIN temp.numbered USING (work) ORDER BY brief, note, source"
        )
        if self._settled:
            run("INSERT INTO temp.goes_by SELECT id, brief, work, strength FROM parent.works")
        run(
            "INSERT OR IGNORE INTO works SELECT id, brief, number, strength "
            "FROM temp.goes_by JOIN temp.numbered USING (work) ORDER BY id, brief"
        )

    def _merge(self) -> None:
        """Tell of which work each citation is that is of none. Works get numbers that the generation before has not."""
        [(after,)] = self._rows("SELECT coalesce(max(work), -1) + 1 FROM parent.works") if self._settled else [(0,)]
        open_ones = (
            "SELECT t.brief, t.note, t.source, s.csl FROM temp.told t JOIN sources s "
            "ON s.brief = t.brief AND s.note = t.note AND s.ordinal = t.source WHERE t.work IS NULL "
            "ORDER BY t.brief, t.note, t.source"
        )
        places: list[tuple[str, str, int]] = []

        def citations() -> Iterator[tuple[str, dict[str, Any]]]:
            for brief, note, n, csl in self._rows(open_ones):
                places.append((brief, note, n))
                yield f"{brief}:{note}:{n}", json.loads(csl)

        works: list[tuple[Any, ...]] = []
        names: list[tuple[Any, ...]] = []
        before: set[int] = set()  # works that the note has cited already
        of_note: tuple[str, str] | None = None
        for (brief, note, n), (work, ids) in zip(places, merge(citations()), strict=True):
            if of_note != (brief, note):
                of_note, before = (brief, note), set()
            works.append((after + work, work in before, brief, note, n))
            names += [(name, brief, after + work, strength) for strength, name in ids]
            before.add(work)
            if len(works) >= _AT_ONCE:
                self._settle(works, names)
        self._settle(works, names)

    def _settle(self, works: list[tuple[Any, ...]], names: list[tuple[Any, ...]]) -> None:
        """Write the works of some citations, and what they go by, and forget it."""
        update = f"UPDATE temp.told SET work = ?, again = ? WHERE ({_CITATION}) = (?, ?, ?)"
        self._connection.executemany(update, [tuple(map(storable, row)) for row in works])
        insert(self._connection, "temp.goes_by", names)
        works.clear()
        names.clear()

    def _tell(self, citations: Iterable[tuple[Any, ...]]) -> None:
        told, names = [], []
        for brief, note, n, csl in citations:
            told.append((brief, note, n, fullness(csl), words_of(csl), None, None))
            names += [(brief, note, n, name) for name in name_keys(csl)]
        insert(self._connection, "temp.told", told)
        insert(self._connection, "names", names)

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        return (restored(row) for row in self._connection.execute(query))
