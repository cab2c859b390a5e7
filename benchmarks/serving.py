"""A server of briefqa in a process of its own, asked over HTTP as any client would."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Answered:
    """One search as the client saw it. Milliseconds; steps: as the server timed itself (embed, search, fetch)."""

    whole: float
    steps: dict[str, float]
    hits: int
    size: int


class Client:
    """One connection that stays open. server: for looking at the process. port: for more connections."""

    def __init__(self, port: int, server: subprocess.Popen[str]) -> None:
        self.server = server
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)

    def search(self, question: str, k: int) -> Answered:
        """Ask, and time until the whole answer has been read and parsed."""
        body = json.dumps({"query": question, "k": k})
        started = time.perf_counter()
        self._connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        raw = response.read()
        hits = json.loads(raw).get("hits", [])
        whole = (time.perf_counter() - started) * 1000
        if response.status != http.client.OK:
            raise SystemExit(f"The server answers {response.status}: {raw[:300]!r}")
        steps = re.findall(r"(\w+);dur=([\d.]+)", response.headers["Server-Timing"])
        return Answered(whole, {name: float(value) for name, value in steps}, len(hits), len(raw))

    def wait_until_ready(self) -> None:
        """Return when searches are answered."""
        until = time.monotonic() + _PATIENCE_SECONDS
        reason = ""
        while time.monotonic() < until and self.server.poll() is None:
            self._connection.request("GET", "/readyz")
            response = self._connection.getresponse()
            reason = response.read().decode()
            if response.status == http.client.OK:
                return
            time.sleep(0.02)
        raise SystemExit(f"The server does not become ready: {reason}")


@contextmanager
def serving(index: Path) -> Iterator[Client]:
    """Run `briefqa serve` over index on a free port until the block ends."""
    command = [sys.executable, "-m", "briefqa.cli", "serve", "--index", str(index), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            greeting = server.stdout.readline() if server.stdout else ""
            found = re.search(r"http://127\.0\.0\.1:(\d+)", greeting)
            if found is None:
                raise SystemExit(f"The server does not say where it listens: {greeting!r}")
            client = Client(int(found[1]), server)
            client.wait_until_ready()
            yield client
        finally:
            server.terminate()
