"""The JSON of the command line and of HTTP, in one place, so that both say the same. Plain dicts, nothing slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from briefqa.briefs import Brief, Note, Problem


def source_of(note: Note) -> dict[str, Any] | None:
    """Give the CSL-JSON item of the first source that the note cites, or None."""
    return note.sources[0].csl if note.sources else None


def problem(item: Problem) -> dict[str, Any]:
    """Show something in a brief that could not be understood: {"page", "message"}."""
    return {"page": item.page, "message": item.message}


def inspection(brief: Brief) -> dict[str, Any]:
    """Show how one brief was read, as `briefqa inspect --json` prints it. Offsets count in "text"."""
    return {
        "title": brief.title,
        "pages": len(brief.pages),
        "text": brief.body,
        "markers": [
            {"label": mark.label, "offset": mark.offset, "page": mark.page, "note_id": mark.note_id}
            for mark in brief.marks
        ],
        "notes": [
            {
                "note_id": note.id,
                "label": note.label,
                "kind": note.kind,
                "page": note.page,
                "text": note.text,
                "source": source_of(note),
            }
            for note in brief.notes
        ],
        "problems": [problem(item) for item in brief.problems],
    }
