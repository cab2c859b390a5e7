"""How many requests run at once. The rest wait their turn, and when too many wait, the next is told to come back."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from briefqa.service.guarding.refusing import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = {"/healthz", "/readyz", "/metrics"}
"""What is answered however busy the server is."""


class Pressure:
    """ASGI middleware: at most `running` requests at once, at most `waiting` more in order of arrival, else 503.

    seconds: that a request may wait, and that it may then take to begin its answer; else 503 as well. A request that is
    given up keeps its place until its thread is done, since threads cannot be stopped.
    """

    def __init__(self, app: ASGIApp, running: int, waiting: int, seconds: float) -> None:
        self.app = app
        self._turns = asyncio.Semaphore(running)
        self._waiting = 0
        self._most_waiting = waiting
        self._seconds = seconds
        self._given_up: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for a turn and pass the request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] in ALWAYS or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
        elif self._turns.locked() and self._waiting >= self._most_waiting:
            await _busy(scope, receive, send)
        elif await self._turn():
            await self._run(scope, receive, send)
        else:
            await _busy(scope, receive, send)

    async def _turn(self) -> bool:
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._turns.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = asyncio.Event()
        given_up = False

        async def noticed(message: Message) -> None:
            if not given_up:
                began.set()
                await send(message)

        async def run() -> None:
            try:
                await self.app(scope, receive, noticed)
            finally:
                self._turns.release()
                began.set()

        task = asyncio.create_task(run())
        try:
            async with asyncio.timeout(self._seconds):
                await began.wait()
        except TimeoutError:
            given_up = True
            self._given_up.add(task)
            task.add_done_callback(self._forget)
            await _busy(scope, receive, send)
            return
        except asyncio.CancelledError:
            task.cancel()
            raise
        await task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._given_up.discard(task)
        if not task.cancelled():
            task.exception()  # nobody waits for it any more


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    response = refusal(scope, HTTPStatus.SERVICE_UNAVAILABLE, "briefqa is busy: try again in a moment.")
    await response(scope, receive, send)
