"""The approximate index over the vectors of a generation: lists of near ones, or a graph.

Lists (ivfflat) are the rule: a generation never changes, so that they fit all of it, and at how many of them a search
looks is tried out after they are made. On texts of which many say nearly the same, a graph (HNSW) that took eight times
as long to make finds less. It is made where `faiss_factory` asks for one ("HNSW16").
"""

from __future__ import annotations

# ruff: noqa: S608 - every query is put together from constants of this package and numbers of its own
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.postgres.connecting import trusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from numpy.typing import NDArray

    from briefqa.vector_files import InContext

# Up to so many passages there is no index: all are compared in some milliseconds.
EXACT_UP_TO = 10_000
_GRAPH, _LISTS = re.compile(r"HNSW(\d+)"), re.compile(r"IVF(\d+)")
GRAPH = -1
"""Stands for a graph where a number of lists is told."""
# What a search looks at is enough when it finds this part of what comparing with all would, among the first so many.
_RECALL, _DEPTH = 0.99, 10
# With the means of six passages each, it has to look at about as many lists as with people's questions; with single
# ones, turned away at random, at a quarter of these.
_TRIED, _BETWEEN = 128, 6
_FIRST_PROBES, _MORE_PROBES = 8, 1.4
_BLOCK = 65_536
# More of them take more memory to learn than a server has to spare: 3.4 GB for these.
_MOST_LISTS = 4096
# What a graph takes of memory while it is made, for each passage beside its vector.
_BYTES_A_NODE = 600
_MOST_MEMORY = 4_000_000  # kB


def make_approximate(  # noqa: PLR0913 - what is indexed, and how
    connection: psycopg.Connection[Any],
    table: str,
    rows: InContext,
    factory: str,
    *,
    partitions: Mapping[str, int] | None = None,
    first: int = 0,
) -> int:
    """Make an index of each partition with rows enough, or where `factory`, as FAISS has it, says of which kind.

    partitions: how many rows each has; None where the table has none. first: the position of the first row. Returns at
    how many of its lists a search is to look in each; GRAPH for a graph, 0 where there is no index.
    """
    graph, most = _GRAPH.match(factory), 0
    dimension = rows.embeddings.shape[1]
    for name, count in (partitions or {table: len(rows.embeddings)}).items():
        column = name, f"(vector::halfvec({dimension + 1})) halfvec_l2_ops"
        if graph:
            _make_graph(connection, column, count, int(graph[1]), dimension)
        else:
            most = max(most, _make_lists(connection, column, count, factory, dimension))
    return GRAPH if graph else _probes(connection, table, rows, most, first) if most else 0


def _make_graph(
    connection: psycopg.Connection[Any], column: tuple[str, str], count: int, links: int, dimension: int
) -> None:
    memory = min(count * (2 * dimension + _BYTES_A_NODE) // 1000 + 65_536, _MOST_MEMORY)
    _make(connection, f"{column[0]} USING hnsw ({column[1]}) WITH (m = {links})", memory)


def _make_lists(
    connection: psycopg.Connection[Any], column: tuple[str, str], count: int, factory: str, dimension: int
) -> int:
    """Make lists, where there are to be any; returns how many."""
    wanted = _LISTS.match(factory)
    if not count or (not wanted and (count <= EXACT_UP_TO or factory == "Flat")):
        return 0
    lists = min(int(wanted[1]) if wanted else 1 << round(math.log2(4 * math.sqrt(count))), _MOST_LISTS)
    # It learns them from 50 passages each, and keeps the distance of each to every list.
    memory = 50 * lists * (4 * lists + 4 * dimension) // 800 + 65_536
    _make(connection, f"{column[0]} USING ivfflat ({column[1]}) WITH (lists = {lists})", memory)
    return lists


def _make(connection: psycopg.Connection[Any], what: str, memory: int) -> None:
    import psycopg  # noqa: PLC0415 - an extra

    for workers in (4, 0):
        try:
            with connection.transaction():
                connection.execute(trusted(f"SET LOCAL maintenance_work_mem = {memory}"))
                connection.execute(trusted(f"SET LOCAL max_parallel_maintenance_workers = {workers}"))
                connection.execute(trusted(f"CREATE INDEX ON {what}"))
            break
        except psycopg.errors.DiskFull:
            if not workers:  # with workers it was their shared memory, which containers have little of
                raise


def _probes(connection: psycopg.Connection[Any], table: str, rows: InContext, lists: int, first: int) -> int:
    """Try out at how many lists a search has to look."""
    questions = _questions(rows)
    expected = _nearest(questions, rows)
    query = trusted(
        f"SELECT position - {first} FROM {table} "
        f"ORDER BY (vector::halfvec({questions.shape[1] + 1})) <-> %s::halfvec({questions.shape[1] + 1}) LIMIT {_DEPTH}"
    )
    probes = _FIRST_PROBES
    while probes < lists:
        connection.execute(trusted(f"SET ivfflat.probes = {probes}"))
        found = 0
        for question, nearest in zip(questions, expected, strict=True):
            rows_found = connection.execute(query, [as_text(question)]).fetchall()
            found += len(nearest.intersection(row for (row,) in rows_found))
        if found >= _RECALL * _DEPTH * len(questions):
            break
        probes = min(int(probes * _MORE_PROBES), lists)
    return probes


def _questions(rows: InContext) -> NDArray[np.float32]:
    """Vectors that lie among the passages as questions do: between several, and not near one."""
    some = np.random.default_rng(len(rows.embeddings)).integers(0, len(rows.embeddings), (_BETWEEN, _TRIED))
    means: NDArray[np.float32] = np.mean([rows[each] for each in some], axis=0, dtype=np.float32)
    return means


def _nearest(questions: NDArray[np.float32], rows: InContext) -> list[set[int]]:
    """The first rows by inner product for each question, by comparing with all."""
    best = np.empty((len(questions), 0), dtype=np.float32)
    found = np.empty((len(questions), 0), dtype=np.int64)
    for start in range(0, len(rows.embeddings), _BLOCK):
        scores = questions @ rows[start : start + _BLOCK].T
        numbers = np.broadcast_to(np.arange(start, start + scores.shape[1]), scores.shape)
        best, found = np.concatenate([best, scores], axis=1), np.concatenate([found, numbers], axis=1)
        order = np.argpartition(-best, min(_DEPTH, best.shape[1]) - 1, axis=1)[:, :_DEPTH]
        best, found = np.take_along_axis(best, order, axis=1), np.take_along_axis(found, order, axis=1)
    return [set(row) for row in found.tolist()]


def as_text(vector: NDArray[np.float32]) -> str:
    """Write a vector to compare with as pgvector reads it: what makes all stored ones equally long counts nothing."""
    return str([*vector.tolist(), 0.0])
