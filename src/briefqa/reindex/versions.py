"""What a build depends on beside the files: settings, and the code that makes something of them."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files as package_files
from typing import TYPE_CHECKING

from briefqa.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from briefqa.reading.isolated import Limits
    from briefqa.reading.ocr import Ocr


def settings_of(
    *, embedder_key: str, passage_tokens: int, faiss_factory: str, reader: tuple[str | int, ...]
) -> dict[str, str | int]:
    """Put together what a build depends on beside the files; what differs from the last one is done over."""
    return {
        "embedder": embedder_key,
        "passage_tokens": passage_tokens,
        "passages": code_version("passages.py", "sentences.py", "noted.py"),
        "faiss_factory": faiss_factory,
        "indexes": code_version(
            "catalog",
            "lexical",
            "vector_files.py",
            "vector_building.py",
            "lists.py",
            "generation/indexes.py",
            "generation/noting.py",
        ),
        "reader": " ".join(map(str, reader)),
    }


def reader_settings(  # noqa: PLR0913 - settings come as plain arguments
    *,
    max_bytes: int,
    max_pages: int,
    max_chars: int,
    limits: Limits | None,
    ocr: Ocr | None = None,
    version: str | None = None,
) -> tuple[str | int, ...]:
    """Put together what decides over how files are read. version: that of the readers, by default of their code."""
    chosen = version or code_version("reading", "notes", "sources", "facts", "ingest.py", "geometry.py")
    return chosen, max_bytes, max_pages, max_chars, limits.memory if limits else 0, ocr.languages if ocr else ""


def check_folder(docs_in: Path) -> None:
    """Raise ConfigError where there is no such folder."""
    if not docs_in.is_dir():
        raise ConfigError(
            f"There is no folder {docs_in}: make it and put briefs in, or set `docs_in` to where they are."
        )


def code_version(*names: str) -> str:
    """Hash the source of parts of briefqa and of the libraries that they lean on.

    What they make of a file is kept from one generation to the next, and must be made anew when they have changed;
    nobody has to remember to raise a number. Raises FileNotFoundError for a part that there is not.
    """
    digest = hashlib.sha256()
    root = package_files("briefqa")
    for name in names:
        found = list(_sources(root / name, name))
        if not found:
            raise FileNotFoundError(f"briefqa has no {name}")
        for path, source in found:
            digest.update(f"{path} {len(source)} ".encode() + source)
    for library in ("pypdf", "langchain-text-splitters"):
        try:
            digest.update(f"{library} {version(library)} ".encode())
        except PackageNotFoundError:  # vendored or frozen
            continue
    return digest.hexdigest()[:16]


def _sources(place: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        for part in sorted(place.iterdir(), key=lambda part: part.name):
            yield from _sources(part, f"{path}/{part.name}")
    elif place.is_file() and path.endswith(".py"):
        yield path, place.read_bytes()
