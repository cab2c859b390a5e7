"""Links marks to notes: raised labels first, page by page and in order; then figures stuck to words; never by guess."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.notes.labels import is_exponent, is_label, normalise, raised_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from briefqa.briefs import Line, NoteKind, WebLink

# A score from which on a raised label may be a mark.
SURE = 0.5
_IN_ORDER_ONLY = 0.3
_TEN = re.compile(r"(?<!\d)10$")
FARTHEST = 3
# What may follow a figure behind a full stop that is a mark; and how much in front of one tells what it is.
_GOES_ON = re.compile(r"\s+[^\W\d_“‘(]|\s*$|\s+[“‘(\[]")
_BEFORE = 40
_STUCK = r"(?<=[^\W\d_]|[.,;:!?)\]”’»›…\"'%])"


@dataclass(slots=True, eq=False)
class Draft:
    """A note as found: its label, where it begins, and its text.

    group: the foot that it stands in. above: the line above that. links: as in `Note`.
    """

    label: str
    page: int
    text: str
    id: str
    kind: NoteKind = "footnote"
    group: int = 0
    above: Line | None = None
    links: tuple[WebLink, ...] = ()


@dataclass(slots=True, eq=False)
class Candidate:
    """A place in a body line that may be a mark. after_unit: its first figure may be the exponent of a unit."""

    label: str
    page: int
    order: tuple[int, int]
    start: int
    end: int
    score: float
    note: Draft | None = None
    bracketed: bool = False
    after_unit: bool = False


def candidates(lines: Sequence[tuple[int, Line]], size: float) -> list[Candidate]:
    """Raised labels of body lines, given as (page index, line), in reading order. size: the body's font size."""
    found: list[Candidate] = []
    for row, (page, line) in enumerate(lines):
        if line.size <= 0.75 * size and is_label(line.text) and row:
            # A mark that wrapped, or stands below a heading.
            found.append(Candidate(normalise(line.text), page, (row, 0), 0, len(line.text), 1.0))
            continue
        score, end = 1.0, -1
        for label in raised_labels(line):
            if re.search(r"[\w)\].,;:!?”’\"'%*…—–-]", line.text[: label.start]) or row:
                # The "8" that "7–9" leaves unsaid stands right behind the 7.
                score = score if label.start == end else _score(line.text, label.start, label.text)
                end = label.end
                mark = Candidate(label.text, page, (row, label.start), label.start, label.end, score)
                mark.after_unit = len(label.text) > 1 and is_exponent(label.text[0], line.text[: label.start].rstrip())
                found.append(mark)
    return found


def link_in_tables(notes: Sequence[Draft], marks: Sequence[Candidate], tables: Mapping[int, range]) -> None:
    """Lead all marks of a table to the notes below it. tables: the rows of the table above a foot, by `Draft.group`.

    Below tables at a page's foot may stand the notes of the text: those of the table have a mark in it.
    """
    for group, rows in tables.items():
        own = {note.label: note for note in notes if note.group == group}
        inside = [mark for mark in marks if mark.order[0] in rows and mark.score >= SURE and mark.label in own]
        outside = sum(mark.note in own.values() and mark.order[0] not in rows for mark in marks if mark.note)
        if not inside or outside > sum(mark.note is own[mark.label] for mark in inside):
            continue
        for mark in inside:
            if mark.note is None:
                mark.note = own[mark.label]


def _score(text: str, start: int, label: str) -> float:
    """How much a raised label looks like a mark rather than an exponent or an index, from 0 to 1."""
    before = text[:start].rstrip()
    if is_exponent(label, before):
        return 0.2
    if before[-1:].isdigit() and label.isdigit():
        # "10" raised to "6"; a year may carry a mark, and so may another number where the order says so.
        return 0.2 if _TEN.search(before) else 0.6 if re.search(r"(?:19|20)\d\d$", before) else _IN_ORDER_ONLY
    return 1.0


def link(notes: Sequence[Draft], marks: Sequence[Candidate], tables: Mapping[int, range] | None = None) -> None:
    """Set `note` of the candidates that are marks. Each note is led to by one mark.

    tables: as for `link_in_tables`; marks in the table above a foot come first.
    """
    for (page, group), drafts in _by_foot(notes).items():
        free = [mark for mark in marks if mark.page == page and mark.note is None and mark.score >= SURE]
        own = (tables or {}).get(group, ())
        within = [mark for mark in free if mark.order[0] in own]
        # In a table, marks do not come in the order of their notes.
        all_inside = {draft.label for draft in drafts} <= {mark.label for mark in within}
        _link_in_order(drafts, within if all_inside else free)
    _link_behind_figures(notes, marks)
    linked = {id(mark.note) for mark in marks if mark.note is not None}
    times = Counter(note.label for note in notes)
    for note in notes:
        if id(note) in linked:
            continue
        # A note may be pushed to the next page (WeasyPrint: further, where numbering never restarts that is no guess),
        # or stand a page before its mark (Typst).
        reach = FARTHEST if times[note.label] == 1 else 1
        near = [
            mark
            for mark in marks
            if mark.note is None
            and mark.label == note.label
            and mark.score >= SURE
            and -1 <= note.page - mark.page <= reach
        ]
        if len(near) == 1:
            near[0].note = note
            linked.add(id(note))


