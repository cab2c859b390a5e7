"""The endpoint that answers."""

from fastapi import APIRouter, Request, Response

from briefqa import cited, shapes
from briefqa.filters import parse_filter
from briefqa.search import Wanted
from briefqa.service.access import ReaderOf
from briefqa.service.addresses import links_of
from briefqa.service.answering import answers_of
from briefqa.service.exporting import EXPORTS, WantedFormat, export
from briefqa.service.limits import Limits, allowed
from briefqa.service.sending import sent
from briefqa.service.straight import StraightRoute
from briefqa.service.wire_answers import AskRequest, AskResponse


def make_router(limits: Limits) -> APIRouter:
    """Make `POST /v1/ask`."""
    router = APIRouter(route_class=StraightRoute)

    @router.post("/v1/ask", response_model=AskResponse, responses=EXPORTS, tags=["answer"])
    def ask(asked: AskRequest, request: Request, reader: ReaderOf, form: WantedFormat) -> Response:
        """Answer a question, each sentence with its citation and the notes behind it; in a format, what these cite."""
        k = allowed(limits, "question", asked.question, asked.k)
        where = None if asked.filters is None else parse_filter(asked.filters)
        reader = reader.as_of(asked.generation)
        found = answers_of(request).answer(reader, asked.question, k, Wanted(where, asked.rerank))
        if form:
            return export(form, cited.works_of_answer(found))
        return sent(shapes.answer(found, links_of(request, reader)))

    return router
