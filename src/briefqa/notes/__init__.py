"""Finds notes and marks, links them, and takes both out of the running text: `Document` → `Brief`.

Geometry decides first (superscripts, small print, separating rules), sequence and label second; what stays in doubt
becomes a `Problem`, because a wrong link is worse than a missing one. `printed` handles pages with geometry (labels,
furniture, zones, linking), `plain` text without, `native` formats that have notes of their own, `typed` such
files whose notes were typed all the same; joining and flow write the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.facts import with_facts
from briefqa.notes.native import understand_native
from briefqa.notes.plain import understand_plain
from briefqa.notes.printed import understand_printed
from briefqa.notes.typed import with_typed_notes

if TYPE_CHECKING:
    from briefqa.briefs import Brief, Document

__all__ = ["understand"]


def understand(document: Document, brief_id: str) -> Brief:
    """Tell body, marks and notes of a document apart. Never raises on bad content; doubts are `Brief.problems`."""
    if document.flow is not None:
        brief = understand_native(document, with_typed_notes(document.flow), brief_id)
    elif any(line.spans for page in document.pages for line in page.lines):
        brief = understand_printed(document, brief_id)
    else:
        brief = understand_plain(document, brief_id)
    return with_facts(document, brief)
