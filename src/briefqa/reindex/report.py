"""What a reindexing tells: while it runs, and at the end."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Problem

Step = Literal["compare", "read", "notes", "split", "embed", "write", "judge", "publish"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step has come: done of total files ("compare", "read"), passages ("embed") or parts ("write").

    path: the file at hand, or "".
    """

    step: Step
    done: int
    total: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths at which a brief is now and was not, is another, is no longer; (from, to) of those that moved.

    A file that moved is among added and removed, too. unchanged: how many are as they were.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Canaries:
    """How many canary questions were asked, and those that failed, with the reason."""

    asked: int = 0
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a reindexing would do.

    changes: as far as it can be told without reading. read: files to read. embedded_anew: briefs to be cut and embedded
    again, kept: briefs to be taken over. failing: files that are known to give nothing. rebuilt: whether settings or
    code have changed since the last build.
    """

    changes: Changes
    read: int
    embedded_anew: int
    kept: int
    failing: tuple[str, ...]
    ignored: int
    rebuilt: bool


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What a reindexing did.

    generation: the live one afterwards, "" if there is none. added … unchanged: files, by path, that hold a brief.
    ignored: files of unknown kinds and links out of the folder. briefs … unlinked: what the live generation holds
    (unlinked: marks that lead to no note). problems: doubts about the briefs that were read this time. failed: files
    that could not be read, this time or, when they are still the same, before; `Problem.brief` is the path.
    refused: why the gate holds the build back that was made; held: its name; the counts are then its. paths: the files
    themselves. seconds: time of each `Step`, several of which go on at once; took: of all of it, by the clock.
    """

    generation: str
    published: bool
    refused: tuple[str, ...]
    held: str
    added: int
    changed: int
    removed: int
    unchanged: int
    ignored: int
    briefs: int
    passages: int
    notes: int
    marks: int
    unlinked: int
    problems: tuple[Problem, ...]
    failed: tuple[Problem, ...]
    paths: Changes
    canaries: Canaries
    seconds: dict[Step, float]
    took: float


class Stopwatch:
    """Adds up the time of each step."""

    def __init__(self) -> None:
        self.seconds: dict[Step, float] = defaultdict(float)
        self._start = time.perf_counter()

    def total(self) -> float:
        """Seconds since this stopwatch was made."""
        return time.perf_counter() - self._start

    @contextmanager
    def timing(self, step: Step) -> Iterator[None]:
        """Add the time that the block takes to step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += time.perf_counter() - start
