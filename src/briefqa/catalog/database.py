"""The protocol by which a catalog sees the tables that it asks, in a file or on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager


class Database(Protocol):
    """Tables of a catalog that nobody changes, asked in the SQL that SQLite speaks. Safe for many threads.

    A query that goes to other databases, too, keeps to what `CAST`, `json_each`, `json_extract`, `instr`, two-argument
    `max` and `fold` can do there.
    """

    def select(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query, texts as they were put in. Raises CorruptGeneration."""

    def raw(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query whose bytes are bytes."""

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a query one by one, bytes as bytes, without holding all of them."""

    def tables(self) -> Mapping[str, Sequence[str]]:
        """Name all tables, each with its columns in their order."""

    def guarded(self) -> AbstractContextManager[None]:
        """Turn whatever damaged values make their reader raise into CorruptGeneration."""

    def within(self, collections: Iterable[str]) -> Self:
        """See the briefs of some collections only: of others, no query tells anything."""

    def close(self) -> None:
        """Let go of it. A second time does no harm."""