def _link_behind_figures(notes: Sequence[Draft], marks: Sequence[Candidate]) -> None:
    """Lead the only raised label behind a number to its note where the marks of the notes around it enclose it."""
    places = {id(mark.note): mark.order for mark in marks if mark.note is not None}
    for index, note in enumerate(notes):
        if id(note) in places or not any(mark.label == note.label for mark in marks if mark.note is None):
            continue
        before = next((places[id(other)] for other in reversed(notes[:index]) if id(other) in places), (-1, 0))
        after = next((places[id(other)] for other in notes[index + 1 :] if id(other) in places), None)
        fitting = [
            mark
            for mark in marks
            if mark.note is None
            and mark.label == note.label
            and mark.page == note.page
            and mark.score >= _IN_ORDER_ONLY
            if before < mark.order and (after is None or mark.order < after)
        ]
        if len(fitting) == 1:
            fitting[0].note = note
            places[id(note)] = fitting[0].order


def _by_foot(notes: Iterable[Draft]) -> dict[tuple[int, int], list[Draft]]:
    feet: dict[tuple[int, int], list[Draft]] = defaultdict(list)
    for note in notes:
        feet[note.page, note.group].append(note)
    return feet


def _link_in_order(notes: Sequence[Draft], marks: Sequence[Candidate]) -> None:
    """The assignment of highest score in which marks come in the order of their notes (longest common subsequence)."""
    rows, width = len(notes), len(marks)
    best = [[0.0] * (width + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1])
            if notes[i].label == marks[j].label:
                best[i][j] = max(best[i][j], marks[j].score + best[i + 1][j + 1])
    i = j = 0
    while i < rows and j < width:
        if notes[i].label == marks[j].label and best[i][j] == marks[j].score + best[i + 1][j + 1]:
            marks[j].note = notes[i]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


def stuck_candidates(
    notes: Sequence[Draft], marks: Sequence[Candidate], lines: Sequence[tuple[int, Line]]
) -> list[Candidate]:
    """For notes without a raised mark: the one figure of that label stuck to a word between the neighbours' marks."""
    linked = {id(mark.note): mark for mark in marks if mark.note is not None}
    found: list[Candidate] = []
    rows_of: dict[int, list[int]] = {}
    for row, (page, _) in enumerate(lines):
        rows_of.setdefault(page, []).append(row)
    for index, note in enumerate(notes):
        if id(note) in linked or not note.label.isdigit():
            continue
        before = next((linked[id(n)].order for n in reversed(notes[:index]) if id(n) in linked), (-1, 0))
        after = next((linked[id(n)].order for n in notes[index + 1 :] if id(n) in linked), (len(lines), 0))
        places = [
            (row, match)
            for row in rows_of.get(note.page, ())
            if before[0] <= row <= after[0]
            for match in stuck(note.label, lines[row][1].text)
            if before < (row, match.start()) < after
        ]
        if len(places) == 1:
            row, match = places[0]
            mark = Candidate(note.label, note.page, (row, match.start()), match.start(), match.end(), 0.5, note)
            found.append(mark)
            linked[id(note)] = mark
    return found


def stuck(label: str, text: str) -> list[re.Match[str]]:
    """Places where a label stands right after a word or its punctuation, and is no decimal, ordinal or exponent."""
    pattern = re.compile(rf"{_STUCK}{re.escape(label)}(?=\s|$|[.,;:!?)\]”’\"'](?!\d))")
    found = []
    for match in pattern.finditer(text):
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        if re.search(r"\d[.,:]$", before) and not (
            re.search(r"(?:^|\D)(?:1[5-9]|20)\d\d\.$", before) or re.search(r"\d{3,}\.$", before)
        ):
            continue  # "3.1", "12:30"; but "2021.1" and "790.3" at a sentence's end stay
        if re.search(r"\d[.,:]$", before) and not _GOES_ON.match(text, match.end()):
            continue
        if re.search(
            r"(?:^|[\s(“\"'-])[A-Z]{1,5}-?$|(?:^|[\s(])[A-Z]\.$|\[[^\]\s]*$|[§¶$€£]\s*$|\b(?:No|Nos|Art|Sec|Fig|p|pp|vol|ch|para)\.$",
            before,
            re.IGNORECASE,
        ):
            continue  # "COVID-19", "G7", "-O2", "[fn:1]", "No.3"
        found.append(match)
    return found
