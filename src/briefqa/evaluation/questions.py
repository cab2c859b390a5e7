"""Questions over a folder of briefs, one a line of `questions.jsonl`: what the hits must hold, and what has no answer.

{"question": "…", "passage_contains": "…", "notes": ["1"], "source_url": "…"}
{"question": "…", "abstain": true}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.errors import EvaluationError
from briefqa.evaluation.collections import read_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from briefqa.search import Hit, Ranking

QUESTIONS = "questions.jsonl"
_HITS = 10


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its right answer.

    contains: what the right passage holds; notes: labels of notes that it must bring; source_url: an address that one
    of its notes cites; abstain: the briefs do not answer it.
    """

    text: str
    contains: str = ""
    notes: tuple[str, ...] = ()
    source_url: str = ""
    abstain: bool = False


@dataclass(frozen=True, slots=True)
class QuestionsReport:
    """How it went.

    first, second: the share of questions whose right passage came first, or first or second; notes: of those found at
    all, the share that brought its notes; reciprocal_rank: the mean, to ten places.
    refused: the share of the questions without an answer that were held to have none, None where there is no such
    question; refused_wrongly: the same share of the others.
    missed: the questions whose passage was not among the first two, each with the rank it had, 0 for none.
    """

    questions: int
    first: float
    second: float
    reciprocal_rank: float
    notes: float
    refused: float | None
    refused_wrongly: float
    missed: tuple[tuple[str, int], ...]


def load_questions(file: Path) -> list[Question]:
    """Read questions. Raises EvaluationError that names the line that cannot be understood."""
    questions = []
    for place, line in read_jsonl(file):
        text, contains = line.get("question"), line.get("passage_contains", "")
        if not isinstance(text, str) or not isinstance(contains, str) or not (contains or line.get("abstain")):
            raise EvaluationError(f'{place}: wanted are "question" and either "passage_contains" or "abstain".')
        notes = tuple(str(label) for label in line.get("notes", ()))
        questions.append(Question(text, contains, notes, line.get("source_url", ""), bool(line.get("abstain"))))
    return questions


def evaluate_questions(questions: Sequence[Question], search: Callable[[str, int], Ranking]) -> QuestionsReport:
    """Ask the questions. search: finds so many hits for a question. Raises EvaluationError where none has an answer."""
    ranks: list[tuple[Question, int, bool]] = []
    refused: dict[bool, list[bool]] = {True: [], False: []}
    for question in questions:
        found = search(question.text, _HITS)
        refused[question.abstain].append(not found.answerable)
        if question.abstain:
            continue
        hits = found.hits
        right = next((hit for hit in hits if question.contains in " ".join(hit.stored.passage.text.split())), None)
        ranks.append((question, right.rank if right else 0, bool(right) and _brings_notes(right, question)))
    if not ranks:
        raise EvaluationError("There is no question that has an answer.")
    there = [(question, rank, notes) for question, rank, notes in ranks if rank]
    return QuestionsReport(
        questions=len(ranks),
        first=sum(rank == 1 for _, rank, _ in ranks) / len(ranks),
        second=sum(rank in {1, 2} for _, rank, _ in ranks) / len(ranks),
        reciprocal_rank=sum(1 / rank for _, rank, _ in there) / len(ranks),
        notes=sum(notes for _, _, notes in there) / len(there) if there else 0.0,
        refused=sum(refused[True]) / len(refused[True]) if refused[True] else None,
        refused_wrongly=sum(refused[False]) / len(refused[False]),
        missed=tuple((question.text, rank) for question, rank, _ in ranks if rank not in {1, 2}),
    )


def _brings_notes(hit: Hit | None, question: Question) -> bool:
    if hit is None:
        return False
    labels = {cited.note.label for cited in hit.notes}
    said = "\n".join(cited.note.text for cited in hit.notes)
    return labels.issuperset(question.notes) and question.source_url in said
