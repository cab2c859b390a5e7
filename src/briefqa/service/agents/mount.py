"""The protocol under `/mcp`: imported and started at the first call, stopped with the app."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

from briefqa.service.access import reader_of
from briefqa.service.addresses import links_of
from briefqa.service.answering import answers_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from briefqa.service.limits import Limits

_MAX_BYTES = 1_000_000


class AgentsMount:
    """An ASGI app that speaks the Model Context Protocol over HTTP, without sessions."""

    def __init__(self, limits: Limits, hosts: list[str], origins: list[str]) -> None:
        """Take what may be asked for, and which Host and Origin are taken (none: any)."""
        self._limits = limits
        self._hosts = hosts
        self._origins = origins
        self._lock = asyncio.Lock()
        self._manager: Any = None
        self._running: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        async with self._lock:
            if self._running is None:
                await self._start()
        await self._manager.handle_request(scope, receive, send)

    async def _start(self) -> None:
        protocol = await asyncio.to_thread(import_module, "briefqa.service.agents.protocol")
        tools = import_module("briefqa.service.agents.tools")

        def context_of(request: Request) -> Any:
            return tools.Context(reader_of(request), links_of(request), self._limits, answers_of(request))

        self._manager = protocol.over_http(protocol.make_server(context_of), self._hosts, self._origins, _MAX_BYTES)
        started = asyncio.Event()
        # A task of its own: what the manager starts must not end with the first call.
        self._running = asyncio.create_task(self._run(started))
        await started.wait()

    async def _run(self, started: asyncio.Event) -> None:
        async with self._manager.run():
            started.set()
            await self._stopping.wait()

    async def stop(self) -> None:
        """End what runs, if anything was started."""
        self._stopping.set()
        if self._running is not None:
            await self._running
