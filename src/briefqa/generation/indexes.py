"""What a generation is searched by, made from its catalog and the vectors of its passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.generation.manifest import BRIEF_VECTORS, LEXICAL, VECTORS
from briefqa.lexical import Lexical, write_lexical
from briefqa.vectors import InContext, write_briefs, write_index

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from briefqa.catalog import Catalog


def write_indexes(folder: Path, catalog: Catalog, embeddings: NDArray[np.float32], factory: str) -> None:
    """Write the lexical index and that of the vectors into folder. embeddings: one row for each passage of catalog."""
    write_lexical(folder / LEXICAL, catalog.searchable())
    brief_of = Lexical.open(folder / LEXICAL).brief_of
    briefs = write_briefs(folder / BRIEF_VECTORS, embeddings, brief_of)
    write_index(folder / VECTORS, InContext(embeddings, briefs, brief_of), factory)
