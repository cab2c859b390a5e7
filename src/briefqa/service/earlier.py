"""Generations that are kept beside the live one, opened for who asks as of one of them, and closed when nobody does."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from briefqa.generation import Index

# So many are held open beside the live one, and for so long after the last request: they cost as much memory as it.
_MOST = 2
_IDLE_SECONDS = 300.0


class Borrowed:
    """An open index, and how many requests read it. To be changed only while its holder's lock is held."""

    __slots__ = ("generation", "index", "last", "retired", "users")

    def __init__(self, index: Index) -> None:
        self.index = index
        self.generation = index.info().generation
        self.users = 0
        self.retired = False
        self.last = time.monotonic()

    def retire(self) -> None:
        """Close the index, now or when its last request ends."""
        self.retired = True
        if not self.users:
            self.index.close()

    def give_back(self) -> None:
        """End one request."""
        self.users -= 1
        self.last = time.monotonic()
        if self.retired and not self.users:
            self.index.close()


@dataclass(slots=True)
class Earlier:
    """Opens generations by name. open: raises NotFound or Gone where there is none. kept: names those there are."""

    open: Callable[[str], Index]
    kept: Callable[[], Sequence[str]]
    _held: OrderedDict[str, Borrowed] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _opening: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def borrow(self, generation: str) -> Iterator[Index]:
        """Borrow a generation. One that was pruned is refused, though it may still be open."""
        held = self._borrowed(generation)
        try:
            yield held.index
        finally:
            with self._lock:
                held.give_back()

    def clear(self, *, everything: bool = False) -> None:
        """Close what was pruned, and what nobody has asked for in a while."""
        kept = set() if everything else set(self.kept())
        with self._lock:
            for name, held in list(self._held.items()):
                idle = not held.users and time.monotonic() - held.last > _IDLE_SECONDS
                if name not in kept or idle:
                    self._held.pop(name).retire()

    def _borrowed(self, generation: str) -> Borrowed:
        if generation not in self.kept():
            self.open(generation).close()  # which says what is wrong with the name
        with self._opening:
            with self._lock:
                if held := self._held.get(generation):
                    self._held.move_to_end(generation)
                    held.users += 1
                    return held
            held = Borrowed(self.open(generation))
            with self._lock:
                held.users += 1
                self._held[generation] = held
                while len(self._held) > _MOST:
                    self._held.popitem(last=False)[1].retire()
            return held
