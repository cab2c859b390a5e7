"""A generation built in a folder of its own: catalog, embeddings, index. Nothing here is live yet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from briefqa.catalog import Catalog, CatalogWriter, Counts, FileRecord
from briefqa.errors import EmbeddingError, ReadingError, ReadingTimeout
from briefqa.generation import CATALOG, EMBEDDINGS, VECTORS
from briefqa.passages import Splitter, embedded_text, with_context
from briefqa.reindex.report import Progress
from briefqa.vectors import check_factory, create_embeddings, open_embeddings, write_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.briefs import Brief, Document, Passage, Problem
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
    """One build: what goes in, and what comes of it.

    read, understand: the reader of files, as in `briefqa.reading` and `briefqa.notes`. embedder: None where nothing
    has to be embedded. files and problems are filled as it goes.
    """

    docs_in: Path
    folder: Path
    parent: Parent | None
    plan: Plan
    embedder: Embedder | None
    passage_tokens: int
    faiss_factory: str
    read: Callable[[Path, str], Document]
    understand: Callable[[Document, str], Brief]
    watch: Stopwatch
    progress: Callable[[Progress], None]
    splitter: Splitter | None = None
    files: dict[str, FileRecord] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def run(self, records: dict[str, FileRecord]) -> Counts:
        """Write catalog, embeddings and index into the folder; returns what they hold.

        records: a record of every file of docs_in, by path.
        """
        check_factory(self.faiss_factory, self.dimension)
        self.files = records | self.plan.failures
        file = self.folder / CATALOG
        parent = self.parent.folder / CATALOG if self.parent else None
        with CatalogWriter(file, parent) as writer:
            with self.watch.timing("write"):
                copied = (
                    writer.copy({brief_id: paths[0] for brief_id, paths in self.plan.kept.items()}) if parent else []
                )
            for brief in self._briefs():
                self._add(writer, brief)
            with self.watch.timing("write"):
                writer.put_files(self.files.values())
            self._embed(writer, copied)
            with self.watch.timing("write"):
                writer.finish()
        catalog = Catalog(file)
        try:
            return catalog.counts()
        finally:
            catalog.close()

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        if self.embedder is not None:
            return self.embedder.dimension
        if self.parent is None:
            raise EmbeddingError("An index without a generation before it needs a model.")
        return self.parent.manifest.dimension

    def _briefs(self) -> Iterator[Brief]:
        """Give the briefs that are not taken over as they are."""
        for brief_id, paths in self.plan.resplit.items():
            if self.parent is not None:
                yield replace(self.parent.catalog.brief(brief_id)[1], path=paths[0])
        for number, (brief_id, paths) in enumerate(self.plan.read.items()):
            self.progress(Progress("read", number, len(self.plan.read), paths[0]))
            brief = self._read(brief_id, paths)
            if brief is not None:
                self.problems += brief.problems
                yield brief
        if self.plan.read:
            self.progress(Progress("read", len(self.plan.read), len(self.plan.read)))

    def _read(self, brief_id: str, paths: Sequence[str]) -> Brief | None:
        """Read a brief at the first of its places; None, with the reason kept, where it gives nothing."""
        path = paths[0]
        try:
            with self.watch.timing("read"):
                document = self.read(self.docs_in / path, path)
            with self.watch.timing("notes"):
                return self.understand(document, brief_id)
        except ReadingError as error:
            self._fail(paths, str(error), again=isinstance(error, ReadingTimeout))
        except OSError as error:
            self._fail(paths, f"{path} cannot be read: {error.strerror or error}.", again=True)
        except Exception as error:  # noqa: BLE001 - no file, and no flaw of a reader, stops the night
            self._fail(paths, f"{path} cannot be read: {type(error).__name__}: {error}. Please report this.")
        return None

    def _fail(self, paths: Sequence[str], message: str, *, again: bool = False) -> None:
        """Keep the reason. again: it may be better next time, so that the file must not be taken to be known."""
        for path in paths:
            record = self.files[path]
            sha256 = "" if again else record.sha256
            self.files[path] = replace(record, brief=None, sha256=sha256, failure=message)

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

    def _embed(self, writer: CatalogWriter, copied: Sequence[int]) -> None:
        """Fill the embeddings, from the parent as far as it has them, and build the index."""
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
        with self.watch.timing("write"):
            if isinstance(embeddings, np.memmap):
                embeddings.flush()
            write_index(self.folder / VECTORS, embeddings, self.faiss_factory)

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
