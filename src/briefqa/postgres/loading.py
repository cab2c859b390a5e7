"""Bringing a generation that was built in a folder into the database: rows in bulk first, indexes after."""

# ruff: noqa: S608 - every query is put together from constants of this package and numbers of its own

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from briefqa.catalog import CatalogFile, collection_of
from briefqa.errors import CorruptGeneration
from briefqa.generation import BRIEF_VECTORS, CATALOG, EMBEDDINGS, LEXICAL, NOTE_WEIGHT, NOTED, NOTED_EMBEDDINGS
from briefqa.lexical import NONE, Lexical
from briefqa.postgres import sharding
from briefqa.postgres.approximating import GRAPH, make_approximate
from briefqa.postgres.connecting import statements, trusted
from briefqa.postgres.legs import TABLES, Legs, copy_vectors, load_legs
from briefqa.postgres.texts import storable, unstored
from briefqa.vector_files import InContext, mapped, open_embeddings, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import psycopg
    from numpy.typing import NDArray

    from briefqa.generation import Manifest

# Columns of a catalog's tables, in the order in which both homes have them.
_TABLES = {
    "files": "path, size, mtime_ns, sha256, brief, failure",
    "revisions": "old, brief",
    "briefs": "id, path, title, authors, published, language, body, pages, sections, problems, page_count, "
    "passage_count, note_count",
    "passages": "position, id, brief, ordinal, begins, ends, text, context, section, pages",
    "notes": "brief, id, ordinal, label, kind, page, text, refers_to",
    "sources": "brief, note, ordinal, csl, begins, ends",
    "cited": "brief, note, source, work, again, fullness, words",
    "works": "id, brief, work, strength",
    "geometry": "brief, page, width, height, packed",
    "marks": "brief, ordinal, label, at, page, note, passage",
}
_OTHERS = ("places", "note_vectors", "words", "arrays")
_PIECE = 1 << 24


@dataclass(frozen=True, slots=True)
class Wish:
    """How the tables of a generation are to lie.

    partition_from: how many passages give a collection a partition of its own; 0: none do. shards: addresses of the
    servers on which vectors and terms are to lie; none: on the server itself.
    """

    partition_from: int = 0
    shards: tuple[str, ...] = ()


def load(connection: psycopg.Connection[Any], schema: str, folder: Path, manifest: Manifest, wish: Wish) -> int:
    """Make the schema and fill it from the generation in folder, in one transaction; then what its legs read.

    Returns at how many lists a search is to look.
    """
    parts = Lexical.open(folder / LEXICAL, whole=True).parts
    briefs = open_embeddings(folder / BRIEF_VECTORS)
    rows = InContext(open_embeddings(folder / EMBEDDINGS), briefs, parts.brief_of)
    with reading(folder / NOTED):
        noted: NDArray[np.int32] = mapped(folder / NOTED)
    notes = InContext(open_embeddings(folder / NOTED_EMBEDDINGS), briefs, parts.brief_of[noted], NOTE_WEIGHT)
    catalog = CatalogFile(folder / CATALOG)
    try:
        legs = Legs.of(rows, parts, catalog, wish.partition_from)
        with connection.transaction():
            connection.execute(trusted(f"CREATE SCHEMA {schema}; CREATE SCHEMA {schema}_seen"))
            connection.execute(statements("tables.sql", schema=schema, width=str(manifest.dimension + 1)))
            for table, columns in _TABLES.items():
                _copy_table(connection, schema, table, columns, catalog)
            copy_vectors(connection, f"{schema}.note_vectors", notes, slice(0, len(noted)))
            _copy_rest(connection, schema, legs, noted)
            connection.execute(statements("seen.sql", schema=schema))
    finally:
        catalog.close()
    connection.execute(statements("indexes.sql", schema=schema))
    for table in (*_TABLES, *_OTHERS):
        connection.execute(trusted(f"ANALYZE {schema}.{table}"))
    factory = str(manifest.settings.get("faiss_factory", ""))
    looks = [make_approximate(connection, f"{schema}.note_vectors", notes, factory)]
    if wish.shards:
        looks.append(sharding.spread(connection, schema, legs, wish.shards, factory))
    else:
        looks.append(load_legs(connection, schema, legs, legs.shares(1)[0], factory))
    return GRAPH if GRAPH in looks else max(looks)


