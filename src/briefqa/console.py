"""Text for people at a terminal. It returns strings; `cli` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.shapes import page_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefqa.briefs import Brief
    from briefqa.generation import IndexInfo
    from briefqa.reindex import ReindexReport
    from briefqa.search import Hit, Ranking


def printable(text: str) -> str:
    """Replace control characters: a brief or a file's name may hold some that would command the terminal."""
    return "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)


def inspection_page(brief: Brief) -> str:
    """Show how a brief was read: its body with the marks put back as [1], its notes, and its problems."""
    parts = [*_headed(brief.title, "="), with_marks(brief.body, ((mark.offset, mark.label) for mark in brief.marks))]
    if brief.notes:
        parts += ["", *_headed("Notes")]
        parts += [f"[{note.label}] {note.text}  ({note.kind}, page {note.page})" for note in brief.notes]
    if brief.problems:
        parts += ["", *_headed("Problems")]
        parts += [f"page {item.page}: {item.message}" if item.page else item.message for item in brief.problems]
    linked = sum(mark.note_id is not None for mark in brief.marks)
    counts = [_count(len(brief.pages), "page"), f"{_count(len(brief.marks), 'mark')} ({linked} linked)"]
    return printable("\n".join([*parts, "", ", ".join([*counts, _count(len(brief.notes), "note")])]))


def ranking_page(ranking: Ranking) -> str:
    """Show the hits for a question, each with its notes below it."""
    if not ranking.hits:
        return "No hits: the index holds no briefs."
    steps = ranking.timings
    closing = (
        f"{_count(len(ranking.hits), 'hit')} in {steps.total:.0f} ms (embed {steps.embed:.0f}, search "
        f"{steps.search:.0f}, fetch {steps.fetch:.0f}), generation {ranking.generation}"
    )
    return printable("\n\n".join([*(_hit(hit) for hit in ranking.hits), closing]))


def _hit(hit: Hit) -> str:
    brief, passage = hit.stored.brief, hit.stored.passage
    about = [part for part in (brief.published, page_label(passage.pages), passage.section) if part]
    lines = [
        f"{hit.rank}. {brief.title or brief.path}  ({hit.score:.3f})",
        f"   {brief.path}" + "".join(f" · {part}" for part in about),
        "",
        with_marks(passage.text, ((cited.offset, cited.note.label) for cited in hit.notes)),
    ]
    notes = {cited.note.id: cited.note for cited in hit.notes}
    if notes:
        lines += ["", *(f"   [{note.label}] {note.text}" for note in notes.values())]
    return "\n".join(lines)


def status_page(info: IndexInfo, index: str, docs_in: str) -> str:
    """Show what the live generation holds."""
    rows = {
        "generation": info.generation,
        "created": info.created,
        "index": index,
        "docs_in": docs_in,
        "model": f"{info.model} ({info.dimension} dimensions)",
        "briefs": info.briefs,
        "passages": info.passages,
        "notes": info.notes,
        "marks": info.marks,
    }
    return printable("\n".join(f"{name:<11}{value}" for name, value in rows.items()))


def report_page(report: ReindexReport) -> str:
    """Show what a reindexing has done."""
    files = f"{report.added} added, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged"
    holds = f"{_count(report.briefs, 'brief')}, {_count(report.passages, 'passage')}, {_count(report.notes, 'note')}"
    marks = f"{_count(report.marks, 'mark')}, {report.unlinked} of them without a note"
    times = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in report.seconds.items())
    live = f"Generation {report.generation} is live." if report.published else "Nothing changed, nothing was written."
    doubts = [f"{_count(len(report.problems), 'doubt')} about what was read: `briefqa inspect FILE` shows them."]
    return printable("\n".join([live, files, f"{holds}, {marks}", times, *(doubts if report.problems else [])]))


def with_marks(text: str, marks: Iterable[tuple[int, str]]) -> str:
    """Put marks back into text as [label]. marks: (offset in text, label), by offset."""
    parts, done = [], 0
    for offset, label in marks:
        parts += [text[done:offset], f"[{label}]"]
        done = offset
    return "".join([*parts, text[done:]])


def _headed(title: str, underline: str = "-") -> list[str]:
    return [title, underline * min(len(title), 80), *([""] if underline == "=" else [])]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
