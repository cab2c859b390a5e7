"""Two runs over the same queries: how far they differ, and whether that could be chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from briefqa.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESAMPLES = 10_000
_SEED = 20310402


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure of two runs. before, after: means over the queries of both.

    p: how probable a difference as large would be if the runs were equally good (paired randomisation test, two
    sided; Smucker, Allan and Carterette, CIKM 2007). queries: (id, before, after) where they differ, the greatest
    loss first.
    """

    measure: str
    before: float
    after: float
    p: float
    queries: tuple[tuple[str, float, float], ...]

    @property
    def change(self) -> float:
        """How much better after is."""
        return self.after - self.before


def compare(before: Mapping[str, float], after: Mapping[str, float], measure: str) -> Comparison:
    """Compare the figures of two runs, query by query. Raises EvaluationError where they share no query."""
    shared = [query_id for query_id in before if query_id in after]
    if not shared:
        raise EvaluationError("The two runs share no query: they are not of the same collection.")
    old = np.array([before[query_id] for query_id in shared])
    new = np.array([after[query_id] for query_id in shared])
    differing = [(name, float(a), float(b)) for name, a, b in zip(shared, old, new, strict=True) if a != b]
    return Comparison(
        measure=measure,
        before=float(old.mean()),
        after=float(new.mean()),
        p=_probability(new - old),
        queries=tuple(sorted(differing, key=lambda item: (item[2] - item[1], item[0]))),
    )


def _probability(differences: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    if not differences.any():
        return 1.0
    from scipy.stats import permutation_test  # noqa: PLC0415 - half a second, and only comparing needs it

    found = permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=_RESAMPLES,
        vectorized=True,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue)
