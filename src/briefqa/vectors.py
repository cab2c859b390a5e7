"""The vectors of a generation and the search among them. With `vector_building` and `lists` the only importer of faiss.

A passage is found by its own vector and by its brief's, the mean direction of the brief's passages, in equal parts: a
passage of a brief that is about the question is worth more than the same words in passing. As an inner product is
linear, half the sum of both vectors scores just so, and no search needs to know.

Three files: `embeddings.npy`, the vectors as the model made them, one row a passage, from which all else can be made
again; `briefs.npy`, one row a brief; and `vectors.faiss`, the index over the sums that FAISS's factory string describes
(https://github.com/facebookresearch/faiss/wiki/The-index-factory), by inner product. What an approximate
index finds is compared again with the sums themselves, so that scores are the same in every index. Under a filter that
leaves few rows it is left aside, and the sums are compared exactly; under others it looks at as many more of its lists
as rows are out.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from briefqa.errors import CorruptGeneration
from briefqa.scored import Scored
from briefqa.vector_files import REMEDY, InContext, open_embeddings, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Under a filter so many rows are compared exactly in a millisecond or two; and so many where they are a small part: an
# index that cannot leave the others out would have to be asked for many more.
_FEW, _FEW_OF_MANY, _SMALL_PART = 4096, 16_384, 0.25
# For k rows an approximate index is asked for some more, which are then compared exactly; one in two bits for many, and
# for twice as many where more than so many rows crowd each other.
_MORE, _MORE_OF_PACKED, _FEWEST_OF_PACKED, _CROWD = 1.5, 4, 400, 25_000


@contextmanager
def _by_one_thread() -> Iterator[None]:
    """Have FAISS compute on the calling thread alone: it shares out questions, and of one question there is no part.

    Its threads would be woken all the same, a tenth of a millisecond each time. Others than this thread see nothing of
    it.
    """
    import faiss  # noqa: PLC0415 - imported by open

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


class Vectors:
    """An index over rows 0 … count-1, open for searching. Safe for many threads."""

    def __init__(self, index: Any, rows: InContext, seen: NDArray[np.int64] | None = None) -> None:
        """Take the index and what it was made from. seen: the rows to search among, None all of them."""
        self._index = index
        self._rows = rows
        self._seen = seen
        self._exact = type(index).__name__ in {"IndexFlat", "IndexFlatIP"}

    @classmethod
    def open(
        cls,
        index_file: Path,
        embeddings_file: Path,
        briefs_file: Path,
        brief_of: NDArray[np.int32],
        weight: float = 1.0,
    ) -> Self:
        """Open the files. brief_of: for each row the row of its brief. weight: as in `InContext`.

        Raises CorruptGeneration where they are damaged or do not belong together.
        """
        import faiss  # noqa: PLC0415 - a fifth of a second

        embeddings = open_embeddings(embeddings_file, scattered=True)
        rows = InContext(embeddings, open_embeddings(briefs_file, scattered=True), brief_of, weight)
        if len(brief_of) != len(embeddings) or len(rows.briefs) <= int(brief_of.max(initial=-1)):
            raise CorruptGeneration(f"{embeddings_file} and {briefs_file.name} do not belong together. {REMEDY}")
        with reading(index_file):
            index = faiss.read_index(str(index_file))
        if (index.ntotal, index.d) != embeddings.shape or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise CorruptGeneration(f"{index_file} and {embeddings_file.name} do not belong together. {REMEDY}")
        return cls(index, rows)

    def within(self, rows: NDArray[np.int64]) -> Vectors:
        """See some rows only. They keep their numbers."""
        return Vectors(self._index, self._rows, np.unique(rows))

    @property
    def count(self) -> int:
        """How many vectors there are."""
        return len(self._rows.brief_of) if self._seen is None else len(self._seen)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._rows.embeddings.shape[1])

    @_by_one_thread()
    def search(
        self, vector: NDArray[np.float32], k: int, only: Sequence[int] | NDArray[np.int64] | None = None
    ) -> Scored:
        """Find the k rows of greatest inner product with vector, best first, equal ones in the order of the rows.

        vector: shape (dimension,). only: the rows to search among; few of them, or in a graph any number, are compared
        exactly. Fewer than k where there are fewer. All rows that tie with the k-th are weighed,
        so that the answer never varies.
        """
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        rows = self._among(only)
        reach = self.count if rows is None else len(rows)
        wanted = max(min(k, reach), 0)
        fetch = min(wanted + 1, reach)
        found = self._nearest(query, fetch, rows) if wanted else Scored.of([])
        while fetch < reach and len(found.rows) == fetch and found.scores[wanted - 1] == found.scores[-1]:
            fetch = min(fetch * 2, reach)
            found = self._nearest(query, fetch, rows)
        return Scored(found.rows[:wanted], found.scores[:wanted])

    @_by_one_thread()
    def scores(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Compare some rows with vector, shape (len(rows),). vector: shape (dimension,)."""
        return _compared(np.ascontiguousarray(vector, dtype=np.float32), rows, self._rows)

    def _among(self, only: Sequence[int] | NDArray[np.int64] | None) -> NDArray[np.int64] | None:
        """Rows to search among; None: all there are."""
        if only is None:
            return self._seen
        rows = ascending(only)
        return rows if self._seen is None else np.intersect1d(rows, self._seen, assume_unique=True)

    def _nearest(self, query: NDArray[np.float32], k: int, rows: NDArray[np.int64] | None) -> Scored:
        """Find the k nearest, best first; fewer where an approximate index finds fewer."""
        import faiss  # noqa: PLC0415 - imported by open

        listed, packed = (isinstance(self._index, kind) for kind in (faiss.IndexIVF, faiss.IndexPQFastScan))
        selecting = self._exact or listed or packed or isinstance(self._index, faiss.IndexScalarQuantizer)
        # Whoever sees some rows only must not see by what is found how the others lie in the lists.
        hiding = listed and self._seen is not None
        if rows is not None and not self._exact and (hiding or not selecting or self._few(rows)):
            return _exactly(query, k, rows, self._rows)
        if packed:
            near = self._near(query, k, rows)
            return _exactly(query, min(k, len(near)), near, self._rows)
        parameters: Any = None
        if rows is not None:
            total = len(self._rows.brief_of)
            bits = np.packbits(self._mask(rows), bitorder="little")
            selector = faiss.IDSelectorBitmap(total, faiss.swig_ptr(bits))
            parameters = faiss.SearchParametersIVF() if listed else faiss.SearchParameters()
            parameters.sel = selector
            if listed:
                parameters.nprobe = min(math.ceil(self._index.nprobe * total / len(rows)), self._index.nlist)
        if self._exact:
            scores, found = self._index.search(query, k, params=parameters)
            return Scored(found[0], scores[0]).first(k)
        reach = self.count if rows is None else len(rows)
        _, found = self._index.search(query, min(int(k * _MORE), reach), params=parameters)
        rows = np.sort(found[0][found[0] >= 0])
        return _exactly(query, min(k, len(rows)), rows, self._rows)

    def _few(self, rows: NDArray[np.int64]) -> bool:
        """Whether rows are so few that comparing all of them is quickest."""
        return len(rows) <= _FEW or len(rows) <= min(_FEW_OF_MANY, _SMALL_PART * len(self._rows.brief_of))

    def _near(self, query: NDArray[np.float32], k: int, rows: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """Find rows among which the k nearest are, in an index that can leave none out by itself."""
        total = len(self._rows.brief_of)
        allowed = None if rows is None else self._mask(rows)
        wanted = max(k * _MORE_OF_PACKED, _FEWEST_OF_PACKED) * (2 if total > _CROWD else 1)
        wanted = min(wanted, total if rows is None else len(rows))
        # As many more as rows are out, were they spread evenly; twice as many as long as that is too few.
        fetch = wanted if rows is None else math.ceil(wanted * total / len(rows))
        while True:
            fetch = min(fetch, total)
            _, found = self._index.search(query, fetch)
            near = np.sort(found[0][found[0] >= 0])
            if allowed is not None:
                near = near[allowed[near]]
            if len(near) >= wanted or fetch == total:
                return near
            fetch *= 2

    def _mask(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For each row whether it is one of these."""
        mask = np.zeros(len(self._rows.brief_of), dtype=bool)
        mask[rows] = True
        return mask


def ascending(rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Give rows in their order, each once; those that come so are taken as they are."""
    given = np.asarray(rows, dtype=np.int64)
    return given if (given[1:] > given[:-1]).all() else np.unique(given)


def _exactly(query: NDArray[np.float32], k: int, rows: NDArray[np.int64], vectors: InContext) -> Scored:
    """Find the k nearest among rows, which ascend, by comparing all of them."""
    scores = _compared(query, rows, vectors)
    if len(rows) > k:
        likely = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        scores, rows = scores[likely], rows[likely]
    return Scored(rows, scores).first(k, ascending=True)


def _compared(vector: NDArray[np.float32], rows: NDArray[np.int64], vectors: InContext) -> NDArray[np.float32]:
    """Inner products of vector with some rows, shape (len(rows),), each reckoned by itself and so always the same."""
    own = _products(vector, vectors.embeddings, rows)
    if vectors.weight != 1.0:
        own *= np.float32(vectors.weight)
    own += _products(vector, vectors.briefs, vectors.brief_of[rows])
    own *= np.float32(0.5)
    return own


def _products(vector: NDArray[np.float32], among: NDArray[np.float32], rows: NDArray[Any]) -> NDArray[np.float32]:
    """Inner products of vector with some rows of an array, where they lie: copies would take most of the time.

    Raises IndexError for a row that there is not, as of a damaged file: FAISS would read whatever lies there.
    """
    import faiss  # noqa: PLC0415 - imported by open

    products = np.empty(len(rows), dtype=np.float32)
    at = np.ascontiguousarray(rows, dtype=np.int64)
    if at.min(initial=0) < 0 or at.max(initial=-1) >= len(among):
        raise IndexError(f"There are {len(among)} rows, and not each of those that are asked for.")
    pointers = [faiss.swig_ptr(array) for array in (products, vector, among, at)]
    faiss.fvec_inner_products_by_idx(*pointers, among.shape[1], 1, len(at))  # type: ignore[attr-defined]
    return products
