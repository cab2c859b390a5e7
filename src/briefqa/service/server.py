"""Runs the service: one process, one model, one port that answers at once."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import shlex
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from briefqa.config import PREFIX
from briefqa.errors import BriefqaError, ConfigError, GenerationError
from briefqa.homes import home_of
from briefqa.keys import FILE as KEYS_FILE
from briefqa.keys import KeyFile
from briefqa.service import logs
from briefqa.service.addresses import addressing
from briefqa.service.app import create_app
from briefqa.service.guarding import Guard
from briefqa.service.guarding.rate import store_at
from briefqa.service.joining import JoiningProtocol
from briefqa.service.limits import Limits
from briefqa.service.reindexing import Reindexing, command_of
from briefqa.service.remembering import Remembering
from briefqa.service.workers import supervise

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefqa.answer import Model
    from briefqa.config import Config
    from briefqa.embedding import Embedder
    from briefqa.generation import Home
    from briefqa.service.tracing import Tracing

log = logging.getLogger(__name__)

_OTLP_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SECONDS_TO_FINISH = 10  # that requests get to end when the server is told to stop


def serve(  # noqa: PLR0913, PLR0917 - what is served, and how
    config: Config,
    load: Callable[[], Embedder],
    searching: Callable[[], dict[str, Any]],
    announce: Callable[[str], None],
    writer: Model | None = None,
    config_file: Path | None = None,
) -> None:
    """Serve until a signal, in as many processes as the settings say.

    load: loads the model. searching: gives the options of `Searcher`. announce is called with a text for people once
    the port is open. writer: of answers, if any. config_file: the settings file that was named. Raises BriefqaError if
    the port cannot be had.
    """
    guard = guard_of(config)
    logs.configure(config.log_format)
    with listen(config.host, config.port) as listener:
        host = f"[{config.host}]" if ":" in config.host else config.host
        announce(greeting(f"http://{host}:{listener.getsockname()[1]}", home_of(config.index, Path(config.folder))))
        run = partial(_run, config, load, searching, writer, guard, config_file)
        if config.workers > 1:
            supervise(config.workers, listener, run)
        else:
            run(listener)


def _run(  # noqa: PLR0913, PLR0917 - the same
    config: Config,
    load: Callable[[], Embedder],
    searching: Callable[[], dict[str, Any]],
    writer: Model | None,
    guard: Guard,
    config_file: Path | None,
    listener: socket.socket,
) -> None:
    """Serve in this process. What has threads of its own is made here, after it was forked."""
    limits = Limits(config.hits, config.max_hits, config.max_query_chars)
    docs_in = Path(config.docs_in)
    index = Path(config.folder)
    reindexing = None
    if config.reindex_over_http == "yes":
        command = command_of(config_file=config_file, docs_in=config.docs_in)
        reindexing = Reindexing(index, command, {f"{PREFIX}INDEX": config.index, f"{PREFIX}WORK": config.work})
    app = create_app(
        index,
        load=lambda: Remembering(load(), config.remembered_questions),
        docs_in=docs_in,
        limits=limits,
        searching=searching(),
        guard=guard,
        reindexing=reindexing,
        home=home_of(config.index, index),
        known=addressing(config.public_url, config.trusted_proxies, config.host),
        tracing=tracing_of(config),
    )
    app.state.writer = writer
    settings = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        server_header=False,
        proxy_headers=False,  # `addresses` looks after them
        # By h11, whatever else is installed: httptools knows no bound on the length of headers.
        http=JoiningProtocol,
        loop="asyncio",
        ws="none",  # nothing here speaks it
    )
    uvicorn.Server(settings).run(sockets=[listener])


def tracing_of(config: Config) -> Tracing | None:
    """Say where traces go, if anywhere. Raises ConfigError where the settings want traces and the extra is missing."""
    if config.otlp_endpoint and not config.otlp_endpoint.startswith(("http://", "https://")):
        raise ConfigError(
            f"otlp_endpoint = {config.otlp_endpoint!r} is no address: it begins with http:// or https://."
        )
    if not config.otlp_endpoint and not any(map(os.environ.get, _OTLP_VARIABLES)):
        return None
    try:
        from briefqa.service.tracing import Tracing, exporter_to  # noqa: PLC0415 - an extra
    except ImportError as error:
        said = 'OpenTelemetry is missing, so that there are no traces: pip install "briefqa[otel]".'
        if config.otlp_endpoint:
            raise ConfigError(said) from error
        log.warning(said)  # the variables may be meant for others on this machine
        return None
    return Tracing(exporter_to(config.otlp_endpoint))


def guard_of(config: Config) -> Guard:
    """Say what is asked of callers. Raises ConfigError for an address that others reach while there are no keys."""
    keys = KeyFile(Path(config.keys_file) if config.keys_file else Path(config.folder) / KEYS_FILE)
    required = bool(keys.keys())
    if not required and not config.open_to_network and not is_loopback(config.host):
        raise ConfigError(
            f"{config.host} is reached by others, and there are no keys: make one with `briefqa keys create NAME`, or "
            "set open_to_network = 1 if everybody who reaches it may read everything."
        )
    if config.requests_counted_at:
        store_at(config.requests_counted_at)  # what is wrong with it is said before anything is served
    return Guard(
        keys=keys,
        required=required,
        per_minute=config.requests_per_minute,
        counted_at=config.requests_counted_at,
        running=config.max_running,
        waiting=config.max_waiting,
        seconds=config.request_seconds,
        origins=tuple(origin.strip() for origin in config.cors_origins.split(",") if origin.strip()),
    )


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own. A name other than localhost is not looked up: it may change."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def greeting(base: str, home: Home) -> str:
    """Say where the server listens, and give a question to try: about the first brief of the index, if there is one."""
    lines = [f"briefqa listens on {base} (its API: {base}/docs)"]
    try:
        live = home.open_current()
        try:
            first = live.briefs(limit=1)
        finally:
            live.close()
    except GenerationError as error:
        return "\n".join([*lines, str(error)])
    if first:
        # In single quotes: what stands in double ones has to occur in a hit.
        question = f"What does ‘{first[0].title or first[0].path}’ say?"
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
