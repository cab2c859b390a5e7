"""What a generation is searched by, made from its catalog and the vectors of its passages."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from briefqa.generation.manifest import BRIEF_VECTORS, LEXICAL, VECTORS
from briefqa.lexical import Lexical, TooOften, update_lexical, write_lexical
from briefqa.lists import Staying
from briefqa.vector_files import InContext, write_briefs
from briefqa.vectors import write_index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.catalog import Catalog


# From so large a part of passages on that are new, all is made anew: then it saves nothing not to.
_MOST_NEW = 0.3


@dataclass(frozen=True, slots=True)
class Before:
    """The generation that is taken over from. folder: where it lies. rows: those of its passages that stay.

    They come first in the new one, in their order.
    """

    folder: Path
    rows: Sequence[int]


def write_indexes(
    folder: Path, catalog: Catalog, embeddings: NDArray[np.float32], factory: str, before: Before | None = None
) -> None:
    """Write the lexical index and that of the vectors into folder. embeddings: one row for each passage of catalog.

    before: of what to make them, if its indexes were made by the same code and with the same factory.
    """
    if before is not None and len(before.rows) < (1 - _MOST_NEW) * len(embeddings):
        before = None
    if before is None or not _updated(folder / LEXICAL, catalog, before):
        write_lexical(folder / LEXICAL, catalog.searchable())
    brief_of = Lexical.open(folder / LEXICAL).brief_of
    briefs = write_briefs(folder / BRIEF_VECTORS, embeddings, brief_of)
    staying = Staying(before.folder / VECTORS, _rows(before)) if before else None
    write_index(folder / VECTORS, InContext(embeddings, briefs, brief_of), factory, staying)


def _updated(folder: Path, catalog: Catalog, before: Before) -> bool:
    """Make the lexical index of the one before; False where that does not tell enough."""
    try:
        parts = Lexical.open(before.folder / LEXICAL).parts
        update_lexical(folder, parts, _rows(before), catalog.searchable(len(before.rows)))
    except TooOften:
        shutil.rmtree(folder)
        return False
    return True


def _rows(before: Before) -> NDArray[np.int64]:
    return np.array(before.rows, dtype=np.int64)
