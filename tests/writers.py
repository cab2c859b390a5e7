"""Language models that say what they are told to: one in this process, and one behind OpenAI's HTTP, bit by bit."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from briefqa.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Scripted:
    """A model that says what it is told to, and keeps what it was asked."""

    name = "scripted"
    seconds = 5.0

    def __init__(self, *replies: str | AnswerError) -> None:
        self._replies = list(replies)
        self.asked: list[Sequence[dict[str, str]]] = []

    def write(self, turns: Sequence[dict[str, str]], until: float) -> str:
        assert 0 < until - time.monotonic() <= self.seconds
        self.asked.append(turns)
        reply = self._replies.pop(0)
        if isinstance(reply, AnswerError):
            raise reply
        return reply

    def stream(self, turns: Sequence[dict[str, str]], until: float) -> Iterator[str]:
        text = self.write(turns, until)
        yield from (text[at : at + 5] for at in range(0, len(text), 5))


@dataclass
class Script:
    """What the model says. A part begins with "|" where it is to wait until `go_on` is set."""

    parts: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)


@contextmanager
def model_server(script: Script) -> Iterator[str]:
    """Serve it, and give the address that `llm_url` takes."""

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            if not asked.get("stream"):
                text = "".join(part.removeprefix("|") for part in script.parts)
                body = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]})
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body.encode())
                return
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for part in script.parts:
                if part.startswith("|"):
                    script.go_on.wait(10)
                delta = {"choices": [{"index": 0, "delta": {"content": part.removeprefix("|")}}]}
                self.wfile.write(f"data: {json.dumps(delta)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        script.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
