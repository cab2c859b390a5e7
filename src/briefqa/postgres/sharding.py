"""What the legs of a search read, on other servers: they are filled directly, and asked through postgres_fdw.

The server that is asked keeps everything else, and knows its shards as foreign servers, of each generation its own:
what a connection to a shard is set to is said there, and with the servers the last of a generation is dropped. What is
asked goes to all shards at once, with order and limit; a shard that does not answer is an error of the whole query.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from briefqa.errors import ConfigError, GenerationError
from briefqa.postgres.connecting import LIVELY, STATEMENT_SECONDS, statements, told, trusted
from briefqa.postgres.legs import load_legs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from briefqa.postgres.legs import Legs

# What postgres_fdw takes for itself, and does not hand on to libpq.
_OWN = {
    "extensions": "vector",  # its operators are known on the shard, too
    "async_capable": "true",
    "fetch_size": "10000",
    "keep_connections": "on",
}
_OF_USERS = ("user", "password", "passfile", "sslpassword")


def reach(probes: int) -> dict[str, str]:
    """How far an approximate search goes, as settings of its connection. It goes on, under a filter, as long as needed.

    probes: at how many lists it looks.
    """
    return {
        "hnsw.ef_search": "400",
        "hnsw.iterative_scan": "relaxed_order",
        "hnsw.max_scan_tuples": "200000",
        "ivfflat.iterative_scan": "relaxed_order",
        "ivfflat.probes": str(max(probes, 1)),
    }


def spread(connection: psycopg.Connection[Any], schema: str, legs: Legs, shards: Sequence[str], factory: str) -> int:
    """Fill all shards at once, each with its share, and make them the partitions of the tables in schema.

    Returns what says whether there is an approximate index on any; see `make_approximate`.
    """
    shares = legs.shares(len(shards))
    with connection.transaction():
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgres_fdw")
        width = str(legs.rows.embeddings.shape[1] + 1)
        connection.execute(statements("shards.sql", schema=schema, width=width))
        for number, address in enumerate(shards, 1):
            _make_server(connection, _server(schema, number), address)
    there = _schema_there(connection, schema)
    with _connections(connection, schema) as holders, ThreadPoolExecutor(len(holders)) as threads:
        for shard in holders:
            _prepare(shard, there, _schema_of_vector(connection))
        looks = list(threads.map(lambda shard, share: load_legs(shard, there, legs, share, factory), holders, shares))
    with connection.transaction():
        for number, (probes, (rows, blocks)) in enumerate(zip(looks, shares, strict=True), 1):
            server = _server(schema, number)
            connection.execute(trusted(f"ALTER SERVER {server} OPTIONS (ADD options '{_settings(probes)}')"))
            ends = _ends("rows", rows, len(legs.part_of) + number) | _ends("blocks", blocks, len(legs.bounds) + number)
            known = {"schema": schema, "server": server, "there": there, "number": str(number)}
            connection.execute(statements("shard.sql", **known, **ends))
    return next(filter(None, looks), 0)


@contextmanager
def holders(connection: psycopg.Connection[Any], schema: str) -> Iterator[list[tuple[psycopg.Connection[Any], str]]]:
    """Connect to wherever the rows of what the legs read lie, and name the schema there."""
    there = _schema_there(connection, schema)
    with _connections(connection, schema) as shards:
        yield [(shard, there) for shard in shards] or [(connection, schema)]


def drop(connection: psycopg.Connection[Any], schema: str) -> None:
    """Drop what a generation has on its shards, and forget them."""
    there = _schema_there(connection, schema)
    with _connections(connection, schema) as shards:
        for shard in shards:
            shard.execute(trusted(f"DROP SCHEMA IF EXISTS {there} CASCADE"))
    for number in range(1, len(shards) + 1):
        connection.execute(trusted(f"DROP SERVER {_server(schema, number)} CASCADE"))


def _server(schema: str, number: int) -> str:
    return f"{schema}_s{number}"


def _schema_there(connection: psycopg.Connection[Any], schema: str) -> str:
    """A shard may serve several libraries."""
    [(library,)] = connection.execute("SELECT id FROM briefqa.library").fetchall()
    return f"briefqa_{library}_{schema.removeprefix('briefqa_')}"


def _make_server(connection: psycopg.Connection[Any], server: str, address: str) -> None:
    import psycopg  # noqa: PLC0415 - an extra
    from psycopg import sql  # noqa: PLC0415 - an extra

    try:
        given = psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.Error:  # whose text may hold the password
        raise ConfigError(f"{told(address)} cannot be read as the address of a shard.") from None
    options = {key: str(value) for key, value in (LIVELY | given).items() if value is not None}
    user = {key: options.pop(key) for key in _OF_USERS if key in options}
    for statement, values in (
        (f"CREATE SERVER {server} FOREIGN DATA WRAPPER postgres_fdw", _OWN | options),
        (f"CREATE USER MAPPING FOR CURRENT_USER SERVER {server}", user),
    ):
        said = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(key), value) for key, value in values.items())
        connection.execute(sql.SQL(trusted(f"{statement} OPTIONS ({{}})" if values else statement)).format(said))


def _settings(probes: int) -> str:
    """What a connection to a shard is set to. The cursor that it is asked by wants its first rows, not all of them."""
    settings = reach(probes) | {"statement_timeout": f"{STATEMENT_SECONDS}s", "cursor_tuple_fraction": "0.00001"}
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


@contextmanager
def _connections(connection: psycopg.Connection[Any], schema: str) -> Iterator[list[psycopg.Connection[Any]]]:
    """Connect to the shards of a generation, as the server that is asked does; to none where it has none."""
    import psycopg  # noqa: PLC0415 - an extra

    rows = connection.execute(
        "SELECT srvoptions, coalesce(umoptions, '{}') FROM pg_foreign_server JOIN pg_user_mappings USING (srvname) "
        "WHERE srvname LIKE %s AND usename = current_user ORDER BY length(srvname), srvname",
        (_server(schema, 0)[:-1].replace("_", r"\_") + "%",),
    ).fetchall()
    with ExitStack() as opened:
        shards = []
        for row in rows:
            options = dict(option.split("=", 1) for part in row for option in part)
            known = {key: value for key, value in options.items() if key not in {*_OWN, "options"}}
            shards.append(opened.enter_context(psycopg.connect(**known, autocommit=True)))
        yield shards


def _prepare(shard: psycopg.Connection[Any], schema: str, place: str) -> None:
    """Make the schema on a shard, and pgvector in the schema that it has here: its operators go by their full names."""
    shard.execute(trusted(f"CREATE SCHEMA IF NOT EXISTS {place}"))
    shard.execute(trusted(f"CREATE EXTENSION IF NOT EXISTS vector SCHEMA {place}"))
    if (found := _schema_of_vector(shard)) != place:
        raise GenerationError(
            f"On the shard {shard.info.host} the extension `vector` is in the schema {found}, here in {place}: "
            f"bring it there (ALTER EXTENSION vector SET SCHEMA {place})."
        )
    shard.execute(trusted(f"SET search_path = {place}; CREATE SCHEMA {schema}"))


def _schema_of_vector(connection: psycopg.Connection[Any]) -> str:
    query = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'vector'"
    [(schema,)] = connection.execute(query).fetchall()
    return str(schema)


def _ends(name: str, share: slice, beyond: int) -> dict[str, str]:
    """Bounds of a partition. None may be empty: where a shard has nothing, it gets a number that there is not."""
    start, stop = (share.start, share.stop) if share.start < share.stop else (beyond, beyond + 1)
    return {name: str(start), f"{name}_end": str(stop)}
