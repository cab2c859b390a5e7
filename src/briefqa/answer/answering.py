"""The one way in: a question, a searcher, and a model if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.answer.extractive import extracted
from briefqa.answer.writing import as_written, written_by
from briefqa.search import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.answer.answers import Answer
    from briefqa.answer.model import Model
    from briefqa.search import Searcher


def answer(
    question: str, searcher: Searcher, k: int, wanted: Wanted | None = None, model: Model | None = None
) -> Answer:
    """Answer a question by the sentences of the first k hits that answer it, or abstain.

    model: who writes the answer instead, from the same hits.

    The hits are those of `Searcher.search`, which says what it raises.
    """
    ranking = searcher.search(question, k, wanted or Wanted())
    return written_by(model, ranking, searcher) if model else extracted(ranking, searcher)


def answering(
    question: str, searcher: Searcher, k: int, model: Model, wanted: Wanted | None = None
) -> Iterator[Answer]:
    """Answer as `answer` does, and give the answer as it grows: `as_written` says how."""
    return as_written(model, searcher.search(question, k, wanted or Wanted()), searcher)
