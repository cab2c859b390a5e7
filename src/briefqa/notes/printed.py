"""Documents with geometry (PDF): columns and feet → notes, marks, body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.briefs import Brief, Document, Line, Note, Problem
from briefqa.notes.adjacent import link_joined, split_doubled, split_joined
from briefqa.notes.bracketed import with_bracketed_marks
from briefqa.notes.drafting import announces_continuation, endnotes, footnotes
from briefqa.notes.endnotes import bracketed_marks, find_runs, link_runs
from briefqa.notes.flow import write_body
from briefqa.notes.furniture import without_furniture
from briefqa.notes.heads import body_size
from briefqa.notes.joining import Vocabulary
from briefqa.notes.linking import Candidate, Draft, candidates, link, link_in_tables, stuck_candidates
from briefqa.notes.paragraphs import BodyLine, Cut, mark_paragraphs
from briefqa.notes.placing import geometry
from briefqa.notes.table_notes import table_ending_at
from briefqa.notes.zones import Column, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Page


@dataclass(frozen=True, slots=True)
class Reading:
    """What each line of a printed document was taken for, before it becomes text.

    pages: without furniture. rows: the lines that stand in columns' bodies, as (page index, line), with those of
    endnotes: `endnote_rows` says which. marks: those that are believed; `Candidate.order` begins with the row.
    """

    pages: list[Page]
    columns: list[Column]
    rows: list[tuple[int, Line]]
    endnote_rows: set[int]
    marks: list[Candidate]
    notes: list[Draft]
    problems: list[Problem]
    vocabulary: Vocabulary
    body_size: float


def read_printed(document: Document, brief_id: str) -> Reading:
    """Tell body, marks and notes of a document with geometry apart, line by line."""
    pages = with_bracketed_marks(without_furniture(document.pages))
    vocabulary = Vocabulary(line.text for page in pages for line in page.lines)
    size = body_size(pages)
    parts = columns(pages)
    notes = footnotes(parts, vocabulary, brief_id)
    body_lines = [(column.page.index, line) for column in parts for line in _body(column)]
    marks = split_joined(candidates(body_lines, size), notes)
    tables = _tables(notes, body_lines)
    link(notes, marks, tables)
    marks = link_joined(notes, marks)
    link_in_tables(notes, marks, tables)
    marks += stuck_candidates(notes, marks, body_lines)
    marks, more, taken = _link_endnotes(body_lines, marks, size, vocabulary, f"{brief_id}-n{len(notes)}")
    notes += more
    kept, problems = _judge(document.path, notes, marks)
    return Reading(pages, parts, body_lines, taken, kept, notes, problems, vocabulary, size)


def _tables(notes: Sequence[Draft], lines: Sequence[tuple[int, Line]]) -> dict[int, range]:
    """The rows of the table right above a foot, by `Draft.group`, where there is one."""
    row_of = {id(line): row for row, (_, line) in enumerate(lines)}
    above = {note.group: row_of[id(note.above)] for note in notes if id(note.above) in row_of}
    tables = {group: table_ending_at(lines, row) for group, row in above.items()}
    return {group: rows for group, rows in tables.items() if rows}


def understand_printed(document: Document, brief_id: str) -> Brief:
    """The brief that a document with geometry is."""
    reading = read_printed(document, brief_id)
    page_of = {page.index: page for page in reading.pages}
    lines = [BodyLine(line, page_of[index]) for index, line in reading.rows]
    for mark in reading.marks:
        lines[mark.order[0]].cuts.append(
            Cut(mark.start, mark.end, mark.label, mark.note.id if mark.note is not None else None)
        )
    lines = [line for row, line in enumerate(lines) if row not in reading.endnote_rows]
    mark_paragraphs(lines, reading.body_size)
    body = write_body(lines, reading.pages, reading.vocabulary)
    return Brief(
        id=brief_id,
        path=document.path,
        title="",
        body=body.text,
        pages=body.pages,
        marks=body.marks,
        notes=tuple(
            Note(draft.id, draft.label, draft.kind, draft.page, draft.text, links=draft.links)
            for draft in reading.notes
        ),
        sections=body.sections,
        problems=document.problems + tuple(reading.problems),
        geometry=geometry(reading, lines, body),
    )


def _body(column: Column) -> list[Line]:
    """The column's body lines, without the "(continued…)" that announces a note's other half."""
    lines = column.body
    if lines and announces_continuation(lines[-1].text):
        return lines[:-1]
    return lines


def _link_endnotes(
    lines: Sequence[tuple[int, Line]], marks: list[Candidate], size: float, vocabulary: Vocabulary, prefix: str
) -> tuple[list[Candidate], list[Draft], set[int]]:
    """Marks with those that lead to endnotes, the endnotes, and the rows of the body that these take up."""
    runs = find_runs(lines, [mark for mark in marks if mark.note is None], size)
    if not runs:
        return marks, [], set()
    taken = {row for run in runs for row in range(run.start, run.end)}
    marks = [mark for mark in marks if mark.order[0] not in taken]
    if any(run.bracketed for run in runs):
        marks = marks + bracketed_marks(lines, taken)
    drafted = [
        (run, endnotes(run, lines, vocabulary, f"{prefix}e{number}")) for number, run in enumerate(runs, start=1)
    ]
    plain = [draft for run, drafts in drafted if not run.bracketed for draft in drafts]
    marks = split_joined(marks, plain, reach=None)
    if len(drafted) == 1 and all(draft.label.isdigit() for draft in plain):
        marks = split_doubled(marks, plain)
    link_runs([pair for pair in drafted if not pair[0].bracketed], [mark for mark in marks if not mark.bracketed])
    link_runs([pair for pair in drafted if pair[0].bracketed], [mark for mark in marks if mark.bracketed])
    return marks, [draft for _, drafts in drafted for draft in drafts], taken


def _judge(path: str, notes: Sequence[Draft], marks: Sequence[Candidate]) -> tuple[list[Candidate], list[Problem]]:
    """The candidates that are marks, and a Problem for each note or mark that stays alone."""
    linked = {id(mark.note) for mark in marks if mark.note is not None}
    problems = [
        Problem(path, note.page, f"Note {note.label} has no mark in the text: {note.text[:60]}")
        for note in notes
        if id(note) not in linked
    ]
    numbers = {int(note.label) for note in notes if note.label.isdigit()}
    kept = [mark for mark in marks if mark.note is not None]
    for mark in marks:
        if mark.note is not None or mark.score < 1.0 or not mark.label.isdigit():
            continue
        # A hole in the numbering: the note was not found, but the mark is one.
        number = int(mark.label)
        if number not in numbers and number - 1 in numbers and number + 1 in numbers:
            kept.append(mark)
            problems.append(Problem(path, mark.page, f"Mark {mark.label} leads to no note that could be found."))
    kept.sort(key=lambda mark: mark.order)
    return kept, problems
