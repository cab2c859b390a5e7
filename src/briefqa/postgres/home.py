"""A database as a home of the index: which generations there are, which one is live, and who may write."""

# ruff: noqa: S608 - every query is put together from constants of this package and numbers of its own

from __future__ import annotations

import json
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from briefqa.catalog import Catalog, CitingCatalog
from briefqa.errors import CorruptGeneration, GenerationError, Gone, NoGeneration, NotFound, ReindexRunning
from briefqa.generation import MANIFEST, Generation, Trace, WithNotes, is_generation, parse_manifest
from briefqa.postgres import loading, sharding
from briefqa.postgres.connecting import Reading, Server, statements, trusted
from briefqa.postgres.loading import Wish
from briefqa.postgres.near import Near, open_near
from briefqa.postgres.tables import LOCK, Session, Tables
from briefqa.postgres.terms import open_lexical, open_noted
from briefqa.postgres.texts import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import psycopg
    from numpy.typing import NDArray

    from briefqa.generation import Index, Manifest
    from briefqa.lexical import Lexical

_WRITER = 0  # no generation has this number: the lock of whoever writes
_REMEDY = "Run `briefqa rollback` to go back to an earlier generation, or `briefqa reindex` to build a new one."


class StoredGeneration(Generation):
    """A generation in a database, open for searching. It is not dropped before it is closed."""

    def ids_of(self, rows: NDArray[np.int64]) -> list[str]:
        """Name the passages at these rows."""
        return self._catalog.passage_ids(rows.tolist())


