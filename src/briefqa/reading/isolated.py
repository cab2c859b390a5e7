"""Reads files in processes of their own, several at once, so that a hostile file costs itself and nothing else.

A process (`worker`) is used for file after file, and replaced when it has died or is worn. They are started one by one
as there is work for them, and import neither torch nor the program that they belong to.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Pipe, wait
from signal import SIGALRM, SIGKILL, Signals
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from briefqa.errors import BriefqaError, ReaderDied, ReadingTimeout
from briefqa.reading.worker import Limits, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

__all__ = ["Isolated", "Job", "Limits", "Outcome"]

T = TypeVar("T")

# What a file is called in messages, and the arguments of the call.
Job: TypeAlias = tuple[str, tuple[Any, ...]]

_START = (
    "import sys; handle, parent = map(int, sys.argv[1:3]); sys.path[:] = sys.argv[3:]; "
    "from briefqa.reading.worker import main; main(handle, parent)"
)
# Files are given out so far ahead of the last one that was handed back, for each process: one slow file then does not
# hold up the others, and few finished ones are held.
_AHEAD = 8
# A process ends itself in time. Only one that the kernel holds fast is ended from here, so many seconds later.
_GRACE = 10.0
_ATTEMPTS = 2
# A process keeps what its largest file took, and the next file would pay for it: beyond this share it is replaced.
_WORN = 0.25


@dataclass(slots=True)
class Isolated(Generic[T]):
    """Calls a function for file after file in up to `processes` processes, each file within the limits.

    call: a function of a module, or a partial of one, as it is pickled. extra_seconds: what another program may take
    that the call waits for with its clock stopped (`worker.unhurried`); what it leaves in its temporary folder is
    removed. A context manager: leaving it ends everything.
    """

    call: Callable[..., T]
    limits: Limits
    processes: int = 1
    extra_seconds: float = 0.0
    _workers: list[_Worker] = field(default_factory=list)
    _scratch: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Isolated[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes, whatever they are doing, and remove what they left in their temporary folder."""
        while self._workers:
            self._workers.pop().end()
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def one(self, name: str, *arguments: Any) -> T:
        """Call for one file. Raises what the call raises, and the errors of `map`."""
        (outcome,) = self.map([(name, arguments)])
        if outcome.error is not None:
            raise outcome.error
        return cast("T", outcome.value)  # which may be None

    def map(self, jobs: Iterable[Job]) -> Iterator[Outcome[T]]:
        """Give the outcome of each job, in order; a few are held at a time.

        An outcome's error is a ReadingTimeout or TooLarge that names the limit, ReaderDied where the process crashed or
        was killed twice, or what the call raised. Raises BriefqaError where no process can be started.
        """
        waiting = (_Task(number, *job) for number, job in enumerate(jobs))
        again: deque[_Task] = deque()
        done: dict[int, Outcome[T]] = {}
        given = 0
        try:
            while True:
                self._assign(waiting, again, full=len(done) >= _AHEAD * self.processes)
                busy = [worker for worker in self._workers if worker.task]
                if not busy and given not in done:
                    return
                for task, outcome in self._finished(busy, block=given not in done):
                    if outcome is None:
                        again.append(task)
                    else:
                        done[task.number] = outcome
                self._assign(waiting, again, full=len(done) >= _AHEAD * self.processes)
                if given in done:
                    yield done.pop(given)
                    given += 1
        finally:
            for worker in [worker for worker in self._workers if worker.task]:
                self._end(worker)

    def _assign(self, waiting: Iterator[_Task], again: deque[_Task], *, full: bool) -> None:
        """Give work to each process that has none, and start one where there is work for one more."""
        for _ in range(self.processes - sum(worker.task is not None for worker in self._workers)):
            task = again.popleft() if again else None if full else next(waiting, None)
            if task is None:
                return
            worker = next((worker for worker in self._workers if worker.task is None), None) or self._start()
            worker.task, task.attempts = task, task.attempts + 1
            worker.deadline = time.monotonic() + self.limits.seconds + self.extra_seconds + _GRACE
            with suppress(OSError):  # it has died since; that is noticed when its answer is waited for
                worker.connection.send((task.name, task.arguments))

    def _finished(self, busy: list[_Worker], *, block: bool) -> Iterator[tuple[_Task, Outcome[T] | None]]:
        """Collect what has been finished; None for a file to be tried again."""
        patience = max(0.0, min((worker.deadline for worker in busy), default=0.0) - time.monotonic())
        ready = wait([worker.connection for worker in busy], patience if block else 0)
        for worker in busy:
            task = worker.task
            if task is None:
                continue
            if worker.connection in ready:
                try:
                    outcome = worker.connection.recv()
                except (EOFError, OSError):
                    yield task, self._dead(worker, task)
                    continue
                if outcome is None:
                    worker.started = True
                    continue
                worker.task = None
                if outcome.peak > _WORN * self.limits.memory:
                    self._end(worker)
                yield task, outcome
            elif time.monotonic() > worker.deadline:
                self._end(worker)
                yield task, Outcome(task.name, error=self._timeout(task))

    def _dead(self, worker: _Worker, task: _Task) -> Outcome[T] | None:
        """Tell what the death of its process means for a file: an error, or None where it is worth another attempt."""
        worker.await_death()
        status = self._end(worker)
        if status == -SIGALRM:
            return Outcome(task.name, error=self._timeout(task), seconds=self.limits.seconds)
        if task.attempts < _ATTEMPTS:
            return None
        reason = Signals(-status).name if status < 0 else f"exit status {status}"
        if not worker.started:
            raise BriefqaError(
                f"The processes that read files do not start ({reason}): check the installation and read_memory_mb."
            )
        error = ReaderDied(
            f"{task.name} cannot be read: the process that read it ended twice ({reason}), by a crash or because the "
            "machine ran out of memory. It is tried again next time; please report it if that does not help."
        )
        return Outcome(task.name, error=error)

    def _timeout(self, task: _Task) -> ReadingTimeout:
        return ReadingTimeout(
            f"{task.name} takes longer to read than read_seconds = {self.limits.seconds:g} allows: "
            "raise it or split the file."
        )

    def _start(self) -> _Worker:
        environment = dict(os.environ)
        if self.extra_seconds:
            self._scratch = self._scratch or tempfile.TemporaryDirectory(prefix="briefqa-")
            environment["TMPDIR"] = self._scratch.name
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - Python itself
                [sys.executable, "-c", _START, str(theirs.fileno()), str(os.getpid()), *sys.path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                pass_fds=[theirs.fileno()],
                process_group=0,  # Ctrl-C goes to us alone, and what a reader has started is ended with it
            )
        worker = _Worker(process, ours)
        self._workers.append(worker)
        with suppress(OSError):  # as above
            ours.send((self.call, self.limits))
        return worker

    def _end(self, worker: _Worker) -> int:
        self._workers.remove(worker)
        return worker.end()


@dataclass(slots=True)
class _Task:
    number: int
    name: str
    arguments: tuple[Any, ...]
    attempts: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    started: bool = False
    task: _Task | None = None
    deadline: float = 0.0

    def end(self) -> int:
        """End it and all that it has started, and return its exit status."""
        self.connection.close()
        with suppress(ProcessLookupError, PermissionError):  # nothing is left of its group
            os.killpg(self.process.pid, SIGKILL)
        return self.process.wait()

    def await_death(self) -> None:
        """Let one that has hung up die by its own hand, so that its exit status tells why."""
        for _ in range(100):
            if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
                return
            time.sleep(0.01)
