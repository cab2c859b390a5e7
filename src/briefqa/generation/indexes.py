"""What a generation is searched by, made from its catalog and the vectors of its passages."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from briefqa.generation.manifest import BRIEF_VECTORS, LEXICAL, NOTED, NOTED_VECTORS, VECTORS
from briefqa.generation.noting import NOTE_WEIGHT
from briefqa.lexical import Lexical, TooOften, update_lexical, write_lexical
from briefqa.lists import Staying
from briefqa.vector_building import write_index
from briefqa.vector_files import InContext, write_briefs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.catalog import Catalog


# From so large a part of passages on that are new, all is made anew: then it saves nothing not to.
_MOST_NEW = 0.3


class Embedded(NamedTuple):
    """The vectors of passages and of the notes that they cite, a row for each in the order of the catalog."""

    passages: NDArray[np.float32]
    noted: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Before:
    """The generation that is taken over from. folder: where it lies.

    rows, noted: those of its passages and of the vectors of its notes that stay. They come first, in their order.
    """

    folder: Path
    rows: Sequence[int]
    noted: Sequence[int]


def write_indexes(
    folder: Path, catalog: Catalog, embedded: Embedded, factory: str, before: Before | None = None
) -> None:
    """Write the lexical index and those of the vectors into folder.

    before: of what to make them, if its indexes were made by the same code and with the same factory.
    """
    if before is not None and len(before.rows) < (1 - _MOST_NEW) * len(embedded.passages):
        before = None
    unwanted = threading.Event()
    # FAISS computes outside of Python's lock, which leaves the other core to the words.
    with ThreadPoolExecutor(1) as beside:
        vectors = beside.submit(_write_vectors, folder, catalog, embedded, factory, before, unwanted)
        try:
            if before is None or not _updated(folder / LEXICAL, catalog, before):
                write_lexical(folder / LEXICAL, catalog.searchable())
        except BaseException:
            unwanted.set()
            raise
        vectors.result()


def _write_vectors(  # noqa: PLR0913, PLR0917 - as `write_indexes` has them
    folder: Path,
    catalog: Catalog,
    embedded: Embedded,
    factory: str,
    before: Before | None,
    unwanted: threading.Event,
) -> None:
    """Write the indexes of the vectors. unwanted: is set where the rest is not to be made any more."""
    embeddings, noted = embedded
    counts = _rows(catalog.passages_by_brief())
    brief_of = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    briefs = write_briefs(folder / BRIEF_VECTORS, embeddings, brief_of)
    staying = Staying(before.folder / VECTORS, _rows(before.rows)) if before else None
    write_index(folder / VECTORS, InContext(embeddings, briefs, brief_of), factory, staying)
    passage_of = np.array(catalog.noted(), dtype=np.int32)
    np.save(folder / NOTED, passage_of)
    if unwanted.is_set():
        return
    staying = Staying(before.folder / NOTED_VECTORS, _rows(before.noted)) if before else None
    in_context = InContext(noted, briefs, brief_of[passage_of], NOTE_WEIGHT)
    write_index(folder / NOTED_VECTORS, in_context, factory, staying)


def _updated(folder: Path, catalog: Catalog, before: Before) -> bool:
    """Make the lexical index of the one before; False where that does not tell enough."""
    try:
        parts = Lexical.open(before.folder / LEXICAL, whole=True).parts
        update_lexical(folder, parts, _rows(before.rows), catalog.searchable(len(before.rows)))
    except TooOften:
        shutil.rmtree(folder)
        return False
    return True


def _rows(numbers: Sequence[int]) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)
