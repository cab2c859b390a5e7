"""Documents whose format links marks and notes itself (DOCX, HTML, Markdown): checked, and given their ids."""

from __future__ import annotations

from dataclasses import replace

from briefqa.briefs import Brief, Document, Flow, PageSpan, Problem


def understand_native(document: Document, flow: Flow, brief_id: str) -> Brief:
    """Take over the format's own links; a note that no mark leads to, or a mark without a note, is a Problem."""
    ids = {note.id: f"{brief_id}-n{number}" for number, note in enumerate(flow.notes, start=1)}
    # Such formats have no pages: the whole brief is page 1.
    marks = tuple(replace(mark, page=1, note_id=ids.get(mark.note_id or "")) for mark in flow.marks)
    linked = {mark.note_id for mark in marks}
    problems = [
        Problem(document.path, mark.page, f"Mark {mark.label} leads to no note.")
        for mark in marks
        if mark.note_id is None
    ]
    problems += [
        Problem(document.path, note.page, f"Note {note.label} has no mark in the text: {note.text[:60]}")
        for note in flow.notes
        if ids[note.id] not in linked
    ]
    return Brief(
        id=brief_id,
        path=document.path,
        title="",
        body=flow.text,
        pages=(PageSpan(1, "1", 0, len(flow.text)),),
        marks=marks,
        notes=tuple(replace(note, page=1, id=ids[note.id]) for note in flow.notes),
        sections=flow.sections,
        problems=document.problems + tuple(problems),
    )
