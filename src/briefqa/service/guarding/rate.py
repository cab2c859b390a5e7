"""How often one caller may ask."""

from __future__ import annotations

import logging
import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from starlette.datastructures import MutableHeaders

from briefqa.errors import ConfigError
from briefqa.service.guarding.refusing import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from limits.aio.storage import Storage
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

# How long a store that all servers share may take to answer, and how long it is left alone when it has not, in seconds.
_PATIENCE = 0.25
_PAUSE = 10.0

UNLIMITED = {"/healthz", "/readyz"}
"""What a load balancer asks all the time."""


class RateLimit:
    """ASGI middleware: 429 for who asks more often than per_minute, and how much is left on every answer.

    A caller is its key or, without one, its address: whoever tries keys is held to the same. shared: the address of
    the store in which several servers count together; "": each process counts for itself.
    """

    def __init__(self, app: ASGIApp, per_minute: int, shared: str = "") -> None:
        self.app = app
        self._per_minute = per_minute
        self._counter = _Counter(max(per_minute, 1), shared)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, and pass it on if it is not one too many."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            await self._counter.close()
            return
        if scope["type"] != "http" or not self._per_minute or scope["path"] in UNLIMITED:
            await self.app(scope, receive, send)
            return
        caller = scope["state"]["reader"].caller
        who = f"key:{caller.key}" if caller.key else f"address:{(scope.get('client') or ['?'])[0]}"
        allowed, resets, left = await self._counter.hit(who)
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


class _Counter:
    """Counts requests: together with other servers as long as the shared store answers, alone otherwise."""

    def __init__(self, per_minute: int, shared: str) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._together: SlidingWindowCounterRateLimiter | None = None
        self._let_go: Callable[[], Awaitable[None]] | None = None
        self._silent_until = 0.0
        if shared:
            store, self._let_go = store_at(shared)
            self._together = SlidingWindowCounterRateLimiter(store)

    async def close(self) -> None:
        """Let go of the store."""
        if self._let_go:
            await self._let_go()

    async def hit(self, who: str) -> tuple[bool, float, int]:
        """Count one request; returns whether it is allowed, when the count begins anew, and how many are left."""
        if self._together and time.monotonic() >= self._silent_until:
            try:
                return await self._hit(self._together, who)
            except StorageError as error:
                self._silent_until = time.monotonic() + _PAUSE
                reason = type(error.storage_error).__name__
                log.warning("Requests are not counted together with other servers for %g s (%s).", _PAUSE, reason)
        return await self._hit(self._alone, who)

    async def _hit(self, counter: SlidingWindowCounterRateLimiter, who: str) -> tuple[bool, float, int]:
        allowed = await counter.hit(self._limit, who)
        resets, left = await counter.get_window_stats(self._limit, who)
        return allowed, resets, left


def store_at(address: str) -> tuple[Storage, Callable[[], Awaitable[None]]]:
    """Open the store at an address, and give what closes it; nothing is sent yet. Raises ConfigError."""
    try:
        from valkey.asyncio import ConnectionPool  # noqa: PLC0415 - only where several servers count together
    except ImportError as error:
        raise ConfigError('requests_counted_at needs valkey: pip install "briefqa[valkey]".') from error
    try:
        # The client of Valkey speaks to Redis, too.
        pool = ConnectionPool.from_url(address, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
        options: dict[str, Any] = {"implementation": "valkey", "wrap_exceptions": True, "connection_pool": pool}
        return storage_from_string(f"async+{address}", **options), pool.disconnect  # type: ignore[return-value]
    except (ValueError, ConfigurationError) as error:
        raise ConfigError(
            "requests_counted_at is not the address of a store: give it as redis://HOST:PORT, or valkey://, rediss://."
        ) from error
