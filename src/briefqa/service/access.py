"""Who asks, and what of the index it may see. Each route gets a `reader` and reaches the index through it alone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query, Request

from briefqa.keys import RIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.generation import Index
    from briefqa.keys import Key
    from briefqa.search import Searcher
    from briefqa.service.live import Live


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. key: its id, "" without one. collections: those that it may see; None: all.

    open_webui: its chats get Open WebUI's own events.
    """

    key: str
    rights: frozenset[str]
    collections: frozenset[str] | None
    open_webui: bool = False

    @classmethod
    def with_key(cls, key: Key) -> Caller:
        """Say what the holder of a key may do."""
        if key.collections is None:
            return cls(key.id, frozenset(key.rights), None, key.open_webui)
        return cls(key.id, frozenset(key.rights) - {"admin"}, frozenset(key.collections), key.open_webui)


ANYONE = Caller("", frozenset(RIGHTS), None)
"""Whoever asks where there are no keys."""

NOBODY = Caller("", frozenset(), frozenset())
"""Whoever asks without a key where there are some: may see nothing."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The index as one caller sees it. generation: as of which he asks, None for the live one."""

    live: Live
    caller: Caller
    generation: str | None = None

    def as_of(self, generation: str | None) -> Reader:
        """See it as of another generation; "" and None: as before."""
        return replace(self, generation=generation) if generation else self

    @property
    def collections(self) -> frozenset[str] | None:
        """Those that the caller may see; None: all."""
        return self.caller.collections

    @contextmanager
    def index(self) -> Iterator[Index]:
        """Borrow the index, as `Live.index` does; nothing of other collections shows in it."""
        with self.live.index(self.collections, self.generation) as index:
            yield index

    @contextmanager
    def searcher(self) -> Iterator[Searcher]:
        """Borrow the index to search it, as `Live.searcher` does; nothing of other collections shows in it."""
        with self.live.searcher(self.collections, self.generation) as searcher:
            yield searcher


def reader_of(request: Request) -> Reader:
    """Give what the caller of a request may see; `guarding` has found out who it is."""
    reader: Reader = request.state.reader
    return reader


AsOf = Annotated[
    str | None,
    Query(max_length=100, description="Answer from this generation, if it is kept, and not from the live one."),
]
"""The type of a query parameter `generation`."""


async def reader_as_of(request: Request, generation: AsOf = None) -> Reader:
    """Give what the caller of a request may see, as of the generation that its address names."""
    # async, as whatever waits for nothing: FastAPI hands all else to another thread, which takes a millisecond.
    return reader_of(request).as_of(generation)


ReaderOf = Annotated[Reader, Depends(reader_as_of)]
"""The type of a route's parameter `reader`; the route then takes `?generation=`, too."""
