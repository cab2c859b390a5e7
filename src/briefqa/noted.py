"""Which notes are embedded beside the passages that cite them, so that a question finds what only a note says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from briefqa.briefs import Brief, Mark, Passage

# With fewer words, addresses aside, a note says nothing that could be asked for: "Ibid., 14.", "See note 3 above."
_FEWEST_WORDS = 3
_WORD = re.compile(r"[^\W\d_]{3,}")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+")


class Noted(NamedTuple):
    """A note that a passage cites. passage: its ordinal; text: what is embedded of the note."""

    passage: int
    note_id: str
    text: str


def noted(brief: Brief, passages: Sequence[Passage]) -> Iterator[Noted]:
    """Give the notes of each passage that say something, each once for the passage, in the order of the marks."""
    texts = {note.id: note.text.strip() for note in brief.notes}
    for passage in passages:
        for note_id in told_by(passage.marks, texts):
            yield Noted(passage.ordinal, note_id, texts[note_id])


def told_by(marks: Iterable[Mark], texts: Mapping[str, str]) -> list[str]:
    """Ids of the notes that say something, each once, in the order of the marks. texts: of notes, by their ids."""
    cited = dict.fromkeys(mark.note_id for mark in marks)
    return [name for name in cited if name is not None and _says_something(texts.get(name, ""))]


def _says_something(text: str) -> bool:
    return len(_WORD.findall(_ADDRESS.sub(" ", text))) >= _FEWEST_WORDS