def check(connection: psycopg.Connection[Any], schema: str, manifest: Manifest) -> dict[str, str]:
    """Count what a generation holds and return a checksum for each of its tables.

    Raises CorruptGeneration where it is not what the manifest counts.
    """
    counts = manifest.counts
    expected = {
        "briefs": counts.briefs,
        "passages": counts.passages,
        "notes": counts.notes,
        "marks": counts.marks,
        "marks WHERE note IS NULL": counts.unlinked,
    }
    for what, count in expected.items():
        rows = connection.execute(trusted(f"SELECT count(*) FROM {schema}.{what}")).fetchall()
        if rows != [(count,)]:
            raise CorruptGeneration(f"{schema}.{what} does not hold what the manifest counts.")
    [(noted,)] = connection.execute(trusted(f"SELECT count(*) FROM {schema}.note_vectors")).fetchall()
    for name, count in (("brief_of", counts.passages), ("noted", noted)):
        [(held,)] = connection.execute(
            trusted(f"SELECT coalesce(sum(length(bytes)), 0) FROM {schema}.arrays WHERE name = '{name}'")
        ).fetchall()
        if held != 4 * count:
            raise CorruptGeneration(f"{schema}.arrays does not hold what the manifest counts.")
    sums = {table: _sum(table, [(connection, schema)]) for table in (*_TABLES, *_OTHERS)}
    with sharding.holders(connection, schema) as holders:
        sums |= {table: _sum(table, holders) for table in TABLES}
    if sums["vectors"].partition(" ")[0] != str(counts.passages):
        raise CorruptGeneration(f"{schema}.vectors does not hold what the manifest counts.")
    return sums


def _sum(table: str, holders: Sequence[tuple[psycopg.Connection[Any], str]]) -> str:
    """Number and checksum of the rows of a table, in whatever order they come and wherever they lie."""
    count = checksum = 0
    for connection, schema in holders:
        query = (
            "SELECT count(*), coalesce(bit_xor(('x' || substr(md5(row::text), 1, 16))::bit(64)::bigint), 0) "
            f"FROM {schema}.{table} AS row"
        )
        [(rows, part)] = connection.execute(trusted(query)).fetchall()
        count, checksum = count + rows, checksum ^ part
    return f"{count} {checksum:x}"


def _copy_table(
    connection: psycopg.Connection[Any], schema: str, table: str, columns: str, catalog: CatalogFile
) -> None:
    known = _TABLES[table].split(", ")
    rows = catalog.stream(f"SELECT {columns} FROM {table}")
    if table == "notes":
        _copy(connection, f"{schema}.notes ({columns}, folded)", _folded(rows, known.index("text")))
    elif table == "cited":
        again = known.index("again")
        _copy(connection, f"{schema}.cited", ((*row[:again], bool(row[again]), *row[again + 1 :]) for row in rows))
    elif table == "geometry":
        _copy(connection, f"{schema}.geometry", rows)
    else:
        _copy(connection, f"{schema}.{table}", map(_texts, rows))
    if table == "briefs":
        places = catalog.stream(
            "SELECT brief, path FROM files WHERE brief IS NOT NULL UNION SELECT id, path FROM briefs"
        )
        texts = map(_texts, places)
        _copy(connection, f"{schema}.places", ((brief, collection_of(path), path) for brief, path in texts))


def _folded(rows: Iterable[tuple[Any, ...]], text: int) -> Iterator[tuple[Any, ...]]:
    for row in map(unstored, rows):
        yield (*_storable(row), storable(row[text].casefold()))


def _copy(connection: psycopg.Connection[Any], table: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(trusted(f"COPY {table} FROM STDIN WITH (FREEZE)")) as copy:
        for row in rows:
            copy.write_row(row)


def _storable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(storable(value) if isinstance(value, str) else value for value in row)


def _texts(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return _storable(unstored(row))


def _copy_rest(connection: psycopg.Connection[Any], schema: str, legs: Legs, noted: NDArray[np.int32]) -> None:
    """Write what of the legs is small, and is read whole or by word."""
    parts = legs.words
    numbers = ((storable(word), number) for number, word in enumerate(parts.words, 1) if word != NONE)
    _copy(connection, f"{schema}.words", numbers)
    about = {
        "passages": parts.about.passages,
        "briefs": parts.about.briefs,
        "languages": parts.about.languages,
    }
    arrays = {
        "about": json.dumps(about).encode(),
        "acronyms": json.dumps(parts.acronyms).encode(),
        "first": parts.keys[legs.bounds[:-1]].astype("<u8").tobytes(),
        "brief_of": parts.brief_of.astype("<i4").tobytes(),
        "noted": noted.astype("<i4").tobytes(),
        "language_of": parts.language_of.astype("<i4").tobytes(),
        "passages_lengths": parts.matrices[0].lengths.astype("<i4").tobytes(),
        "briefs_lengths": parts.matrices[1].lengths.astype("<i4").tobytes(),
    }
    if legs.partitions:
        arrays["part_of"] = legs.part_of.astype("<i2").tobytes()
    pieces = (
        (name, place, whole[start : start + _PIECE])
        for name, whole in arrays.items()
        for place, start in enumerate(range(0, max(len(whole), 1), _PIECE))
    )
    _copy(connection, f"{schema}.arrays", pieces)
