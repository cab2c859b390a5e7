"""Pictures of pages, drawn in a process of its own within limits, and kept for the next reader.

PDFium is fast and much tested, and still a parser of what anybody may have put into the folder.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from briefqa.errors import NotReady, ReadingError
from briefqa.reading.isolated import Isolated, Limits
from briefqa.reading.pictures import picture

if TYPE_CHECKING:
    from pathlib import Path

# Two pixels a point: sharp on a telephone, some 100 kB for a page of text.
_SCALE = 2.0
_LIMITS = Limits(seconds=20, memory=1_500_000_000)
_MOST_KEPT = 48_000_000
_MOST_WAITING = 16


class Pictures:
    """Draws pages of briefs' files. Safe for many threads; one page is drawn at a time."""

    def __init__(self, limits: Limits = _LIMITS, most_kept: int = _MOST_KEPT) -> None:
        """limits: for one page. most_kept: bytes of pictures to keep in memory."""
        self._isolated = Isolated(picture, limits)
        self._most_kept = most_kept
        # One thread for its whole life: the process that draws ends with the thread that has started it.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="briefqa-pictures")
        self._waiting = threading.Semaphore(_MOST_WAITING)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._size = 0
        self._checked: dict[str, tuple[int, int, str]] = {}

    def close(self) -> None:
        """End the process."""
        self._thread.submit(self._isolated.close)
        self._thread.shutdown()

    def page(self, file: Path, brief_id: str, index: int) -> bytes:
        """Give a page of a brief as PNG.

        Raises ReadingError where it cannot be drawn within the limits, or where the file is no longer the brief's, and
        NotReady where too many wait.
        """
        with self._lock:
            found = self._kept.get((brief_id, index))
            if found is not None:
                self._kept.move_to_end((brief_id, index))
                return found
        if self._key_of(file) != brief_id:
            raise ReadingError(f"{file.name} has changed since it was indexed: run `briefqa reindex`.")
        if not self._waiting.acquire(blocking=False):
            raise NotReady("Too many pages wait to be drawn: try again in a moment.")
        try:
            draw = partial(self._isolated.one, file.name, file, file.name, index, _SCALE)
            drawn = self._thread.submit(draw).result()
        finally:
            self._waiting.release()
        self._keep((brief_id, index), drawn)
        return drawn

    def _keep(self, key: tuple[str, int], drawn: bytes) -> None:
        with self._lock:
            self._size += len(drawn) - len(self._kept.pop(key, b""))
            self._kept[key] = drawn
            while self._size > self._most_kept and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1])

    def _key_of(self, file: Path) -> str:
        """The id of the brief that the file is now."""
        try:
            status = file.stat()
            known = self._checked.get(str(file))
            if known is not None and known[:2] == (status.st_size, status.st_mtime_ns):
                return known[2]
            with file.open("rb") as opened:
                key = hashlib.file_digest(opened, "sha256").hexdigest()[:16]
        except OSError as error:
            raise ReadingError(f"{file.name} cannot be read: {error.strerror or error}.") from error
        if len(self._checked) > 10_000:
            self._checked.clear()
        self._checked[str(file)] = (status.st_size, status.st_mtime_ns, key)
        return key
