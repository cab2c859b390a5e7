"""How often one caller may ask."""

from __future__ import annotations

import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders

from briefqa.service.guarding.refusing import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNLIMITED = {"/healthz", "/readyz"}
"""What a load balancer asks all the time."""


class RateLimit:
    """ASGI middleware: 429 for who asks more often than per_minute, and how much is left on every answer.

    A caller is its key or, without one, its address: whoever tries keys is held to the same. Of one process: several
    servers over one index each count for themselves.
    """

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self.app = app
        self._per_minute = per_minute
        self._limit = RateLimitItemPerMinute(max(per_minute, 1))
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, and pass it on if it is not one too many."""
        if scope["type"] != "http" or not self._per_minute or scope["path"] in UNLIMITED:
            await self.app(scope, receive, send)
            return
        caller = scope["state"]["reader"].caller
        who = f"key:{caller.key}" if caller.key else f"address:{(scope.get('client') or ['?'])[0]}"
        allowed = self._counter.hit(self._limit, who)
        resets, left = self._counter.get_window_stats(self._limit, who)
        seconds = max(1, math.ceil(resets - time.time()))
        said = {
            # https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/, and what clients read before it
            "RateLimit-Policy": f'"default";q={self._per_minute};w=60',
            "RateLimit": f'"default";r={left};t={seconds}',
            "RateLimit-Limit": str(self._per_minute),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(seconds),
        }
        if not allowed:
            detail = f"More than {self._per_minute} requests a minute: try again in {seconds} s."
            response = refusal(scope, HTTPStatus.TOO_MANY_REQUESTS, detail, said | {"Retry-After": str(seconds)})
            await response(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in said.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, told)
