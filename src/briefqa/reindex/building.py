"""A generation built in a folder of its own: catalog, embeddings, index. Nothing here is live yet.

Three things run at a time: files are read in processes, briefs are cut here, passages are embedded in a thread. What is
done is put away in segments as it comes, so that no more than a few hundred passages are held and none is lost; at the
end the generation before and the segments become the new one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from briefqa.catalog import Catalog, CatalogWriter, digest_of
from briefqa.errors import EmbeddingError
from briefqa.generation import CATALOG, EMBEDDINGS, NOTED_EMBEDDINGS, Before, Embedded, write_indexes
from briefqa.noted import noted
from briefqa.passages import Splitter, embedded_text
from briefqa.reindex.folder import replaced
from briefqa.reindex.overlapping import Stopped, overlapped
from briefqa.reindex.report import Progress
from briefqa.vector_building import check_factory
from briefqa.vector_files import create_embeddings, open_embeddings

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
    from briefqa.reindex.segments import Segments
    from briefqa.reindex.workers import Workers

# What is held, put away and lost at most when a run is cut short: so many passages, or those of so many seconds.
_PASSAGES_A_SEGMENT = 512
_SECONDS_A_SEGMENT = 30.0
# Embedded in one call, between two looks at whether to stop: up to three seconds on a slow machine.
_EMBEDDED_AT_ONCE = 64
_ROWS_COPIED_AT_ONCE = 65_536
PARTS = 5
"""Of writing a generation: its catalog, its vectors, its indexes, its seals; its trial and publication."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The generation before, sound and open."""

    folder: Path
    manifest: Manifest
    catalog: Catalog


