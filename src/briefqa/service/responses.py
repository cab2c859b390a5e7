"""`POST /v1/responses`: the same answers in the shape of OpenAI's newer interface, whole or as events."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict

from briefqa.answer.conversation import Said
from briefqa.service.access import ReaderOf
from briefqa.service.addresses import links_of
from briefqa.service.chat import MODEL, STREAM, STREAM_HEADERS, OpenAIRoute, Talk, estimated_usage
from briefqa.service.limits import Limits
from briefqa.service.markdown import Linked, Writing
from briefqa.service.wire import AsOf
from briefqa.service.wire_chat import ChatMessage, said_in
from briefqa.shapes import Links, sendable

_LONGEST_METADATA = 512  # characters of a value, as OpenAI has it


class ResponsesRequest(BaseModel):
    """A text, or the turns of a conversation. Whatever else a client sends is passed over."""

    model_config = ConfigDict(extra="ignore")

    model: str = ""
    input: str | list[ChatMessage]
    stream: bool | None = False
    generation: AsOf = None

    def turns(self) -> list[Said]:
        """Give what was said, in order."""
        return [Said("user", self.input)] if isinstance(self.input, str) else said_in(self.input)


def make_router(limits: Limits) -> APIRouter:
    """Make `POST /v1/responses`."""
    router = APIRouter(route_class=OpenAIRoute, tags=["chat"])

    @router.post("/v1/responses", response_model=None)
    def respond(asked: ResponsesRequest, request: Request, reader: ReaderOf) -> Response:
        """Answer a text or the last question of a conversation, as OpenAI's responses do."""
        reader = reader.as_of(asked.generation)
        made = Responded(asked, Talk(asked.turns(), request, reader, limits), links_of(request, reader))
        if asked.stream:
            return StreamingResponse(made.events(), media_type=STREAM, headers=STREAM_HEADERS)
        return JSONResponse(sendable(made.whole()))

    return router


class Responded:
    """One answer as a response."""

    def __init__(self, asked: ResponsesRequest, talk: Talk, links: Links) -> None:
        self._talk = talk
        self._text = Writing(links)
        self._id, self._message = (f"{kind}_{uuid.uuid4().hex}" for kind in ("resp", "msg"))
        self._head = {
            "id": self._id,
            "object": "response",
            "created_at": int(time.time()),
            "model": asked.model or MODEL,
            "metadata": {
                "generation": talk.first.ranking.generation,
                **{name: text[:_LONGEST_METADATA] for name, text in talk.understood.items()},
            },
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "parallel_tool_calls": False,
            "tool_choice": "none",
            "tools": [],
        }

    def whole(self) -> dict[str, Any]:
        """Make a `response` with one message, its citations as annotations."""
        for _ in self._talk.written(self._text):
            pass
        return self._completed()

    def _completed(self) -> dict[str, Any]:
        usage = estimated_usage(self._talk.said, self._text.text)
        return {
            **self._head,
            "status": "completed",
            "output": [self._item("completed", [self._part(self._text.text, self._annotations())])],
            "usage": {
                "input_tokens": usage["prompt_tokens"],
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": usage["completion_tokens"],
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": usage["total_tokens"],
            },
        }

    def events(self) -> Iterator[str]:
        """Make server-sent events: the text sentence by sentence, then the annotations, then the whole."""
        for number, (name, content) in enumerate(self._steps()):
            event = {"type": f"response.{name}", "sequence_number": number, **content}
            yield f"event: {event['type']}\ndata: {json.dumps(sendable(event), ensure_ascii=False)}\n\n"

    def _steps(self) -> Iterator[tuple[str, dict[str, Any]]]:
        started = {**self._head, "status": "in_progress", "output": [], "usage": None}
        at = {"item_id": self._message, "output_index": 0, "content_index": 0}
        yield "created", {"response": started}
        yield "in_progress", {"response": started}
        yield "output_item.added", {"output_index": 0, "item": self._item("in_progress", [])}
        yield "content_part.added", {**at, "part": self._part("", [])}
        for said in self._talk.written(self._text):
            yield "output_text.delta", {**at, "delta": said, "logprobs": []}
        text, annotations = self._text.text, self._annotations()
        for place, one in enumerate(annotations):
            yield "output_text.annotation.added", {**at, "annotation_index": place, "annotation": one}
        part = self._part(text, annotations)
        yield "output_text.done", {**at, "text": text, "logprobs": []}
        yield "content_part.done", {**at, "part": part}
        yield "output_item.done", {"output_index": 0, "item": self._item("completed", [part])}
        yield "completed", {"response": self._completed()}

    def _item(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self._message, "type": "message", "role": "assistant", "status": status, "content": content}

    @staticmethod
    def _part(text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
        return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}

    def _annotations(self) -> list[dict[str, Any]]:
        """Two for each link: where it leads to, and the file that the passage stands in."""
        return [annotation for linked in self._text.linked for annotation in _annotations(linked)]


def _annotations(linked: Linked) -> Iterator[dict[str, Any]]:
    brief = linked.citation.stored.brief
    yield {
        "type": "url_citation",
        "url": linked.url,
        "title": linked.title,
        "start_index": linked.start,
        "end_index": linked.end,
    }
    yield {"type": "file_citation", "file_id": brief.id, "filename": brief.path, "index": linked.end}
