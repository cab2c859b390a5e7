"""Sends the head and the body of an answer together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_MOST_HELD = 65_536


class JoiningProtocol(H11Protocol):
    """HTTP as uvicorn speaks it by h11, except that what an answer writes in one turn of the loop is sent at once.

    Each part would be a call to the system of its own, and wake the client, which reads the head and waits again: that
    takes a third of a millisecond. What ends an answer is sent before anything else is done.
    """

    _joined: Joined

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin a connection."""
        self._joined = Joined(transport, self.loop.call_soon)
        super().connection_made(self._joined)  # type: ignore[arg-type] # it stands for one

    def on_response_complete(self) -> None:
        """Send the rest of an answer."""
        self._joined.send()
        super().on_response_complete()


class Joined:
    """A transport that holds what is written until it is to send it, or the loop comes round."""

    def __init__(self, transport: asyncio.Transport, soon: Callable[[Callable[[], None]], object]) -> None:
        """Take what it writes to. soon: has something called when the loop comes round."""
        self._transport = transport
        self._soon = soon
        self._held = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Hold some bytes; of many together nothing is held, so that the transport can say when it has enough."""
        if data:
            if not self._held:
                self._soon(self.send)
            self._held += data
            if len(self._held) >= _MOST_HELD:
                self.send()

    def close(self) -> None:
        """Send what is held, and close."""
        self.send()
        self._transport.close()

    def send(self) -> None:
        """Send what is held."""
        if self._held:
            held, self._held = bytes(self._held), bytearray()
            self._transport.write(held)
