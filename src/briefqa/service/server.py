"""Runs the service: one process, one model, one port that answers at once."""

from __future__ import annotations

import json
import logging
import shlex
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from briefqa.errors import BriefqaError, GenerationError
from briefqa.generation import open_current
from briefqa.service.api import Limits
from briefqa.service.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefqa.answer import Model
    from briefqa.config import Config
    from briefqa.embedding import Embedder

_SECONDS_TO_FINISH = 10  # that requests get to end when the server is told to stop


def serve(
    config: Config,
    load: Callable[[], Embedder],
    searching: dict[str, Any],
    announce: Callable[[str], None],
    writer: Model | None = None,
) -> None:
    """Serve until a signal. load: loads the model. searching: options of `Searcher`. writer: of answers, if any.

    announce is called with a text for people once the port is open.
    Raises BriefqaError if the port cannot be had.
    """
    limits = Limits(config.hits, config.max_hits, config.max_query_chars)
    app = create_app(Path(config.index), load=load, docs_in=Path(config.docs_in), limits=limits, searching=searching)
    app.state.writer = writer
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("briefqa").setLevel(logging.INFO)
    with listen(config.host, config.port) as listener:
        host = f"[{config.host}]" if ":" in config.host else config.host
        announce(greeting(f"http://{host}:{listener.getsockname()[1]}", Path(config.index)))
        settings = uvicorn.Config(
            app, log_config=None, access_log=False, timeout_graceful_shutdown=_SECONDS_TO_FINISH, server_header=False
        )
        uvicorn.Server(settings).run(sockets=[listener])


def greeting(base: str, index: Path) -> str:
    """Say where the server listens, and give a question to try: about the first brief of the index, if there is one."""
    lines = [f"briefqa listens on {base} (its API: {base}/docs)"]
    try:
        live = open_current(index)
        try:
            first = live.briefs(limit=1)
        finally:
            live.close()
    except GenerationError as error:
        return "\n".join([*lines, str(error)])
    if first:
        question = f"What does “{first[0].title or first[0].path}” say?"
        body = shlex.quote(json.dumps({"query": question, "k": 3}, ensure_ascii=False))
        lines += [
            f"Ask it something: {question}",
            f"  curl -s {base}/v1/search -H 'Content-Type: application/json' -d {body}",
        ]
    return "\n".join(lines)


def listen(host: str, port: int) -> socket.socket:
    """Open the port. Raises BriefqaError if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise BriefqaError(
            f"Cannot listen on {host} port {port}: {error.strerror}. Choose another with --host and --port."
        ) from error
    # Connections inherit it. asyncio sets it only on sockets that name TCP as their protocol, and these do not; without
    # it the body of an answer waits some 40 ms for the client to acknowledge the head (Nagle's algorithm, delayed ACK).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