class PostgresHome:
    """An index in PostgreSQL. What reads takes a replica where the address names one, what writes the primary."""

    def __init__(self, address: str, *, patience: float = 15.0, wish: Wish | None = None) -> None:
        """Take the address, postgresql://…; whether the server is there is seen at the first use. Raises ConfigError.

        patience: seconds that an answer waits for a server that restarts, or hands over to another. wish: how new
        generations are to lie; old ones lie as they do.
        """
        self._wish = wish or Wish()
        self._server = Server(address, patience)
        self.name = self._server.name
        self._reading = Reading(self._server, lambda _: None, most=4, least=0)

    def close(self) -> None:
        """End the connections by which generations are looked up."""
        self._reading.close()

    # --- reading

    def current(self) -> str | None:
        """Name the live generation, None where there is none."""
        rows = self._rows("SELECT generation FROM briefqa.live")
        return str(rows[0][0]) if rows else None

    def generations(self) -> list[str]:
        """Name all generations that are kept, the newest first."""
        return [
            row[0] for row in self._rows("SELECT name FROM briefqa.generations WHERE state = 'kept' ORDER BY 1 DESC")
        ]

    def manifest(self, generation: str) -> Manifest:
        """Return what a generation says of itself. Raises NotFound, Gone."""
        return self._stored(generation)[-1]

    def open_current(self) -> Generation:
        """Open the live generation. Raises NoGeneration."""
        for _ in range(3):
            name = self.current()
            if name is None:
                raise NoGeneration(f"There is no index in {self.name} yet: run `briefqa reindex`.")
            with suppress(NotFound):  # another was published, and this one pruned, in between
                return self.open(name)
        raise CorruptGeneration(f"{self.name} names a live generation that is not there. {_REMEDY}")

    def open(self, generation: str) -> Generation:
        """Open a generation by name. Raises NotFound, Gone, CorruptGeneration."""
        return self._opened(*self._stored(generation))

    def _stored(self, generation: str) -> tuple[int, int, int, Manifest]:
        rows = self._rows(
            "SELECT number, probes, shards, manifest FROM briefqa.generations WHERE name = %s AND state = 'kept'",
            [storable(generation)],
        )
        if not rows:
            kept = ", ".join(self.generations()) or "none"
            if is_generation(generation):
                raise Gone(f"Generation {generation} is not kept in {self.name} any more. Kept are: {kept}.")
            raise NotFound(f"There is no generation {generation!r} in {self.name}. Kept are: {kept}.")
        number, probes, shards, text = rows[0]
        return number, probes, shards, parse_manifest(text.encode(), f"The manifest of {generation} in {self.name}")

    def _opened(
        self, number: int, probes: int, shards: int, manifest: Manifest, *, primary: bool = False
    ) -> Generation:
        session = Session(self._server, number, probes, primary=primary)
        try:
            stored = Tables(session)
            catalog = Catalog(stored)
            lexical = open_lexical(session)
            _check_counts(session.schema, manifest, catalog, lexical)
            tables = [f"vectors_s{shard}" for shard in range(1, shards + 1)] or ["vectors"]
            passages, width = manifest.counts.passages, manifest.dimension
            near = open_near(session, tables, passages, width, indexed=probes != 0)
            noted = open_noted(session)
            notes = Near(session, ("note_vectors",), len(noted), width, probes != 0)
            found = WithNotes(near, notes, noted, passages) if len(noted) else near
            return StoredGeneration(manifest, catalog, CitingCatalog(stored), found, lexical)
        except BaseException:
            session.reading.close()
            raise

    def _rows(self, query: str, parameters: Any = None) -> list[Any]:
        """Ask for generations; there are none where nothing was set up yet."""
        try:
            return self._reading.ask(query, parameters)
        except CorruptGeneration:  # a table is missing
            if self._reading.ask("SELECT to_regclass('briefqa.live') IS NULL") == [(True,)]:
                return []
            raise

    # --- writing

    @contextmanager
    def writing(self) -> Iterator[psycopg.Connection[Any]]:
        """Be the only one who writes, until the block ends or the connection does. Raises ReindexRunning."""
        with self._server.guarded(), self._server.connect() as connection:
            [(free,)] = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK, _WRITER)).fetchall()
            if not free:
                raise ReindexRunning(f"Another process is writing {self.name}: wait until it has finished.")
            _migrate(connection)
            self._drop(connection, "state IN ('loading', 'loaded', 'pruned')")
            yield connection

    def publish(self, folder: Path, keep: int, accept: Callable[[Index], bool] = lambda _: True) -> bool:
        """Bring the generation in folder here, and make it live: in one moment, or not at all.

        accept: is asked of what was loaded, before it is live. keep: how many generations to keep. Returns what accept
        said.
        """
        text = (folder / MANIFEST).read_bytes()
        manifest = parse_manifest(text, str(folder / MANIFEST))
        name = manifest.generation
        with self.writing() as connection:
            if connection.execute("SELECT FROM briefqa.generations WHERE name = %s", (name,)).fetchall():
                _set_live(connection, name)
                return True
            [(number,)] = connection.execute(
                "INSERT INTO briefqa.generations (name, manifest) VALUES (%s, %s) RETURNING number",
                (name, text.decode()),
            ).fetchall()
            schema = f"briefqa_g{number}"
            shards = len(self._wish.shards)
            probes = loading.load(connection, schema, folder, manifest, self._wish)
            sums = loading.check(connection, schema, manifest)
            connection.execute(
                "UPDATE briefqa.generations SET state = 'loaded', checksums = %s, probes = %s, shards = %s "
                "WHERE number = %s",
                (json.dumps(sums), probes, shards, number),
            )
            with closing(self._opened(number, probes, shards, manifest, primary=True)) as loaded:
                accepted = accept(loaded)
            if accepted:
                _set_live(connection, name)
            else:
                self._condemn(connection, [name])
            self._prune(connection, keep)
            return accepted

    def rollback(self, generation: str | None = None) -> str:
        """Make an earlier generation live again, and return its name; see `store.rollback`."""
        if not self.generations():
            raise NoGeneration(f"There is no generation in {self.name}: run `briefqa reindex` first.")
        with self.writing() as connection:
            if generation is not None:
                self._verified(connection, generation)
                _set_live(connection, generation)
                return generation
            live = self.current()
            for older in self.generations():
                if live is None or older < live:
                    with suppress(GenerationError):
                        self._verified(connection, older)
                        _set_live(connection, older)
                        return older
        raise NotFound(f"There is no sound generation in {self.name} older than the live one: run `briefqa reindex`.")

    def verify(self, generation: str) -> Manifest:
        """Compare every row of a generation with its checksums. Raises NotFound, CorruptGeneration."""
        with self._server.guarded(), self._server.connect() as connection:
            return self._verified(connection, generation)

    def _verified(self, connection: psycopg.Connection[Any], generation: str) -> Manifest:
        number, probes, shards, manifest = self._stored(generation)
        sums = loading.check(connection, f"briefqa_g{number}", manifest)
        [(stored,)] = connection.execute(
            "SELECT checksums FROM briefqa.generations WHERE number = %s", (number,)
        ).fetchall()
        for table, expected in json.loads(stored).items():
            if sums.get(table) != expected:
                raise CorruptGeneration(f"briefqa_g{number}.{table} is not what was written. {_REMEDY}")
        self._opened(number, probes, shards, manifest, primary=True).close()
        return manifest

    def remove(self, generation: str) -> None:
        """Remove a generation that is not live, if nobody reads it. Raises GenerationError for the live one."""
        with self.writing() as connection:
            if (generation,) in connection.execute("SELECT generation FROM briefqa.live").fetchall():
                raise GenerationError(
                    f"Generation {generation} is live: `briefqa rollback` or `briefqa reindex` first."
                )
            self._condemn(connection, [generation])

    def _prune(self, connection: psycopg.Connection[Any], keep: int) -> None:
        rows = connection.execute(
            "SELECT name FROM briefqa.generations WHERE state = 'kept' ORDER BY name DESC"
        ).fetchall()
        live = connection.execute("SELECT generation FROM briefqa.live").fetchall()
        self._condemn(connection, [name for (name,) in rows[keep:] if (name,) not in live])

    def _condemn(self, connection: psycopg.Connection[Any], names: list[str]) -> None:
        """Keep these no more, and drop them, unless somebody reads them still: then the next run does."""
        connection.execute("UPDATE briefqa.generations SET state = 'pruned' WHERE name = ANY(%s)", (names,))
        self._drop(connection, "state = 'pruned'")

    @staticmethod
    def _drop(connection: psycopg.Connection[Any], where: str) -> None:
        import psycopg  # noqa: PLC0415 - an extra

        rows = connection.execute(trusted(f"SELECT number FROM briefqa.generations WHERE {where}")).fetchall()
        for (number,) in rows:
            schema = f"briefqa_g{number}"
            with suppress(psycopg.errors.LockNotAvailable), connection.transaction():
                # Whoever has just ended is let go of by the server a moment later.
                connection.execute("SET LOCAL lock_timeout = '500ms'")
                connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, number))
                sharding.drop(connection, schema)
                connection.execute(trusted(f"DROP SCHEMA IF EXISTS {schema}_seen, {schema} CASCADE"))
                connection.execute("DELETE FROM briefqa.generations WHERE number = %s", (number,))

    # --- proof of deletion

    def traces(self, phrases: Sequence[str]) -> Iterator[Trace]:
        """Look for phrases in every row of every generation that there is, kept or not; see `generation.traces`."""
        plain = {" ".join(phrase.casefold().split()): phrase for phrase in phrases}
        for number, name in self._rows("SELECT number, name FROM briefqa.generations ORDER BY name"):
            session = Session(self._server, number)
            try:
                found = Catalog(Tables(session)).mentions(list(plain))
            except CorruptGeneration:  # of a run that was cut short: its tables never were
                continue
            finally:
                session.reading.close()
            for text, paths in found.items():
                yield Trace(f"{self.name} {session.schema}", plain[text], name, paths, far=True)


