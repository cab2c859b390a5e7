"""Refuses request bodies that are too large before they fill the memory."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from briefqa.service.guarding.refusing import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


# A conversation brings all its turns, answers included.
_LARGER = {"/v1/chat/completions": 2_000_000, "/v1/responses": 2_000_000}


class BodyLimit:
    """ASGI middleware: 413 as a problem document for a body of more than max_bytes, declared or streamed.

    Starlette has a `max_body_size` of its own; it answers in plain text.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = max(self.max_bytes, _LARGER.get(scope["path"], 0))
        detail = f"The request's body is larger than {most} bytes."
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > most:
            await refusal(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
            return message

        await self.app(scope, counted, send)
