"""Connections to the server, and what is told of it when it cannot be reached."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, LiteralString

from briefqa.errors import ConfigError, CorruptGeneration, GenerationError, HomeUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg
    from psycopg_pool import ConnectionPool

SCHEMES = ("postgresql://", "postgres://")
_SECRET = re.compile(r"(?<=[?&])(?:ssl)?password=[^&]*&?", re.IGNORECASE)
STATEMENT_SECONDS = 30
# A server that is gone is noticed in some seconds, whatever the network says of it.
LIVELY = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "application_name": "briefqa",
}
# Classes of SQLSTATE for a connection that is lost and a server that ends: https://www.postgresql.org/docs/current/errcodes-appendix.html
_GONE = ("08", "57")
# Between two attempts to ask a server that is not there, or whose shard is not: none at first, then more each time.
_PAUSE, _LONGEST_PAUSE = 0.05, 0.5


def is_address(index: str) -> bool:
    """Tell whether the setting `index` names a database and not a folder."""
    return index.startswith(SCHEMES)


def told(address: str) -> str:
    """Return the address of a database as it may be shown and logged: without passwords."""
    scheme, _, rest = address.partition("://")
    names, at, where = rest.rpartition("@")
    return f"{scheme}://{names.partition(':')[0]}{at}{_SECRET.sub('', where).rstrip('?&')}"


def statements(name: str, **values: str) -> LiteralString:
    """Read a file of SQL that comes with this package, its places filled in."""
    text = (files("briefqa.postgres") / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return trusted(text)


def trusted(text: str) -> LiteralString:
    """Say of SQL that it is made of constants of this package and numbers of its own."""
    return text


class Server:
    """The database that an address leads to. Connections are made when they are needed."""

    def __init__(self, address: str, patience: float) -> None:
        """Take the address. patience: seconds that an answer waits for a server that restarts.

        Raises ConfigError where the extra is not installed, or the address cannot be read.
        """
        try:
            import psycopg  # noqa: PLC0415 - an extra
            import psycopg_pool  # noqa: F401, PLC0415 - an extra
        except ImportError as error:
            raise ConfigError('An index in PostgreSQL needs its client: pip install "briefqa[postgres]".') from error
        self.name = told(address)
        self.patience = patience
        try:
            given = psycopg.conninfo.conninfo_to_dict(address)
        except psycopg.Error:  # whose text may hold the password
            raise ConfigError(f"{self.name} cannot be read as the address of a database.") from None
        self._given = LIVELY | {key: str(value) for key, value in given.items() if value is not None}

    def connect(self) -> psycopg.Connection[Any]:
        """Connect to the server that can be written to. Each statement is its own transaction, unless one is begun."""
        import psycopg  # noqa: PLC0415 - see above

        with self.guarded():
            given = {"target_session_attrs": "read-write"} | self._given
            if given["target_session_attrs"] in {"prefer-standby", "standby", "read-only", "any"}:
                given["target_session_attrs"] = "read-write"
            return psycopg.connect(**given, autocommit=True)  # type: ignore[arg-type]

    def pool(
        self, prepare: Callable[[psycopg.Connection[Any]], None], *, most: int, least: int = 1, primary: bool = False
    ) -> ConnectionPool:
        """Make a pool of connections to read by; standby servers are preferred where the address names several.

        prepare: sets up each new connection. primary: ask the server that is written to, which no other lags behind.
        """
        from psycopg_pool import ConnectionPool  # noqa: PLC0415 - see above

        def configured(connection: psycopg.Connection[Any]) -> None:
            connection.execute(trusted(f"SET statement_timeout = '{STATEMENT_SECONDS}s'"))
            prepare(connection)

        return ConnectionPool(
            kwargs={
                "target_session_attrs": "prefer-standby",
                **self._given,
                **({"target_session_attrs": "read-write"} if primary else {}),
                "autocommit": True,
            },
            min_size=least,
            max_size=most,
            configure=configured,
            timeout=self.patience,
            reconnect_timeout=5,
            max_idle=120,
            open=True,
            name=self.name,
        )

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn what psycopg raises into errors of ours, without what might hold a password."""
        import psycopg  # noqa: PLC0415 - see above
        from psycopg_pool import PoolTimeout  # noqa: PLC0415 - see above

        try:
            yield
        except psycopg.errors.QueryCanceled as error:
            raise HomeUnreachable(f"{self.name} took longer than {STATEMENT_SECONDS} s: try again later.") from error
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            if (error.sqlstate or _GONE[0])[:2] not in _GONE:
                raise GenerationError(f"{self.name} refuses: {reason(error)}") from error
            raise HomeUnreachable(f"{self.name} cannot be reached ({reason(error)}): try again in a moment.") from error
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise CorruptGeneration(
                f"A table is missing in {self.name}; the generation may have been pruned. {reason(error)}"
            ) from error
        except psycopg.Error as error:
            raise GenerationError(f"{self.name} refuses: {reason(error)}") from error


def reason(error: Exception) -> str:
    """Return the first line of what a server says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class Reading:
    """Connections of one kind, borrowed for a query each. A query whose connection is lost is asked once more."""

    def __init__(
        self, server: Server, prepare: Callable[[Any], None], *, most: int, least: int = 1, primary: bool = False
    ) -> None:
        self.server = server
        self._primary = primary
        self._prepare, self._most, self._least = prepare, most, least
        self._lock = threading.Lock()
        self._pool: ConnectionPool | None = None
        self._closed = False

    def ask(self, query: str, parameters: Any = None, *, before: Callable[[Any], None] | None = None) -> list[Any]:
        """Return all rows. before: sets up the connection that is borrowed. Raises HomeUnreachable and its kin."""
        import psycopg  # noqa: PLC0415 - see above

        until, pause = time.monotonic() + self.server.patience, 0.0
        with self.server.guarded():
            while True:
                try:
                    with self._opened().connection() as connection:
                        if before:
                            before(connection)
                        return connection.execute(trusted(query), parameters, binary=True).fetchall()
                except psycopg.errors.QueryCanceled:
                    raise
                except (psycopg.OperationalError, psycopg.InterfaceError):
                    if time.monotonic() > until:
                        raise
                    time.sleep(pause)
                    pause = min(2 * pause + _PAUSE, _LONGEST_PAUSE)
                    # The others were made at the same time and are gone, too, when the server is.
                    self._opened().check()

    @contextmanager
    def borrowed(self) -> Iterator[psycopg.Connection[Any]]:
        """Borrow a connection for more than one query."""
        with self.server.guarded(), self._opened().connection() as connection:
            yield connection

    def _opened(self) -> ConnectionPool:
        with self._lock:
            if self._closed:
                raise GenerationError(f"What was read from {self.server.name} is closed.")
            if self._pool is None:
                self._pool = self.server.pool(self._prepare, most=self._most, least=self._least, primary=self._primary)
            return self._pool

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            self._closed = True
            if self._pool is not None:
                self._pool.close(timeout=2)