@dataclass(slots=True)
class Batch:
    """Briefs on their way into a segment. texts: those of all their passages as they are embedded, in order.

    noted: those of the notes that the passages cite. known, known_noted: for some of either the row of the parent that
    has the vector. vectors: of the passages, then of the notes.
    """

    briefs: list[tuple[Brief, Sequence[Passage], Sequence[str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)
    known_noted: dict[int, int] = field(default_factory=dict)
    vectors: NDArray[np.float32] | None = None


@dataclass(slots=True)
class Build:
    """One build. parent: what it takes over from. embedder: None where nothing has to be embedded.

    reuse: whether vectors of the parent are taken over, too. same_indexes: whether the parent's indexes are made as
    those of this build are to be, so that they can be made of them.
    """

    folder: Path
    parent: Parent | None
    embedder: Embedder | None
    workers: Workers
    segments: Segments
    passage_tokens: int
    faiss_factory: str
    watch: Stopwatch
    progress: Callable[[Progress], None]
    reuse: bool = True
    same_indexes: bool = False
    splitter: Splitter | None = None
    _met: int = 0
    _embedded: int = 0

    def run(self, plan: Plan, new: Iterable[Brief], files: Mapping[str, FileRecord]) -> Counts:
        """Write catalog, embeddings and index into the folder; returns what they hold.

        new: the briefs that are neither in the parent nor in a segment. files: a record of every file of docs_in by
        path; looked at after the last of new.
        """
        check_factory(self.faiss_factory, self.dimension)
        done = self._in_segments()
        known = {brief_id: paths for brief_id, paths in plan.resplit.items() if brief_id not in done}
        for batch in overlapped(self._embed, self._batches(chain(new, self._known(known)))):
            self._put_away(batch)
        with self.watch.timing("write"):
            return self._assemble(plan, files)

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        if self.embedder is not None:
            return self.embedder.dimension
        if self.parent is None:
            raise EmbeddingError("An index without a generation before it needs a model.")
        return self.parent.manifest.dimension

    def _model(self) -> Embedder:
        if self.embedder is None:
            raise EmbeddingError("A brief to cut and embed needs a model.")
        return self.embedder

    def _in_segments(self) -> set[str]:
        if self.embedder is None:
            return set()
        return {brief_id for segment in self.segments.of(self.embedder.fingerprint) for brief_id in segment.briefs}

    def _known(self, places: Mapping[str, list[str]]) -> Iterator[Brief]:
        """Give briefs as the parent has them, at the places where they lie now."""
        if self.parent is None:
            return
        for brief_id, paths in places.items():
            _, brief = self.parent.catalog.brief(brief_id)
            yield replace(brief, path=paths[0], geometry=self.parent.catalog.geometry(brief_id))

    def _batches(self, briefs: Iterable[Brief]) -> Iterator[Batch]:
        """Cut briefs, and gather as many as go into a segment."""
        # As many as leave each of those who embed several blocks.
        enough = max(_PASSAGES_A_SEGMENT, 4 * _EMBEDDED_AT_ONCE * self.workers.embedding)
        batch, since = Batch(), time.monotonic()
        for brief in briefs:
            with self.watch.timing("split"):
                passages = self._split(brief)
            texts = [embedded_text(passage) for passage in passages]
            batch.briefs.append((brief, passages, texts))
            batch.texts += texts
            batch.noted += [one.text for one in noted(brief, passages)]
            self._met += len(texts)
            if len(batch.texts) >= enough or time.monotonic() - since > _SECONDS_A_SEGMENT:
                yield self._recognized(batch)
                batch, since = Batch(), time.monotonic()
        if batch.briefs:
            yield self._recognized(batch)

    def _split(self, brief: Brief) -> tuple[Passage, ...]:
        if self.splitter is None:
            model = self._model()
            self.splitter = Splitter(model.count_tokens, max_tokens=self.passage_tokens, window=model.window)
        return self.splitter.split(brief)

    def _recognized(self, batch: Batch) -> Batch:
        """Find the passages of a batch that the parent has embedded."""
        if self.parent is not None and self.reuse and self._model().fingerprint == self.parent.manifest.fingerprint:
            catalog = self.parent.catalog
            digests = [digest_of(text) for text in batch.texts]
            rows = catalog.embedded(digests)
            batch.known = {place: rows[digest] for place, digest in enumerate(digests) if digest in rows}
            digests = [digest_of(text) for text in batch.noted]
            rows = catalog.embedded(digests, "noted")
            batch.known_noted = {place: rows[digest] for place, digest in enumerate(digests) if digest in rows}
        return batch

    def _embed(self, batch: Batch, stopped: Callable[[], bool]) -> Batch:
        """Make the vectors of a batch, texts of like length together. In a thread of its own."""
        count = len(batch.texts)
        texts = batch.texts + batch.noted
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for rows, known, file in (
            (vectors[:count], batch.known, EMBEDDINGS),
            (vectors[count:], batch.known_noted, NOTED_EMBEDDINGS),
        ):
            if known and self.parent is not None:
                rows[list(known)] = open_embeddings(self.parent.folder / file)[list(known.values())]
        have = {*batch.known, *(count + place for place in batch.known_noted)}
        wanted = [place for place in range(len(texts)) if place not in have]
        first: dict[str, int] = {}  # what says the same is embedded once
        for place in wanted:
            first.setdefault(texts[place], place)
        fresh = sorted(first.values(), key=lambda place: len(texts[place]))
        blocks = [fresh[start : start + _EMBEDDED_AT_ONCE] for start in range(0, len(fresh), _EMBEDDED_AT_ONCE)]
        embedded = self.workers.embed(self._model(), ([texts[place] for place in block] for block in blocks))
        for places in blocks:
            if stopped():
                raise Stopped
            with self.watch.timing("embed"):
                made = next(embedded)
            if made.shape != (len(places), self.dimension) or not np.isfinite(made).all():
                raise EmbeddingError(
                    f"The model {self._model().model} makes vectors that are not numbers: choose another."
                )
            vectors[places] = made
        vectors[wanted] = vectors[[first[texts[place]] for place in wanted]]
        batch.vectors = vectors
        return batch

    def _put_away(self, batch: Batch) -> None:
        assert batch.vectors is not None  # noqa: S101 - embedded just before
        with self.watch.timing("write"):
            passages, notes = np.split(batch.vectors, [len(batch.texts)])
            self.segments.add(self._model().fingerprint, batch.briefs, passages, notes)
        self._embedded += len(batch.texts)
        self.progress(Progress("embed", self._embedded, self._met))

    def _assemble(self, plan: Plan, files: Mapping[str, FileRecord]) -> Counts:
        """Put the generation together from the one before and from the segments."""
        file = self.folder / CATALOG
        parent = self.parent.folder / CATALOG if self.parent else None
        places: dict[str, str] = {}  # of content that lies under several names, some cannot be read
        for path, record in sorted(files.items()):
            places.setdefault(record.brief or "", path)
        wanted = {brief_id: places[brief_id] for brief_id in (*plan.read, *plan.resplit) if brief_id in places}
        sources: list[tuple[Path, list[int]]] = []
        of_notes: list[tuple[Path, list[int]]] = []
        before: Before | None = None
        self.progress(Progress("write", 0, PARTS))
        with CatalogWriter(file, parent, same=self.same_indexes) as writer:
            if self.parent is not None:
                kept = {brief_id: paths[0] for brief_id, paths in plan.kept.items()}
                copied = writer.copy(kept)
                sources.append((self.parent.folder / EMBEDDINGS, copied.passages))
                of_notes.append((self.parent.folder / NOTED_EMBEDDINGS, copied.noted))
                before = Before(self.parent.folder, *copied) if self.same_indexes else None
            for segment in self.segments.of(self.embedder.fingerprint) if self.embedder else ():
                taken = {brief_id: wanted.pop(brief_id) for brief_id in segment.briefs & wanted.keys()}
                copied = writer.copy(taken, segment.catalog)
                sources.append((segment.embeddings, copied.passages))
                of_notes.append((segment.noted, copied.noted))
            writer.put_files(files.values())
            writer.revise(replaced(self._files_before(), files))
            writer.finish()
            counts = writer.passages, writer.noted
        self.progress(Progress("write", 1, PARTS))
        embedded = Embedded(
            _gathered(sources, self.folder / EMBEDDINGS, counts[0], self.dimension),
            _gathered(of_notes, self.folder / NOTED_EMBEDDINGS, counts[1], self.dimension),
        )
        self.progress(Progress("write", 2, PARTS))
        catalog = Catalog(file)
        try:
            write_indexes(self.folder, catalog, embedded, self.faiss_factory, before)
            self.progress(Progress("write", 3, PARTS))
            return catalog.counts()
        finally:
            catalog.close()

    def _files_before(self) -> dict[str, FileRecord]:
        return {file.path: file for file in self.parent.catalog.files()} if self.parent else {}


def _gathered(
    sources: Iterable[tuple[Path, Sequence[int]]], into: Path, count: int, dimension: int
) -> NDArray[np.float32]:
    """Write count rows of the files into one, one file after another, without holding all of them."""
    into.parent.mkdir(exist_ok=True)
    target = create_embeddings(into, count, dimension)
    filled = 0
    for file, wanted in sources:
        source = open_embeddings(file)
        rows = np.asarray(wanted, dtype=np.int64)
        # Most of a night's rows follow on each other, and are copied as they lie.
        for run in np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1):
            for start in range(0, len(run), _ROWS_COPIED_AT_ONCE):
                block = run[start : start + _ROWS_COPIED_AT_ONCE]
                target[filled : filled + len(block)] = source[block[0] : block[0] + len(block)]
                filled += len(block)
    if isinstance(target, np.memmap):
        target.flush()
    return target
