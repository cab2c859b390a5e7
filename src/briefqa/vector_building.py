"""How the index over a generation's vectors is made: of which kind, trained on what, and made to look how widely.

What is in it and how it is searched is told in `vectors`, beside which and `lists` this is the only importer of faiss.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.errors import GenerationError
from briefqa.lists import Learned, taken_over, write_learned

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.lists import Staying
    from briefqa.vector_files import InContext

# Rows read or put in at a time: bounds the memory taken beside the index itself.
_BLOCK = 65_536

AUTO = "auto"
"""A factory that stands for the one that fits the number of passages."""

# Up to so many rows comparing with all of them as they are takes a fifth of a millisecond, and up to so many comparing
# with all of them in two bits a number, sixteen pairs of numbers at a time (product quantisation, "fast scan"), takes a
# few milliseconds and finds what people ask for; lists lose a fifth of it on texts that repeat each other.
_WHOLE_UP_TO, _COARSE_UP_TO = 2_500, 500_000
# An inverted file learns its lists from so many rows for each. What two bits stand for is learned from so many rows in
# all, in so many rounds: more change nothing that is found (docs/evaluate.md) and take seconds.
_TRAINED_ON = 40
_PACKED_ON, _PACKED_ROUNDS = 2048, 10
# It looks at so many lists that what it finds is, for this part, what comparing with all would find, tried on some rows
# as they are and turned away from where they lie, as questions lie beside passages.
_RECALL = 0.99
_TRIED, _TURNED, _DEPTH = 128, 0.8, 10


def check_factory(factory: str, dimension: int) -> None:
    """Raise GenerationError unless FAISS understands the factory string. Cheap: to be known before hours of work."""
    import faiss  # noqa: PLC0415 - a fifth of a second

    try:
        faiss.index_factory(dimension, "Flat" if factory == AUTO else factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise GenerationError(
            f'FAISS does not understand faiss_factory = "{factory}" for vectors of {dimension} numbers: '
            'use "auto", "Flat" (exact), "HNSW32" or "IVF256,Flat".'
        ) from error


def fitting_factory(count: int, dimension: int) -> str:
    """Choose the kind of index for so many rows: whole for few, in two bits a number for more, in lists for many.

    Two bits a number are four for a pair of them; where the numbers make no pairs, they are eight for each.
    """
    if count <= _WHOLE_UP_TO:
        return "Flat"
    if count <= _COARSE_UP_TO:
        return "SQ8" if dimension % 2 else f"PQ{dimension // 2}x4fs"
    lists = 1 << round(math.log2(4 * math.sqrt(count)))
    return f"IVF{lists},SQ8"


def write_index(file: Path, rows: InContext, factory: str, before: Staying | None = None) -> None:
    """Build the index over all rows and write it. factory: FAISS's, or "auto" for the one of `fitting_factory`.

    An index that has to be trained and has too few rows for it is built flat, which is exact and, for so few, fast.
    before: an index that was made with the same factory, and its rows that are the first of these; its lists are taken
    over while few rows are new. Raises GenerationError for a factory string that FAISS does not understand.
    """
    import faiss  # noqa: PLC0415 - a fifth of a second

    count, dimension = rows.embeddings.shape
    check_factory(factory, dimension)
    index = faiss.index_factory(
        dimension, fitting_factory(count, dimension) if factory == AUTO else factory, faiss.METRIC_INNER_PRODUCT
    )
    taken = taken_over(index, before, count) if before else None
    if taken:
        index, learned = taken
    else:
        index, learned = _trained(index, rows), Learned(count, 0)
    for start in range(index.ntotal, count, _BLOCK):
        index.add(rows[start : min(start + _BLOCK, count)])
    if not taken:
        _search_widely(index, rows)
    try:
        faiss.write_index(index, str(file))
    except RuntimeError as error:
        raise GenerationError(f"Cannot write {file}: is the disk full?") from error
    if isinstance(index, faiss.IndexIVF):
        write_learned(file, learned)


def _trained(index: Any, rows: InContext) -> Any:
    """Train an index, if it has to be; a flat one where there are too few rows for it."""
    import faiss  # noqa: PLC0415 - imported by write_index

    if index.is_trained:
        return index
    count, dimension = rows.embeddings.shape
    wanted = _TRAINED_ON * index.nlist if isinstance(index, faiss.IndexIVF) else count
    if isinstance(index, faiss.IndexPQFastScan):
        wanted = _PACKED_ON
        index.pq.cp.niter = _PACKED_ROUNDS
    try:
        index.train(rows[_sample(count, wanted)])
    except RuntimeError:
        return faiss.IndexFlatIP(dimension)
    return index


def _sample(count: int, wanted: int) -> NDArray[np.int64]:
    """Some rows, the same ones every time, evenly from all."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count), dtype=np.int64))


def _search_widely(index: Any, rows: InContext) -> None:
    """Make an approximate index look at as much as it takes; what is set here is kept in its file."""
    import faiss  # noqa: PLC0415 - imported by write_index

    with suppress(RuntimeError):  # no graph
        faiss.ParameterSpace().set_index_parameter(index, "efSearch", 128)
    if not isinstance(index, faiss.IndexIVF) or not index.ntotal:
        return
    tried = rows[_sample(index.ntotal, _TRIED)]
    noise = np.random.default_rng(len(tried)).standard_normal(tried.shape, dtype=np.float32)
    turned = tried + _TURNED * noise * (
        np.linalg.norm(tried, axis=1, keepdims=True) / np.linalg.norm(noise, axis=1, keepdims=True)
    )
    questions = np.concatenate([tried, turned]).astype(np.float32)
    depth = min(_DEPTH, index.ntotal)
    index.nprobe = index.nlist
    _, all_of_them = index.search(questions, depth)
    index.nprobe = 8
    while index.nprobe < index.nlist:
        _, found = index.search(questions, depth)
        same = [len(np.intersect1d(*pair)) for pair in zip(found, all_of_them, strict=True)]
        if np.mean(same) >= _RECALL * depth:
            break
        index.nprobe = min(int(index.nprobe * 1.4), index.nlist)
