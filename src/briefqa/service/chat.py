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

from briefqa.answer.conversation import Said
from briefqa.answer.rewriting import asked_of
from briefqa.errors import BriefqaError, NotFound
from briefqa.search import clean_question
from briefqa.service.access import Reader, ReaderOf, reader_of
from briefqa.service.addresses import links_of
from briefqa.service.answering import answers_of
from briefqa.service.limits import Limits
from briefqa.service.markdown import Linked, Writing, plain, title_of
from briefqa.service.problems import status_of
from briefqa.service.wire_chat import ChatRequest, ModelList, NamedModel
from briefqa.shapes import Links, sendable

PATH = "/v1/chat/completions"
MODEL = "briefqa"
OPEN_WEBUI = "briefqa-open-webui"
"""The model to name by who wants Open WebUI's own `source` events instead of annotations."""
_MODELS = (MODEL, OPEN_WEBUI)

_CHARACTERS_PER_TOKEN = 4
# So much of the time that a model has for an answer may go into understanding the question.
_FOR_THE_QUESTION = 0.3

STREAM = "text/event-stream"
STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""With every stream. No proxy is to keep it back until it is whole."""


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
    """Make `POST /v1/chat/completions`, `GET /v1/models` and `/v1/models/{model}`."""
    router = APIRouter(route_class=OpenAIRoute, tags=["chat"])

    @router.post(PATH, response_model=None)
    def complete(asked: ChatRequest, request: Request, reader: ReaderOf) -> Response:
        """Answer the last question of a conversation, as OpenAI's chat completions do."""
        reader = reader.as_of(asked.generation)
        talk = Talk(asked.turns(), request, reader, limits)
        # The name of the model is for those who have no key to say it with.
        as_events = reader.caller.open_webui or asked.model == OPEN_WEBUI
        completion = Completion(asked, talk, links_of(request, reader), as_events=as_events)
        if asked.stream:
            return StreamingResponse(completion.events(), media_type=STREAM, headers=STREAM_HEADERS)
        return JSONResponse(sendable(completion.whole()))

    @router.get("/v1/models", response_model=ModelList)
    def models(_reader: Annotated[Reader, Depends(reader_of)]) -> dict[str, Any]:
        """List the models that a request may name."""
        return {"object": "list", "data": [_model(name) for name in _MODELS]}

    @router.get("/v1/models/{model}", response_model=NamedModel)
    def one_model(model: str, _reader: Annotated[Reader, Depends(reader_of)]) -> dict[str, Any]:
        """Give one of the models."""
        if model not in _MODELS:
            raise NotFound(f"There is no model {model!r}; there are {', '.join(_MODELS)}.")
        return _model(model)

    return router


class Talk:
    """A conversation, and the answer to its last question as it grows.

    It is understood and searched for when this is made, so that what is wrong is raised before anything is sent.
    """

    def __init__(self, turns: Sequence[Said], request: Request, reader: Reader, limits: Limits) -> None:
        answers = answers_of(request)
        now = time.monotonic()
        seconds = answers.writer.seconds if answers.writer else 0.0
        self.asked = asked_of(turns, limits.max_query_chars, answers.writer, now + _FOR_THE_QUESTION * seconds)
        if len(self.asked.question) > limits.max_query_chars:
            raise HTTPException(
                HTTPStatus.BAD_REQUEST, f"The question is longer than {limits.max_query_chars} characters."
            )
        clean_question(self.asked.question)
        self.said = [turn.text for turn in turns if turn.role == "user"]
        self._growing = answers.growing(reader, self.asked.question, limits.hits, until=now + seconds)
        self.first = next(self._growing)

    @property
    def understood(self) -> dict[str, str]:
        """What is answered, and who made it of the conversation."""
        return {"question": self.asked.question, "rewritten_by": self.asked.rewritten_by}

    def written(self, writing: Writing) -> Iterator[str]:
        """Write the answer while it grows. Where the reader stops reading, so does the model writing."""
        last = self.first
        for last in self._growing:
            yield from writing.grown(last)
        yield from writing.ended(last)
        if self.asked.rewritten_by:
            yield writing.said(f"\n\n*Understood as: “{plain(self.asked.question)}”*")


def estimated_usage(said: Sequence[str], text: str) -> dict[str, int]:
    """Estimate tokens: there are none where no model writes."""
    prompt = sum(map(len, said)) // _CHARACTERS_PER_TOKEN + 1
    tokens = len(text) // _CHARACTERS_PER_TOKEN + 1
    return {"prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens}


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "briefqa"}


class Completion:
    """One answer as OpenAI's objects, whole or streamed."""

    def __init__(self, asked: ChatRequest, talk: Talk, links: Links, *, as_events: bool) -> None:
        """Take what was asked, and the answer. as_events: stream Open WebUI's own events instead of annotations."""
        self._asked = asked
        self._as_events = as_events
        self._talk = talk
        self._links = links
        self._text = Writing(links)
        self._head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": asked.model or MODEL,
            "system_fingerprint": talk.first.ranking.generation,
        }

    def whole(self) -> dict[str, Any]:
        """Make a `chat.completion`."""
        message = {
            "role": "assistant",
            "content": "".join(self._talk.written(self._text)),
            "refusal": None,
            "annotations": self._annotations(),
        }
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": estimated_usage(self._talk.said, self._text.text),
            **self._talk.understood,
        }

    def events(self) -> Iterator[str]:
        """Make server-sent events: a chunk a sentence, the annotations on the last one, and usage if it is wanted."""
        yield self._chunk({"role": "assistant", "content": ""}, **self._talk.understood)
        for part in self._talk.written(self._text):
            yield self._chunk({"content": part})
        if self._as_events:
            for citation in self._text.answer.citations:
                yield self._bare({"event": self._source(citation)})
            yield self._chunk({}, "stop")
        else:
            yield self._chunk({"annotations": self._annotations()} if self._text.linked else {}, "stop")
        if self._asked.wants_usage:
            yield self._bare({"usage": estimated_usage(self._talk.said, self._text.text)})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: str) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**self._head, "object": "chat.completion.chunk", "choices": [choice], **more})

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
