"""An answer that a model writes from the hits, every sentence of it verified."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING

from briefqa.answer.answers import Answer, AnswerSentence, Citation, Level
from briefqa.answer.candidates import Candidate, candidates
from briefqa.answer.claims import claims_of, evidence_of, missing, shared
from briefqa.answer.extractive import citation_of, extracted, reason_to_abstain
from briefqa.answer.verifying import Checked, check, drafted, evidence, settled
from briefqa.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from briefqa.answer.claims import Evidence
    from briefqa.answer.model import Model, Turn
    from briefqa.search import Hit, Ranking, Searcher

_NO_ANSWER = "NO ANSWER"
_MOST_SENTENCES = 8


@dataclass(frozen=True, slots=True)
class _Draft:
    checked: Checked
    repaired: bool


def written_by(model: Model, ranking: Ranking, searcher: Searcher) -> Answer:
    """Let a model answer from the hits. Where it fails, or nothing it says stands, the briefs' own sentences answer."""
    *_, last = _growing(model, lambda turns: iter((model.write(turns),)), ranking, searcher)
    return last


def as_written(model: Model, ranking: Ranking, searcher: Searcher) -> Iterator[Answer]:
    """Give the answer again and again while it is written, one more verified sentence each time; the last is whole.

    It has the same sentences as what `written_by` gives for the same words. Where the model fails half-way, abstains,
    or nothing stands, the last one takes the place of what came before.
    """
    return _growing(model, model.stream, ranking, searcher)


def _growing(
    model: Model, writes: Callable[[Sequence[Turn]], Iterator[str]], ranking: Ranking, searcher: Searcher
) -> Iterator[Answer]:
    if not ranking.hits or not ranking.answerable:
        yield extracted(ranking, searcher)
        return
    passages = [_with_notes(hit) for hit in ranking.hits]
    turns, known = _turns(ranking.query, passages), evidence(passages)
    drafts: list[_Draft] = []
    text = ""
    try:
        for part in writes(turns):
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
    for said, cited in drafted(text)[len(drafts) : _MOST_SENTENCES]:
        one = check(said, cited, known)
        drafts.append(_repaired(one, model, turns, text, known) if one.problem else _Draft(one, repaired=False))
        if not drafts[-1].checked.problem:
            yield _so_far(model, ranking, drafts)
    if all(draft.checked.problem for draft in drafts):
        yield _instead(
            ranking, searcher, f"Nothing that {model.name} wrote was borne out: these are the briefs' own words."
        )
        return
    yield replace(_so_far(model, ranking, drafts), notices=_notices(drafts))


def _standing(text: str, given: int, known: Sequence[Evidence]) -> Iterator[Checked]:
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
    kept = [draft.checked for draft in drafts if not draft.checked.problem]
    sentences, citations = _cited(kept, ranking.hits)
    return Answer(ranking.query, ranking, sentences, citations, written_by=model.name)


def _instead(ranking: Ranking, searcher: Searcher, notice: str) -> Answer:
    return replace(extracted(ranking, searcher), notices=(notice,))


def _with_notes(hit: Hit) -> str:
    notes = {cited.note.id: cited.note for cited in hit.notes}
    return "\n".join([hit.stored.passage.text, *(f"Note {note.label}: {note.text}" for note in notes.values())])


def _turns(question: str, passages: Sequence[str]) -> list[Turn]:
    """The instructions, and the passages as data: no text of theirs can close a tag."""
    shown = "\n".join(
        f'<passage number="{number}">\n{html.escape(text, quote=False)}\n</passage>'
        for number, text in enumerate(passages, start=1)
    )
    asked = f"{shown}\n\nThe question: {html.escape(question, quote=False)}"
    return [{"role": "system", "content": _prompt("answer")}, {"role": "user", "content": asked}]


def _prompt(name: str) -> str:
    return (files("briefqa.answer") / "prompts" / f"{name}.txt").read_text(encoding="utf-8")


def _repaired(bad: Checked, model: Model, turns: Sequence[Turn], text: str, known: Sequence[Evidence]) -> _Draft:
    """Have a sentence written anew, once."""
    wish = _prompt("repair").format(problem=bad.problem, sentence=bad.text)
    try:
        again = drafted(
            model.write([*turns, {"role": "assistant", "content": text}, {"role": "user", "content": wish}])
        )
    except AnswerError:
        return _Draft(bad, repaired=False)
    if len(again) != 1 or again[0][0].strip(" .").upper() == _NO_ANSWER:
        return _Draft(bad, repaired=False)
    checked = check(*again[0], known)
    return _Draft(bad if checked.problem else checked, repaired=not checked.problem)


def _notices(drafts: Sequence[_Draft]) -> tuple[str, ...]:
    notices = [f"Left out, {one.checked.problem}: “{one.checked.text}”" for one in drafts if one.checked.problem]
    moved = sum(one.checked.moved for one in drafts if not one.checked.problem)
    repaired = sum(one.repaired for one in drafts)
    notices += [f"{moved} sentences cited the wrong passage; that is put right."] if moved else []
    notices += [f"{repaired} sentences were written anew because no passage bore them out."] if repaired else []
    return tuple(notices)


def _cited(kept: Sequence[Checked], hits: Sequence[Hit]) -> tuple[tuple[AnswerSentence, ...], tuple[Citation, ...]]:
    """Cite, for each sentence, the sentence of each passage that bears it out best."""
    citations: list[Citation] = []
    sentences: list[AnswerSentence] = []
    for one in kept:
        numbers: list[int] = []
        level: Level = "inference" if one.together else "brief"
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
