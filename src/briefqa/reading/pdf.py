"""PDF → `Document`, through pypdf: pages with labels, lines with geometry, rules, and what the metadata says."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, PyPdfError

from briefqa.briefs import Document, Page, Problem
from briefqa.errors import EncryptedBrief, NoTextLayer, ReadingError, TooLarge
from briefqa.reading.line_numbers import without_line_numbers
from briefqa.reading.pdf_content import IDENTITY, read_content
from briefqa.reading.pdf_direction import set_reading_direction
from briefqa.reading.pdf_fonts import UNTOLD, FontCache
from briefqa.reading.pdf_lines import lines_of
from briefqa.reading.pdf_links import lift_linked_marks, with_web_links

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.reading.pdf_columns import Gutter
    from briefqa.reading.pdf_pen import Matrix

# A page's margin may carry this many turned characters (an identifier, a date) before it is worth a word.
_MAX_LEFT_OUT = 40
# A bullet or two of a page may come from a font of pictures.
_MAX_UNTOLD = 10

# pypdf reports each oddity of a file through logging; what matters of them becomes a Problem here.
logging.getLogger("pypdf").addHandler(logging.NullHandler())
logging.getLogger("pypdf").propagate = False


def read_pdf(file: Path, name: str, *, max_pages: int) -> Document:
    """Read a PDF file.

    Raises EncryptedBrief, NoTextLayer, TooLarge (more than max_pages), or ReadingError for what is no PDF, is
    truncated beyond repair or has no pages.
    """
    reader, count = _open(file, name)
    if count == 0:
        raise ReadingError(f"{name} is a PDF without pages: export it again from its source.")
    if count > max_pages:
        raise TooLarge(
            f"{name} has {count} pages, more than max_pages = {max_pages}: raise the setting or split the file."
        )
    return _read_pages(reader, name, count)


def _open(file: Path, name: str) -> tuple[PdfReader, int]:
    """The reader, unlocked where an empty password does, and its number of pages."""
    locked = EncryptedBrief(f"{name} is encrypted: save a copy without a password and put that in its place.")
    try:
        reader = PdfReader(file, strict=False)
        unlocked = not reader.is_encrypted or bool(reader.decrypt(""))
        count = len(reader.pages) if unlocked else 0
    except FileNotDecryptedError as error:
        raise locked from error
    except MemoryError:
        raise
    except Exception as error:
        raise _unreadable(name, error) from error
    if not unlocked:
        raise locked
    return reader, count


def _unreadable(name: str, error: Exception) -> ReadingError:
    reason = str(error) or type(error).__name__
    return ReadingError(f"{name} is not a readable PDF ({reason}): open it in a viewer and save or export it again.")


def _read_pages(reader: PdfReader, name: str, count: int) -> Document:
    fonts = FontCache()
    gutters: list[Gutter] = []
    problems: list[Problem] = []
    labels = _labels(reader, count)
    pages: list[Page] = []
    images = 0
    for number in range(1, count + 1):
        try:
            page, drawn, wrong = _read_page(reader.pages[number - 1], number, labels[number - 1], fonts, gutters)
            problems += [Problem(name, number, message) for message in wrong]
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one broken page must not cost the others
            problems.append(Problem(name, number, f"Page could not be read ({type(error).__name__}: {error})."))
            page, drawn = Page(number, labels[number - 1], 0.0, 0.0, ()), 0
        pages.append(page)
        images += drawn
    if not any(page.lines for page in pages):
        if len(problems) == count:
            raise ReadingError(f"{name}: none of its pages can be read ({problems[0].message}) Export it again.")
        if images:
            raise NoTextLayer(
                f"{name} holds pictures of pages and no text: set ocr, or run it through OCR (say, ocrmypdf) first."
            )
        raise NoTextLayer(f"{name} has no text on any page: check that it is the right file.")
    facts = _metadata(reader)
    return Document(
        path=name,
        pages=tuple(without_line_numbers(page) for page in pages),
        title=facts.get("title", ""),
        authors=tuple(part for part in [facts.get("author", "")] if part),
        language=facts.get("language", ""),
        problems=tuple(problems),
        created=facts.get("created", ""),
    )


def _read_page(
    page: Any, number: int, label: str, fonts: FontCache, gutters: list[Gutter]
) -> tuple[Page, int, list[str]]:
    """One page, how many pictures it has, and what is wrong with it."""
    box = page.cropbox
    left, bottom = float(box.left), float(box.bottom)
    base, width, height = _displayed(int(page.rotation or 0) % 360, left, bottom, float(box.width), float(box.height))
    content = read_content(page, base, fonts)
    lift_linked_marks(content, page, base)
    mirrored = set_reading_direction(content, width)
    lines, left_out = lines_of(content.runs, gutters)
    if not mirrored:
        lines = with_web_links(lines, page, base)
    wrong: list[str] = []
    if content.damaged:
        wrong.append(f"Page is damaged in the file ({content.damaged}): a part of its text is missing.")
    untold = sum(len(UNTOLD.findall(run.text)) for run in content.runs)
    if untold > _MAX_UNTOLD:
        wrong.append(f"{untold} characters cannot be told: the file's map of a font is damaged; marks may be missing.")
    if left_out > _MAX_LEFT_OUT:
        wrong.append(f"{left_out} characters that run in another direction were left out.")
    return Page(number, label, width, height, lines, tuple(content.rules), mirrored), content.images, wrong


def _displayed(rotation: int, left: float, bottom: float, width: float, height: float) -> tuple[Matrix, float, float]:
    """The matrix from user space to the page as displayed, and the displayed size."""
    if rotation == 90:
        return (0, -1, 1, 0, -bottom, left + width), height, width
    if rotation == 180:
        return (-1, 0, 0, -1, left + width, bottom + height), width, height
    if rotation == 270:
        return (0, 1, -1, 0, bottom + height, -left), height, width
    return (*IDENTITY[:4], -left, -bottom), width, height


def _labels(reader: PdfReader, count: int) -> list[str]:
    """What is printed on each page, as the file declares it; the page's number where it declares nothing."""
    try:
        labels = [str(label) for label in reader.page_labels]
    except Exception:  # noqa: BLE001 - labels are a courtesy; a broken number tree must not cost the brief
        labels = []
    return labels if len(labels) == count else [str(number) for number in range(1, count + 1)]


def _metadata(reader: PdfReader) -> dict[str, str]:
    """Title, author and date of creation of the document information dictionary, and the language of the catalog."""
    facts: dict[str, str] = {}
    try:
        info = reader.metadata
    except (PyPdfError, ValueError, TypeError, AttributeError):
        info = None
    try:
        facts["language"] = str(reader.root_object.get("/Lang") or "")
    except (PyPdfError, ValueError, TypeError, AttributeError):
        facts["language"] = ""
    if info is None:
        return facts
    for key, value in (("title", info.get("/Title")), ("author", info.get("/Author"))):
        facts[key] = " ".join(str(value or "").split())
    date = re.match(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?", str(info.get("/CreationDate") or ""))
    if date and date[1] > "1980":
        facts["created"] = "-".join(part for part in date.groups() if part)
    return facts
