"""Notes that were typed rather than made with the format's own means, as on web pages without anchors: "[1]", "¹"."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from briefqa.briefs import Flow, Mark, Note
from briefqa.notes.text_notes import find_notes
from briefqa.notes.text_rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.notes.text_rows import Found

_LINE = re.compile(r"[^\n]+")


def with_typed_notes(flow: Flow) -> Flow:
    """The flow with typed notes told apart, if it has none of its own: as in text without pages, by whole sequences."""
    if flow.notes or flow.marks:
        return flow
    lines = list(_LINE.finditer(flow.text))
    rows = [Row(line[0], 1, flow.text.endswith("\n\n", 0, line.start()), blank_after=False) for line in lines]
    found = find_notes(rows, set(), "typed", double=False, paged=False)
    if not any(note.mark is not None for note in found) or any(_runs_on(note) for note in found):
        return flow
    starts = [line.start() for line in lines]
    ends = [*starts[1:], len(flow.text)]
    cuts = [(starts[at], ends[at]) for at, row in enumerate(rows) if row.note is not None]
    marked = [
        (starts[note.mark[0]] + note.mark[1], starts[note.mark[0]] + note.mark[2], note) for note in found if note.mark
    ]
    kept = _Kept(flow.text, sorted(cuts + [(start, end) for start, end, _ in marked]))
    sections = [replace(part, start=kept.at(part.start), end=kept.at(part.end)) for part in flow.sections]
    return Flow(
        kept.text,
        tuple(
            Mark(note.label, kept.at(start), 1, note.id) for start, _, note in sorted(marked, key=lambda each: each[0])
        ),
        tuple(
            Note(note.id, note.label, "endnote" if note.endnote else "footnote", 1, " ".join(note.parts))
            for note in found
        ),
        tuple(part for part in sections if part.start < part.end),
    )


def _runs_on(note: Found) -> bool:
    """Whether the next note stands in the same paragraph: where one begins is a guess then."""
    return note.label.isdigit() and f"[{int(note.label) + 1}]" in " ".join(note.parts)


class _Kept:
    """A text without some stretches of it."""

    def __init__(self, text: str, cuts: Sequence[tuple[int, int]]) -> None:
        starts = [0, *(end for _, end in cuts)]
        parts = [text[start:end] for start, end in zip(starts, [*(start for start, _ in cuts), len(text)], strict=True)]
        self.text = "".join(parts).rstrip()
        self._starts = starts
        self._lengths = [len(part) for part in parts]
        self._new = [0, *accumulate(self._lengths)]

    def at(self, offset: int) -> int:
        """Where an offset into the whole text lies in what is kept."""
        part = bisect_right(self._starts, offset) - 1
        within = min(offset - self._starts[part], self._lengths[part])
        return min(self._new[part] + within, len(self.text))
