"""The same questions over HTTP to briefqa and to those of the others that serve, in one interleaved run.

    python benchmarks/peers/over_http.py [--collection NAME] [--rounds N] [--questions N] [--only NAME ...]

All servers run at once and wait while another one is asked. A round goes through all of them: questions one at a time,
a few to each server in turn, then others by many clients at once, who are threads of one process on the same cores. No
question is asked twice of a server. briefqa searches by words and by meaning and gives passages with their notes; the
others search by meaning alone, unless they say "best" and their documentation knows of more. Needs ../shared.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from compare import python_of, versions  # noqa: E402 - found by the line above
from conditions import quantile, spread, stated, table  # noqa: E402 - the same
from retrieval import COLLECTIONS, PROJECT, SHARED  # noqa: E402 - the same
from talking import Talking  # noqa: E402 - the same

from briefqa.evaluation.collections import load_collection  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Sequence

SYSTEMS = [
    ("briefqa", "fp32"), ("briefqa", "fp32 processes"), ("briefqa", "int8"), ("briefqa", "int8 processes"),
    ("bare", "default"), ("bare", "best"), ("chroma", "default"), ("txtai", "default"), ("txtai", "best"),
]  # fmt: skip
_PATIENCE_SECONDS = 120
_WARM_UP = 20
# Questions that one server is asked before the next is: what slows the machine down for a second slows all of them.
_IN_TURN = 5
# A server may listen before it has loaded all it needs.
_LOADING_SECONDS = 3


class Served:
    """A server, and the process of its clients.

    texts: to be indexed. kept: unless an earlier run has. ms: of each question, round by round. rates: questions a
    second of each round.
    """

    def __init__(
        self, name: str, setting: str, texts: Sequence[tuple[str, str]], stack: ExitStack, *, kept: bool
    ) -> None:
        self.name, self.setting = name, setting
        self.ms: list[list[float]] = []
        self.rates: list[float] = []
        folder = PROJECT / "build" / "peers-served" / f"{name}-{setting}".replace(" ", "-")
        command = [str(python_of(name)), str(HERE / "servers.py"), name, setting, str(folder)]
        if not (kept and folder.exists()):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            subprocess.run(command, input=json.dumps(texts), text=True, check=True, capture_output=True)
        port = free_port()
        self._server = subprocess.Popen(
            [*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        stack.callback(self._server.wait)
        stack.callback(self._server.terminate)
        wait_until_open(port, self._server)
        asking = [str(python_of(name) if name == "chroma" else sys.executable), str(HERE / "asking.py"), name]
        self._clients = Talking([*asking, str(port)])
        stack.callback(self._clients.close)
        self._clients.said()

    def warm(self, questions: Sequence[str], clients: int) -> None:
        """Ask without looking at the time."""
        self._ask(questions, clients)

    def alone(self, questions: Sequence[str], of_round: int) -> None:
        """Ask one question at a time."""
        if of_round == len(self.ms):
            self.ms.append([])
        self.ms[of_round] += self._ask(questions, 1)["ms"]

    @property
    def p50s(self) -> list[float]:
        """The median of each round, in milliseconds."""
        return [quantile(taken, 0.5) for taken in self.ms]

    def together(self, questions: Sequence[str], clients: int) -> None:
        """Ask by many clients at once."""
        self.rates.append(len(questions) / self._ask(questions, clients)["seconds"])

    def _ask(self, questions: Sequence[str], clients: int) -> dict[str, Any]:
        return self._clients.ask({"questions": questions, "clients": clients})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collection", default="orsharc")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=100, help="one at a time in a round; thrice as many at once")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these systems, and briefqa")
    parser.add_argument("--kept", action="store_true", help="take the indexes that an earlier run has made")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    collection = load_collection(SHARED / "collections" / arguments.collection)
    texts = [(entry.title, entry.text) for entry in collection.entries]
    asked = [text for name in COLLECTIONS for text in load_collection(SHARED / "collections" / name).judged.values()]
    asked = [text for text in asked if not re.search('["“„«]', text)]  # briefqa takes what is quoted for a phrase
    random.Random(arguments.seed).shuffle(asked)  # noqa: S311 - to be repeated, not to be secret
    a_round = 4 * arguments.questions
    assert len(asked) >= _WARM_UP * 2 + arguments.rounds * a_round, "no question may be asked twice: ask fewer"
    chosen = [(name, how) for name, how in SYSTEMS if name in {"briefqa", *(arguments.only or dict(SYSTEMS))}]
    title = f"{len(texts)} texts of {arguments.collection} over HTTP, {arguments.clients} clients"
    with stated(title, arguments.seed, ["briefqa", "onnxruntime", "fastapi", "uvicorn"]), ExitStack() as stack:
        for name in dict(chosen):
            print(f"{name:10}", versions(name))
        served = [Served(name, setting, texts, stack, kept=arguments.kept) for name, setting in chosen]
        for system in served:
            system.warm(asked[:_WARM_UP], 1)
            system.warm(asked[_WARM_UP : 2 * _WARM_UP], arguments.clients)
        for number in range(arguments.rounds):
            start = 2 * _WARM_UP + number * a_round
            end = start + arguments.questions
            for place in range(start, end, _IN_TURN):
                for system in served:
                    system.alone(asked[place : min(place + _IN_TURN, end)], number)
            for system in served:
                system.together(asked[end : start + a_round], arguments.clients)
        first = served[0]
        rows = [
            [
                f"{system.name}, {system.setting}",
                spread(system.p50s, 1),
                f"{quantile([*chain.from_iterable(system.ms)], 0.95):.1f}",
                spread([theirs / ours for theirs, ours in zip(system.p50s, first.p50s, strict=True)]),
                spread(system.rates, 1),
                spread([ours / theirs for ours, theirs in zip(first.rates, system.rates, strict=True)]),
            ]
            for system in served
        ]
        table(["system", "one at a time, p50 ms", "p95", "briefqa = 1", "questions/s", "briefqa is x times"], rows)


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def wait_until_open(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return when a server listens, which all of them do when they are loaded."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(_LOADING_SECONDS)
                return
        time.sleep(0.1)
    raise SystemExit(f"A server does not listen: {server.args!r}")


if __name__ == "__main__":
    main()
