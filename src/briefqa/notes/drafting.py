"""Rows of note lines → `Draft`s: each note's lines joined over line, column and page breaks."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from briefqa.briefs import WebLink
from briefqa.notes.joining import Vocabulary, clean, join_all
from briefqa.notes.linking import Draft
from briefqa.reading.flow_writer import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefqa.briefs import Line
    from briefqa.notes.endnotes import Run
    from briefqa.notes.zones import Column

# How a note's two halves announce each other: "(continued...)" and "10(...continued)".
_CONTINUED_HEAD = re.compile(r"^\(?\s*(?:\.\s?\.\s?\.|…)?\s*(?:continued|cont['’.]?d?)\.?\s*\)?\s*", re.IGNORECASE)
_CONTINUED_TAIL = re.compile(r"(?<!\s)\s*\((?:continued|cont['’.]?d?)\s*(?:\.\s?\.\s?\.|…)?\)?\s*$", re.IGNORECASE)

# Behind the words of a link while lines are joined: how many they are, and the address. Unicode keeps these two from
# being text.
_TOLD, _END = "\ufdd0", "\ufdd1"
_LINK = re.compile(f"{_TOLD}(\\d+) ([^{_END}]*){_END}")

# One line of a note: its text without the label, and whether it reaches the right margin.
Part = tuple[str, bool]


def announces_continuation(text: str) -> bool:
    """Whether a line says nothing but that a note goes on overleaf."""
    return _CONTINUED_TAIL.fullmatch(text) is not None


def without_announcements(text: str) -> str:
    """A line of a note without the words that say that it goes on overleaf, or did begin there."""
    return _CONTINUED_TAIL.sub("", _CONTINUED_HEAD.sub("", text) if is_continued(text) else text)


def footnotes(columns: Iterable[Column], vocabulary: Vocabulary, brief_id: str) -> list[Draft]:
    """The notes at the feet of all columns, in reading order."""
    found: list[tuple[str, int, list[Part]]] = []
    groups: list[int] = []
    feet = [foot for column in columns for foot in column.feet]
    for group, foot in enumerate(feet):
        reaches = _margin([line for line, _ in foot.rows])
        for line, label in foot.rows:
            text = _with_links(line, label.end if label else 0)
            # The head of a note's other half repeats its label.
            repeated = label is not None and is_continued(text) and any(old == label.text for old, _, _ in found)
            if label is not None and not repeated:
                found.append((label.text, foot.page, [(text, line.x1 >= reaches)]))
                groups.append(group)
            elif found:
                found[-1][2].append((_CONTINUED_HEAD.sub("", text) if is_continued(text) else text, line.x1 >= reaches))
    drafts: list[Draft] = []
    for (head, page, parts), group in zip(found, groups, strict=True):
        whole, links = note_text(parts, vocabulary)
        number = f"{brief_id}-n{len(drafts) + 1}"
        drafts.append(Draft(head, page, whole, number, group=group, above=feet[group].above, links=links))
    return drafts


def is_continued(text: str) -> bool:
    """Whether a line begins the other half of a note, and says so."""
    return text.lstrip().startswith("(") and _CONTINUED_HEAD.match(text) is not None


def endnotes(run: Run, lines: Sequence[tuple[int, Line]], vocabulary: Vocabulary, prefix: str) -> list[Draft]:
    """The notes of a run of endnotes, each from its head to the next. lines: (page index, line)."""
    reaches = _margin([lines[row][1] for row in range(run.start, run.end)])
    ends = [row for row, _ in run.heads[1:]] + [run.end]
    drafts: list[Draft] = []
    for (row, label), end in zip(run.heads, ends, strict=True):
        page, head = lines[row]
        rest = [line for _, line in lines[row + 1 : end]]
        parts = [(_with_links(head, label.end), head.x1 >= reaches)]
        parts += [(_with_links(line, 0), line.x1 >= reaches) for line in rest]
        text, links = note_text(parts, vocabulary)
        drafts.append(Draft(label.text, page, text, f"{prefix}-{label.text}", "endnote", links=links))
    return drafts


def _margin(lines: Sequence[Line]) -> float:
    """Lines that end beyond this x are full."""
    right = max(line.x1 for line in lines)
    return right - 0.12 * (right - min(line.x0 for line in lines))


def _with_links(line: Line, start: int) -> str:
    """The line's text from start on, each link of it told behind its words."""
    text = line.text
    for link in reversed(line.links):
        if link.start >= start:
            told = f"{_TOLD}{link.end - link.start} {link.address}{_END}"
            text = f"{text[: link.end]}{told}{text[link.end :]}"
    return text[start:]


def note_text(parts: Iterable[Part], vocabulary: Vocabulary) -> tuple[str, tuple[WebLink, ...]]:
    """The lines of a note as one text, and the links whose addresses it does not spell out."""
    told: list[tuple[int, str]] = []

    def keep(found: re.Match[str]) -> str:
        told.append((int(found[1]), found[2]))
        return _TOLD

    lines = ((_CONTINUED_TAIL.sub("", _LINK.sub(keep, part)).strip(), reaches) for part, reaches in parts)
    marked = clean(join_all(((line, reaches) for line, reaches in lines if line), vocabulary))
    if not told:
        return marked, ()
    text = marked.replace(_TOLD, "")
    spelled = bare(text)
    ends = accumulate(map(len, marked.split(_TOLD)))
    links = (WebLink(max(0, end - size), end, address) for end, (size, address) in zip(ends, told, strict=False))
    return text, tuple(link for link in links if bare(link.address) not in spelled)
