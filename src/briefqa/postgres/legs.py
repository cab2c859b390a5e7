"""Bringing what the two legs of a search read into a database: vectors, and terms with their postings.

All of it goes into one schema, or a part of it into each of several: so many positions, and so many blocks of terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.catalog import collection_of
from briefqa.postgres.approximating import make_approximate
from briefqa.postgres.connecting import statements, trusted
from briefqa.postgres.texts import storable, unstored
from briefqa.vector_files import InContext

if TYPE_CHECKING:
    import psycopg
    from numpy.typing import NDArray

    from briefqa.catalog import CatalogFile
    from briefqa.lexical import Matrix, Parts

TABLES = ("vectors", "terms")
_BLOCK_POSTINGS = 2048
_VECTORS_AT_ONCE = 8192
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Legs:
    """What the legs read of a generation that was built in a folder.

    part_of: shape (passages,), the partition of each. partitions: the collections that have one, from 1 on. bounds: the
    columns of the lexical index at which blocks of terms begin, and the end of the last one.
    """

    rows: InContext
    words: Parts
    part_of: NDArray[np.int16]
    partitions: tuple[str, ...]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, rows: InContext, words: Parts, catalog: CatalogFile, partition_from: int) -> Legs:
        """Put them together. partition_from: how many passages give a collection a partition of its own; 0: none do."""
        part_of, partitions = _partitions(catalog, len(rows.embeddings), partition_from)
        return cls(rows, words, part_of, partitions, _bounds(words))

    def shares(self, count: int) -> list[tuple[slice, slice]]:
        """Deal positions and blocks of terms to so many shards: one stretch of each, about equally long."""
        rows, blocks = (
            [slice(start, end) for start, end in pairwise((np.arange(count + 1) * of // count).tolist())]
            for of in (len(self.part_of), len(self.bounds) - 1)
        )
        return list(zip(rows, blocks, strict=True))


def load_legs(
    connection: psycopg.Connection[Any], schema: str, legs: Legs, share: tuple[slice, slice], factory: str
) -> int:
    """Make the tables in a schema that there is, fill them with a share, and index them.

    Returns at how many lists a search is to look; see `make_approximate`.
    """
    rows, blocks = share
    with connection.transaction():
        connection.execute(statements("legs.sql", schema=schema, width=str(legs.rows.embeddings.shape[1] + 1)))
        for part, collection in enumerate(legs.partitions, 1):
            _make_partition(connection, schema, part, collection)
        if connection.execute("SELECT to_regprocedure('briefqa.made(text)') IS NOT NULL").fetchall() == [(True,)]:
            connection.execute("SELECT briefqa.made(%s)", (schema,))
        copy_vectors(connection, f"{schema}.vectors", legs.rows, rows, legs.part_of)
        _copy_terms(connection, schema, legs, blocks)
    for table in TABLES:
        connection.execute(trusted(f"ANALYZE {schema}.{table}"))
    some = InContext(legs.rows.embeddings[rows], legs.rows.briefs, legs.rows.brief_of[rows])
    held = np.bincount(legs.part_of[rows], minlength=1).tolist()
    partitions = {f"{schema}.vectors_p{part}": count for part, count in enumerate(held)}
    table = f"{schema}.vectors"
    return make_approximate(connection, table, some, factory, partitions=partitions, first=rows.start)


def _make_partition(connection: psycopg.Connection[Any], schema: str, part: int, collection: str) -> None:
    from psycopg import sql  # noqa: PLC0415 - an extra

    table = f"{schema}.vectors_p{part}"
    connection.execute(trusted(f"CREATE TABLE {table} PARTITION OF {schema}.vectors FOR VALUES IN ({part})"))
    said = f"Passages of the collection {storable(collection)!r}."
    connection.execute(sql.SQL(trusted(f"COMMENT ON TABLE {table} IS {{}}")).format(said))


def _partitions(catalog: CatalogFile, count: int, least: int) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Tell in which partition each passage goes, and which collections have one."""
    part_of = np.zeros(count, dtype=np.int16)
    if not least or count < least:
        return part_of, ()
    numbers: dict[str, int] = {}
    collection = np.zeros(count, dtype=np.int32)
    placed = catalog.stream("SELECT p.position, b.path FROM passages p JOIN briefs b ON b.id = p.brief")
    for position, path in map(unstored, placed):
        collection[position] = numbers.setdefault(collection_of(path), len(numbers))
    held = np.bincount(collection, minlength=len(numbers))
    partitions = sorted(name for name, number in numbers.items() if held[number] >= least)
    for part, name in enumerate(partitions, 1):
        part_of[collection == numbers[name]] = part
    return part_of, tuple(partitions)


