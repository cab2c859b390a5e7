"""Publishes one generation after another while clients ask without pause, and looks at every answer.

    python benchmarks/swap.py --publishes 50 --clients 8 --workers 2 [--address postgresql://…]

With an address the index is in that database, which has to be empty, and no longer in a folder.
Each generation says its number in every brief. A server of several processes serves the index; the clients ask, and
note what each answer names as its generation, what its passages say, and how long it took. No answer may fail, and none
may say anything but what its generation says. Prints the times before and while generations are published, and the
memory before and after.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from briefqa.embedding import HashingEmbedder, embedder_key
from briefqa.homes import far_home
from briefqa.reindex import reindex

_BRIEFS = 40
_PATIENCE = 60.0


def write_and_publish(home: Path, number: int, address: str) -> str:
    """Say the number in every brief, and publish that, as a nightly job would; returns the generation."""
    docs_in = home / "docs_in"
    docs_in.mkdir(exist_ok=True)
    for brief in range(_BRIEFS):
        said = f"The answer of brief {brief} is version {number}."
        (docs_in / f"{brief}.md").write_text(f"# Brief {brief}\n\n{said}\n", encoding="utf-8")
    report = reindex(
        docs_in, home / "index", load=HashingEmbedder, embedder_key=embedder_key("hashing"), passage_tokens=100,
        faiss_factory="Flat", keep=2, max_bytes=10_000, max_pages=10, limits=None,
        home=far_home(address),
    )  # fmt: skip
    assert report.published
    return report.generation


class Clients:
    """Ask without pause, each on a connection that is opened anew now and then, so that all processes serve."""

    def __init__(self, port: int, count: int) -> None:
        self.answers: list[tuple[float, float, str, set[str]]] = []  # when, milliseconds, generation, versions said
        self.failures: list[str] = []
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each end its question."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        body = json.dumps({"query": "What is the answer of the brief?", "k": 20})
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
            for _ in range(20):
                start = time.perf_counter()
                try:
                    connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
                    response = connection.getresponse()
                    said = json.loads(response.read())
                except (OSError, ValueError, http.client.HTTPException) as error:
                    self.failures.append(repr(error))
                    break
                if response.status != http.client.OK:
                    self.failures.append(f"{response.status}: {said}")
                    break
                texts = "\n".join(hit["passage"]["text"] for hit in said["hits"])
                versions = set(re.findall(r"version (\d+)\.", texts))
                took = (time.perf_counter() - start) * 1000
                self.answers.append((start, took, said["generation"], versions))
            connection.close()


def memory(pid: int) -> dict[int, float]:
    """Private memory in MB of each process below this one."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        rollup = Path(f"/proc/{child}/smaps_rollup").read_text()
        found[int(child)] = sum(int(kb) for kb in re.findall(r"Private_\w+: +(\d+)", rollup)) / 1000
    return found


def percentile(values: list[float], share: float) -> float:
    """The value that so much of the values does not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else float("nan")


def main() -> int:
    """Do it, and print what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--publishes", type=int, default=50)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--address", default="", help="of a database of PostgreSQL")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="briefqa-swap-") as name:
        home = Path(name)
        said = {write_and_publish(home, 0, arguments.address): "0"}
        settings = {"BRIEFQA_MODEL": "hashing", "BRIEFQA_WORKERS": str(arguments.workers)}
        settings |= {"BRIEFQA_INDEX": arguments.address or str(home / "index"), "BRIEFQA_WORK": str(home / "index")}
        command = [sys.executable, "-m", "briefqa.cli", "serve", "--port", "0"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | settings, cwd=home
        ) as server:
            try:
                greeting = server.stdout.readline() if server.stdout else ""
                port = int(re.findall(r":(\d+)", greeting)[0])
                return _measure(home, port, server.pid, said, arguments)
            finally:
                server.terminate()


def _measure(home: Path, port: int, server: int, said: dict[str, str], arguments: argparse.Namespace) -> int:
    clients = Clients(port, arguments.clients)
    _until(lambda: len(clients.answers) > 30 * arguments.clients)
    quiet_until = time.perf_counter()
    before = memory(server)
    busy: list[tuple[float, float]] = []
    for number in range(1, arguments.publishes + 1):
        start = time.perf_counter()
        generation = write_and_publish(home, number, arguments.address)
        said[generation] = str(number)
        _until(lambda name=generation: clients.failures or sum(a[2] == name for a in clients.answers[-400:]) > 4)
        busy.append((start, time.perf_counter()))
        if clients.failures:
            break
    time.sleep(2)
    clients.stop()
    time.sleep(1.5)
    after = memory(server)
    mixed = [answer for answer in clients.answers if answer[3] != {said.get(answer[2], "of no generation")}]
    quiet = [took for when, took, *_ in clients.answers if when < quiet_until][8 * arguments.clients :]
    swapping = [took for when, took, *_ in clients.answers if when >= quiet_until]
    print(f"answers    {len(clients.answers)}, of {len({answer[2] for answer in clients.answers})} generations")
    print(f"failed     {len(clients.failures)} {clients.failures[:1] or ''}")
    print(f"mixed      {len(mixed)} {mixed[:1] or ''}")
    for told, took in (("before", quiet), ("publishing", swapping)):
        print(f"{told:<10} median {median(took):.0f} ms, p99 {percentile(took, 0.99):.0f} ms, most {max(took):.0f} ms")
    print(f"memory     {' '.join(f'{mb:.0f}' for mb in before.values())} MB a process before, "
          f"{' '.join(f'{mb:.0f}' for mb in after.values())} after")  # fmt: skip
    return 1 if clients.failures or mixed or len(before) != arguments.workers else 0


def _until(condition: object) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise SystemExit("It did not happen in time.")
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
