"""An answer that a model writes from the hits, every sentence of it verified."""

from __future__ import annotations

import html
import re
import time
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import TYPE_CHECKING

from briefqa.answer.answers import Answer, AnswerSentence, Citation, Level
from briefqa.answer.candidates import Candidate, candidates
from briefqa.answer.claims import claims_of, evidence_of, missing, shared
from briefqa.answer.extractive import citation_of, extracted, reason_to_abstain
from briefqa.answer.model import prompt
from briefqa.answer.verifying import Checked, Given, check, drafted, evidence, settled
from briefqa.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.answer.model import Model, Turn
    from briefqa.answer.verifying import Ground
    from briefqa.search import Hit, Ranking, Searcher

_NO_ANSWER = "NO ANSWER"
_MOST_SENTENCES = 8
_LETTERED = re.compile(r"^\W*([A-Z])\W*:\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Draft:
    checked: Checked
    repaired: bool

    @property
    def stays(self) -> bool:
        """Whether it is shown, if only as a remark that nothing bears out."""
        return not self.checked.problem or self.checked.harmless


def as_written(model: Model, ranking: Ranking, searcher: Searcher, until: float | None = None) -> Iterator[Answer]:
    """Let a model answer from the hits, and give its answer as it grows, by one verified sentence each time.

    The first has no sentences yet, the last is whole. Where the model fails, or nothing it says stands, the last one is
    of the briefs' own sentences and takes the place of what came before; where it abstains, it says so. until: when it
    has to be done, a moment of `time.monotonic`; None: in as long as the model may take.
    """
    if not ranking.hits or not ranking.answerable:
        yield extracted(ranking, searcher)
        return
    turns = _turns(ranking.query, [_with_notes(hit) for hit in ranking.hits])
    known = evidence([_given(hit) for hit in ranking.hits])
    until = time.monotonic() + model.seconds if until is None else until
    drafts: list[_Draft] = []
    text = ""
    yield _so_far(model, ranking, drafts)
    try:
        for part in model.stream(turns, until):
            text += part
            for checked in _standing(text, len(drafts), known):
                drafts.append(_Draft(checked, repaired=False))
                yield _so_far(model, ranking, drafts)
    except AnswerError as error:
        yield _instead(ranking, searcher, f"{error} These are the briefs' own sentences instead.")
        return
    if _abstains(text):
        reason = f"The passages found do not answer this, {model.name} holds. {reason_to_abstain(ranking)}"
        yield Answer(ranking.query, ranking, abstained=True, reason=reason, written_by=model.name)
        return
    rest = [check(said, cited, known) for said, cited in drafted(text)[len(drafts) : _MOST_SENTENCES]]
    drafts += _repaired(rest, model, turns, text, known, until)
    if all(draft.checked.problem for draft in drafts):
        yield _instead(
            ranking, searcher, f"Nothing that {model.name} wrote was borne out: these are the briefs' own words."
        )
        return
    yield replace(_so_far(model, ranking, drafts), notices=_notices(drafts))


def _standing(text: str, given: int, known: Sequence[Ground]) -> Iterator[Checked]:
    """Check what is settled of a text beyond the first `given` sentences, up to one that does not stand.

    That one may be written anew when all is there, and those after it wait for it: sentences come in their order.
    """
    if not _abstains(text):
        for said, cited in settled(text)[given:_MOST_SENTENCES]:
            checked = check(said, cited, known)
            if checked.problem:
                return
            yield checked


def _abstains(text: str) -> bool:
    return text.strip(" .*").upper().startswith(_NO_ANSWER)


def _so_far(model: Model, ranking: Ranking, drafts: Sequence[_Draft]) -> Answer:
    kept = [draft.checked for draft in drafts if draft.stays]
    sentences, citations = _cited(kept, ranking.hits)
    return Answer(ranking.query, ranking, sentences, citations, written_by=model.name)


def _instead(ranking: Ranking, searcher: Searcher, notice: str) -> Answer:
    return replace(extracted(ranking, searcher), notices=(notice,))


def _with_notes(hit: Hit) -> str:
    notes = {cited.note.id: cited.note for cited in hit.notes}
    return "\n".join([hit.stored.passage.text, *(f"Note {note.label}: {note.text}" for note in notes.values())])


def _given(hit: Hit) -> Given:
    stored = hit.stored
    notes = tuple((cited.offset, cited.note.text) for cited in hit.notes)
    return Given(stored.passage.text, notes, f"{stored.brief.title} {stored.passage.section}")


def _turns(question: str, passages: Sequence[str]) -> list[Turn]:
    """The instructions, and the passages as data: no text of theirs can close a tag."""
    shown = "\n".join(
        f'<passage number="{number}">\n{html.escape(text, quote=False)}\n</passage>'
        for number, text in enumerate(passages, start=1)
    )
    asked = f"{shown}\n\nThe question: {html.escape(question, quote=False)}"
    return [{"role": "system", "content": prompt("answer")}, {"role": "user", "content": asked}]


def _repaired(  # noqa: PLR0913, PLR0917 - all that the first request had
    checked: Sequence[Checked],
    model: Model,
    turns: Sequence[Turn],
    text: str,
    known: Sequence[Ground],
    until: float,
) -> list[_Draft]:
    """Have the sentences that do not stand written anew, all in one request, once."""
    bad = {letter: one for letter, one in zip(ascii_uppercase, checked, strict=False) if one.problem}
    if not bad:
        return [_Draft(one, repaired=False) for one in checked]
    listed = "\n".join(f"{letter}: {one.text} ({one.problem})" for letter, one in bad.items())
    wish = prompt("repair").format(sentences=listed)
    try:
        again = model.write([*turns, {"role": "assistant", "content": text}, {"role": "user", "content": wish}], until)
    except AnswerError:
        again = ""
    anew = {found[1]: drafted(found[2]) for found in _LETTERED.finditer(again)}
    drafts = []
    for letter, one in zip(ascii_uppercase, checked, strict=False):
        said = anew.get(letter, []) if letter in bad else []
        better = check(*said[0], known) if len(said) == 1 else one
        stands = letter in bad and not better.problem
        drafts.append(_Draft(better if stands else one, repaired=stands))
    return drafts


def _notices(drafts: Sequence[_Draft]) -> tuple[str, ...]:
    notices = [f"Left out, {one.checked.problem}: “{one.checked.text}”" for one in drafts if not one.stays]
    marked = sum(one.stays and bool(one.checked.problem) for one in drafts)
    notices += [f"{_sentences(marked)} marked: no passage found bears it out."] if marked else []
    moved = sum(one.checked.moved for one in drafts if not one.checked.problem)
    repaired = sum(one.repaired for one in drafts)
    notices += [f"{_sentences(moved)} cited wrongly; that is put right."] if moved else []
    notices += [f"{_sentences(repaired)} written anew because no passage bore it out."] if repaired else []
    return tuple(notices)


def _sentences(count: int) -> str:
    return "1 sentence was" if count == 1 else f"{count} sentences were each"


def _cited(kept: Sequence[Checked], hits: Sequence[Hit]) -> tuple[tuple[AnswerSentence, ...], tuple[Citation, ...]]:
    """Cite, for each sentence, the sentence of each passage that bears it out best."""
    citations: list[Citation] = []
    sentences: list[AnswerSentence] = []
    for one in kept:
        numbers: list[int] = []
        level: Level = "inference" if one.together or not one.passages else "brief"
        for passage in one.passages:
            candidate = _best(one.text, hits[passage - 1])
            if candidate is None:
                continue
            made = citation_of(candidate, len(citations) + 1)
            same = next(
                (
                    each
                    for each in citations
                    if (each.stored, each.start, each.end) == (made.stored, made.start, made.end)
                ),
                None,
            )
            if same is None:
                citations.append(made)
            numbers.append((same or made).ordinal)
            if made.notes and level == "brief":
                level = "note"
        sentences.append(AnswerSentence(one.text, tuple(dict.fromkeys(numbers)), level, supported=bool(numbers)))
    return tuple(sentences), tuple(citations)


def _best(sentence: str, hit: Hit) -> Candidate | None:
    """The sentence of a hit, notes of it included, that has most of what is claimed."""
    claims = claims_of(sentence)
    text = hit.stored.passage.text
    found = [one for one in candidates(hit) if one.note is None] or [Candidate(hit, 0, len(text), text)]

    def bearing(one: Candidate) -> tuple[int, float]:
        said = evidence_of("\n".join([one.text, *(cited.note.text for cited in one.marks)]))
        return -len(missing(claims, said)), shared(claims, said)

    return max(found, key=bearing)
