"""How a brief was read, as text for a terminal: page by page, marks in colour, notes below, then the problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.inspection.text import pages_of, shown, whole

if TYPE_CHECKING:
    from briefqa.briefs import Brief, Mark
    from briefqa.inspection.text import PageText

_LINKED, _UNLINKED, _DIM, _END = "\033[1;36m", "\033[1;31m", "\033[2m", "\033[0m"


def terminal_page(brief: Brief, *, colour: bool) -> str:
    """Show body with marks as [1], notes under each page, and problems. colour: the terminal understands colours."""
    about = [part for part in ("; ".join(brief.authors), brief.published, brief.language) if part]
    title = shown(brief.title)
    parts = [title, "=" * min(len(title), 80), *([shown(" · ".join(about))] if about else [])]
    paged = len(brief.pages) > 1
    for page in pages_of(brief):
        parts += ["", *_page(page, paged=paged, colour=colour)]
    problems = whole(brief)
    if problems:
        parts += ["", "Problems", "--------", *(shown(problem.message) for problem in problems)]
    linked = sum(mark.note_id is not None for mark in brief.marks)
    counts = [
        _count(len(brief.pages), "page"),
        f"{_count(len(brief.marks), 'mark')} ({linked} linked)",
        _count(len(brief.notes), "note"),
        _count(len(brief.problems), "problem"),
    ]
    return "\n".join([*parts, "", ", ".join(counts)])


def _page(page: PageText, *, paged: bool, colour: bool) -> list[str]:
    lines: list[str] = []
    if paged:
        label = shown(page.label)
        name = f"page {page.index}" if label == str(page.index) else f"page {page.index} ({label})"
        lines.append(_in(_DIM, f"--- {name} ---", colour=colour))
    text = "".join(shown(piece) if isinstance(piece, str) else _mark(piece, colour=colour) for piece in page.pieces)
    lines.append(text.strip("\n"))
    if page.notes:
        lines.append("")
    for note in page.notes:
        kind = "" if note.kind == "footnote" else "  (endnote)"
        lines.append(f"{_in(_LINKED, f'[{shown(note.label)}]', colour=colour)} {shown(note.text)}{kind}")
    if page.problems:
        lines.append("")
    lines += [f"{_in(_UNLINKED, 'problem:', colour=colour)} {shown(problem.message)}" for problem in page.problems]
    return lines


def _mark(mark: Mark, *, colour: bool) -> str:
    return _in(_LINKED if mark.note_id else _UNLINKED, f"[{shown(mark.label)}]", colour=colour)


def _in(style: str, text: str, *, colour: bool) -> str:
    return f"{style}{text}{_END}" if colour else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
