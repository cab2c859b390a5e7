"""The file of a catalog, open for reading, and what becomes of damage in it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from briefqa.catalog.records import APPLICATION_ID, restored, storable
from briefqa.catalog.restricting import restrict
from briefqa.errors import CorruptGeneration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike
    from pathlib import Path


def immutable_uri(file: PathLike[str]) -> str:
    """SQLite's address of a file that nobody writes, so that it is read without locks and journals."""
    return f"file:{quote(str(file).encode('utf-8', 'surrogateescape'))}?mode=ro&immutable=1"


class CatalogFile:
    """One connection to a catalog in a file, on which threads take turns. The first `Database`."""

    def __init__(self, file: Path) -> None:
        """Open file. Raises CorruptGeneration."""
        self._file = file
        self._lock = threading.Lock()
        if not file.is_file():
            raise CorruptGeneration(f"{file} is missing. Run `briefqa rollback`, or `briefqa reindex`.")
        with self.guarded():
            self._connection = sqlite3.connect(immutable_uri(file), uri=True, check_same_thread=False)
            self._connection.create_function("fold", 1, _fold, deterministic=True)
        try:
            self._check_kind()
        except BaseException:
            self._connection.close()
            raise

    def _check_kind(self) -> None:
        if self.select("PRAGMA application_id") != [(APPLICATION_ID,)]:
            raise CorruptGeneration(f"{self._file} is not a catalog of briefqa. Run `briefqa reindex`.")

    def within(self, collections: Iterable[str]) -> Self:
        """Open the catalog once more, to see the briefs of some collections only: of others, no method tells anything.

        Raises CorruptGeneration if the file has been pruned meanwhile.
        """
        seen = type(self)(self._file)
        try:
            seen.keep_to(collections)
        except BaseException:
            seen.close()
            raise
        return seen

    def keep_to(self, collections: Iterable[str]) -> None:
        """Show on this connection nothing but these collections from now on."""
        with self._lock, self.guarded():
            restrict(self._connection, collections)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def select(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query, texts as they were before `storable`."""
        with self.guarded():
            return [restored(row) for row in self.raw(query, *parameters)]

    def raw(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query whose bytes are bytes."""
        with self._lock, self.guarded():
            return self._connection.execute(query, tuple(map(storable, parameters))).fetchall()

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a query one by one. Nobody else can ask until they are all taken."""
        with self._lock, self.guarded():
            yield from self._connection.execute(query)

    def tables(self) -> dict[str, list[str]]:
        """Name all tables, each with its columns."""
        names = self.select("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        return {name: [row[1] for row in self.select(f"PRAGMA table_info({name})")] for (name,) in names}

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn whatever damage makes SQLite or the reading of its values raise into CorruptGeneration."""
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError, KeyError, AttributeError, OverflowError, MemoryError) as error:
            raise CorruptGeneration(
                f"{self._file} is damaged ({error}). Run `briefqa rollback`, or `briefqa reindex` to build it anew."
            ) from error


def _fold(text: str | bytes) -> str:
    return (text.decode("utf-8", "surrogatepass") if isinstance(text, bytes) else text).casefold()
