"""The file of a catalog, open for reading, and what becomes of damage in it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from briefqa.catalog.records import APPLICATION_ID, restored
from briefqa.catalog.restricting import restrict
from briefqa.errors import CorruptGeneration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike
    from pathlib import Path


def immutable_uri(file: PathLike[str]) -> str:
    """SQLite's address of a file that nobody writes, so that it is read without locks and journals."""
    return f"file:{quote(str(file).encode('utf-8', 'surrogateescape'))}?mode=ro&immutable=1"


class Database:
    """One connection to a catalog, on which threads take turns."""

    def __init__(self, file: Path) -> None:
        """Open file. Raises CorruptGeneration."""
        self._file = file
        self._lock = threading.Lock()
        if not file.is_file():
            raise CorruptGeneration(f"{file} is missing. Run `briefqa rollback`, or `briefqa reindex`.")
        with self._guarded():
            self._connection = sqlite3.connect(immutable_uri(file), uri=True, check_same_thread=False)
        try:
            self._check_kind()
        except BaseException:
            self._connection.close()
            raise

    def _check_kind(self) -> None:
        if self._select("PRAGMA application_id") != [(APPLICATION_ID,)]:
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
        with self._lock, self._guarded():
            restrict(self._connection, collections)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _select(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self._guarded():
            return [restored(row) for row in self._raw(query, *parameters)]

    def _raw(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Select without `restored`, for columns whose bytes are bytes."""
        with self._lock, self._guarded():
            return self._connection.execute(query, parameters).fetchall()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn whatever damage makes SQLite or the reading of its values raise into CorruptGeneration."""
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError, KeyError, AttributeError, OverflowError, MemoryError) as error:
            raise CorruptGeneration(
                f"{self._file} is damaged ({error}). Run `briefqa rollback`, or `briefqa reindex` to build it anew."
            ) from error
