"""The one way in: a question, a searcher, and a model if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.answer.extractive import extracted
from briefqa.answer.writing import as_written
from briefqa.search import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.answer.answers import Answer
    from briefqa.answer.model import Model
    from briefqa.search import Searcher


def answer(  # noqa: PLR0913, PLR0917 - a search, and who writes
    question: str,
    searcher: Searcher,
    k: int,
    wanted: Wanted | None = None,
    model: Model | None = None,
    until: float | None = None,
) -> Answer:
    """Answer a question by the sentences of the first k hits that answer it, or abstain.

    model: who writes the answer instead, from the same hits, until a moment of `time.monotonic` (None: as long as its
    `seconds` say).

    The hits are those of `Searcher.search`, which says what it raises.
    """
    *_, last = answering(question, searcher, k, wanted, model, until)
    return last


def answering(  # noqa: PLR0913, PLR0917 - the same
    question: str,
    searcher: Searcher,
    k: int,
    wanted: Wanted | None = None,
    model: Model | None = None,
    until: float | None = None,
) -> Iterator[Answer]:
    """Answer as `answer` does, and give the answer as it grows: `as_written` says how. It searches at once."""
    ranking = searcher.search(question, k, wanted or Wanted())
    return as_written(model, ranking, searcher, until) if model else iter((extracted(ranking, searcher),))
