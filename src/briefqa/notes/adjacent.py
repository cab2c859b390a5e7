"""Marks that stand side by side without a comma, and exponents with a mark behind them: "56" may be 5 and 6."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.notes.linking import FARTHEST, SURE, Candidate, link

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.notes.linking import Draft


def split_joined(marks: Sequence[Candidate], notes: Sequence[Draft], reach: int | None = FARTHEST) -> list[Candidate]:
    """The marks, those parted that stand side by side without a comma: "56" where there is a 5 and a 6 but no 56.

    reach: how many pages after its mark a note may stand, None for any.
    """
    parted: list[Candidate] = []
    for mark in marks:
        labels = [mark.label]
        if mark.note is None and mark.score >= SURE and len(mark.label) > 1:
            near = [place for place, note in enumerate(notes) if reach is None or -1 <= note.page - mark.page <= reach]
            if not any(notes[place].label == mark.label for place in near):
                if mark.after_unit and any(notes[place].label == mark.label[1:] for place in near):
                    parted.append(_without_exponent(mark))
                    continue
                labels = next(
                    (found for place in near if (found := _labels_from(place, mark.label, notes, set(near)))), labels
                )
        parted.extend(_parted(mark, labels))
    return parted


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


def _without_exponent(mark: Candidate) -> Candidate:
    row, start = mark.order
    return Candidate(mark.label[1:], mark.page, (row, start + 1), mark.start + 1, mark.end, mark.score)


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
