"""The tables of a generation, asked by a catalog as it asks its file."""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from briefqa.errors import CorruptGeneration
from briefqa.postgres.connecting import Reading, trusted
from briefqa.postgres.sharding import reach
from briefqa.postgres.texts import restored, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from briefqa.postgres.connecting import Server

LOCK = 0x62726651  # "brfQ": the first number of every advisory lock of ours
# Requests that may ask one generation at a time; more of them take turns.
_CONNECTIONS = 8
_EVERYTHING = ""


class Session:
    """What the connections of one generation are: its tables come first, and it is not dropped while there are any."""

    def __init__(self, server: Server, number: int, probes: int = 0, *, primary: bool = False) -> None:
        """probes: at how many lists a search among the vectors looks. primary: ask the server that is written to."""
        self.schema = f"briefqa_g{number}"
        self._number = number
        self._settings = "; ".join(f"SET {name} = {value}" for name, value in reach(probes).items())
        self.reading = Reading(server, self._prepare, most=_CONNECTIONS, primary=primary)

    def ask(self, query: str, parameters: Any = None, seen: str = _EVERYTHING) -> list[Any]:
        """Return all rows of a query. seen: the collections that are to be seen, as JSON; "" all of them."""
        return self.reading.ask(query, parameters, before=lambda connection: self.show(connection, seen))

    def _prepare(self, connection: Any) -> None:
        connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", (LOCK, self._number))
        connection.execute(trusted(self._settings))

    def show(self, connection: Any, seen: str) -> None:
        """Put the views before the tables for whoever sees some collections only."""
        if getattr(connection, "briefqa_seen", None) == seen:
            return
        path = ", ".join((f"{self.schema}_seen" if seen else self.schema, "briefqa", "pg_catalog", "public"))
        connection.execute(
            "SELECT set_config('search_path', %s, false), set_config('briefqa.seen', %s, false)", (path, seen)
        )
        connection.briefqa_seen = seen


class Tables:
    """The tables of a generation, or what some collections show of them: a `Database`."""

    def __init__(self, session: Session, seen: str = _EVERYTHING) -> None:
        self._session = session
        self._seen = seen

    def select(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query, texts as they were put in."""
        with self.guarded():
            return [_restored(row) for row in self.raw(query, *parameters)]

    def raw(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        values = [storable(value) if isinstance(value, str) else value for value in parameters]
        return self._session.ask(translated(query), values or None, self._seen)

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a query, some thousand at a time."""
        with self._session.reading.borrowed() as connection:
            self._session.show(connection, self._seen)
            with connection.transaction(), connection.cursor("briefqa_stream", binary=True) as cursor:
                cursor.itersize = 1000
                for row in cursor.execute(trusted(translated(query))):
                    yield _restored(row)

    def tables(self) -> dict[str, Sequence[str]]:
        """Name all tables of the generation, each with its columns."""
        rows = self._session.ask(
            "SELECT relname, array_agg(attname::text ORDER BY attnum) FROM pg_class JOIN pg_attribute "
            "ON attrelid = pg_class.oid WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r' AND attnum > 0 "
            "AND NOT attisdropped GROUP BY relname ORDER BY relname",
            [self._session.schema],
        )
        return {str(name): tuple(columns) for name, columns in rows}

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn whatever damaged values make their reader raise into CorruptGeneration."""
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            name = self._session.reading.server.name
            raise CorruptGeneration(f"{self._session.schema} in {name} is damaged ({error}).") from error

    def within(self, collections: Iterable[str]) -> Tables:
        """See the briefs of some collections only."""
        return Tables(self._session, json.dumps(sorted(set(map(storable, collections)))))

    def close(self) -> None:
        """End all connections to the generation, unless this is a part of what is seen of it."""
        if self._seen == _EVERYTHING:
            self._session.reading.close()


@lru_cache(maxsize=512)
def translated(query: str) -> str:
    """A query in SQLite's SQL as psycopg takes it. The text of a note is kept without case beside it."""
    return query.replace("%", "%%").replace("?", "%s").replace("fold(n.text)", "n.folded")


def _restored(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(restored(value) if isinstance(value, str) else value for value in row)
