"""Doing two things at once within one search: what is computed outside of Python's lock leaves a core to the other."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def begun(call: Callable[[], T]) -> Callable[[], T]:
    """Begin a call on another thread. What is returned waits for its end, and raises what it raised.

    Where no thread has come to it by then, because others keep all of them busy, it is called there and then.
    """
    future = _threads().submit(call)

    def ended() -> T:
        return call() if future.cancel() else future.result()

    return ended


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="beside")
