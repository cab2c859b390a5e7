"""Several processes that serve on one port: started by fork, before anything that has threads, and started again."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

# One that ends sooner than this after its start would only end again at once.
_SHORTEST_SECONDS = 5.0


def supervise(count: int, serve: Callable[[], None]) -> None:
    """Run serve in so many processes until a signal ends this one; each that dies is replaced.

    SIGTERM and SIGINT are handed on, and all are waited for. Raises KeyboardInterrupt after SIGINT. Where one cannot
    even start, all are ended, and this returns.
    """
    asked: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        asked.append(number)
        for child in children:
            os.kill(child, signal.SIGTERM)

    children: dict[int, float] = {}
    before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for _ in range(count):
            children[_start(serve, before)] = time.monotonic()
        while children:
            child, status = os.wait()
            lived = time.monotonic() - children.pop(child, 0.0)
            if asked:
                continue
            log.warning("A serving process ended (%s).", os.waitstatus_to_exitcode(status))
            if lived < _SHORTEST_SECONDS:
                pass_on(signal.SIGTERM, None)
            else:
                children[_start(serve, before)] = time.monotonic()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if signal.SIGINT in asked:
        raise KeyboardInterrupt


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
