"""Work that is done and not yet part of a generation: it survives whatever ends a reindex, for the next one.

    work/KEY/000000/  catalog.sqlite  briefs and their passages, as in a generation
                      embeddings.npy  the vectors of the passages
                      notes.npy       those of the notes that they cite
                      segment.json    the seals of all; written last

KEY stands for all that decides over them. A segment without sound seals is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from briefqa.catalog import Catalog, CatalogWriter
from briefqa.errors import CorruptGeneration
from briefqa.generation import CATALOG, EMBEDDINGS
from briefqa.generation.manifest import Seal, check_seals, seal
from briefqa.generation.store import sync

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.briefs import Brief, Passage, Problem

_WORK = "work"
_RECORD = "segment.json"
_NOTED = "notes.npy"
_MOST_PROBLEMS = 100_000  # of some hundred passages; no report is read to its end


@dataclass(frozen=True, slots=True)
class Segment:
    """Briefs that are read, cut and embedded. briefs: their ids."""

    folder: Path
    briefs: frozenset[str]
    problems: tuple[Problem, ...]

    @property
    def catalog(self) -> Path:
        """The file with its briefs."""
        return self.folder / CATALOG

    @property
    def embeddings(self) -> Path:
        """The file with the vectors of its passages."""
        return self.folder / EMBEDDINGS

    @property
    def noted(self) -> Path:
        """The file with the vectors of the notes that they cite."""
        return self.folder / _NOTED


class Segments:
    """The segments of one index folder that were made with the same settings. Only while `writing`."""

    def __init__(self, index: Path, settings: Mapping[str, str | int]) -> None:
        """Look for what is there. What other settings have made is removed: it will never be wanted."""
        key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
        self._root = index / _WORK
        self._folder = self._root / key
        self._found: dict[str, list[Segment]] = {}
        self._next = 0
        if self._root.is_dir():
            for other in self._root.iterdir():
                if other != self._folder:
                    shutil.rmtree(other, ignore_errors=True)
        for folder in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            if folder.name.isdecimal():
                self._next = int(folder.name) + 1
                self._open(folder)

    def __bool__(self) -> bool:
        return any(self._found.values())

    def of(self, fingerprint: str) -> list[Segment]:
        """Segments whose vectors a model has made, oldest first."""
        return self._found.get(fingerprint, [])

    def add(
        self,
        fingerprint: str,
        briefs: Iterable[tuple[Brief, Sequence[Passage], Sequence[str]]],
        vectors: NDArray[np.float32],
        noted: NDArray[np.float32],
    ) -> None:
        """Put briefs away, each with its passages and their texts as embedded.

        vectors: one row a passage. noted: one for each of their notes that is embedded.
        """
        final = self._folder / f"{self._next:06}"
        folder = self._folder / f".{final.name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with CatalogWriter(folder / CATALOG) as writer:
            for brief, passages, embedded in briefs:
                writer.add(brief, passages, embedded)
            writer.finish(works=False)
        np.save(folder / EMBEDDINGS, vectors)
        np.save(folder / _NOTED, noted)
        for name in (CATALOG, EMBEDDINGS, _NOTED):
            sync(folder / name)
        record = {
            "fingerprint": fingerprint,
            "files": {name: asdict(seal(folder / name)) for name in (CATALOG, EMBEDDINGS, _NOTED)},
        }
        (folder / _RECORD).write_text(json.dumps(record), encoding="ascii")
        sync(folder / _RECORD)
        folder.rename(final)
        sync(self._folder)
        self._next += 1
        self._open(final)

    def clear(self) -> None:
        """Remove all of it: it is part of a generation now."""
        if self._root.exists():
            shutil.rmtree(self._root, ignore_errors=True)
        self._found.clear()

    def _open(self, folder: Path) -> None:
        try:
            record = json.loads((folder / _RECORD).read_bytes())
            check_seals(folder, {name: Seal(**values) for name, values in record["files"].items()}, whole=True)
            catalog = Catalog(folder / CATALOG)
        except (OSError, ValueError, KeyError, TypeError, CorruptGeneration):
            shutil.rmtree(folder, ignore_errors=True)
            return
        try:
            segment = Segment(
                folder,
                frozenset(catalog.brief_ids()),
                tuple(problem for *_, problem in catalog.problems(limit=_MOST_PROBLEMS)),
            )
        finally:
            catalog.close()
        self._found.setdefault(record["fingerprint"], []).append(segment)
