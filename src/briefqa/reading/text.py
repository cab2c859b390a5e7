"""Plain text → `Document`: decoded, split into pages at form feeds, lines as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.briefs import Document, Line, Page
from briefqa.errors import NoTextLayer, ReadingError, TooLarge

if TYPE_CHECKING:
    from pathlib import Path

# First bytes of formats that end up under a wrong name.
_MAGIC = {
    b"%PDF-": "a PDF (.pdf)",
    b"PK\x03\x04": "a Word document or zip archive",
    b"\xd0\xcf\x11\xe0": "an old Word document (.doc)",
    b"{\\rtf": "a rich text file (.rtf)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}


def read_text(file: Path, name: str, *, max_pages: int, max_chars: int) -> Document:
    """Read a text file: UTF-8, UTF-16 with a byte order mark, or Windows-1252.

    Raises ReadingError for a file that is not text, NoTextLayer for one of white space only, TooLarge for more than
    max_pages form feeds or max_chars characters (before lines are made of them, which take ten times their size).
    """
    text = decoded_text(file.read_bytes(), name)
    if len(text) > max_chars:
        raise TooLarge(
            f"{name} holds {len(text):,} characters, more than max_chars = {max_chars:,}: raise it or split the file."
        )
    sheets = text.split("\f")
    while len(sheets) > 1 and not sheets[-1].strip():
        sheets.pop()
    if len(sheets) > max_pages:
        raise TooLarge(
            f"{name} has {len(sheets)} pages, more than max_pages = {max_pages}: raise it or split the file."
        )
    pages = tuple(
        Page(index, str(index), 0.0, 0.0, tuple(Line(line.expandtabs(4)) for line in sheet.split("\n")))
        for index, sheet in enumerate(sheets, start=1)
    )
    return Document(path=name, pages=pages)


def decoded_text(data: bytes, name: str) -> str:
    """Decode a file of text, all line ends alike. Raises ReadingError and NoTextLayer, as `read_text`."""
    refuse_other_formats(data, name)
    text = _decode(data, name).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise NoTextLayer(f"{name} holds white space only: check that it is the right file.")
    return text


def refuse_other_formats(data: bytes, name: str) -> None:
    """Raise ReadingError where the first bytes are those of a format that is no text."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise ReadingError(f"{name} is named as text but is {kind}: give it its own suffix.")


def _decode(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise ReadingError(f"{name} is damaged UTF-16 text: save it again as UTF-8.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    controls = sum(char < " " and char not in "\t\n\r\f\v\x1a" for char in text) + text.count("\ufffd")
    if controls > 0.01 * len(text) + 2:
        raise ReadingError(f"{name} is not text, though its name says so: check the file, or save it as UTF-8.")
    return "".join(char for char in text if char >= " " or char in "\t\n\r\f") if controls else text
