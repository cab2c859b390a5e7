"""One port of several processes: a new connection goes to the one that has fewest open.

Left to themselves, all wake for a connection, and the first to do so takes all that wait; clients that keep theirs open
would stay with it while another process has nothing to do.
"""

from __future__ import annotations

import mmap
import os
import select
import socket
import time
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# How long a process with more connections than another leaves a new one to that one, which may be stuck.
_PATIENCE_SECONDS = 0.005
_ABSENT = -1


class Tally:
    """How many connections each of several processes has open. Made before they are forked, it is shared by all."""

    def __init__(self, processes: int) -> None:
        numbers = memoryview(mmap.mmap(-1, 2 * 8 * processes)).cast("q")
        self._open, self._taken = numbers[:processes], numbers[processes:]
        for place in range(processes):
            self.left(place)

    def joined(self, listener: socket.socket, place: int) -> socket.socket:
        """Return what the process at this place shall listen on, in place of listener."""
        self._open[place] = 0
        return _Listener(listener, self, place)

    def left(self, place: int) -> None:
        """The process at this place has ended: nothing is left to it any more."""
        self._open[place] = _ABSENT

    def has_fewest(self, place: int) -> bool:
        """Tell whether no other process has fewer open than that at this place."""
        return all(self._open[place] <= count for count in self._open if count != _ABSENT)

    @property
    def taken(self) -> int:
        """How many connections were taken so far, by all."""
        return sum(self._taken)

    def take(self, place: int) -> None:
        """Count a connection that the process at this place has taken, which alone may say so."""
        self._taken[place] += 1
        self._open[place] += 1

    def end(self, place: int) -> None:
        """Count one that it has closed."""
        self._open[place] -= 1


class _Listener(socket.socket):
    """A copy of a listening socket."""

    def __init__(self, listener: socket.socket, tally: Tally, place: int) -> None:
        super().__init__(listener.family, listener.type, listener.proto, fileno=os.dup(listener.fileno()))
        self._tally = tally
        self._place = place
        self._left = -1
        self._left_since = 0.0
        self._waiting = select.poll()
        self._waiting.register(self, select.POLLIN)

    def accept(self) -> tuple[socket.socket, Any]:
        """Take a connection. Raises BlockingIOError as where there is none, while one is left to another process."""
        if not self._tally.has_fewest(self._place):
            # Without looking, patience would begin to run out before there is anything to leave.
            if not self._waiting.poll(0):
                raise BlockingIOError
            if self._left != self._tally.taken:  # what was left before, another one has taken
                self._left, self._left_since = self._tally.taken, time.monotonic()
            if time.monotonic() - self._left_since < _PATIENCE_SECONDS:
                raise BlockingIOError
        taken, address = super().accept()
        self._tally.take(self._place)
        return _Connection(taken, lambda: self._tally.end(self._place)), address


class _Connection(socket.socket):
    """A connection that says when it is no more."""

    def __init__(self, taken: socket.socket, ended: Callable[[], None]) -> None:
        super().__init__(taken.family, taken.type, taken.proto, fileno=taken.detach())
        self._ended = weakref.finalize(self, ended)

    def close(self) -> None:
        """Close it."""
        self._ended()
        super().close()
