"""How a file was understood, as one self-contained HTML page: each page's picture with boxes, beside it the text."""

from __future__ import annotations

import base64
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

from briefqa.facts import BELIEVED, facts_of
from briefqa.ingest import ingest
from briefqa.inspection.text import pages_of, shown, whole
from briefqa.notes import understand
from briefqa.notes.layout import layout
from briefqa.reading.pictures import pictures

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.briefs import Brief, Document
    from briefqa.facts import Fact, Facts
    from briefqa.notes.layout import Box

# As many colours as the style sheet has; neighbouring notes differ.
_COLOURS = 6
# Pixels for a point.
_SCALE = 1.6


def html_of_file(file: Path, name: str, brief_id: str, **bounds: Any) -> str:
    """Read a file as `ingest` does, within the same bounds, and return the page. Raises what `ingest` raises."""
    seen: list[Document] = []

    def understand_and_keep(document: Document, brief_id: str) -> Brief:
        seen.append(document)
        return understand(document, brief_id)

    brief = ingest(file, name, brief_id, **bounds, understand=understand_and_keep).brief
    document = seen[0]
    boxes = layout(document, brief_id)
    drawn = pictures(file, [page.index for page in document.pages], _SCALE) if boxes else ()
    images = {index: f"data:image/png;base64,{base64.b64encode(png).decode()}" for index, png in drawn}
    return html_page(brief, document, facts_of(document, brief), boxes, images)


def html_page(brief: Brief, document: Document, facts: Facts, boxes: tuple[Box, ...], images: dict[int, str]) -> str:
    """Write the page. images: by page index, as data: URLs; a page without one is drawn from its boxes."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    colours = {note.id: number % _COLOURS for number, note in enumerate(brief.notes)}
    cited = {mark.note_id for mark in brief.marks}
    return template.render(
        title=shown(brief.title),
        path=shown(brief.path),
        facts=[_fact(fact, name) for name, fact in _named(facts)],
        counts=_counts(brief),
        pages=[_page(page, document, boxes, images) for page in pages_of(brief)],
        problems=[shown(problem.message) for problem in whole(brief)],
        colours=colours,
        unlinked={note.id for note in brief.notes if note.id not in cited},
        printed=bool(boxes),
        pictured=bool(images),
        shown=shown,
    )


def _named(facts: Facts) -> list[tuple[str, Fact[Any]]]:
    return [
        ("title", facts.title),
        ("authors", facts.authors),
        ("published", facts.published),
        ("language", facts.language),
    ]


def _fact(fact: Fact[Any], name: str) -> dict[str, Any]:
    value = fact.value if isinstance(fact.value, str) else "; ".join(fact.value)
    believed = fact.confidence >= BELIEVED or name == "title"
    return {
        "name": name,
        "value": shown(value),
        "confidence": fact.confidence,
        "origin": fact.origin,
        "believed": believed,
    }


def _counts(brief: Brief) -> dict[str, int]:
    return {
        "pages": len(brief.pages),
        "marks": len(brief.marks),
        "linked": sum(mark.note_id is not None for mark in brief.marks),
        "notes": len(brief.notes),
        "problems": len(brief.problems),
    }


def _page(page: Any, document: Document, boxes: tuple[Box, ...], images: dict[int, str]) -> dict[str, Any]:
    printed = next((sheet for sheet in document.pages if sheet.index == page.index), None)
    height = printed.height if printed else 0.0
    return {
        "text": page,
        "width": printed.width if printed else 0.0,
        "height": height,
        "image": images.get(page.index, ""),
        "boxes": [_drawn(box, height) for box in boxes if box.page == page.index],
    }


def _drawn(box: Box, height: float) -> dict[str, Any]:
    """A box as SVG counts: from the upper left corner, the baseline for text."""
    pad = 0.8 if box.role == "mark" else 0.0
    return {
        "role": box.role,
        "css": box.role.replace(" ", "-"),
        "x": round(box.x0 - pad, 1),
        "y": round(height - box.y1 - pad, 1),
        "width": round(max(box.x1 - box.x0, 1.0) + 2 * pad, 1),
        "height": round(max(box.y1 - box.y0, 1.0) + 2 * pad, 1),
        "baseline": round(height - box.y1 + 0.78 * box.size, 1),
        "size": round(box.size, 1),
        "text": shown(box.text),
        "note_id": box.note_id,
    }
