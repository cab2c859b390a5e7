"""A generation built in a folder of its own: catalog, embeddings, index. Nothing here is live yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from briefqa.catalog import Catalog, CatalogWriter
from briefqa.errors import EmbeddingError
from briefqa.generation import CATALOG, EMBEDDINGS, write_indexes
from briefqa.passages import Splitter, embedded_text, with_context
from briefqa.reindex.folder import replaced
from briefqa.reindex.report import Progress
from briefqa.vectors import check_factory, create_embeddings, open_embeddings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.briefs import Brief, Passage
    from briefqa.catalog import Counts, FileRecord
    from briefqa.embedding import Embedder
    from briefqa.generation import Manifest
    from briefqa.reindex.folder import Plan
    from briefqa.reindex.report import Stopwatch

# Texts embedded at a time: enough to sort them by length, few enough to stay small in memory and to show progress.
_EMBEDDED_AT_ONCE = 1024
_ROWS_COPIED_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class Parent:
    """The generation before, sound and open."""

    folder: Path
    manifest: Manifest
    catalog: Catalog


@dataclass(slots=True)
class Build:
    """One build. parent: what it takes over from. embedder: None where nothing has to be embedded."""

    folder: Path
    parent: Parent | None
    embedder: Embedder | None
    passage_tokens: int
    faiss_factory: str
    watch: Stopwatch
    progress: Callable[[Progress], None]
    splitter: Splitter | None = None

    def run(self, plan: Plan, new: Iterable[Brief], files: Mapping[str, FileRecord]) -> Counts:
        """Write catalog, embeddings and index into the folder; returns what they hold.

        new: the briefs that were not in the parent. files: a record of every file of docs_in by path; looked at after
        the last of new.
        """
        check_factory(self.faiss_factory, self.dimension)
        file = self.folder / CATALOG
        parent = self.parent.folder / CATALOG if self.parent else None
        with CatalogWriter(file, parent) as writer:
            with self.watch.timing("write"):
                kept = {brief_id: paths[0] for brief_id, paths in plan.kept.items()}
                copied = writer.copy(kept) if parent else []
            for brief in chain(new, self._known(plan.resplit)):
                self._add(writer, brief)
            with self.watch.timing("write"):
                writer.put_files(files.values())
                writer.revise(replaced(self._files_before(), files))
            embeddings = self._embed(writer, copied)
            with self.watch.timing("write"):
                writer.finish()
        catalog = Catalog(file)
        try:
            with self.watch.timing("write"):
                write_indexes(self.folder, catalog, embeddings, self.faiss_factory)
            return catalog.counts()
        finally:
            catalog.close()

    def _files_before(self) -> dict[str, FileRecord]:
        return {file.path: file for file in self.parent.catalog.files()} if self.parent else {}

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        if self.embedder is not None:
            return self.embedder.dimension
        if self.parent is None:
            raise EmbeddingError("An index without a generation before it needs a model.")
        return self.parent.manifest.dimension

    def _known(self, places: Mapping[str, list[str]]) -> Iterator[Brief]:
        """Give briefs as the parent has them, at the places where they lie now."""
        if self.parent is None:
            return
        for brief_id, paths in places.items():
            _, brief = self.parent.catalog.brief(brief_id)
            yield replace(brief, path=paths[0], geometry=self.parent.catalog.geometry(brief_id))

    def _add(self, writer: CatalogWriter, brief: Brief) -> None:
        with self.watch.timing("split"):
            passages = self._split(brief)
        with self.watch.timing("write"):
            writer.add(brief, passages, [embedded_text(passage) for passage in passages])

    def _split(self, brief: Brief) -> tuple[Passage, ...]:
        if self.embedder is None:
            raise EmbeddingError("A brief to split needs a model.")
        if self.splitter is None:
            count, window = self.embedder.count_tokens, self.embedder.window
            self.splitter = Splitter(count, max_tokens=self.passage_tokens, window=window)
        return self.splitter.split(brief)

    def _embed(self, writer: CatalogWriter, copied: Sequence[int]) -> NDArray[np.float32]:
        """Fill the embeddings, from the parent as far as it has them."""
        with self.watch.timing("write"):
            embeddings = create_embeddings(self.folder / EMBEDDINGS, writer.passages, self.dimension)
            fresh = np.ones(writer.passages, dtype=bool)
            if self.parent is not None:
                kept = list(enumerate(copied))
                if self.embedder is None or self.embedder.fingerprint == self.parent.manifest.fingerprint:
                    kept += writer.known_to_parent(len(copied))
                _copy_rows(open_embeddings(self.parent.folder / EMBEDDINGS), embeddings, kept)
                fresh[[position for position, _ in kept]] = False
        with self.watch.timing("embed"):
            self._embed_fresh(writer, embeddings, np.flatnonzero(fresh))
        if isinstance(embeddings, np.memmap):
            embeddings.flush()
        return embeddings

    def _embed_fresh(self, writer: CatalogWriter, embeddings: NDArray[np.float32], fresh: NDArray[np.int64]) -> None:
        for start in range(0, len(fresh), _EMBEDDED_AT_ONCE):
            if self.embedder is None:
                raise EmbeddingError("Passages to embed need a model.")
            self.progress(Progress("embed", start, len(fresh)))
            block = fresh[start : start + _EMBEDDED_AT_ONCE]
            texts = [with_context(*pair) for pair in writer.contexts_and_texts(block.tolist())]
            vectors = self.embedder.embed_passages(texts)
            if vectors.shape != (len(block), self.dimension) or not np.isfinite(vectors).all():
                raise EmbeddingError(
                    f"The model {self.embedder.model} makes vectors that are not numbers: choose another."
                )
            embeddings[block] = vectors
        if len(fresh):
            self.progress(Progress("embed", len(fresh), len(fresh)))


def _copy_rows(source: NDArray[np.float32], target: NDArray[np.float32], pairs: Sequence[tuple[int, int]]) -> None:
    """target[i] = source[j] for all (i, j) of pairs, without holding all of them."""
    for start in range(0, len(pairs), _ROWS_COPIED_AT_ONCE):
        block = np.asarray(pairs[start : start + _ROWS_COPIED_AT_ONCE], dtype=np.int64)
        target[block[:, 0]] = source[block[:, 1]]
