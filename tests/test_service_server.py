from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import Mock, call

import pytest

from briefqa.service.joining import Joined
from briefqa.service.server import listen
from briefqa.service.sharing import Tally

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_answer_does_not_wait_for_the_client_to_acknowledge_its_head() -> None:
    with (
        listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_connection_comes_to_the_process_that_has_fewest() -> None:
    tally = Tally(3)  # the third has not begun
    with ExitStack() as opened:
        listener = opened.enter_context(listen("127.0.0.1", 0))
        eager, other = (opened.enter_context(tally.joined(listener, place)) for place in (0, 1))
        listener.settimeout(0)

        def accepted() -> tuple[str, socket.socket]:
            """Who takes a new connection, if the eager one always looks first and each takes all it can, as asyncio."""
            time.sleep(0.02)
            opened.enter_context(socket.create_connection(listener.getsockname()))
            taken = []
            for name, process in (("eager", eager), ("other", other)):
                with suppress(BlockingIOError):
                    while True:
                        taken.append((name, opened.enter_context(process.accept()[0])))
            [only] = taken
            return only

        taken = [accepted() for _ in range(6)]
        assert [name for name, _ in taken] == ["eager", "other"] * 3

        for name, connection in taken:
            if name == "other":
                connection.close()
                connection.close()  # is counted once
        assert [accepted()[0] for _ in range(4)] == ["other"] * 3 + ["eager"]

        tally.left(1)
        assert [accepted()[0] for _ in range(3)] == ["eager"] * 3


def test_a_connection_does_not_wait_for_a_process_that_is_stuck() -> None:
    tally = Tally(2)
    with ExitStack() as opened:
        listener = opened.enter_context(listen("127.0.0.1", 0))
        busy, _stuck = (opened.enter_context(tally.joined(listener, place)) for place in (0, 1))
        listener.settimeout(0)
        for _ in range(2):
            opened.enter_context(socket.create_connection(listener.getsockname()))
        opened.enter_context(busy.accept()[0])
        with pytest.raises(BlockingIOError):
            busy.accept()
        time.sleep(0.01)
        opened.enter_context(busy.accept()[0])


def test_what_is_written_in_one_turn_of_the_loop_is_sent_at_once_and_nothing_is_lost_at_the_end() -> None:
    transport = Mock()
    later: list[Callable[[], None]] = []
    joined = Joined(transport, later.append)
    joined.write(b"head ")
    joined.write(b"body")
    joined.write(b"")
    transport.write.assert_not_called()
    later.pop()()
    joined.write(b"end")
    joined.send()
    later.pop()()
    joined.write(bytes(70_000))
    assert transport.write.call_count == 3
    later.pop()()
    joined.write(b"more")
    joined.close()
    later.pop()()
    assert not later
    assert transport.mock_calls == [
        call.write(b"head body"),
        call.write(b"end"),
        call.write(bytes(70_000)),
        call.write(b"more"),
        call.close(),
    ]
    assert joined.is_closing is transport.is_closing


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_processes_share_the_connections_of_their_port_also_when_one_was_replaced(tmp_path: Path) -> None:
    settings = os.environ | {"BRIEFQA_WORKERS": "2", "BRIEFQA_MODEL": "hashing", "BRIEFQA_LOG_FORMAT": "json"}
    command = [sys.executable, "-m", "briefqa.cli", "serve", "--index", str(tmp_path / "index"), "--port", "0"]
    (tmp_path / "httptools").mkdir()  # what uvicorn would take for the library
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=settings, cwd=tmp_path
        ) as server,
        ExitStack() as opened,
    ):
        opened.callback(server.terminate)
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", server.stdout.readline())
        assert found is not None
        port = int(found[1])

        def come_to_share() -> None:
            """Open connections until both processes have as many."""
            deadline = time.monotonic() + 30
            shared: list[int] = []
            while len(shared) < 2 or shared[0] != shared[1]:
                assert time.monotonic() < deadline, shared
                client = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.1 200")
                shared = list(Counter(_processes_with(port, server.pid)).values())

        come_to_share()

        time.sleep(6)  # what ends sooner is not replaced
        children = _children(server.pid)
        os.kill(children[0], signal.SIGKILL)
        come_to_share()
        assert _children(server.pid) != children


def _children(process: int) -> list[int]:
    return [int(name) for name in Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()]


def _processes_with(port: int, parent: int) -> list[int]:
    """The child that holds each established connection to the port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    established = {line[9] for line in lines if int(line[1].rsplit(":", 1)[1], 16) == port and line[3] == "01"}
    held = []
    for child in _children(parent):
        for link in Path(f"/proc/{child}/fd").iterdir():
            name = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink())) if link.is_symlink() else None
            if name and name[1] in established:
                held.append(child)
    return held
