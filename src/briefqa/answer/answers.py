"""What an answer is made of. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from briefqa.briefs import PageSpan
    from briefqa.generation import StoredPassage
    from briefqa.search import CitedNote, Ranking

Level = Literal["brief", "note", "inference"]
"""Who says it: the brief itself; the brief, with a note for its source; or nobody but the answer."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a claim of an answer stands: `brief.body[start:end] == quote`.

    ordinal: its number in the answer, from 1. notes: those whose marks stand in the quote, their offsets counting in
    it; where the claim is a note's own, that note alone.
    """

    ordinal: int
    quote: str
    start: int
    end: int
    stored: StoredPassage
    notes: tuple[CitedNote, ...]

    @property
    def place(self) -> tuple[str, int, int, tuple[str, ...]]:
        """By what it is known: the brief, where in it, and the notes that bear the claim."""
        return self.stored.brief.id, self.start, self.end, tuple(cited.note.id for cited in self.notes)

    @property
    def pages(self) -> tuple[PageSpan, ...]:
        """The pages that the quote stands on."""
        pages = self.stored.passage.pages
        return tuple(page for page in pages if page.start < self.end and page.end > self.start) or pages[:1]


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer, the ordinals of its citations, and who says it.

    note: the label of the note whose words these are, "" where they are the body's or the answer's own. supported:
    False where it was kept although nothing that it cites bears it out.
    """

    text: str
    citations: tuple[int, ...]
    level: Level = "brief"
    note: str = ""
    supported: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, all from one generation.

    abstained: the briefs do not answer; there are no sentences then, and reason says why and what comes nearest.
    written_by: "briefs" where every word is theirs, else the model that wrote it. notices: what a reader has to know
    of how it came about, such as sentences that were left out.
    """

    question: str
    ranking: Ranking
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    reason: str = ""
    written_by: str = "briefs"
    notices: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All sentences with the numbers of their citations; where there are none, the reason."""
        if not self.sentences:
            return self.reason
        return " ".join(
            sentence.text
            + "".join(f" [{number}]" for number in sentence.citations)
            + ("" if sentence.supported else " (not borne out by the briefs)")
            for sentence in self.sentences
        )

    def behind(self, before: Answer) -> Answer:
        """Give this answer's sentences behind those of another, its citations numbered on; the same place once."""
        citations = list(before.citations)
        places = {one.place: one.ordinal for one in citations}
        numbers: dict[int, int] = {}
        for one in self.citations:
            if one.place not in places:
                places[one.place] = len(citations) + 1
                citations.append(replace(one, ordinal=len(citations) + 1))
            numbers[one.ordinal] = places[one.place]
        sentences = (
            replace(sentence, citations=tuple(numbers[number] for number in sentence.citations))
            for sentence in self.sentences
        )
        return replace(self, sentences=(*before.sentences, *sentences), citations=tuple(citations))
