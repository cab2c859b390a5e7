"""Several servers that count the requests of a caller together, in a real store of Redis' kind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from briefqa.config import Config
from briefqa.embedding import HashingEmbedder
from briefqa.errors import ConfigError
from briefqa.service.app import app_over
from briefqa.service.guarding import Guard
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.server import guard_of
from fakes import LEVEE, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVER = shutil.which("valkey-server") or shutil.which("redis-server")


class Store:
    """A server of Redis' kind on a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        command = [str(SERVER), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self.answers():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def answers(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    if SERVER is None and "BRIEFQA_REQUIRE_REDIS" not in os.environ:
        pytest.skip("needs redis-server or valkey-server")
    store = Store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def servers(store: Store, tmp_path: Path) -> Iterator[list[TestClient]]:
    """Two servers over one index that let a caller ask three times a minute, together."""
    brief = make_brief(LEVEE)
    with ExitStack() as running:
        clients = []
        for _ in range(2):
            live = Live(lambda: MemoryIndex([brief]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
            guard = Guard(per_minute=3, counted_at=f"redis://127.0.0.1:{store.port}")
            clients.append(
                running.enter_context(TestClient(app_over(live, docs_in=tmp_path, limits=Limits(), guard=guard)))
            )
        yield clients


def test_servers_count_together_and_alone_where_the_store_is_gone(
    servers: list[TestClient], store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = servers
    answers = [server.get("/v1/briefs") for server in (one, other, one, other, one)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]

    store.close()
    begun = time.monotonic()
    answers = [one.get("/v1/briefs") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429], "nobody is let in without end"
    assert time.monotonic() - begun < 3
    assert [r.getMessage() for r in caplog.records if "not counted together" in r.getMessage()] == [
        "Requests are not counted together with other servers for 10 s (ConnectionError)."
    ]


@pytest.mark.parametrize("address", ["127.0.0.1:6379", "http://127.0.0.1", "redis"])
def test_address_of_no_store_is_refused_at_the_start(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="redis://HOST:PORT"):
        guard_of(Config(index=str(tmp_path), requests_counted_at=address))
