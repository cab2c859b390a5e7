"""From fetched passages to what a reader is shown: notes, duplicates, sentences."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypeVar

from briefqa.lexical import Sought, language_of, terms, tokens, words
from briefqa.search.hits import CitedNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from briefqa.catalog import BriefRecord
    from briefqa.generation import StoredPassage

T = TypeVar("T")

# Passages are held to be the same when so many of their word triples are common to both (Jaccard).
_SAME = 0.8
# Only those are compared so that share so many words, as they stand there: most do not, and that is quickly told.
_LIKE = 0.5
# Shorter ones are the same only where all of their words are.
_FEW_WORDS = 12
# Of no sentence of a body, asked for with every second or third word left out, a note was so much nearer
# (docs/evaluate.md).
_CLEARLY_NEARER = 0.05
# Questions whose words are kept at hand: one is asked of several passages.
_AT_HAND = 64


def cited_notes(
    stored: StoredPassage, question: str = "", nearer: Mapping[str, float] | None = None
) -> tuple[CitedNote, ...]:
    """Pair each mark of the passage with its note; marks that lead nowhere are left out.

    question: a note is marked as what matched where it holds more of the question's terms than the passage does; if
    none does so, where it is clearly nearer to it in meaning. nearer: as `Index.nearer` tells of this passage.
    """
    notes = {note.id: note for note in stored.notes}
    passage = stored.passage
    matched = _matched(stored, question) if question and notes else frozenset()
    if not matched and nearer and max(nearer.values()) > _CLEARLY_NEARER:
        matched = frozenset([max(nearer, key=nearer.__getitem__)])
    return tuple(
        CitedNote(notes[mark.note_id], mark.offset - passage.start, mark.note_id in matched)
        for mark in passage.marks
        if mark.note_id is not None and mark.note_id in notes
    )


def _matched(stored: StoredPassage, question: str) -> frozenset[str]:
    sought = _sought(question, language_of(stored.brief.language, stored.passage.text))
    texts = [f"{stored.passage.section}\n{stored.passage.text}", *(note.text for note in stored.notes)]
    held, *of_notes = sought.held_by(list(map(tokens, texts)))
    by_note = {note.id: of_note for note, of_note in zip(stored.notes, of_notes, strict=True)}
    most = max(map(len, by_note.values()), default=0)
    # Half of what it holds must be news, so that a passage that answers itself keeps the honour.
    return frozenset(
        name
        for name, of_note in by_note.items()
        if of_note and len(of_note) == most and len(of_note) > len(held & of_note) and len(of_note) >= len(held)
    )


@lru_cache(_AT_HAND)
def _sought(question: str, language: str) -> Sought:
    """The words of a question, pairs left out."""
    return Sought(frozenset(terms(question, language)[0]), language)


def collapsed(stored: Sequence[StoredPassage]) -> list[tuple[int, tuple[BriefRecord, ...]]]:
    """Leave out what says the same as a passage before it in another brief.

    Returns the places of those that stay, each with the other briefs that say it, too.
    """
    kept: list[tuple[int, frozenset[str], list[BriefRecord]]] = []

    @cache
    def triples(place: int) -> frozenset[object]:
        return _triples(stored[place].passage.text)

    for place, passage in enumerate(stored):
        said = frozenset(passage.passage.text.casefold().split())
        same = next(
            (
                also
                for other, its, also in kept
                if _other_brief(passage, stored[other]) and _overlap(said, its) >= _LIKE
                if _overlap(triples(place), triples(other)) >= _SAME
            ),
            None,
        )
        if same is None:
            kept.append((place, said, []))
        elif passage.brief not in same:
            same.append(passage.brief)
    return [(place, tuple(also)) for place, _, also in kept]


def _other_brief(one: StoredPassage, other: StoredPassage) -> bool:
    return one.brief.id != other.brief.id


def _triples(text: str) -> frozenset[object]:
    found = words(text)
    if len(found) < _FEW_WORDS:
        return frozenset([tuple(found)])
    return frozenset(zip(found, found[1:], found[2:], strict=False))


def _overlap(one: frozenset[T], other: frozenset[T]) -> float:
    """Jaccard's measure, from 0 to 1."""
    common = len(one & other)
    return common / max(len(one) + len(other) - common, 1)
