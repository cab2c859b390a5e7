"""Notes collected at the end of a document or chapter: a numbered run of heads that marks in the text name.

Superscript marks are led to any such run; bracketed marks ("[12]") only to one whose heads are bracketed as well.
A reference list may be named many times over, so marks need not come in order here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.notes.labels import Label, start_label
from briefqa.notes.linking import Candidate, Draft
from briefqa.notes.paragraphs import is_headline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Line

_HEADING = re.compile(
    r"\s*(?:\d{1,2}\.?\s+)?(?:end\s?notes?|notes?(?:\s+(?:and|&)\s+(?:references|sources))?|"
    r"references(?:\s+(?:and|&)\s+notes)?|works cited|sources|citations|bibliography|literature cited|"
    r"anmerkungen|endnoten|fußnoten|einzelnachweise|quellen|notes?\s+et\s+références|références|"
    r"notas|referencias|note|riferimenti|noten)\s*:?\s*",
    re.IGNORECASE,
)
_BRACKETED_HEAD = re.compile(r"\s*\[(\d{1,3})\]\s*(?=\S)")
# Brackets behind these are a program's: "\newcommand{\name}[1]".
_CODE = re.compile(r"\}$|\\[A-Za-z@]+\*?$")
_BRACKETED = re.compile(r"\s?\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
# Without a heading above it a run must be this long; with one, a single head is enough.
_MIN_RUN = 3
# The share of a run's numbers that marks must name.
_MIN_NAMED = 0.6
# The share of a chapter's marks that have to follow the one before.
_MOSTLY = 0.8
_GAP = 2.6
# What may follow a run without a heading (an address, an imprint), as a share of its lines.
_TAIL = 0.25
_DECIMAL, _BRACKETS, _ROMAN = "1", "[1]", "i"


@dataclass(slots=True)
class Run:
    """A run of endnotes: rows [start, end) of the body lines, and its heads as (row, label)."""

    start: int
    end: int
    bracketed: bool
    titled: bool
    heads: list[tuple[int, Label]] = field(default_factory=list)


def is_heading(text: str) -> bool:
    """Whether a line is the heading of a section of endnotes."""
    return _HEADING.fullmatch(text) is not None


def find_runs(lines: Sequence[tuple[int, Line]], free: Sequence[Candidate], size: float) -> list[Run]:
    """Runs of endnotes in body lines (page index, line). free: superscripts that lead to no footnote.

    A run without a heading above it counts only at the end of the document, and only where there is none with one.
    """
    named = {mark.label for mark in free if mark.score >= 0.5}
    bracketed = {str(number) for _, line in lines for number in _bracketed_numbers(line.text)}
    titled: list[Run] = []
    untitled: list[Run] = []
    row = 0
    while row < len(lines):
        run = _run_at(lines, row, size)
        if run is not None and _is_named(run, bracketed if run.bracketed else named):
            if run.titled:
                titled.append(run)
                row = run.end
                continue
            # Bracketed numbers without a heading are paragraphs of a judgment.
            if not run.bracketed and run.end >= len(lines) - _TAIL * (run.end - run.start):
                untitled.append(run)
        row += 1
    return titled or untitled[:1]


def _run_at(lines: Sequence[tuple[int, Line]], row: int, size: float) -> Run | None:
    """The run that begins at this row, counting up from 1, or None."""
    titled = is_heading(lines[row][1].text)
    first = row + titled
    if first >= len(lines) or lines[first][1].size > 1.05 * size:
        return None
    top = lines[first][1]
    kind = next((kind for kind in (_BRACKETS, _DECIMAL, _ROMAN) if _head(top, 1, kind)), None)
    label = _head(top, 1, kind) if kind else None
    if kind is None or label is None:
        return None
    run = Run(row, len(lines), kind == _BRACKETS, titled, [(first, label)])
    edges = _left_edges(lines[first:])
    for index in range(first + 1, len(lines)):
        line = lines[index][1]
        if line.size > max(1.1 * top.size, 1.1 * size):
            run.end = index  # the heading of what follows
            break
        found = _head(line, len(run.heads) + 1, kind)
        if found is None or found.raised != label.raised:
            continue
        if found.raised or line.x0 < edges[lines[index][0], line.block] + 14:
            run.heads.append((index, found))
    run.end = _last_row(lines, run, top)
    return run


def _left_edges(lines: Sequence[tuple[int, Line]]) -> dict[tuple[int, int], float]:
    """Where the leftmost line of each column begins, by page and block: left and right pages differ."""
    edges: dict[tuple[int, int], float] = {}
    for page, line in lines:
        edges[page, line.block] = min(line.x0, edges.get((page, line.block), line.x0))
    return edges


def _head(line: Line, expected: int, kind: str) -> Label | None:
    """The label of a line that begins note number expected."""
    if kind == _BRACKETS:
        found = _BRACKETED_HEAD.match(line.text)
        fits = found is not None and int(found[1]) == expected
        return Label(str(expected), 0, found.end(), raised=False) if found and fits else None
    label = start_label(line)
    if kind == _DECIMAL:
        return label if label is not None and label.number == expected else None
    numeral = _roman(expected)
    if label is not None and label.text == numeral:
        return label
    plain = re.match(rf"\s*{numeral}[.)]?\s+(?=\S)", line.text)
    return Label(numeral, 0, plain.end(), raised=False) if plain else None


def _roman(number: int) -> str:
    """The number in small Roman numerals."""
    text = ""
    for value, letters in (
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ):
        text += letters * (number // value)
        number %= value
    return text


def _last_row(lines: Sequence[tuple[int, Line]], run: Run, top: Line) -> int:
    """Where the last note ends: at a clear gap, another size of print, or the end of what the run may hold."""
    last = run.heads[-1][0]
    for index in range(last + 1, run.end):
        above, line = lines[index - 1][1], lines[index][1]
        overleaf = lines[index - 1][0] != lines[index][0]
        if not overleaf and above.block == line.block and above.y - line.y > _GAP * line.size:
            return index
        if abs(line.size - top.size) > 0.08 * top.size or (overleaf and is_headline(line, top.size)):
            return index
    return run.end


def _is_named(run: Run, named: set[str]) -> bool:
    """Whether marks name most of the run's notes, and a run without a heading holds most of what marks name."""
    labels = [label.text for _, label in run.heads]
    known = sum(label in named for label in labels)
    if run.titled:
        return known >= max(1, _MIN_NAMED * len(labels))
    alike = sum(label.isdigit() == labels[0].isdigit() for label in named)
    return len(labels) >= _MIN_RUN and known >= _MIN_NAMED * max(len(labels), alike)


