"""Finds notes and marks, links them, and takes both out of the running text: `Document` → `Brief`.

Geometry decides first (superscripts, small print, separating rules), sequence and label second; what stays in doubt
becomes a `Problem`, because a wrong link is worse than a missing one. Read in the order: labels, furniture, zones,
linking, joining, flow; `printed` puts them together for pages with geometry, `plain` for text without.
"""

from __future__ import annotations

from briefqa.briefs import Brief, Document
from briefqa.notes.plain import understand_plain
from briefqa.notes.printed import understand_printed

__all__ = ["understand"]


def understand(document: Document, brief_id: str) -> Brief:
    """Tell body, marks and notes of a document apart. Never raises on bad content; doubts are `Brief.problems`."""
    if any(line.spans for page in document.pages for line in page.lines):
        return understand_printed(document, brief_id)
    return understand_plain(document, brief_id)
