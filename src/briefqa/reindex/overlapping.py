"""Two things at once: what is prepared here, and what is made of it in a thread."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

A = TypeVar("A")
B = TypeVar("B")

# What is made in the thread is looked at between two short calls; nobody who presses Ctrl-C waits for longer.
_PATIENCE_SECONDS = 1.5


class Stopped(Exception):
    """What was made is no longer wanted."""


def overlapped(make: Callable[[A, Callable[[], bool]], B], items: Iterable[A], *, ahead: int = 2) -> Iterator[B]:
    """Give make(item) for each item, in order, made in a thread while the next items are taken here.

    make: is handed a function beside the item that tells whether to stop; it raises Stopped then. ahead: how many
    items are held at a time. An exception of make is raised here. Whoever stops iterating stops the thread.
    """
    todo: SimpleQueue[A | None] = SimpleQueue()
    done: SimpleQueue[tuple[B | None, BaseException | None]] = SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        while (item := todo.get()) is not None and not stop.is_set():
            try:
                done.put((make(item, stop.is_set), None))
            except BaseException as error:  # noqa: BLE001 - it is raised where somebody can see it
                done.put((None, error))

    def take() -> B:
        made, error = done.get()
        if error is not None:
            raise error
        return made  # type: ignore[return-value]

    thread = threading.Thread(target=work, name="briefqa-embedding", daemon=True)
    thread.start()
    held = 0
    try:
        for item in items:
            while held >= ahead or (held and not done.empty()):
                yield take()
                held -= 1
            todo.put(item)
            held += 1
        for _ in range(held):
            yield take()
    finally:
        stop.set()
        todo.put(None)
        thread.join(_PATIENCE_SECONDS)
