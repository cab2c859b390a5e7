"""The OpenAI-compatible endpoints, for chat front-ends: chat completions, and the models that they may name."""

import json
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from briefqa.answer import Answer, answer
from briefqa.answer.conversation import question_of
from briefqa.errors import BriefqaError
from briefqa.search import clean_question
from briefqa.service.access import Reader, ReaderOf, reader_of
from briefqa.service.addresses import links_of
from briefqa.service.asking import writer_of
from briefqa.service.limits import Limits
from briefqa.service.markdown import Linked, Written, title_of, written
from briefqa.service.problems import status_of
from briefqa.service.wire_chat import ChatRequest, ModelList
from briefqa.shapes import Links, sendable

PATH = "/v1/chat/completions"
MODEL = "briefqa"
OPEN_WEBUI = "briefqa-open-webui"
"""The model to name by who wants Open WebUI's own `source` events instead of annotations."""

_CHARACTERS_PER_TOKEN = 4
_STREAM = "text/event-stream"


class OpenAIRoute(APIRoute):
    """A route whose errors have OpenAI's shape, which its clients read, instead of being problem documents."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def wrapped(request: Request) -> Response:
            try:
                return await handle(request)
            except BriefqaError as error:
                return error_response(status_of(error), str(error))
            except RequestValidationError as error:
                first = error.errors()[0]
                field = ".".join(str(part) for part in first["loc"][1:])
                return error_response(HTTPStatus.BAD_REQUEST, f"{field or 'body'}: {first['msg']}", param=field)
            except HTTPException as error:
                return error_response(HTTPStatus(error.status_code), str(error.detail), headers=error.headers)

        return wrapped


def error_response(status: HTTPStatus, message: str, *, param: str = "", headers: Any = None) -> JSONResponse:
    """Make an error as OpenAI does."""
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    error = {"message": message, "type": kind, "param": param or None, "code": None}
    extra = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return JSONResponse({"error": error}, status, {**(headers or {}), **extra})


def make_router(limits: Limits) -> APIRouter:
    """Make `POST /v1/chat/completions` and `GET /v1/models`."""
    router = APIRouter(route_class=OpenAIRoute, tags=["chat"])

    @router.post(PATH, response_model=None)
    def complete(asked: ChatRequest, request: Request, reader: ReaderOf) -> Response:
        """Answer the last question of a conversation, as OpenAI's chat completions do."""
        reader = reader.as_of(asked.generation)
        found = answered(asked.user_turns(), request, reader, limits)
        # The name of the model is for those who have no key to say it with.
        as_events = reader.caller.open_webui or asked.model == OPEN_WEBUI
        completion = Completion(asked, found, links_of(request, reader), as_events=as_events)
        if asked.stream:
            return StreamingResponse(completion.events(), media_type=_STREAM, headers={"Cache-Control": "no-cache"})
        return JSONResponse(sendable(completion.whole()))

    @router.get("/v1/models", response_model=ModelList)
    def models(_reader: Annotated[Reader, Depends(reader_of)]) -> dict[str, Any]:
        """List the models that a request may name."""
        return {"object": "list", "data": [_model(name) for name in (MODEL, OPEN_WEBUI)]}

    return router


def answered(turns: Sequence[str], request: Request, reader: Reader, limits: Limits) -> Answer:
    """Answer the last question of a conversation. turns: what the user has said, in order."""
    question = question_of(turns, limits.max_query_chars)
    if len(question) > limits.max_query_chars:
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"The question is longer than {limits.max_query_chars} characters.")
    clean_question(question)
    with reader.searcher() as searcher:
        found = answer(question, searcher, limits.hits, model=writer_of(request))
    request.app.state.metrics.asked(abstained=found.abstained)
    return found


def estimated_usage(turns: Sequence[str], text: str) -> dict[str, int]:
    """Estimate tokens: there are none where no model writes."""
    prompt = sum(map(len, turns)) // _CHARACTERS_PER_TOKEN + 1
    said = len(text) // _CHARACTERS_PER_TOKEN + 1
    return {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "briefqa"}


class Completion:
    """One answer as OpenAI's objects, whole or streamed."""

    def __init__(self, asked: ChatRequest, found: Answer, links: Links, *, as_events: bool) -> None:
        """Take what was asked and found. as_events: stream Open WebUI's own events instead of annotations."""
        self._asked = asked
        self._as_events = as_events
        self._found = found
        self._links = links
        self._text: Written = written(found, links)
        self._head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": asked.model or MODEL,
            "system_fingerprint": found.ranking.generation,
        }

    def whole(self) -> dict[str, Any]:
        """Make a `chat.completion`."""
        message = {
            "role": "assistant",
            "content": self._text.text,
            "refusal": None,
            "annotations": self._annotations(),
        }
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": estimated_usage(self._asked.user_turns(), self._text.text),
        }

    def events(self) -> Iterator[str]:
        """Make server-sent events: a chunk a sentence, the annotations on the last one, and usage if it is wanted."""
        yield self._chunk({"role": "assistant", "content": ""})
        for part in self._text.parts:
            yield self._chunk({"content": part})
        if self._as_events:
            for citation in self._found.citations:
                yield self._bare({"event": self._source(citation)})
            yield self._chunk({}, "stop")
        else:
            yield self._chunk({"annotations": self._annotations()} if self._text.linked else {}, "stop")
        if self._asked.wants_usage:
            yield self._bare({"usage": estimated_usage(self._asked.user_turns(), self._text.text)})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**self._head, "object": "chat.completion.chunk", "choices": [choice]})

    def _bare(self, more: dict[str, Any]) -> str:
        return _event({**self._head, "object": "chat.completion.chunk", "choices": [], **more})

    def _annotations(self) -> list[dict[str, Any]]:
        return [_annotation(linked) for linked in self._text.linked]

    def _source(self, citation: Any) -> dict[str, Any]:
        """Make Open WebUI's event; its pages count from 0."""
        title, url = title_of(citation), self._links.quoted(citation.stored.passage, citation.quote)
        notes = "".join(f"\n\n[{cited.note.label}] {cited.note.text}" for cited in citation.notes)
        about: dict[str, Any] = {"source": f"{title} [{citation.ordinal}]", "name": title, "url": url}
        if citation.pages:
            about["page"] = citation.pages[0].index - 1
        return {
            "type": "source",
            "data": {
                "source": {"id": url, "name": title, "url": url},
                "document": [citation.quote + notes],
                "metadata": [about],
                "distances": [],
            },
        }


def _annotation(linked: Linked) -> dict[str, Any]:
    cited = {"url": linked.url, "title": linked.title, "start_index": linked.start, "end_index": linked.end}
    return {"type": "url_citation", "url_citation": cited}


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(sendable(chunk), ensure_ascii=False)}\n\n"
