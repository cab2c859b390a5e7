"""A generation open for searching."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import numpy as np

from briefqa.catalog import Catalog, CitingCatalog
from briefqa.errors import CorruptGeneration, IncompatibleGeneration, NoGeneration, NotFound
from briefqa.filters import All
from briefqa.generation.beside import begun
from briefqa.generation.index import Candidates, ScoredPassage, Subset
from briefqa.generation.manifest import (
    BRIEF_VECTORS,
    CATALOG,
    EMBEDDINGS,
    LEXICAL,
    NOTED,
    NOTED_EMBEDDINGS,
    NOTED_VECTORS,
    REMEDY,
    VECTORS,
    check_seals,
    read_manifest,
)
from briefqa.generation.noting import NOTE_WEIGHT, WithNotes
from briefqa.generation.store import current_id, generation_folder
from briefqa.lexical import FILES as LEXICAL_FILES
from briefqa.lexical import Lexical, words
from briefqa.noted import told_by
from briefqa.scored import among
from briefqa.vector_files import mapped, reading
from briefqa.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.briefs import Brief, PageGeometry, Problem
    from briefqa.catalog import (
        BriefRecord,
        CitedSource,
        FileRecord,
        NotesWanted,
        Portion,
        SourcesWanted,
        StoredNote,
        StoredPassage,
    )
    from briefqa.filters import Filter
    from briefqa.generation.manifest import IndexInfo, Manifest
    from briefqa.generation.noting import Near
    from briefqa.scored import Scored


_FILES = (CATALOG, VECTORS, EMBEDDINGS, BRIEF_VECTORS, NOTED, NOTED_EMBEDDINGS, NOTED_VECTORS)
# Each takes up to 8 bytes a passage.
_FILTERS_KEPT = 16
# Of so many passages the ids are read when the first is asked for, and held; of more it would take too long.
_IDS_AT_HAND = 200_000


class Generation:
    """A generation open for searching: the first `Index`. On disk, and elsewhere with other parts.

    It holds its files open, so that it serves on when it has been pruned meanwhile.
    """

    def __init__(  # noqa: PLR0913 - its parts
        self,
        manifest: Manifest,
        catalog: Catalog,
        citing: CitingCatalog,
        vectors: Near,
        words: Lexical,
        *,
        whole: Self | None = None,
    ) -> None:
        """Take the parts. whole: what this shows some collections of."""
        self._whole = whole
        self._ids: NDArray[np.bytes_] | None = None
        self._filtered: dict[Filter, NDArray[np.int64]] = {}
        self.manifest = manifest
        self._catalog = catalog
        self._citing = citing
        self._vectors = vectors
        self._words = words
        self._within: dict[frozenset[str], Self] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the generation in folder, after a quick check: manifest, sizes and beginnings of the files, counts.

        Raises CorruptGeneration, IncompatibleGeneration.
        """
        manifest = read_manifest(folder)
        check_seals(folder, manifest.files, whole=False)
        for name in (*_FILES, *(f"{LEXICAL}/{name}" for name in LEXICAL_FILES)):
            if name not in manifest.files:
                raise CorruptGeneration(f"{folder / name} is not in the manifest. {REMEDY}")
        lexical = Lexical.open(folder / LEXICAL)
        vectors = Vectors.open(folder / VECTORS, folder / EMBEDDINGS, folder / BRIEF_VECTORS, lexical.brief_of)
        with ExitStack() as opened:
            catalog = opened.enter_context(closing(Catalog(folder / CATALOG)))
            citing = opened.enter_context(closing(CitingCatalog(folder / CATALOG)))
            _check_counts(folder, manifest, catalog, vectors, lexical)
            near = _with_notes(folder, vectors, lexical)
            opened.pop_all()
        return cls(manifest, catalog, citing, near, lexical)

    def info(self) -> IndexInfo:
        """Tell what the index holds and what made it."""
        return self.manifest.info()

    def dense(self, vector: NDArray[np.float32], k: int, only: Sequence[str] | None = None) -> list[ScoredPassage]:
        """Find the k passages nearest to vector by inner product; see `Index.dense`."""
        self._check_vector(vector)
        return self._named(self._vectors.search(vector, k, self._rows(only)))

    def lexical(self, question: str, k: int, only: Sequence[str] | None = None) -> list[ScoredPassage]:
        """Find the k passages that share most with the words of the question; see `Index.lexical`."""
        return self._named(self._words.best(self._words.scores(question), k, self._rows(only)))

    def candidates(
        self, vector: Callable[[], NDArray[np.float32]], question: str, k: int, only: Subset | None = None
    ) -> Candidates:
        """Find the k best passages of each leg, with their scores in both; see `Index.candidates`."""
        rows = None if only is None else only.rows

        def by_words() -> tuple[NDArray[np.float32], Scored]:
            scores = self._words.scores(question)
            self._words.prepare(question)
            return scores, self._words.best(scores, k, rows)

        ended = begun(by_words)
        meant = vector()
        self._check_vector(meant)
        near = self._vectors.search(meant, k, rows)
        lexical, worded = ended()
        found = np.concatenate([near.rows, worded.rows[~among(worded.rows, near.rows)]])
        # Of what was near, too: an approximate search may have missed the note that makes it nearer.
        return Candidates(found, self._vectors.scores(meant, found), lexical[found], self.ids_of)

    def select(self, where: Filter, phrases: Sequence[str] = ()) -> Subset:
        """Find the passages that a filter lets through and that hold every phrase; see `Index.select`."""
        rows = self._let_through(where)
        for phrase in phrases:
            rows = np.intersect1d(rows, self._words.holding(phrase), assume_unique=True)
        if phrases:
            sought = [f" {' '.join(words(phrase))} " for phrase in phrases]
            texts = [f" {' '.join(words(text))} " for text in self._catalog.texts(rows.tolist())]
            rows = rows[[all(phrase in text for phrase in sought) for text in texts]]
        return Subset(rows)

    def _let_through(self, where: Filter) -> NDArray[np.int64]:
        """Rows that a filter lets through. The last filters are kept: most people use the same few."""
        with self._lock:
            rows = self._filtered.pop(where, None)
        if rows is None:
            rows = np.array(self._catalog.select(where), dtype=np.int64)
        with self._lock:
            self._filtered[where] = rows
            if len(self._filtered) > _FILTERS_KEPT:
                del self._filtered[next(iter(self._filtered))]
        return rows

    def coverage(self, question: str, row: int) -> float:
        """Tell what part of the question's words a passage holds; see `Index.coverage`."""
        return self._words.coverage(question, row)

    def ids(self) -> NDArray[np.bytes_]:
        """Return the ids of all passages, in ASCII, by row: 33 bytes each, read when they are first asked for."""
        if self._ids is None:
            self._ids = np.array(list(self._catalog.ids_by_row()), dtype=np.bytes_)
        return self._ids

    def ids_of(self, rows: NDArray[np.int64]) -> list[str]:
        """Name the passages at these rows."""
        if self.manifest.counts.passages > _IDS_AT_HAND:
            return self._catalog.passage_ids(rows.tolist())
        return list(map(bytes.decode, (self._whole or self).ids()[rows].tolist()))

    def _rows(self, only: Sequence[str] | None) -> list[int] | None:
        return None if only is None else list(self._catalog.positions(only).values())

    def _named(self, found: Scored) -> list[ScoredPassage]:
        ids = self._catalog.passage_ids(found.rows.tolist())
        scored = map(ScoredPassage, ids, found.scores.tolist())
        return sorted(scored, key=lambda passage: (-passage.score, passage.passage_id))

    def _check_vector(self, vector: NDArray[np.float32]) -> None:
        if vector.shape != (self._vectors.dimension,):
            raise IncompatibleGeneration(
                f"The model makes vectors of {vector.size} numbers, this index holds {self._vectors.dimension} "
                f"({self.manifest.model}): set `model` back, or run `briefqa reindex`."
            )

    def fetch(self, passage_ids: Sequence[str]) -> list[StoredPassage]:
        """Return passages with their briefs and notes, in the same order; see `Index.fetch`."""
        return self._catalog.fetch(passage_ids)

    def around(self, passage_id: str, reach: int) -> list[StoredPassage]:
        """Return the passages before and after one; see `Index.around`."""
        return self._catalog.around(passage_id, reach)

    def nearer(self, vector: NDArray[np.float32], passages: Sequence[StoredPassage]) -> list[dict[str, float]]:
        """Tell how much nearer than its passage each note is; see `Index.nearer`."""
        if not isinstance(self._vectors, WithNotes) or not passages:
            return [{} for _ in passages]
        told = [told_by(stored.passage.marks, {note.id: note.text for note in stored.notes}) for stored in passages]
        found = self._vectors.nearer(vector, np.array([stored.row for stored in passages], dtype=np.int64))
        # An index that another version built may have embedded other notes: nothing is said of them then.
        return [
            dict(zip(ids, its, strict=True)) if len(ids) == len(its) else {}
            for ids, its in zip(told, found, strict=True)
        ]

    def briefs(self, *, limit: int, offset: int = 0) -> list[BriefRecord]:
        """List records of briefs in the order of their paths."""
        return self._catalog.briefs(limit=limit, offset=offset)

    def brief(self, brief_id: str) -> tuple[BriefRecord, Brief]:
        """Return a brief whole, notes and marks included, and its record. Raises NotFound."""
        return self._catalog.brief(brief_id)

    def files(self) -> list[FileRecord]:
        """Every file of docs_in as it was when this generation was built."""
        return self._catalog.files()

    def problems(self, *, limit: int) -> list[tuple[str, str, Problem]]:
        """List what could not be understood; see `Index.problems`."""
        return self._catalog.problems(limit=limit)

    def geometry(self, brief_id: str, pages: Iterable[int] | None = None) -> tuple[PageGeometry, ...]:
        """Return where things stand on the pages of a brief; see `Index.geometry`."""
        return self._catalog.geometry(brief_id, pages)

    def notes(self, where: NotesWanted, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        """List notes; see `Index.notes`."""
        return self._citing.notes(where, limit=limit, offset=offset)

    def sources(self, where: SourcesWanted, *, limit: int, offset: int = 0) -> Portion[CitedSource]:
        """List the works that notes cite; see `Index.sources`."""
        return self._citing.sources(where, limit=limit, offset=offset)

    def source(self, source_id: str) -> CitedSource:
        """Return one work; see `Index.source`."""
        return self._citing.source(source_id)

    def citing(self, source_id: str, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        """List the notes that cite a work; see `Index.citing`."""
        return self._citing.citing(source_id, limit=limit, offset=offset)

    def within(self, collections: Collection[str]) -> Self:
        """See some collections only; see `Index.within`. Made once for each set of them."""
        with self._lock:
            seen = self._within.get(frozenset(collections))
            if seen is None:
                seen = self._within[frozenset(collections)] = self._seeing(frozenset(collections))
        return seen

    def _seeing(self, collections: frozenset[str]) -> Self:
        with ExitStack() as opened:
            catalog = opened.enter_context(closing(self._catalog.within(collections)))
            citing = opened.enter_context(closing(self._citing.within(collections)))
            rows = np.array(catalog.select(All(())), dtype=np.int64)
            manifest = replace(self.manifest, counts=catalog.counts())
            seen = type(self)(
                manifest, catalog, citing, self._vectors.within(rows), self._words.within(rows), whole=self
            )
            opened.pop_all()
        return seen

    def close(self) -> None:
        """Let go of files and memory."""
        with self._lock:
            for seen in self._within.values():
                seen.close()
        self._citing.close()
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


def _with_notes(folder: Path, vectors: Vectors, lexical: Lexical) -> Near:
    """Put the vectors of notes beside those of the passages, where there are any. Raises CorruptGeneration."""
    with reading(folder / NOTED):
        passage_of = np.asarray(mapped(folder / NOTED), dtype=np.int32)
    if (np.diff(passage_of, prepend=0, append=lexical.count) < 0).any():
        raise CorruptGeneration(f"{folder / NOTED} does not hold rows of passages. {REMEDY}")
    notes = Vectors.open(
        folder / NOTED_VECTORS,
        folder / NOTED_EMBEDDINGS,
        folder / BRIEF_VECTORS,
        lexical.brief_of[passage_of],
        NOTE_WEIGHT,
    )
    return WithNotes(vectors, notes, passage_of, lexical.count) if len(passage_of) else vectors


def _check_counts(folder: Path, manifest: Manifest, catalog: Catalog, vectors: Vectors, lexical: Lexical) -> None:
    """Passages = vectors = lexical entries = the manifest's count, and so for all that is counted."""
    if catalog.counts() != manifest.counts:
        raise CorruptGeneration(f"{folder / CATALOG} does not hold what the manifest counts. {REMEDY}")
    if (vectors.count, vectors.dimension) != (manifest.counts.passages, manifest.dimension):
        raise CorruptGeneration(f"{folder / VECTORS} does not hold what the manifest counts. {REMEDY}")
    if lexical.count != manifest.counts.passages:
        raise CorruptGeneration(f"{folder / LEXICAL} does not hold what the manifest counts. {REMEDY}")
