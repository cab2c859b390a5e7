"""The endpoint that answers."""

from typing import Any

from fastapi import APIRouter, Request

from briefqa import shapes
from briefqa.answer import Model, answer
from briefqa.filters import parse_filter
from briefqa.search import Wanted
from briefqa.service.access import ReaderOf
from briefqa.service.addresses import links_of
from briefqa.service.limits import Limits, allowed
from briefqa.service.wire_answers import AskRequest, AskResponse


def writer_of(request: Request) -> Model | None:
    """Give who writes the answers; None: nobody, the briefs' own sentences answer."""
    writer: Model | None = getattr(request.app.state, "writer", None)
    return writer


def make_router(limits: Limits) -> APIRouter:
    """Make `POST /v1/ask`."""
    router = APIRouter()

    @router.post("/v1/ask", response_model=AskResponse, tags=["answer"])
    def ask(asked: AskRequest, request: Request, reader: ReaderOf) -> dict[str, Any]:
        """Answer a question, each sentence with its citation and the notes behind it."""
        k = allowed(limits, "question", asked.question, asked.k)
        where = None if asked.filters is None else parse_filter(asked.filters)
        reader = reader.as_of(asked.generation)
        with reader.searcher() as searcher:
            found = answer(asked.question, searcher, k, Wanted(where, asked.rerank), writer_of(request))
        request.app.state.metrics.asked(abstained=found.abstained)
        return shapes.answer(found, links_of(request, reader))

    return router
