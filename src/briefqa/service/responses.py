"""`POST /v1/responses`: the same answers in the shape of OpenAI's newer interface, whole or as events."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict

from briefqa.answer import Answer
from briefqa.service.access import ReaderOf
from briefqa.service.addresses import links_of
from briefqa.service.chat import MODEL, OpenAIRoute, answered, estimated_usage
from briefqa.service.limits import Limits
from briefqa.service.markdown import Linked, Written, written
from briefqa.service.wire import AsOf
from briefqa.service.wire_chat import ChatMessage
from briefqa.shapes import Links, sendable


class ResponsesRequest(BaseModel):
    """A text, or the turns of a conversation. Whatever else a client sends is passed over."""

    model_config = ConfigDict(extra="ignore")

    model: str = ""
    input: str | list[ChatMessage]
    stream: bool | None = False
    generation: AsOf = None

    def user_turns(self) -> list[str]:
        """Give what the user has said, in order."""
        if isinstance(self.input, str):
            return [self.input]
        return [message.text for message in self.input if message.role == "user"]


def make_router(limits: Limits) -> APIRouter:
    """Make `POST /v1/responses`."""
    router = APIRouter(route_class=OpenAIRoute, tags=["chat"])

    @router.post("/v1/responses", response_model=None)
    def respond(asked: ResponsesRequest, request: Request, reader: ReaderOf) -> Response:
        """Answer a text or the last question of a conversation, as OpenAI's responses do."""
        reader = reader.as_of(asked.generation)
        made = Responded(asked, answered(asked.user_turns(), request, reader, limits), links_of(request, reader))
        if asked.stream:
            return StreamingResponse(
                made.events(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
            )
        return JSONResponse(sendable(made.whole()))

    return router


class Responded:
    """One answer as a response."""

    def __init__(self, asked: ResponsesRequest, found: Answer, links: Links) -> None:
        self._text: Written = written(found, links)
        self._id, self._message = (f"{kind}_{uuid.uuid4().hex}" for kind in ("resp", "msg"))
        self._head = {
            "id": self._id,
            "object": "response",
            "created_at": int(time.time()),
            "model": asked.model or MODEL,
            "metadata": {"generation": found.ranking.generation},
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "parallel_tool_calls": False,
            "tool_choice": "none",
            "tools": [],
        }
        self._said = asked.user_turns()

    def whole(self) -> dict[str, Any]:
        """Make a `response` with one message, its citations as annotations."""
        usage = estimated_usage(self._said, self._text.text)
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
        started = {**self._head, "status": "in_progress", "output": [], "usage": None}
        at = {"item_id": self._message, "output_index": 0, "content_index": 0}
        text, annotations = self._text.text, self._annotations()
        part = self._part(text, annotations)
        steps: list[tuple[str, dict[str, Any]]] = [
            ("created", {"response": started}),
            ("in_progress", {"response": started}),
            ("output_item.added", {"output_index": 0, "item": self._item("in_progress", [])}),
            ("content_part.added", {**at, "part": self._part("", [])}),
            *(("output_text.delta", {**at, "delta": said, "logprobs": []}) for said in self._text.parts),
            *(
                ("output_text.annotation.added", {**at, "annotation_index": place, "annotation": one})
                for place, one in enumerate(annotations)
            ),
            ("output_text.done", {**at, "text": text, "logprobs": []}),
            ("content_part.done", {**at, "part": part}),
            ("output_item.done", {"output_index": 0, "item": self._item("completed", [part])}),
            ("completed", {"response": self.whole()}),
        ]
        for number, (name, content) in enumerate(steps):
            event = {"type": f"response.{name}", "sequence_number": number, **content}
            yield f"event: {event['type']}\ndata: {json.dumps(sendable(event), ensure_ascii=False)}\n\n"

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
