"""A small reverse proxy that serves a site below a prefix, as nginx does with `location /library/`."""

from __future__ import annotations

import http.client
import threading
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


@contextmanager
def proxied(upstream: str, prefix: str, *, tells: bool = True) -> Iterator[str]:
    """Serve upstream below prefix on a free port, and give the address. tells: says so in X-Forwarded headers."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_HOP}
            headers["Host"] = self.headers["Host"]
            if tells:
                headers |= {
                    "X-Forwarded-Proto": "http",
                    "X-Forwarded-Host": self.headers["Host"],
                    "X-Forwarded-Prefix": prefix,
                    "X-Forwarded-For": "198.51.100.9",
                }
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.close_connection = True
            # A browser may have gone on before all was sent.
            with closing(http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=30)) as asked, suppress(OSError):
                asked.request(self.command, self.path.removeprefix(prefix), body, headers)
                with asked.getresponse() as answer:
                    self.send_response_only(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in _OF_THE_HOP:
                            self.send_header(name, value)
                    self.send_header("Connection", "close")
                    self.end_headers()
                    while part := answer.read1():
                        self.wfile.write(part)  # at once: an answer may be written bit by bit

        do_GET = do_POST = do_HEAD = pass_on  # noqa: N815 - the names that the class looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_address[1]}{prefix}"
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