def copy_vectors(
    connection: psycopg.Connection[Any],
    table: str,
    rows: InContext,
    share: slice,
    part_of: NDArray[np.int16] | None = None,
) -> None:
    """Write a share of vectors as the server itself does in binary: number of fields, then length and bytes of each.

    part_of: the partition of each row; None where the table has none.

    One number more makes all of them equally long, so that the nearest by distance are those of greatest inner product
    (Bachrach et al., "Speeding Up the Xbox Recommender System Using a Euclidean Transformation for Inner-Product
    Spaces", RecSys 2014): an index by inner product takes distances for granted that are none.
    """
    dimension = rows.embeddings.shape[1]
    starts = range(share.start, share.stop, _VECTORS_AT_ONCE)
    blocks = [slice(start, min(start + _VECTORS_AT_ONCE, share.stop)) for start in starts]
    longest = max((float((rows[block] ** 2).sum(axis=1).max()) for block in blocks), default=0.0)
    part = [] if part_of is None else [("of_part", ">i4"), ("part", ">i2")]
    record = np.dtype([
        ("fields", ">i2"), ("of_position", ">i4"), ("position", ">i4"), *part, ("of_vector", ">i4"),
        ("dimension", ">i2"), ("unused", ">i2"), ("vector", ">f4", (dimension,)), ("rest", ">f4"),
    ])  # fmt: skip
    # A partitioned table takes no rows that are frozen from the start.
    freeze = ", FREEZE" if part_of is None else ""
    query = trusted(f"COPY {table} FROM STDIN WITH (FORMAT binary{freeze})")
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(_HEADER)
        for block in blocks:
            vectors = rows[block]
            records = np.zeros(len(vectors), dtype=record)
            if part_of is not None:
                records["of_part"], records["part"] = 2, part_of[block]
            records["fields"], records["of_position"], records["of_vector"] = (
                2 + len(part) // 2,
                4,
                4 + 4 * (dimension + 1),
            )
            records["position"] = np.arange(block.start, block.stop)
            records["dimension"], records["vector"] = dimension + 1, vectors
            records["rest"] = np.sqrt(np.maximum(longest - (vectors**2).sum(axis=1), 0))
            copy.write(records.tobytes())
        copy.write(_TRAILER)


def _copy_terms(connection: psycopg.Connection[Any], schema: str, legs: Legs, share: slice) -> None:
    parts = legs.words
    binary = trusted(f"COPY {schema}.terms FROM STDIN WITH (FORMAT binary, FREEZE)")
    bounds = legs.bounds[share.start : share.stop + 1].tolist()
    with connection.cursor() as cursor, cursor.copy(binary) as copy:
        copy.set_types(["int4", *["bytea"] * 7])
        for number, (start, end) in enumerate(pairwise(bounds), share.start):
            postings = [part for matrix in parts.matrices for part in _postings(matrix, start, end)]
            copy.write_row((number, parts.keys[start:end].astype("<u8").tobytes(), *postings))


def _bounds(parts: Parts) -> NDArray[np.int64]:
    """Columns at which blocks begin, and the end of the last one: some thousand postings each, one column at least."""
    held = parts.matrices[0].indptr + parts.matrices[1].indptr
    steps = np.searchsorted(held, np.arange(0, held[-1], _BLOCK_POSTINGS))
    return np.unique(np.concatenate([[0], steps, [len(parts.keys)]]))


def _postings(matrix: Matrix, start: int, end: int) -> tuple[bytes, bytes, bytes]:
    first, last = int(matrix.indptr[start]), int(matrix.indptr[end])
    ends = (matrix.indptr[start + 1 : end + 1] - first).astype("<i4")
    return (
        ends.tobytes(),
        matrix.indices[first:last].astype("<i4").tobytes(),
        matrix.data[first:last].astype("<f4").tobytes(),
    )
