"""Bringing a generation that was built in a folder into the database: rows in bulk first, indexes after."""

# ruff: noqa: S608 - every query is put together from constants of this package and numbers of its own

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.catalog import CatalogFile, collection_of
from briefqa.errors import CorruptGeneration
from briefqa.generation import BRIEF_VECTORS, CATALOG, EMBEDDINGS, LEXICAL, NOTE_WEIGHT, NOTED, NOTED_EMBEDDINGS
from briefqa.lexical import Lexical
from briefqa.postgres.approximating import GRAPH, make_approximate
from briefqa.postgres.connecting import statements, trusted
from briefqa.postgres.texts import storable
from briefqa.vector_files import InContext, mapped, open_embeddings, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import psycopg
    from numpy.typing import NDArray

    from briefqa.generation import Manifest
    from briefqa.lexical import Matrix, Parts

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
# Those whose rows are seen with their brief; `seen.sql` has the others.
_OF_BRIEFS = ("passages", "notes", "sources", "cited", "works", "geometry", "marks")
_BESIDE = ("places", "vectors", "note_vectors", "words", "terms", "arrays")
_BLOCK_POSTINGS = 2048
_VECTORS_AT_ONCE = 8192
_PIECE = 1 << 24
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"


def load(connection: psycopg.Connection[Any], schema: str, folder: Path, manifest: Manifest) -> int:
    """Make the schema and fill it from the generation in folder, all in one transaction; then make its indexes.

    Returns at how many lists a search is to look.
    """
    names = {"schema": schema, "width": str(manifest.dimension + 1)}
    parts = Lexical.open(folder / LEXICAL).parts
    briefs = open_embeddings(folder / BRIEF_VECTORS)
    with reading(folder / NOTED):
        passage_of: NDArray[np.int32] = mapped(folder / NOTED)
    vectors = {
        "vectors": InContext(open_embeddings(folder / EMBEDDINGS), briefs, parts.brief_of),
        "note_vectors": InContext(
            open_embeddings(folder / NOTED_EMBEDDINGS), briefs, parts.brief_of[passage_of], NOTE_WEIGHT
        ),
    }
    catalog = CatalogFile(folder / CATALOG)
    try:
        with connection.transaction():
            connection.execute(trusted(f"CREATE SCHEMA {schema}; CREATE SCHEMA {schema}_seen"))
            connection.execute(statements("tables.sql", **names))
            for table, columns in _TABLES.items():
                _copy_table(connection, schema, table, columns, catalog)
            for table, rows in vectors.items():
                _copy_vectors(connection, f"{schema}.{table}", rows)
            _copy_terms(connection, schema, parts, passage_of)
            connection.execute(statements("seen.sql", **names))
            for table in _OF_BRIEFS:
                seen = (
                    f"SELECT brief FROM {schema}.places WHERE collection IN (SELECT * FROM {schema}_seen.collections)"
                )
                connection.execute(
                    trusted(
                        f"CREATE VIEW {schema}_seen.{table} AS SELECT * FROM {schema}.{table} WHERE brief IN ({seen})"
                    )
                )
            none = f"CREATE VIEW {schema}_seen.revisions AS SELECT * FROM {schema}.revisions WHERE FALSE"
            connection.execute(trusted(none))
    finally:
        catalog.close()
    connection.execute(statements("indexes.sql", **names))
    factory = str(manifest.settings.get("faiss_factory", ""))
    probes = [make_approximate(connection, f"{schema}.{table}", rows, factory) for table, rows in vectors.items()]
    for table in (*_TABLES, *_BESIDE):
        connection.execute(trusted(f"ANALYZE {schema}.{table}"))
    return GRAPH if GRAPH in probes else max(probes)


