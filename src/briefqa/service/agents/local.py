"""The protocol on stdin and stdout, for an agent on this machine."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from briefqa.homes import home_of
from briefqa.search import Searcher
from briefqa.service.access import ANYONE, Reader
from briefqa.service.agents.protocol import make_server, over_stdio
from briefqa.service.agents.tools import Context
from briefqa.service.earlier import Earlier
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.shapes import Links

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefqa.config import Config
    from briefqa.embedding import Embedder


def serve_agent(config: Config, load: Callable[[], Embedder], searching: dict[str, Any]) -> None:
    """Serve one agent until it closes stdin. Addresses are those that `briefqa serve` would give."""
    home = home_of(config.index, Path(config.folder))
    live = Live(
        home.open_current,
        home.current,
        load,
        earlier=Earlier(home.open, home.generations),
        searcher=partial(Searcher, **searching),
    )
    links = Links(config.public_url.rstrip("/") or f"http://{config.host}:{config.port}")
    context = Context(Reader(live, ANYONE), links, Limits(config.hits, config.max_hits, config.max_query_chars))
    live.start()
    try:
        anyio.run(over_stdio, make_server(lambda _: context))
    finally:
        live.stop()
