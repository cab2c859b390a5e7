"""One file, whole: read, by OCR where it must be, and understood. What `reindex` and `inspect` do with a file.

`ingest` is one picklable call, so that it can be made in a process of its own (`reading.isolated`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.errors import NoTextLayer, TooLarge
from briefqa.notes import understand as understand_document
from briefqa.reading import read as read_file
from briefqa.reading.ocr import recognized
from briefqa.sources import with_sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from briefqa.briefs import Brief, Document
    from briefqa.reading.ocr import Ocr


@dataclass(frozen=True, slots=True)
class Ingested:
    """A brief, and how many seconds it took to read the file and to find the notes."""

    brief: Brief
    read: float
    notes: float


def ingest(  # noqa: PLR0913 - settings come as plain arguments
    file: Path,
    name: str,
    brief_id: str,
    *,
    max_bytes: int,
    max_pages: int,
    max_chars: int,
    ocr: Ocr | None = None,
    read: Callable[..., Document] = read_file,
    understand: Callable[[Document, str], Brief] = understand_document,
) -> Ingested:
    """Read and understand a file. name: its path in docs_in. ocr: how to read pictures of pages, if at all.

    Raises ReadingError and its kin: as `reading.read`, and TooLarge for more than max_chars characters of text.
    """
    start = time.perf_counter()
    try:
        document = read(file, name, max_bytes=max_bytes, max_pages=max_pages, max_chars=max_chars)
    except NoTextLayer:
        if ocr is None or file.suffix.lower() != ".pdf":
            raise
        with recognized(file, name, ocr) as searchable:
            document = read(searchable, name, max_bytes=max_bytes, max_pages=max_pages, max_chars=max_chars)
    chars = _length(document)
    if chars > max_chars:
        raise TooLarge(f"{name} holds {chars:,} characters, more than max_chars = {max_chars:,}: raise it or split it.")
    between = time.perf_counter()
    brief = with_sources(understand(document, brief_id))
    return Ingested(brief, between - start, time.perf_counter() - between)


def _length(document: Document) -> int:
    """How many characters a document holds, line ends included."""
    flow = document.flow
    lines = sum(len(line.text) + 1 for page in document.pages for line in page.lines)
    return lines + (len(flow.text) + sum(len(note.text) for note in flow.notes) if flow else 0)