def check(connection: psycopg.Connection[Any], schema: str, manifest: Manifest) -> dict[str, str]:
    """Count what a generation holds and return a checksum for each of its tables.

    Raises CorruptGeneration where it is not what the manifest counts.
    """
    counts = manifest.counts
    expected = {
        "briefs": counts.briefs,
        "passages": counts.passages,
        "vectors": counts.passages,
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
    sums = {}
    for table in (*_TABLES, *_BESIDE):
        # Of all rows, in whatever order they come.
        query = (
            "SELECT count(*), coalesce(bit_xor(('x' || substr(md5(row::text), 1, 16))::bit(64)::bigint), 0) "
            f"FROM {schema}.{table} AS row"
        )
        [(count, checksum)] = connection.execute(trusted(query)).fetchall()
        sums[table] = f"{count} {checksum:x}"
    return sums


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
    for row in map(_unstored, rows):
        yield (*_storable(row), storable(row[text].casefold()))


def _copy(connection: psycopg.Connection[Any], table: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(trusted(f"COPY {table} FROM STDIN WITH (FREEZE)")) as copy:
        for row in rows:
            copy.write_row(row)


def _unstored(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as it was before SQLite took it: no bytes stand in it but those of ill-encoded texts."""
    return tuple(value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value for value in row)


def _storable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(storable(value) if isinstance(value, str) else value for value in row)


def _texts(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return _storable(_unstored(row))


def _copy_vectors(connection: psycopg.Connection[Any], table: str, rows: InContext) -> None:
    """Write all vectors as the server itself does in binary: number of fields, then length and bytes of each.

    One number more makes all of them equally long, so that the nearest by distance are those of greatest inner product
    (Bachrach et al., "Speeding Up the Xbox Recommender System Using a Euclidean Transformation for Inner-Product
    Spaces", RecSys 2014): an index by inner product takes distances for granted that are none.
    """
    count, dimension = rows.embeddings.shape
    blocks = [slice(start, start + _VECTORS_AT_ONCE) for start in range(0, count, _VECTORS_AT_ONCE)]
    longest = max((float((rows[block] ** 2).sum(axis=1).max()) for block in blocks), default=0.0)
    record = np.dtype([
        ("fields", ">i2"), ("of_position", ">i4"), ("position", ">i4"), ("of_vector", ">i4"), ("dimension", ">i2"),
        ("unused", ">i2"), ("vector", ">f4", (dimension,)), ("rest", ">f4"),
    ])  # fmt: skip
    query = trusted(f"COPY {table} FROM STDIN WITH (FORMAT binary, FREEZE)")
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(_HEADER)
        for block in blocks:
            vectors = rows[block]
            records = np.zeros(len(vectors), dtype=record)
            records["fields"], records["of_position"], records["of_vector"] = 2, 4, 4 + 4 * (dimension + 1)
            records["position"] = np.arange(block.start, block.start + len(vectors))
            records["dimension"], records["vector"] = dimension + 1, vectors
            records["rest"] = np.sqrt(np.maximum(longest - (vectors**2).sum(axis=1), 0))
            copy.write(records.tobytes())
        copy.write(_TRAILER)


def _copy_terms(connection: psycopg.Connection[Any], schema: str, parts: Parts, passage_of: NDArray[np.int32]) -> None:
    numbers = ((storable(word), number) for word, number in parts.numbers.items())
    _copy(connection, f"{schema}.words", numbers)
    bounds = _bounds(parts)
    binary = trusted(f"COPY {schema}.terms FROM STDIN WITH (FORMAT binary, FREEZE)")
    with connection.cursor() as cursor, cursor.copy(binary) as copy:
        copy.set_types(["int4", *["bytea"] * 7])
        for number, (start, end) in enumerate(pairwise(bounds.tolist())):
            postings = [part for matrix in parts.matrices for part in _postings(matrix, start, end)]
            copy.write_row((number, parts.keys[start:end].astype("<u8").tobytes(), *postings))
    about = {
        "passages": parts.about.passages,
        "briefs": parts.about.briefs,
        "languages": parts.about.languages,
    }
    arrays = {
        "about": json.dumps(about).encode(),
        "acronyms": json.dumps(parts.acronyms).encode(),
        "first": parts.keys[bounds[:-1]].astype("<u8").tobytes(),
        "brief_of": parts.brief_of.astype("<i4").tobytes(),
        "noted": passage_of.astype("<i4").tobytes(),
        "language_of": parts.language_of.astype("<i4").tobytes(),
        "passages_lengths": parts.matrices[0].lengths.astype("<i4").tobytes(),
        "briefs_lengths": parts.matrices[1].lengths.astype("<i4").tobytes(),
    }
    pieces = (
        (name, place, whole[start : start + _PIECE])
        for name, whole in arrays.items()
        for place, start in enumerate(range(0, max(len(whole), 1), _PIECE))
    )
    _copy(connection, f"{schema}.arrays", pieces)


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
