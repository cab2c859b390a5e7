"""Word files (.docx) → `Document`: the text as it stands with all tracked changes accepted, and its own notes."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from briefqa.briefs import Document, Note
from briefqa.errors import NoTextLayer, ReadingError
from briefqa.reading.docx_notes import NoteElement, NoteParts
from briefqa.reading.docx_package import Element, Package, child, children, open_package
from briefqa.reading.docx_styles import Styles
from briefqa.reading.docx_text import TextWalker
from briefqa.reading.flow_writer import FlowWriter

if TYPE_CHECKING:
    from pathlib import Path

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# What Word and its kin put into the title field when nobody does.
_NO_TITLE = re.compile(r"(microsoft )?word\b.*|document ?\d*|untitled.*|.*\.(docx?|rtf|odt|dotx?)", re.IGNORECASE)


def read_docx(file: Path, name: str, *, max_bytes: int) -> Document:
    """Read a Word file. max_bytes also bounds what the file unpacks to.

    Raises ReadingError for a damaged or foreign file, EncryptedBrief, TooLarge, and NoTextLayer for one without text.
    """
    package = open_package(file, name, max_unpacked=max_bytes)
    with closing(package.archive):
        main = next((target for kind, target, _ in package.related("").values() if kind == "officeDocument"), "")
        main = main if main in package.names else "word/document.xml"
        body = child(package.part(main), "body")
        if body is None:
            raise ReadingError(f"{name} is a zip archive without a Word document in it: save it as .docx.")
        relations = package.related(main)
        parts = {kind: target for kind, target, outside in relations.values() if not outside}
        styles = Styles(package.part(parts.get("styles", "")))
        notes = NoteParts(package, parts, body)
        writer = FlowWriter()
        links = {key: target for key, (_, target, outside) in relations.items() if outside}
        walker = TextWalker(writer, styles, links, notes)
        walker.blocks(body)
        core = next((target for kind, target, _ in package.related("").values() if kind == "core-properties"), "")
        properties = _properties(package, core)
        flow = writer.flow([_note(element, styles) for element in notes.inside()])
    if not flow.text:
        raise NoTextLayer(f"{name} holds no text: if its pages are pictures, run text recognition (OCR) over it first.")
    return Document(
        path=name,
        pages=(),
        title=walker.title or properties["title"] or writer.first_heading,
        authors=tuple(author.strip() for author in properties["creator"].split(";") if author.strip()),
        language=properties["language"] or styles.language,
        flow=flow,
        created=properties["created"] or properties["modified"],
    )


def _note(found: NoteElement, styles: Styles) -> Note:
    writer = FlowWriter(single=True)
    TextWalker(writer, styles, found.links, None).blocks(found.element)
    text = writer.note_text()
    if found.custom:
        text = text.removeprefix(found.label).lstrip()
    return Note(found.id, found.label, found.kind, 0, text)


def _properties(package: Package, core: str) -> dict[str, str]:
    """The core properties (ECMA-376 part 2, §11) that a brief has a use for, "" where absent."""
    root = package.part(core)
    found = {
        key: " ".join("".join(_texts(root, key)).split())
        for key in ("title", "creator", "created", "modified", "language")
    }
    for key in ("created", "modified"):
        date = _DATE.match(found[key])
        found[key] = date.group() if date else ""
    if _NO_TITLE.fullmatch(found["title"]):
        found["title"] = ""
    return found


def _texts(root: Element | None, name: str) -> list[str]:
    return [element.text or "" for element in children(root, name)]