def _migrate(connection: psycopg.Connection[Any]) -> None:
    """Bring the tables of the home up to date, each step once and whole."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS briefqa")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS briefqa.migrations (name text PRIMARY KEY, done timestamptz NOT NULL)"
    )
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    done = {row[0] for row in connection.execute("SELECT name FROM briefqa.migrations")}
    steps = sorted(step.name for step in (files("briefqa.postgres") / "migrations").iterdir())
    for step in steps:
        if step.endswith(".sql") and step not in done:
            with connection.transaction():
                connection.execute(statements(f"migrations/{step}"))
                connection.execute("INSERT INTO briefqa.migrations VALUES (%s, now())", (step,))


def _check_counts(schema: str, manifest: Manifest, catalog: Catalog, lexical: Lexical) -> None:
    if catalog.counts() != manifest.counts or lexical.count != manifest.counts.passages:
        raise CorruptGeneration(f"{schema} does not hold what its manifest counts. {_REMEDY}")


def _set_live(connection: psycopg.Connection[Any], generation: str) -> None:
    with connection.transaction():
        connection.execute("UPDATE briefqa.generations SET state = 'kept' WHERE name = %s", (generation,))
        connection.execute(
            "INSERT INTO briefqa.live (generation) VALUES (%s) ON CONFLICT (alone) DO UPDATE SET generation = %s",
            (generation, generation),
        )
