"""Puts the service together."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.routing import Route

from briefqa import __version__
from briefqa.generation import FolderHome
from briefqa.search import Searcher
from briefqa.service import api, asking, chat, citing, guarding, login, problems, responses, viewer, web
from briefqa.service import metrics as measures
from briefqa.service.addresses import Addressing, Forwarded
from briefqa.service.agents import AgentsMount
from briefqa.service.earlier import Earlier
from briefqa.service.guarding import Guard
from briefqa.service.guarding.declaring import declare
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.metrics import Metrics
from briefqa.service.reindexing import Reindexing
from briefqa.service.reindexing import make_router as make_reindex_router
from briefqa.service.web.pictures import Pictures
from briefqa.service.web.site import Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from fastapi.telemetry import TelemetryConfig

    from briefqa.embedding import Embedder
    from briefqa.generation import Home
    from briefqa.search import Ranking
    from briefqa.service.tracing import Tracing

# FastAPI would trace by itself where variables or another library of the process ask for it, and tell the questions.
_UNTRACED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def create_app(  # noqa: PLR0913 - what is served, and how
    index: Path,
    *,
    load: Callable[[], Embedder],
    docs_in: Path,
    limits: Limits | None = None,
    searching: dict[str, Any] | None = None,
    guard: Guard | None = None,
    reindexing: Reindexing | None = None,
    known: Addressing | None = None,
    tracing: Tracing | None = None,
    home: Home | None = None,
) -> FastAPI:
    """Make the service over an index folder, which may still be empty.

    load: loads the model; called once, in the background. docs_in: where the files of the briefs lie. searching:
    options of `Searcher`. guard: what is asked of callers; None: nothing, for whoever reaches it. reindexing: how to
    reindex on request, if at all. known: by which addresses it is reached. tracing: if any. home: where the generations
    are, unless in the folder.
    """
    metrics = Metrics()

    def searched(found: Ranking) -> None:
        metrics.searched(found)
        if tracing:
            tracing.searched(found)

    searcher = partial(Searcher, **(searching or {}), observe=searched)
    home = home or FolderHome(index)
    earlier = Earlier(home.open, home.generations)
    live = Live(home.open_current, home.current, load, earlier=earlier, searcher=searcher)
    return app_over(
        live,
        docs_in=docs_in,
        limits=limits or Limits(),
        index=index,
        home=home,
        guard=guard,
        metrics=metrics,
        reindexing=reindexing,
        known=known,
        tracing=tracing,
    )


def app_over(  # noqa: PLR0913 - what is served, and how
    live: Live,
    *,
    docs_in: Path,
    limits: Limits,
    index: Path | None = None,
    home: Home | None = None,
    site: Site | None = None,
    guard: Guard | None = None,
    metrics: Metrics | None = None,
    reindexing: Reindexing | None = None,
    known: Addressing | None = None,
    tracing: Tracing | None = None,
) -> FastAPI:
    """Make the service over a live index, which the app starts and stops. index, home: its folder and its home."""
    pictures = Pictures()
    guard, metrics, site = guard or Guard(), metrics or Metrics(), site or Site()
    known = known or Addressing()
    agents = AgentsMount(limits, known.hosts, known.origins)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        live.start()
        yield
        await agents.stop()
        live.stop()
        pictures.close()
        if tracing:
            tracing.close()

    app = FastAPI(
        title="briefqa",
        version=__version__,
        description="Passages of briefs that answer to a question, with the footnotes that they cite.",
        lifespan=lifespan,
        telemetry=tracing.of_requests if tracing else _UNTRACED,
        docs_url=None,
        redoc_url=None,
    )
    app.state.metrics = metrics
    app.state.tracing = tracing
    app.state.addressing = known
    problems.install(app)
    guarding.install(app, guard, live, metrics, max_body_bytes=limits.max_body_bytes, render=site.message)
    app.include_router(api.make_router(live, docs_in, limits))
    app.include_router(asking.make_router(limits))
    app.include_router(chat.make_router(limits))
    app.include_router(responses.make_router(limits))
    app.include_router(citing.make_router())
    app.include_router(web.make_router(docs_in, limits, pictures, index, site, home))
    app.include_router(login.make_router(guard.keys, site))
    app.include_router(viewer.make_router())
    app.include_router(measures.make_router(live, metrics, index))
    if reindexing is not None:
        app.include_router(make_reindex_router(reindexing))
    app.router.routes.append(Route("/mcp", agents, include_in_schema=False))
    app.add_middleware(Forwarded, known=known)  # the last one added sees each request first
    app.mount("/static", web.Assets(), name="static")
    _declare_when_asked(app)
    return app


def _declare_when_asked(app: FastAPI) -> None:
    """Have the OpenAPI document made and completed when it is first asked for: it takes a tenth of a second."""
    made = app.openapi
    lock = threading.Lock()
    declared: list[dict[str, Any]] = []

    def openapi() -> dict[str, Any]:
        with lock:
            if not declared:
                document = made()
                declare(document)
                declared.append(document)
        return declared[0]

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's documentation has it
