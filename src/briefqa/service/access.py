"""What a caller may see: each route gets it as `reader`, and reaches the index through it alone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.generation import Index
    from briefqa.search import Searcher
    from briefqa.service.live import Live


@dataclass(frozen=True, slots=True)
class Reader:
    """The live index as one caller sees it. collections: those that it may see; None: all."""

    live: Live
    collections: frozenset[str] | None = None

    @contextmanager
    def index(self) -> Iterator[Index]:
        """Borrow the index, as `Live.index` does; nothing of other collections shows in it."""
        with self.live.index(self.collections) as index:
            yield index

    @contextmanager
    def searcher(self) -> Iterator[Searcher]:
        """Borrow the index to search it, as `Live.searcher` does; nothing of other collections shows in it."""
        with self.live.searcher(self.collections) as searcher:
            yield searcher


def reader_of(request: Request) -> Reader:
    """Give what the caller of a request may see."""
    live: Live = request.app.state.live
    return Reader(live)


ReaderOf = Annotated[Reader, Depends(reader_of)]
"""The type of a route's parameter `reader`."""
