"""A process that reads files which nobody trusts, one after another, until one is too much for it.

Started by `isolated`, which talks to it over a socket. It holds itself to its limits: the kernel ends it when its alarm
rings, even in the middle of a regular expression, and refuses it memory beyond its share; it dies with the process that
started it. So nothing has to be watched from outside, and no orphan is left.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from briefqa.errors import ReaderFlaw, ReadingError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

# An exception may quote half of the file.
_MAX_REASON = 300
# <linux/prctl.h>
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: seconds of wall time, bytes of address space (and so of memory)."""

    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What became of one file: a value, or the error that it cost. seconds: wall time; peak: bytes of memory so far."""

    name: str
    value: T | None = None
    error: ReadingError | OSError | None = None
    seconds: float = 0.0
    peak: int = 0


def attempt(call: Callable[..., T], name: str, arguments: tuple[Any, ...]) -> Outcome[T]:
    """Call with the arguments; whatever it raises becomes the outcome's error, an unknown one a ReaderFlaw."""
    start = time.perf_counter()
    value, error = None, None
    try:
        value = call(*arguments)
    except (ReadingError, OSError) as raised:
        error = raised.with_traceback(None)
    except MemoryError:
        error = _out_of_memory(name)
    except Exception as raised:  # noqa: BLE001 - no file, and no flaw of a reader, stops the night
        error = _flaw(name, raised)
    return Outcome(name, value, error, time.perf_counter() - start, _peak())


def _out_of_memory(name: str) -> TooLarge:
    """The error of a file that needs too much memory."""
    return TooLarge(f"{name} needs more memory to read than read_memory_mb allows: raise it or split the file.")


def _flaw(name: str, raised: Exception) -> ReaderFlaw:
    place, trace = "", raised.__traceback__
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    reason = f"{type(raised).__name__}: {str(raised)[:_MAX_REASON]}"
    return ReaderFlaw(f"{name} cannot be read: {reason} ({place}). Please report this.")


@contextmanager
def unhurried() -> Iterator[None]:
    """Stop the clock of the file at hand, for a step that keeps time itself; then give the file its time anew."""
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)


def main(handle: int, parent: int) -> None:
    """Serve the process at the other end of the socket, until it hangs up. parent: its process id."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    die_with_parent()
    if os.getppid() != parent:  # it has died before it could be told so
        return
    with Connection(handle) as connection, suppress(EOFError, ConnectionError):
        call, limits = connection.recv()
        _hold_to(limits.memory)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # what libraries mutter is nobody's business
        connection.send(None)  # ready
        while True:
            name, arguments = connection.recv()
            signal.setitimer(signal.ITIMER_REAL, limits.seconds)
            try:
                answer = pickle.dumps(attempt(call, name, arguments), pickle.HIGHEST_PROTOCOL)
            except MemoryError:
                answer = pickle.dumps(Outcome(name, error=_out_of_memory(name), peak=_peak()))
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send_bytes(answer)


def _peak() -> int:
    """The most bytes of memory that this process has held."""
    with suppress(OSError):  # Linux: its getrusage counts what the process that started this one held
        for line in Path("/proc/self/status").read_bytes().splitlines():
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def die_with_parent() -> None:
    """Be ended when the process that started this one ends, by whatever means; where not on Linux, by the alarm."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only here

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _hold_to(memory: int) -> None:
    """Refuse this process more than so many bytes, and the disk a dump of it when it crashes."""
    for kind, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        _, most = resource.getrlimit(kind)
        with suppress(ValueError, OSError):  # some systems know no such limit
            resource.setrlimit(kind, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
