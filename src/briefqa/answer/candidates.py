"""The sentences that an answer may be made of: whole ones, no headings, no stubs of lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.search import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.search import CitedNote, Hit

_LINE_END = re.compile(r"\s*\n\s*")
_BULLET = re.compile(r"(?:[•▪◦‣–—*·○●■□-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]|\(\d{1,3}\))\s+")
_CLOSED = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_WORD = re.compile(r"[^\W_]+")
_FEWEST_WORDS = 4
# A line without a full stop is an item of a list rather than a heading from so many words on.
_WORDS_OF_AN_ITEM = 9
# A note's text is cut to sentences where it is more than a reference; shorter ones stay whole.
_LONG_NOTE = 300


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit: `hit.stored.passage.text[start:end]`. note: where the words are a note's, else None.

    text: the words that would stand in the answer, those of the body or of the note. start, end: of a note's words,
    the sentence of the body that cites it.
    """

    hit: Hit
    start: int
    end: int
    text: str
    note: CitedNote | None = None

    @property
    def marks(self) -> tuple[CitedNote, ...]:
        """The notes whose marks stand in the sentence or right after it."""
        return tuple(cited for cited in self.hit.notes if self.start < cited.offset <= self.end)


def candidates(hit: Hit) -> Iterator[Candidate]:
    """Give the whole sentences of a hit, and those of its notes that hold what the question asks for."""
    text = hit.stored.passage.text
    spans = list(_whole(hit))
    for start, end in spans:
        yield Candidate(hit, start, end, text[start:end])
    for cited in {cited.note.id: cited for cited in hit.notes if cited.matched}.values():
        around = next(((start, end) for start, end in _pieces(text) if start < cited.offset <= end), None)
        if around:
            for start, end in _of_note(cited.note.text):
                yield Candidate(hit, *around, cited.note.text[start:end], cited)


def _whole(hit: Hit) -> Iterator[tuple[int, int]]:
    passage = hit.stored.passage
    heading = " ".join(passage.section.split()).casefold()
    for start, end in _pieces(passage.text):
        said = passage.text[start:end]
        cut_off = start == 0 and said[:1].islower()
        if not cut_off and is_whole(said) and " ".join(said.split()).casefold() not in {heading, heading + "."}:
            yield start, end


def is_whole(said: str) -> bool:
    """Whether a stretch of text is a sentence, or an item of a list that says as much as one."""
    words = _WORD.findall(said)
    if len(words) < _FEWEST_WORDS or said.endswith(":"):
        return False
    if _CLOSED.search(said):
        return True
    # Headings are written with capitals, or are short.
    small = sum(word[0].islower() for word in words)
    return len(words) >= _WORDS_OF_AN_ITEM and small * 2 >= len(words) and not said.endswith(",")


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Spans of sentences and lines, without the bullets in front of them."""
    for first, last in sentences(text):
        start = first
        for end, following in [*((m.start(), m.end()) for m in _LINE_END.finditer(text, first, last)), (last, last)]:
            bullet = _BULLET.match(text, start, end)
            start = bullet.end() if bullet else start
            if start < end:
                yield start, end
            start = following


def _of_note(text: str) -> list[tuple[int, int]]:
    if len(text) <= _LONG_NOTE:
        bare = text.strip()
        start = text.find(bare)
        return [(start, start + len(bare))] if bare else []
    return sentences(text)
