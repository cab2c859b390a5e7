"""A generation open for searching, and the protocol by which a searcher sees an index, here or elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from briefqa.catalog import Catalog
from briefqa.errors import CorruptGeneration, IncompatibleGeneration, NoGeneration, NotFound
from briefqa.generation.manifest import CATALOG, EMBEDDINGS, REMEDY, VECTORS, check_seals, read_manifest
from briefqa.generation.store import current_id, generation_folder
from briefqa.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from briefqa.briefs import Brief
    from briefqa.catalog import BriefRecord, FileRecord, StoredPassage
    from briefqa.generation.manifest import IndexInfo, Manifest


class ScoredPassage(NamedTuple):
    """A passage as a leg of the search ranks it. Scores of different legs cannot be compared."""

    passage_id: str
    score: float


class Index(Protocol):
    """What a searcher sees of an index. Never changes while it is open; safe for many threads."""

    def info(self) -> IndexInfo:
        """Tell what the index holds and what made it."""

    def dense(self, vector: NDArray[np.float32], k: int, only: Sequence[str] | None = None) -> list[ScoredPassage]:
        """Find the k passages nearest to vector by inner product, best first, ties in the order of the ids.

        vector: shape (dimension,). only: the ids to search among, exactly; unknown ones are passed over.
        """

    def fetch(self, passage_ids: Sequence[str]) -> list[StoredPassage]:
        """Return passages with their briefs and notes, in the same order. Raises NotFound that names a missing id."""

    def briefs(self, *, limit: int, offset: int = 0) -> list[BriefRecord]:
        """List records of briefs in the order of their paths."""

    def brief(self, brief_id: str) -> tuple[BriefRecord, Brief]:
        """Return a brief whole, notes and marks included, and its record. Raises NotFound."""

    def close(self) -> None:
        """Let go of files and memory."""


class Generation:
    """A generation on disk, open for searching: the first `Index`.

    It holds its files open, so that it serves on when it has been pruned meanwhile.
    """

    def __init__(self, manifest: Manifest, catalog: Catalog, vectors: Vectors) -> None:
        self.manifest = manifest
        self._catalog = catalog
        self._vectors = vectors

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the generation in folder, after a quick check: manifest, sizes and beginnings of the files, counts.

        Raises CorruptGeneration, IncompatibleGeneration.
        """
        manifest = read_manifest(folder)
        check_seals(folder, manifest.files, whole=False)
        for name in (CATALOG, VECTORS, EMBEDDINGS):
            if name not in manifest.files:
                raise CorruptGeneration(f"{folder / name} is not in the manifest. {REMEDY}")
        vectors = Vectors.open(folder / VECTORS, folder / EMBEDDINGS)
        catalog = Catalog(folder / CATALOG)
        try:
            _check_counts(folder, manifest, catalog, vectors)
        except BaseException:
            catalog.close()
            raise
        return cls(manifest, catalog, vectors)

    def info(self) -> IndexInfo:
        """Tell what the index holds and what made it."""
        return self.manifest.info()

    def dense(self, vector: NDArray[np.float32], k: int, only: Sequence[str] | None = None) -> list[ScoredPassage]:
        """Find the k passages nearest to vector by inner product; see `Index.dense`."""
        if vector.shape != (self._vectors.dimension,):
            raise IncompatibleGeneration(
                f"The model makes vectors of {vector.size} numbers, this index holds {self._vectors.dimension} "
                f"({self.manifest.model}): set `model` back, or run `briefqa reindex`."
            )
        rows = None if only is None else self._catalog.positions(only)
        found = self._vectors.search(vector, k, rows)
        ids = self._catalog.passage_ids([row for row, _ in found])
        scored = [ScoredPassage(name, score) for name, (_, score) in zip(ids, found, strict=True)]
        return sorted(scored, key=lambda passage: (-passage.score, passage.passage_id))

    def fetch(self, passage_ids: Sequence[str]) -> list[StoredPassage]:
        """Return passages with their briefs and notes, in the same order. Raises NotFound that names a missing id."""
        return self._catalog.fetch(passage_ids)

    def briefs(self, *, limit: int, offset: int = 0) -> list[BriefRecord]:
        """List records of briefs in the order of their paths."""
        return self._catalog.briefs(limit=limit, offset=offset)

    def brief(self, brief_id: str) -> tuple[BriefRecord, Brief]:
        """Return a brief whole, notes and marks included, and its record. Raises NotFound."""
        return self._catalog.brief(brief_id)

    def files(self) -> list[FileRecord]:
        """Every file of docs_in as it was when this generation was built."""
        return self._catalog.files()

    def close(self) -> None:
        """Let go of files and memory."""
        self._catalog.close()


def open_current(index: Path) -> Generation:
    """Open the live generation. Raises NoGeneration, CorruptGeneration, IncompatibleGeneration."""
    name = current_id(index)
    if name is None:
        raise NoGeneration(f"There is no index in {index} yet: put briefs into the folder and run `briefqa reindex`.")
    try:
        return open_generation(index, name)
    except (NotFound, CorruptGeneration) as error:
        if current_id(index) != name:  # another was published, and this one pruned, in between
            return open_current(index)
        if isinstance(error, NotFound):
            raise CorruptGeneration(f"{index / 'CURRENT'} names {name}, which is not there. {REMEDY}") from error
        raise


def open_generation(index: Path, generation: str) -> Generation:
    """Open a generation by name. Raises NotFound, CorruptGeneration, IncompatibleGeneration."""
    return Generation.open(generation_folder(index, generation))


def verify(index: Path, generation: str) -> Manifest:
    """Compare every byte of a generation with its checksums. Raises as `open_generation` does."""
    folder = generation_folder(index, generation)
    manifest = read_manifest(folder)
    check_seals(folder, manifest.files, whole=True)
    Generation.open(folder).close()
    return manifest


def _check_counts(folder: Path, manifest: Manifest, catalog: Catalog, vectors: Vectors) -> None:
    """Passages = vectors = the manifest's count, and so for all that is counted."""
    if catalog.counts() != manifest.counts:
        raise CorruptGeneration(f"{folder / CATALOG} does not hold what the manifest counts. {REMEDY}")
    if (vectors.count, vectors.dimension) != (manifest.counts.passages, manifest.dimension):
        raise CorruptGeneration(f"{folder / VECTORS} does not hold what the manifest counts. {REMEDY}")
