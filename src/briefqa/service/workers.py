"""Several processes that serve on one port: started by fork, before anything that has threads, and started again."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from briefqa.service.sharing import Tally

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator

log = logging.getLogger(__name__)

# One that ends sooner than this after its start would only end again at once.
_SHORTEST_SECONDS = 5.0


def supervise(count: int, listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    """Run serve in so many processes until a signal ends this one; each that dies is replaced.

    serve is given what to listen on, so that connections come to all alike.

    SIGTERM and SIGINT are handed on, and all are waited for. Raises KeyboardInterrupt after SIGINT. Where one cannot
    even start, all are ended, and this returns.
    """
    asked: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        asked.append(number)
        for child in children:
            os.kill(child, signal.SIGTERM)

    tally = Tally(count)
    # By process id: its place, and since when it runs.
    children: dict[int, tuple[int, float]] = {}

    def start(place: int) -> None:
        child = _start(lambda: serve(tally.joined(listener, place)), before)
        children[child] = (place, time.monotonic())

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for place in range(count):
            start(place)
        for place, lived, status in _each_ended(children):
            tally.left(place)
            if asked:
                continue
            log.warning("A serving process ended (%s).", os.waitstatus_to_exitcode(status))
            if lived < _SHORTEST_SECONDS:
                pass_on(signal.SIGTERM, None)
            else:
                start(place)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if signal.SIGINT in asked:
        raise KeyboardInterrupt


def _each_ended(children: dict[int, tuple[int, float]]) -> Iterator[tuple[int, float, int]]:
    """Wait for one after another until there are none; yields place, seconds and status, and takes each out."""
    while children:
        child, status = os.wait()
        if child in children:  # the first process of a container inherits others' children
            place, since = children.pop(child)
            yield place, time.monotonic() - since, status


def _start(serve: Callable[[], None], handlers: Iterable[signal.Signals]) -> int:
    """Fork a process that serves; returns its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        for number in handlers:
            signal.signal(number, signal.SIG_DFL)
        # Ctrl-C at a terminal reaches all at once; the first process tells the others.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        serve()
        status = 0
    except BaseException:
        log.exception("A serving process failed.")
    finally:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(status)
