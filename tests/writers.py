"""A language model behind OpenAI's HTTP, as Ollama and its kin serve one: it says what it is told to, bit by bit."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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
