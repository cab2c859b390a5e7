"""The search among the vectors of a generation, as `vectors` does it in files.

Passages lie in the context of their briefs, half the sum of both vectors, in single precision; the approximate index
compares them in half precision, and what it finds is compared again as it is. Few passages, those that a filter leaves
of many, and those of whoever sees some collections only are compared exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.postgres.approximating import as_text
from briefqa.vectors import ascending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from briefqa.postgres.tables import Session

# Under a filter so many are compared exactly, or such a part of all.
_FEW, _SMALL_PART = 4096, 0.02
# For k passages the index is asked for some more.
_MORE = 1.5


class Near:
    """The vectors of a generation, open for searching. Safe for many threads."""

    def __init__(  # noqa: PLR0913 - what it searches, and how
        self,
        session: Session,
        count: int,
        dimension: int,
        *,
        indexed: bool,
        table: str = "vectors",
        seen: NDArray[np.int64] | None = None,
    ) -> None:
        """indexed: whether there is an approximate index. table: where they lie. seen: the rows to search among."""
        self._table = table
        self._indexed = indexed
        self._session = session
        self._whole = count
        self.dimension = dimension
        self._seen = seen

    @property
    def count(self) -> int:
        """How many vectors there are to see."""
        return self._whole if self._seen is None else len(self._seen)

    def within(self, rows: NDArray[np.int64]) -> Near:
        """See some rows only. They keep their numbers."""
        return Near(
            self._session, self._whole, self.dimension, indexed=self._indexed, table=self._table, seen=np.unique(rows)
        )

    def search(
        self, vector: NDArray[np.float32], k: int, only: Sequence[int] | NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Find the k rows of greatest inner product with vector; see `Vectors.search`."""
        rows = self._among(only)
        reach = self.count if rows is None else len(rows)
        wanted = min(k, reach)
        if wanted < 1:
            return []
        few = max(_FEW, int(_SMALL_PART * self._whole))
        approximate = self._indexed and self._seen is None and (rows is None or reach > few)
        found = self._roughly(vector, wanted, rows) if approximate else []
        if len(found) < wanted:
            found = self._exactly(vector, wanted, rows)
        return sorted(found, key=lambda row: (-row[1], row[0]))[:wanted]

    def scores(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Compare some rows with vector, shape (len(rows),)."""
        query = f"SELECT position, -(vector <#> %s::vector) FROM {self._table} WHERE position = ANY(%s)"  # noqa: S608
        scores = dict(self._session.ask(query, [as_text(vector), rows.tolist()]))
        return np.array([scores[row] for row in rows.tolist()], dtype=np.float32)

    def _among(self, only: Sequence[int] | NDArray[np.int64] | None) -> NDArray[np.int64] | None:
        if only is None:
            return self._seen
        rows = ascending(only)
        return rows if self._seen is None else np.intersect1d(rows, self._seen, assume_unique=True)

    def _exactly(self, vector: NDArray[np.float32], k: int, rows: NDArray[np.int64] | None) -> list[tuple[int, float]]:
        where, these = _where(rows)
        return self._session.ask(
            # The sum keeps the index out, which does not find all.
            f"SELECT position, -(vector <#> %s::vector) AS score FROM {self._table} {where} "  # noqa: S608 - of constants
            "ORDER BY score DESC, position LIMIT %s",
            [as_text(vector), *these, k],
        )

    def _roughly(self, vector: NDArray[np.float32], k: int, rows: NDArray[np.int64] | None) -> list[tuple[int, float]]:
        where, these = _where(rows)
        halved = f"halfvec({self.dimension + 1})"
        asked = as_text(vector)
        return self._session.ask(
            f"SELECT position, -(vector <#> %s::vector) FROM (SELECT position, vector FROM {self._table} "  # noqa: S608
            f"{where} ORDER BY (vector::{halved}) <-> %s::{halved} LIMIT %s) AS near",
            [asked, *these, asked, int(k * _MORE)],
        )


def _where(rows: NDArray[np.int64] | None) -> tuple[str, list[Any]]:
    return ("", []) if rows is None else ("WHERE position = ANY(%s)", [rows.tolist()])
