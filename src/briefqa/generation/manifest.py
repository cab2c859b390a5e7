"""What a generation says of itself, and whether its files are as it says."""

from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from briefqa.catalog import Counts
from briefqa.errors import CorruptGeneration, IncompatibleGeneration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

# Raise it with every change of what is read of the files: an older generation is then built anew from the briefs. What
# only the next build takes over is told apart by the code that made it, see `reindex.versions`.
FORMAT = 9

CATALOG = "catalog.sqlite"
VECTORS = "vectors.faiss"
EMBEDDINGS = "embeddings.npy"
BRIEF_VECTORS = "briefs.npy"
NOTED_VECTORS = "notes/vectors.faiss"
NOTED_EMBEDDINGS = "notes/embeddings.npy"
NOTED = "notes/passages.npy"
LEXICAL = "lexical"
MANIFEST = "manifest.json"

REMEDY = "Run `briefqa rollback` to go back to an earlier generation, or `briefqa reindex` to build a new one."

# So much of a file's beginning is compared at every opening: where headers lie, damage makes libraries crash.
_HEAD = 65_536
_SIDE_BY_SIDE = 4
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What is told of a generation to whoever asks. created: ISO 8601, UTC."""

    generation: str
    created: str
    briefs: int
    passages: int
    notes: int
    marks: int
    dimension: int
    model: str
    fingerprint: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Seal:
    """Size and SHA-256 of a file, and the SHA-256 of its first 64 KiB."""

    size: int
    sha256: str
    head: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was built, from what, and how.

    settings: what the build depended on beside the files (embedder key, passage size, reader …), compared by the next
    reindex. files: a seal for every file of the generation, by its path in the folder.
    """

    generation: str
    created: str
    parent: str | None
    model: str
    fingerprint: str
    dimension: int
    settings: dict[str, str | int]
    counts: Counts
    files: dict[str, Seal]

    def info(self) -> IndexInfo:
        """Return the part that is told."""
        return IndexInfo(
            generation=self.generation,
            created=self.created,
            briefs=self.counts.briefs,
            passages=self.counts.passages,
            notes=self.counts.notes,
            marks=self.counts.marks,
            dimension=self.dimension,
            model=self.model,
            fingerprint=self.fingerprint,
            parent=self.parent,
        )


def seal(file: Path, stopped: Callable[[], bool] = lambda: False) -> Seal:
    """Read a file whole and seal it; only some of it, when stopped says so."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb", buffering=0) as opened:
        while (block := opened.read(_BLOCK)) and not stopped():
            digest.update(block)
            size += len(block)
    return Seal(size, digest.hexdigest(), _head(file))


def seals(files: Iterable[Path]) -> Iterator[Seal]:
    """Seal files, several side by side, as hashing takes longer than reading them; in their order. Raises OSError.

    Whoever stops iterating, by Ctrl-C as well, stops the hashing.
    """
    stop = threading.Event()
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        try:
            yield from pool.map(lambda file: seal(file, stop.is_set), files)
        finally:
            stop.set()


def check_seals(folder: Path, files: dict[str, Seal], *, whole: bool) -> None:
    """Compare files with their seals: presence, size and beginning, and all of their bytes if whole.

    Raises CorruptGeneration that names the first one that differs.
    """
    found = seals(folder / name for name in files) if whole else _beginnings(folder, files)
    for name, expected in files.items():
        try:
            same = next(found) == expected
        except OSError as error:
            raise CorruptGeneration(
                f"{folder / name} is missing or cannot be read ({error.strerror}). {REMEDY}"
            ) from error
        if not same:
            raise CorruptGeneration(f"{folder / name} is damaged or not the file that was written. {REMEDY}")


def _beginnings(folder: Path, files: dict[str, Seal]) -> Iterator[Seal]:
    """Give the seals of files whose sizes and beginnings are looked at only."""
    for name, expected in files.items():
        yield Seal((folder / name).stat().st_size, expected.sha256, _head(folder / name))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json, sealed by a checksum of its own."""
    said = {"format": FORMAT, **asdict(manifest)}
    text = json.dumps({**said, "checksum": checksum_of(said)}, indent=2, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the generation in folder.

    Raises CorruptGeneration where it is missing, damaged or another generation's, IncompatibleGeneration where
    another version of briefqa wrote it.
    """
    file = folder / MANIFEST
    try:
        said = file.read_bytes()
    except FileNotFoundError as error:
        raise CorruptGeneration(f"{file} is missing. {REMEDY}") from error
    except OSError as error:
        raise CorruptGeneration(f"{file} is damaged. {REMEDY}") from error
    manifest = parse_manifest(said, str(file))
    if manifest.generation != folder.name:
        raise CorruptGeneration(f"{file} belongs to generation {manifest.generation}. {REMEDY}")
    return manifest


def parse_manifest(text: bytes, file: str) -> Manifest:
    """Read a manifest. file: what to call it in an error. Raises as `read_manifest`."""
    try:
        said = json.loads(text)
        checksum = said.pop("checksum")
        version = said.pop("format")
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError) as error:
        raise CorruptGeneration(f"{file} is damaged. {REMEDY}") from error
    if checksum != checksum_of({"format": version, **said}):
        raise CorruptGeneration(f"{file} is damaged. {REMEDY}")
    if version != FORMAT:
        raise IncompatibleGeneration(
            f"{file} was written by another version of briefqa (format {version}; this one reads {FORMAT}). "
            "Run `briefqa reindex` to build a new one."
        )
    return Manifest(
        **{
            **said,
            "counts": Counts(**said["counts"]),
            "files": {name: Seal(**values) for name, values in said["files"].items()},
        }
    )


def checksum_of(said: dict[str, Any]) -> str:
    """SHA-256 of what a manifest says, its own checksum left out."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _head(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.sha256(opened.read(_HEAD)).hexdigest()
