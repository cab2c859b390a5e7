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

Step = Literal["read", "notes", "split", "embed", "write"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step has come: done of total files ("read") or passages ("embed"). path: the file at hand, or ""."""

    step: Step
    done: int
    total: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What a reindexing did.

    generation: the live one afterwards, "" if there is none. added … unchanged: files, by path, that hold a brief.
    ignored: files of unknown kinds and links out of the folder. briefs … unlinked: what the live generation holds
    (unlinked: marks that lead to no note). problems: doubts about the briefs that were read this time. failed: files
    that could not be read, this time or, when they are still the same, before; `Problem.brief` is the path.
    seconds: time of each `Step`.
    """

    generation: str
    published: bool
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
    seconds: dict[Step, float]


class Stopwatch:
    """Adds up the time of each step."""

    def __init__(self) -> None:
        self.seconds: dict[Step, float] = defaultdict(float)

    @contextmanager
    def timing(self, step: Step) -> Iterator[None]:
        """Add the time that the block takes to step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += time.perf_counter() - start
