"""The search among the vectors of a generation, as `vectors` does it in files.

Passages lie in the context of their briefs, half the sum of both vectors, in single precision; the approximate index
compares them in half precision, and what it finds is compared again as it is. Few passages, those that a filter leaves
of many, and those of whoever sees some collections only are compared exactly; of the latter two, whole partitions are
searched approximately, since no other passage is in their index.
"""

# ruff: noqa: S608 - every query is put together from constants of this package

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.postgres.approximating import as_text
from briefqa.scored import Scored
from briefqa.vectors import ascending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from briefqa.postgres.tables import Session

# Under a filter so many are compared exactly, or such a part of all.
_FEW, _SMALL_PART = 4096, 0.02
# For k passages the index is asked for some more.
_MORE = 1.5


def open_near(session: Session, tables: Sequence[str], count: int, dimension: int, *, indexed: bool) -> Near:
    """Open the vectors of a generation, count of them, that lie in these tables; see `Near`."""
    pieces = session.ask("SELECT bytes FROM arrays WHERE name = 'part_of' ORDER BY piece")
    part_of: NDArray[np.int16] | None = np.frombuffer(b"".join(piece for (piece,) in pieces), "<i2") if pieces else None
    return Near(session, tuple(tables), count, dimension, indexed, part_of)


@dataclass(frozen=True, slots=True)
class Near:
    """The vectors of a generation, open for searching. Safe for many threads.

    tables: where they lie, each asked at the same time as the others. whole: how many there are. indexed: whether there
    is an approximate index. part_of: shape (whole,), the partition of each; None where there is one alone. seen: the
    rows to search among, None all of them.
    """

    session: Session
    tables: tuple[str, ...]
    whole: int
    dimension: int
    indexed: bool
    part_of: NDArray[np.int16] | None = None
    seen: NDArray[np.int64] | None = None

    @property
    def count(self) -> int:
        """How many vectors there are to see."""
        return self.whole if self.seen is None else len(self.seen)

    def within(self, rows: NDArray[np.int64]) -> Near:
        """See some rows only. They keep their numbers."""
        return replace(self, seen=np.unique(rows))

    def search(
        self, vector: NDArray[np.float32], k: int, only: Sequence[int] | NDArray[np.int64] | None = None
    ) -> Scored:
        """Find the k rows of greatest inner product with vector; see `Vectors.search`."""
        rows = self._among(only)
        wanted = min(k, self.count if rows is None else len(rows))
        if wanted < 1:
            return Scored.of([])
        found = self._roughly(vector, wanted, rows, filtered=only is not None) if self.indexed else []
        if len(found) < wanted:
            found = self._exactly(vector, wanted, rows)
        return Scored.of(found).first(wanted)

    def scores(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Compare some rows with vector, shape (len(rows),)."""
        # An aggregate is reckoned where the rows lie; of a row as it is, its vector would be sent.
        query = "SELECT position, max(-(vector <#> %s::vector)) FROM {table} WHERE position = ANY(%s) GROUP BY position"
        scores = dict(self._of_each(query, [as_text(vector), rows.tolist()]))
        return np.array([scores[row] for row in rows.tolist()], dtype=np.float32)

    def _among(self, only: Sequence[int] | NDArray[np.int64] | None) -> NDArray[np.int64] | None:
        if only is None:
            return self.seen
        rows = ascending(only)
        return rows if self.seen is None else np.intersect1d(rows, self.seen, assume_unique=True)

    def _of_each(self, query: str, parameters: list[Any]) -> list[Any]:
        """Ask each table; {table} is its name in the query."""
        queries = [f"({query.format(table=table)})" for table in self.tables]
        return self.session.ask(" UNION ALL ".join(queries), parameters * len(queries))

    def _exactly(self, vector: NDArray[np.float32], k: int, rows: NDArray[np.int64] | None) -> list[tuple[int, float]]:
        where, these = ("", []) if rows is None else ("WHERE position = ANY(%s)", [rows.tolist()])
        # The sum keeps the index out, which does not find all.
        query = "SELECT position, -(vector <#> %s::vector) AS score FROM {table} "
        return self._of_each(f"{query}{where} ORDER BY score DESC, position LIMIT %s", [as_text(vector), *these, k])

    def _roughly(
        self, vector: NDArray[np.float32], k: int, rows: NDArray[np.int64] | None, *, filtered: bool
    ) -> list[tuple[int, float]]:
        """Search by the index where it may be; nothing, or too little, is found where all have to be compared."""
        if rows is None:
            return self._nearest(vector, k, "", [])
        if len(rows) <= max(_FEW, int(_SMALL_PART * self.whole)):
            return []
        parts, rest = self._partitions(rows)
        if parts:
            found = self._nearest(vector, k, "WHERE part = ANY(%s)", [parts])
            return found + self._exactly(vector, min(k, len(rest)), rest) if len(rest) else found
        if filtered and self.seen is None:
            return self._nearest(vector, k, "WHERE position = ANY(%s)", [rows.tolist()])
        return []

    def _partitions(self, rows: NDArray[np.int64]) -> tuple[list[int], NDArray[np.int64]]:
        """Part rows into the partitions that they fill, and the rest of them."""
        if self.part_of is None:
            return [], rows
        held = np.bincount(self.part_of[rows])
        full = np.flatnonzero((held > 0) & (held == np.bincount(self.part_of)[: len(held)]))
        return full.tolist(), rows[~np.isin(self.part_of[rows], full)]

    def _nearest(self, vector: NDArray[np.float32], k: int, where: str, these: list[Any]) -> list[tuple[int, float]]:
        halved, asked = f"halfvec({self.dimension + 1})", as_text(vector)
        # What is ordered by is named among the columns: other servers are asked at the same time only then.
        query = (
            f"SELECT position, -(vector <#> %s::vector), (vector::{halved}) <-> %s::{halved} AS distance "
            f"FROM {{table}} {where} ORDER BY distance LIMIT %s"
        )
        found = self._of_each(query, [asked, asked, *these, int(k * _MORE)])
        return [(position, score) for position, score, _ in found]
