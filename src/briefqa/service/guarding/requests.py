"""Names every request, logs it, measures it, and sends every answer with headers that keep browsers from mischief."""

from __future__ import annotations

import logging
import re
import time
import uuid
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from briefqa.service.guarding.refusing import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from briefqa.service.metrics import Metrics

log = logging.getLogger(__name__)

_GIVEN = re.compile(r"[A-Za-z0-9._~-]{1,128}")

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer that does not say otherwise itself, as pages do."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being answered, for log lines on the way."""


class Requests:
    """ASGI middleware, the outermost. Takes the client's X-Request-ID if it is one, and makes one if not.

    A log line holds the route and never the address as asked: questions stand in it.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and look after its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        name = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(name)
        started = time.perf_counter()
        status = 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = name
                for header, value in SECURITY_HEADERS.items():
                    headers.setdefault(header, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            with self._metrics.running():
                await self.app(scope, receive, dressed)
        except Exception:
            log.exception("A request failed.")
            if status:
                raise
            detail = "Something went wrong here: the server's log says what."
            await refusal(scope, HTTPStatus.INTERNAL_SERVER_ERROR, detail)(scope, receive, dressed)
        finally:
            self._tell(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        # Where no route was found, what was asked for is the client's own text.
        route = getattr(scope.get("route"), "path", "") or ("/static" if scope["path"].startswith("/static/") else "-")
        method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST", "OPTIONS"} else "-"
        self._metrics.answered(method, route, status, seconds)
        reader = scope.get("state", {}).get("reader")
        log.info(
            "%s %s %s",
            method,
            route,
            status,
            extra={
                "told": {
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    "key": reader.caller.key if reader else "",
                }
            },
        )
