"""Links marks to notes: raised labels first, page by page and in order; then figures stuck to words; never by guess."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.notes.labels import is_exponent, is_label, normalise, raised_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from briefqa.briefs import Line, NoteKind

# A score from which on a raised label may be a mark.
_SURE = 0.5
_IN_ORDER_ONLY = 0.3
_TEN = re.compile(r"(?<!\d)10$")
_FARTHEST = 3
# What may follow a figure behind a full stop that is a mark; and how much in front of one tells what it is.
_GOES_ON = re.compile(r"\s+[^\W\d_“‘(]|\s*$|\s+[“‘(\[]")
_BEFORE = 40
_STUCK = r"(?<=[^\W\d_]|[.,;:!?)\]”’\"'%])"


@dataclass(slots=True, eq=False)
class Draft:
    """A note as found: its label, where it begins, and its text. group: the foot that it stands in."""

    label: str
    page: int
    text: str
    id: str
    kind: NoteKind = "footnote"
    group: int = 0


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


def split_joined(marks: Sequence[Candidate], notes: Sequence[Draft], reach: int | None = _FARTHEST) -> list[Candidate]:
    """The marks, those parted that stand side by side without a comma: "56" where there is a 5 and a 6 but no 56.

    reach: how many pages after its mark a note may stand, None for any.
    """
    parted: list[Candidate] = []
    for mark in marks:
        labels = [mark.label]
        if mark.note is None and mark.score >= _SURE and len(mark.label) > 1:
            near = [place for place, note in enumerate(notes) if reach is None or 0 <= note.page - mark.page <= reach]
            if not any(notes[place].label == mark.label for place in near):
                if mark.after_unit and any(notes[place].label == mark.label[1:] for place in near):
                    parted.append(_without_exponent(mark))
                    continue
                labels = next(
                    (found for place in near if (found := _labels_from(place, mark.label, notes, set(near)))), labels
                )
        parted.extend(_parted(mark, labels))
    return parted


def _without_exponent(mark: Candidate) -> Candidate:
    row, start = mark.order
    return Candidate(mark.label[1:], mark.page, (row, start + 1), mark.start + 1, mark.end, mark.score)


def link_joined(notes: Sequence[Draft], marks: Sequence[Candidate]) -> list[Candidate]:
    """The marks, after what was left over was led to left-over notes: "12" is 1 and 2 where a later "12" is the 12."""
    led_to = {id(mark.note) for mark in marks}
    left_over = [note for note in notes if id(note) not in led_to]
    parted = split_joined(marks, left_over)
    if len(parted) > len(marks):
        link(left_over, parted)
    return parted


def split_doubled(marks: Sequence[Candidate], notes: Sequence[Draft]) -> list[Candidate]:
    """The marks; "12" is parted where no mark names notes 1 and 2 and another "12" is left to lead to note 12."""
    named = Counter(mark.label for mark in marks)
    lonely = [note for note in notes if not named[note.label]]
    doubled = [mark for mark in marks if named[mark.label] > 1]
    parted: dict[int, list[Candidate]] = {}
    for mark in doubled if lonely else ():
        labels = _labels_of(mark.label, lonely)
        if labels and named[mark.label] > 1:
            parted[id(mark)] = list(_parted(mark, labels))
            named[mark.label] -= 1
            lonely = [note for note in lonely if note.label not in labels]
    return [part for mark in marks for part in parted.get(id(mark), [mark])]


def _labels_of(joined: str, notes: Sequence[Draft]) -> list[str]:
    """The labels of two or more of these notes, one number after the other, that make up joined; else none."""
    for place in range(len(notes)):
        labels = _labels_from(place, joined, notes, set(range(len(notes))))
        if len(labels) > 1 and all(int(after) == int(before) + 1 for before, after in pairwise(labels)):
            return labels
    return []


def _labels_from(place: int, joined: str, notes: Sequence[Draft], near: set[int]) -> list[str]:
    """The labels of the notes from this one on, if they make up joined; else none."""
    labels: list[str] = []
    while joined and place in near and joined.startswith(notes[place].label):
        labels.append(notes[place].label)
        joined = joined[len(notes[place].label) :]
        place += 1
    return [] if joined else labels


def _parted(mark: Candidate, labels: Sequence[str]) -> Iterator[Candidate]:
    """A mark as one for each of its labels."""
    if len(labels) == 1:
        yield mark
        return
    row, start = mark.order
    for number, label in enumerate(labels, start=1):
        end = mark.end if number == len(labels) else start + len(label)
        yield Candidate(label, mark.page, (row, start), start, end, mark.score)
        start = end


def _score(text: str, start: int, label: str) -> float:
    """How much a raised label looks like a mark rather than an exponent or an index, from 0 to 1."""
    before = text[:start].rstrip()
    if is_exponent(label, before):
        return 0.2
    if before[-1:].isdigit() and label.isdigit():
        # "10" raised to "6"; a year may carry a mark, and so may another number where the order says so.
        return 0.2 if _TEN.search(before) else 0.6 if re.search(r"(?:19|20)\d\d$", before) else _IN_ORDER_ONLY
    return 1.0


def link(notes: Sequence[Draft], marks: Sequence[Candidate]) -> None:
    """Set `note` of the candidates that are marks. Each note is led to by one mark."""
    for (page, _), drafts in _by_foot(notes).items():
        free = [mark for mark in marks if mark.page == page and mark.note is None and mark.score >= _SURE]
        _link_in_order(drafts, free)
    _link_behind_figures(notes, marks)
    linked = {id(mark.note) for mark in marks if mark.note is not None}
    times = Counter(note.label for note in notes)
    for note in notes:
        if id(note) in linked:
            continue
        # A note may be pushed to the next page (WeasyPrint: further, where numbering never restarts that is no guess),
        # or stand a page before its mark (Typst).
        reach = _FARTHEST if times[note.label] == 1 else 1
        near = [
            mark
            for mark in marks
            if mark.note is None
            and mark.label == note.label
            and mark.score >= _SURE
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
            r"(?:^|\s)[A-Z]{1,5}-?$|[§¶$€£]\s*$|\b(?:No|Nos|Art|Sec|Fig|p|pp|vol|ch|para)\.$", before, re.IGNORECASE
        ):
            continue  # "COVID-19", "G7", "No.3"
        found.append(match)
    return found
