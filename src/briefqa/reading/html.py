"""Web pages (.html) → `Document`: the main text, without what the site puts around it, and its notes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.briefs import Document, Note
from briefqa.errors import NoTextLayer, TooLarge
from briefqa.reading.flow_writer import FlowWriter
from briefqa.reading.html_metadata import metadata
from briefqa.reading.html_notes import find_notes
from briefqa.reading.html_source import Element, parse, roles, tag, words
from briefqa.reading.html_text import write_body, write_notes

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.reading.html_notes import PageNotes, Region

# Reading takes half a second a megabyte, and no brief has thirty of text.
_MAX_BYTES = 30_000_000
_ARROWS = "↩↵⤴⤶⏎⮐↑⬆▲^\ufe0e\ufe0f"


def read_html(file: Path, name: str) -> Document:
    """Read a web page. Raises ReadingError for what is no page, NoTextLayer for one without text, TooLarge."""
    if file.stat().st_size > _MAX_BYTES:
        raise TooLarge(f"{name} has more than {_MAX_BYTES:,} bytes of HTML: save it without its pictures, or split it.")
    root = parse(file.read_bytes(), name)
    main = _main(root)
    about = metadata(root, main)
    found = find_notes(root)
    notes = _notes(found)
    writer = FlowWriter()
    write_body(main, found, writer)
    flow = writer.flow(notes)
    if not flow.text:
        raise NoTextLayer(f"{name} holds no text: if its text comes from a script, print the page to a PDF.")
    return Document(name, (), about.title, about.authors, about.published, about.language, flow=flow)


def _main(root: Element) -> Element:
    """The element that holds the main text: what says so, an article that holds most of the text, or the body."""
    body = next(root.iter("body"), root)
    everything = len(words(body))
    named = [element for element in body.iter() if tag(element) == "main" or "main" in roles(element)]
    # Only the outermost: those inside are comments and teasers, and a thousand nested ones would each be measured.
    articles = [element for element in body.iter("article") if next(element.iterancestors("article"), None) is None]
    named = [element for element in named if next(element.iterancestors("main"), None) is None][:100]
    for candidates, share in ((named, 0.25), (articles, 0.5)):
        longest = max(candidates, key=lambda element: len(words(element)), default=None)
        if longest is not None and len(words(longest)) > share * everything:
            return longest
    return body


def _notes(found: PageNotes) -> list[Note]:
    notes = []
    texts = {region.id: writer.note_text() for region, writer in write_notes(found.regions, found)}
    linked: dict[Element, set[str]] = {}  # block → the labels in it that were links back, and are gone
    for block in {region.block for region in found.regions}:
        linked[block] = {words(link).strip("[]().: ") for link in block.iter("a") if link in found.ways_back}
    for region in found.regions:
        text = texts[region.id].strip(_ARROWS + " ")
        text = text.lstrip(".:)] ") if region.label in linked[region.block] else _without_label(text, region)
        if text:
            notes.append(Note(region.id, region.label, region.kind, 0, text))
    return notes


def _without_label(text: str, region: Region) -> str:
    """The text of a note without the label that is typed before it."""
    if not region.label:
        return text
    label = re.escape(region.label)
    typed = rf"[\[(]\s*{label}\s*[\])][.:]?\s*|{label}[.:)]\s+"
    if tag(region.block) != "li":  # there the list counts, and "14 U.S.C." is what the note says
        typed += rf"|{label}\s+"
    return re.sub(rf"\A(?:{typed})", "", text)
