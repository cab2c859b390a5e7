"""Processes on the nodes of a cluster, and the work that is handed to them."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from briefqa.errors import BriefqaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

R = TypeVar("R")

log = logging.getLogger(__name__)

# How often a piece of work is handed out before it is held to be what kills the processes that get it.
_ATTEMPTS = 3
# How often in a row a process may die while it starts, how often not be there yet, and for how many seconds it is left
# alone after either.
_STARTS = 5
_UNAVAILABLE = 300
_PAUSE = 1.0
# Pieces that are done before the one that is due, for each process: they are held in memory here.
_AHEAD = 4
# Seconds between two looks at whether anybody still works.
_PATIENCE = 60.0


@dataclass(slots=True, eq=False)
class _Piece:
    number: int
    arguments: tuple[Any, ...]
    attempts: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    actor: Any
    failed: int = 0
    silent: int = 0


@dataclass(slots=True)
class Pool(Generic[R]):
    """Actors of one kind: each has `ready`, which returns once it can work, and `do`, which works.

    Serves one `map` at a time.
    """

    actors: list[Any]
    _idle: list[_Worker] = field(default_factory=list)
    _starting: dict[Any, _Worker] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for actor in self.actors:
            self._start(_Worker(actor))

    def map(self, work: Iterable[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], R | None]]:
        """Give the arguments and the result of each call of `do`, in order; None where it killed three processes.

        Raises what `do` or `ready` raises; BriefqaError where a process does not start.
        """
        waiting = (_Piece(number, arguments) for number, arguments in enumerate(work))
        task = _Task[R](waiting)
        due = 0
        try:
            while True:
                while self._idle and (piece := task.next(_AHEAD * len(self.actors))):
                    worker = self._idle.pop()
                    task.running[worker.actor.do.remote(*piece.arguments)] = piece, worker
                if due in task.done:
                    yield task.done.pop(due)
                    due += 1
                elif task.running or task.peek():
                    self._wait(task)
                else:
                    return
        finally:
            for _, worker in task.running.values():  # whoever has stopped listening wants none of it
                self._start(worker)

    def _start(self, worker: _Worker) -> None:
        self._starting[worker.actor.ready.remote()] = worker

    def _wait(self, task: _Task[R]) -> None:
        """Wait until a piece is done, or a process is ready for one."""
        import ray  # noqa: PLC0415 - a second

        ready, _ = ray.wait([*task.running, *self._starting], timeout=_PATIENCE)
        if not ready:
            log.warning("Nothing has come back from the Ray cluster for %.0f s.", _PATIENCE)
        for ref in ready:
            if ref in self._starting:
                self._started(ref)
            else:
                self._finished(ref, task)

    def _finished(self, ref: Any, task: _Task[R]) -> None:
        import ray  # noqa: PLC0415 - as above

        piece, worker = task.running.pop(ref)
        try:
            task.done[piece.number] = piece.arguments, ray.get(ref)
            self._idle.append(worker)
        except ray.exceptions.RayTaskError as error:
            raise _cause(error) from None
        except (ray.exceptions.RayActorError, ray.exceptions.ObjectLostError) as error:
            log.warning("A process on the Ray cluster is lost, and its work goes to another: %s.", type(error).__name__)
            self._start(worker)
            if piece.attempts < _ATTEMPTS:
                task.again.append(piece)
            else:
                task.done[piece.number] = piece.arguments, None

    def _started(self, ref: Any) -> None:
        """Take in a process that is ready, or start one anew that is not."""
        import ray  # noqa: PLC0415 - as above

        worker = self._starting.pop(ref)
        try:
            ray.get(ref)
        except ray.exceptions.RayTaskError as error:
            raise _cause(error) from None
        except ray.exceptions.RayActorError as error:
            if isinstance(error, ray.exceptions.ActorUnavailableError):
                worker.silent += 1
            else:
                worker.failed += 1
            if worker.failed >= _STARTS or worker.silent >= _UNAVAILABLE:
                raise BriefqaError(f"A process on the Ray cluster does not start: {error}") from error
            time.sleep(_PAUSE)
            self._start(worker)
            return
        worker.failed = worker.silent = 0
        self._idle.append(worker)


@dataclass(slots=True)
class _Task(Generic[R]):
    """What is to be done, being done and done of one `map`."""

    waiting: Iterator[_Piece]
    again: deque[_Piece] = field(default_factory=deque)
    running: dict[Any, tuple[_Piece, _Worker]] = field(default_factory=dict)
    done: dict[int, tuple[tuple[Any, ...], R | None]] = field(default_factory=dict)

    def peek(self) -> bool:
        """Tell whether there is anything left to hand out."""
        if not self.again and (piece := next(self.waiting, None)):
            self.again.append(piece)
        return bool(self.again)

    def next(self, most: int) -> _Piece | None:
        """Take the next piece to hand out; None where there is none, or where `most` new ones are out or done."""
        if not self.again and len(self.running) + len(self.done) >= most:
            return None
        if not self.peek():
            return None
        piece = self.again.popleft()
        piece.attempts += 1
        return piece


def _cause(error: Any) -> BaseException:
    """What was raised on a node, as if it had been raised here."""
    cause = error.cause
    return cause if isinstance(cause, BriefqaError) else BriefqaError(f"A node of the Ray cluster failed: {error}")


def start(kind: type, arguments: tuple[Any, ...], node: str, *, num_gpus: int = 0) -> Any:
    """Start an actor on a node, and on another where that one is lost, as often as it takes. node: its id."""
    import ray  # noqa: PLC0415 - as above
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - as above

    # No core is reserved: what worked on a node that is lost must find room on the others, however full they are.
    options = {
        "num_cpus": 0,
        "num_gpus": num_gpus,
        "max_restarts": -1,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=True),
    }
    return ray.remote(kind).options(**options).remote(*arguments)
