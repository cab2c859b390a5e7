"""Reindexing for those who would rather ask over HTTP than run a command: in a process of its own, one at a time.

What became of a run is kept in the index folder, so that any process that serves it can tell.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from briefqa.errors import GenerationError, NotFound, ReindexRunning
from briefqa.generation import writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path as Folder

_RUNS = "runs"
_LOCK = ".lock"
_TRIES = 5  # whoever only looks has the lock, too, for a moment
_KEPT = 100
_STATES = {0: "done", 3: "done", 4: "held back", 130: "interrupted"}


class Run(BaseModel):
    """A reindexing that was asked for. report: as `briefqa reindex --json` prints it, once it has ended."""

    id: str
    state: Literal["running", "done", "held back", "failed", "interrupted"] = Field(
        description="done: published, or nothing had changed. held back: built, and refused by the gate."
    )
    started: str
    ended: str | None
    error: str = Field(description="What the command said on stderr, but for its progress.")
    report: dict[str, Any] | None


@dataclass(slots=True)
class Reindexing:
    """Starts reindexings of one index, and tells of them. command: the program and its arguments, with --json.

    settings: variables for it, beside this process's own: an address with a password has no place among arguments.
    """

    index: Folder
    command: Sequence[str]
    settings: Mapping[str, str] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> Run:
        """Start one. Raises ReindexRunning where one runs, GenerationError where the index folder cannot be written."""
        with writing(self.index):
            pass  # free a moment ago; where another has come in between, the run itself fails and says so
        try:
            (self.index / _RUNS).mkdir(exist_ok=True)
            lock = self._lock()
            if lock is None:
                raise ReindexRunning("A reindex was asked for and is under way: wait until it has ended.")
            try:
                return self._started(lock)
            except BaseException:
                os.close(lock)
                raise
        except OSError as error:
            raise GenerationError(f"Cannot start a reindex of {self.index}: {error.strerror or error}.") from error

    def _lock(self) -> int | None:
        """Take the lock of runs; None where a run has it: its process and who waits for that, until both have ended."""
        lock = os.open(self.index / _RUNS / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        for _ in range(_TRIES):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
            else:
                return lock
        os.close(lock)
        return None

    def _under_way(self, run_id: str) -> bool:
        """Whether a run has not ended: it is the last one, and the lock is taken."""
        runs = self.index / _RUNS
        if run_id != max((file.stem for file in runs.glob("*.json")), default=""):
            return False
        try:
            lock = os.open(runs / _LOCK, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def _started(self, lock: int) -> Run:
        run = Run(
            id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            state="running", started=_now(), ended=None, error="", report=None,
        )  # fmt: skip
        process = subprocess.Popen(  # noqa: S603 - briefqa itself
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.settings},
            start_new_session=True,
            pass_fds=(lock,),
        )
        self._write(run)
        thread = threading.Thread(target=self._wait, args=(run, process, lock), name="briefqa-reindex", daemon=True)
        thread.start()
        return run

    def state(self, run_id: str) -> Run:
        """Tell what became of a run. Raises NotFound."""
        try:
            under_way = self._under_way(run_id)  # before its file is read, which is written before the lock is let go
            run = Run(**json.loads((self.index / _RUNS / f"{run_id}.json").read_bytes()))
        except (OSError, ValueError) as error:
            raise NotFound(f"There is no run {run_id!r}: the last {_KEPT} are kept.") from error
        if run.state == "running" and not under_way:
            # Its server ended before it; what it has published is live all the same.
            return run.model_copy(update={"state": "interrupted", "error": "Nobody waited for the end of this run."})
        return run

    def _wait(self, run: Run, process: subprocess.Popen[str], lock: int) -> None:
        out, err = process.communicate()
        report = None
        with suppress(ValueError):
            report = json.loads(out)
        told = "\n".join(line for line in err.splitlines() if not line.startswith('{"event"'))
        state = _STATES.get(process.returncode, "failed")
        ended = run.model_copy(update={"state": state, "ended": _now(), "error": told, "report": report})
        with suppress(OSError):
            self._write(ended)
            for old in sorted((self.index / _RUNS).glob("*.json"))[:-_KEPT]:
                old.unlink(missing_ok=True)
        os.close(lock)

    def _write(self, run: Run) -> None:
        file = self.index / _RUNS / f"{run.id}.json"
        temporary = file.with_suffix(".new")
        temporary.write_text(run.model_dump_json(), encoding="utf-8")
        temporary.replace(file)


def command_of(*, config_file: Folder | None, docs_in: str) -> list[str]:
    """The command that reindexes as this server was told to. config_file: its settings file, if one was named."""
    named = ["--config", str(config_file)] if config_file else []
    return [sys.executable, "-m", "briefqa.cli", "reindex", docs_in, "--json", *named]


def make_router(reindexing: Reindexing) -> APIRouter:
    """Make the routes."""
    router = APIRouter(tags=["reindex"])

    @router.post("/v1/reindex", status_code=202, response_model=Run)
    def start() -> Run:
        """Bring the index up to date with the folder of briefs; `GET /v1/reindex/{id}` tells what has become of it."""
        return reindexing.start()

    @router.get("/v1/reindex/{run_id}", response_model=Run)
    def state(run_id: Annotated[str, Path(pattern=_ID.pattern, max_length=40)]) -> Run:
        """Tell what became of a reindexing."""
        return reindexing.state(run_id)

    return router


_ID = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{8}$")


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
