"""Makes pages of problem documents, for people who look with a browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import Request

from briefqa.service.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Whoever asks here gets what programs get, whatever it says it accepts.
_FOR_PROGRAMS = ("/v1/", "/mcp", "/metrics", "/openapi.json", "/healthz", "/readyz")


class ErrorPages:
    """ASGI middleware. render: makes the page, given request, status and what went wrong."""

    def __init__(self, app: ASGIApp, render: Callable[[Request, int, str], Response]) -> None:
        self.app = app
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer, unless that is a problem document that a person would see."""
        if scope["type"] != "http" or not _is_for_people(scope):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def shown(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if Headers(raw=message["headers"]).get("content-type") != MEDIA_TYPE:
                    await send(message)
            elif Headers(raw=start["headers"]).get("content-type") != MEDIA_TYPE:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await self._page(scope, start, body)(scope, receive, send)

        await self.app(scope, receive, shown)

    def _page(self, scope: Scope, start: Message, body: bytes) -> Response:
        page = self._render(Request(scope), start["status"], str(json.loads(body).get("detail", "")))
        for name, value in Headers(raw=start["headers"]).items():
            if name not in {"content-length", "content-type"}:
                page.headers.setdefault(name, value)
        return page


def _is_for_people(scope: Scope) -> bool:
    return "text/html" in Headers(scope=scope).get("accept", "") and not scope["path"].startswith(_FOR_PROGRAMS)