def _bracketed_numbers(text: str) -> list[int]:
    return [number for found in _BRACKETED.finditer(text) for number in _numbers(found[1])]


def _numbers(text: str) -> list[int]:
    """The numbers of "3, 5-7"."""
    numbers: list[int] = []
    for part in re.split(r"[,;]", text):
        ends = [int(piece) for piece in re.findall(r"\d+", part)]
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + 50:
            numbers.extend(range(ends[0], ends[1] + 1))
        else:
            numbers.extend(ends)
    return numbers


def bracketed_marks(lines: Sequence[tuple[int, Line]], rows: set[int]) -> list[Candidate]:
    """Bracketed marks of body lines outside rows; several numbers in one bracket become several marks."""
    return [
        Candidate(str(number), page, (row, found.start()), found.start(), found.end(), 1.0, bracketed=True)
        for row, (page, line) in enumerate(lines)
        if row not in rows
        for found in _BRACKETED.finditer(line.text)
        if not _CODE.search(line.text, 0, found.start())
        for number in _numbers(found[1])
    ]


def link_runs(runs: Sequence[tuple[Run, Sequence[Draft]]], marks: Sequence[Candidate]) -> None:
    """Set `note` of the marks that name endnotes: those of a chapter to its own run, else all to the only one."""
    if not runs:
        return
    free = [mark for mark in marks if mark.note is None and mark.score >= 0.5]
    for (run, drafts), own in zip(runs, _shares(runs, free), strict=True):
        by_label = {draft.label: draft for draft in drafts}
        for mark in own:
            if run.start <= mark.order[0] < run.end:
                continue
            mark.note = by_label.get(mark.label)


def _shares(runs: Sequence[tuple[Run, Sequence[Draft]]], free: Sequence[Candidate]) -> list[list[Candidate]]:
    """The marks that belong to each run."""
    chapters = _chapters(free)
    if len(runs) == 1:
        if len(chapters) > 1 and all(map(_counts_up, chapters)) and not runs[0][0].bracketed:
            # Numbering that begins anew with each chapter, but the notes of one alone: those of the chapter before.
            return [next((list(own) for own in reversed(chapters) if own[0].order[0] < runs[0][0].start), [])]
        return [list(free)]
    before = [[mark for mark in free if mark.order[0] < run.start] for run, _ in runs]
    shares = [before[0]] + [
        [mark for mark in later if mark.order[0] >= runs[index][0].end] for index, later in enumerate(before[1:])
    ]
    if all(shares):
        return shares  # each chapter is followed by its notes
    # All notes stand at the end: numbering begins anew with each chapter.
    return chapters if len(chapters) == len(runs) else [[] for _ in runs]


def _chapters(free: Sequence[Candidate]) -> list[list[Candidate]]:
    """The marks, parted where their numbering begins anew."""
    chapters: list[list[Candidate]] = []
    for mark in free:
        if not chapters or (mark.label == "1" and chapters[-1][-1].label != "1"):
            chapters.append([])
        chapters[-1].append(mark)
    return chapters


def _counts_up(chapter: Sequence[Candidate]) -> bool:
    """Whether the numbers of a chapter's marks follow each other one by one, nearly all."""
    numbers = [int(mark.label) for mark in chapter if mark.label.isdigit()]
    steps = sum(later == earlier + 1 for earlier, later in pairwise(numbers))
    return len(numbers) > 1 and steps >= _MOSTLY * (len(numbers) - 1)
