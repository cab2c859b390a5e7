"""A server under load: many clients for minutes, then more than it takes; what they saw, and what it held in memory.

python benchmarks/load.py --clients 64 --seconds 300 asks made-up questions over 10,000 made-up passages. Exits with 1
where a request failed, took more than five times the median at the 99th percentile, or the memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
from conditions import stated, table
from synthetic import build_index, build_random_index, questions, write_briefs

from briefqa.embedding import HashingEmbedder

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEED = 64
_PATIENCE = 120.0


@dataclass
class Seen:
    """What the clients saw: seconds of each answer that came, how many of each status, what failed otherwise."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    without_retry: int = 0
    slowest: float = 0.0


def main() -> int:
    """Build, serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--hashing", action="store_true", help="without the model: quick, for a look at the rest")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        stated(f"{options.clients} clients for {options.seconds:.0f} s", _SEED, ["fastapi", "starlette", "uvicorn"]),
    ):
        home = Path(folder)
        if options.hashing:
            write_briefs(home / "docs_in", options.passages, _SEED)
            build_index(home / "docs_in", home / "index", HashingEmbedder(), limits=None)
        else:
            build_random_index(home, options.passages, _SEED)
        model = "hashing" if options.hashing else "all-MiniLM-L6-v2"
        with serving(home, model) as (address, server):
            asyncio.run(ask(address, 4, min(10.0, options.seconds)))  # what is set up on first use
            before = resident(server)
            seen = asyncio.run(ask(address, options.clients, options.seconds))
            after = resident(server)
        with serving(home, model, max_running=2, max_waiting=8) as (address, _):
            flooded = asyncio.run(ask(address, options.clients, min(20.0, options.seconds)))
    p50, p99 = (percentile(seen.seconds, part) for part in (50, 99))
    rows = [
        ["answers", str(len(seen.seconds))],
        ["a second", f"{len(seen.seconds) / options.seconds:.1f}"],
        ["errors", str(sum(n for status, n in seen.statuses.items() if status != 200) + len(seen.failures))],
        ["p50, p99, longest", f"{p50 * 1000:.0f}, {p99 * 1000:.0f}, {seen.slowest * 1000:.0f} ms"],
        ["p99 / p50", f"{p99 / p50:.2f}"],
        ["memory before, after", f"{before:.0f}, {after:.0f} MB"],
        ["flooded: statuses", ", ".join(f"{n} x {status}" for status, n in sorted(flooded.statuses.items()))],
        ["flooded: without Retry-After, failed", f"{flooded.without_retry}, {len(flooded.failures)}"],
        ["flooded: slowest of all", f"{flooded.slowest * 1000:.0f} ms"],
    ]
    table(["", "measured"], rows)
    for failure in sorted(set(seen.failures + flooded.failures)):
        print(failure)
    good = (
        set(seen.statuses) == {200}
        and not seen.failures
        and p99 <= 5 * p50
        and after <= before * 1.1 + 20
        and set(flooded.statuses) == {200, 503}
        and not flooded.failures
        and not flooded.without_retry
    )
    return 0 if good else 1


@contextmanager
def serving(home: Path, model: str, **settings: int) -> Iterator[tuple[str, int]]:
    """Run `briefqa serve` until the block ends: its address, and the id of its process."""
    environment = os.environ | {f"BRIEFQA_{name.upper()}": str(value) for name, value in settings.items()}
    environment |= {"BRIEFQA_MODEL": model, "BRIEFQA_DOCS_IN": str(home / "docs_in")}
    command = [sys.executable, "-m", "briefqa.cli", "serve", "--index", str(home / "index"), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as server:
        try:
            greeting = server.stdout.readline() if server.stdout else ""
            found = re.search(r"http://127\.0\.0\.1:\d+", greeting)
            if found is None:
                raise SystemExit(f"The server does not say where it listens: {greeting!r}")
            until = time.monotonic() + _PATIENCE
            while httpx2.get(f"{found[0]}/readyz").status_code != 200:
                if time.monotonic() > until:
                    raise SystemExit("The server does not become ready.")
                time.sleep(0.2)
            yield found[0], server.pid
        finally:
            server.terminate()


async def ask(address: str, clients: int, seconds: float) -> Seen:
    """Let clients ask one question after the other, each on a connection of its own."""
    seen = Seen()
    wanted = questions(5000, _SEED)
    limits = httpx2.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx2.AsyncClient(base_url=address, timeout=_PATIENCE, limits=limits) as client:
        until = time.monotonic() + seconds
        await asyncio.gather(*(_client(client, wanted[number::clients], until, seen) for number in range(clients)))
    return seen


async def _client(client: httpx2.AsyncClient, wanted: list[str], until: float, seen: Seen) -> None:
    number = 0
    while time.monotonic() < until:
        question = wanted[number % len(wanted)]
        number += 1
        started = time.perf_counter()
        try:
            answer = await client.post("/v1/search", json={"query": question, "k": 5})
        except httpx2.HTTPError as error:
            seen.failures.append(f"{type(error).__name__}: {error}")
            continue
        took = time.perf_counter() - started
        seen.slowest = max(seen.slowest, took)
        seen.statuses[answer.status_code] = seen.statuses.get(answer.status_code, 0) + 1
        if answer.status_code == 200 and answer.json()["hits"]:
            seen.seconds.append(took)
        elif answer.status_code == 200:
            seen.failures.append("no hits")
        else:
            seen.without_retry += "retry-after" not in answer.headers
            await asyncio.sleep(0.1)  # a client that does not heed Retry-After, but does not spin


def resident(process: int) -> float:
    """Megabytes that a process holds (Linux)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def percentile(values: list[float], part: int) -> float:
    """The value that so many percent do not exceed."""
    return statistics.quantiles(values, n=100)[part - 1] if len(values) > 1 else (values or [0.0])[0]


if __name__ == "__main__":
    sys.exit(main())
