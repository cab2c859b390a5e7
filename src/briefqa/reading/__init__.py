"""One reader a format: a file → `Document`. Readers report what is there; `notes` judges what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.errors import ReadingError, TooLarge

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.briefs import Document

SUFFIXES = frozenset({".docx", ".htm", ".html", ".markdown", ".md", ".pdf", ".txt", ".xhtml"})


def read(file: Path, name: str, *, max_bytes: int, max_pages: int, max_chars: int = 1_000_000_000) -> Document:
    """Read one file by its suffix.

    name: how the file is called in messages and in the brief. max_chars: plain text is refused beyond it at once; of
    other formats, `ingest` counts what has been read.

    Raises ReadingError or one of its kin (see `errors`) when the file gives nothing.
    """
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise ReadingError(f"{name}: files of this kind are not read. Known: {', '.join(sorted(SUFFIXES))}.")
    check_size(file, name, max_bytes)
    if suffix == ".pdf":
        from briefqa.reading.pdf import read_pdf  # noqa: PLC0415 - pypdf is slow to import and only PDFs need it

        return read_pdf(file, name, max_pages=max_pages)
    if suffix == ".docx":
        from briefqa.reading.docx import read_docx  # noqa: PLC0415 - as with PDFs: lxml

        return read_docx(file, name, max_bytes=max_bytes)
    if suffix in {".html", ".htm", ".xhtml"}:
        from briefqa.reading.html import read_html  # noqa: PLC0415 - as with PDFs: lxml

        return read_html(file, name)
    if suffix in {".md", ".markdown"}:
        from briefqa.reading.markdown import read_markdown  # noqa: PLC0415 - as with PDFs: markdown-it

        return read_markdown(file, name)
    from briefqa.reading.text import read_text  # noqa: PLC0415 - symmetrical

    return read_text(file, name, max_pages=max_pages, max_chars=max_chars)


def check_size(file: Path, name: str, max_bytes: int) -> None:
    """Raise ReadingError for an empty file, TooLarge for one of more than max_bytes."""
    size = file.stat().st_size
    if size == 0:
        raise ReadingError(f"{name} is empty: put the whole file in its place.")
    if size > max_bytes:
        raise TooLarge(
            f"{name} has {size:,} bytes, more than max_file_mb allows ({max_bytes:,}): raise it or split the file."
        )
