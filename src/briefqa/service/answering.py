"""Answering for whoever asks: the one way that every endpoint, tool and page goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.answer import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from briefqa.answer import Answer, Model
    from briefqa.search import Wanted
    from briefqa.service.access import Reader
    from briefqa.service.metrics import Metrics
    from briefqa.service.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Answers:
    """How questions are answered here, and who is told of it. writer: None where the briefs' own sentences answer."""

    writer: Model | None = None
    metrics: Metrics | None = None
    tracing: Tracing | None = None

    def growing(  # noqa: PLR0913 - a question, and how to answer it
        self,
        reader: Reader,
        question: str,
        k: int,
        wanted: Wanted | None = None,
        until: float | None = None,
        *,
        written: bool = True,
    ) -> Iterator[Answer]:
        """Answer as `answering` does, as it grows. written: by the writer, if there is one."""
        growing = self._growing(reader, question, k, wanted, until, self.writer if written else None)
        return self.tracing.answering(growing) if self.tracing else growing

    def answer(
        self, reader: Reader, question: str, k: int, wanted: Wanted | None = None, *, written: bool = True
    ) -> Answer:
        """Give the whole answer."""
        *_, last = self.growing(reader, question, k, wanted, written=written)
        return last

    def _growing(  # noqa: PLR0913, PLR0917 - the same
        self,
        reader: Reader,
        question: str,
        k: int,
        wanted: Wanted | None,
        until: float | None,
        writer: Model | None,
    ) -> Iterator[Answer]:
        with reader.searcher() as searcher:
            for last in answering(question, searcher, k, wanted, writer, until):
                yield last
        if self.metrics:
            self.metrics.asked(abstained=last.abstained)


def answers_of(request: Request) -> Answers:
    """Say how the app that a request was sent to answers."""
    state = request.app.state
    writer: Model | None = getattr(state, "writer", None)
    if writer and state.tracing:
        writer = state.tracing.writer(writer)
    return Answers(writer, state.metrics, state.tracing)
