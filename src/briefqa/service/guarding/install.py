"""Puts the guards before the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware

from briefqa.service.guarding.authentication import Authorization, Identification
from briefqa.service.guarding.body_limit import BodyLimit
from briefqa.service.guarding.pages import ErrorPages
from briefqa.service.guarding.pressure import Pressure
from briefqa.service.guarding.rate import RateLimit
from briefqa.service.guarding.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI, Request, Response

    from briefqa.keys import KeyFile
    from briefqa.service.live import Live
    from briefqa.service.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Guard:
    """What is asked of callers.

    keys: who is let in; None: anyone. required: keys are wanted even where there are none yet. per_minute: requests of
    one caller, 0 for no limit; counted_at: the store where several servers count them together. running, waiting:
    requests at once, and how many more may wait for their turn. seconds: that a request may wait, and that it may then
    take. origins: web sites whose scripts may ask.
    """

    keys: KeyFile | None = None
    required: bool = False
    per_minute: int = 0
    counted_at: str = ""
    running: int = 8
    waiting: int = 256
    seconds: int = 120
    origins: tuple[str, ...] = ()


def install(  # noqa: PLR0913 - what is guarded, and how
    app: FastAPI,
    guard: Guard,
    live: Live,
    metrics: Metrics,
    *,
    max_body_bytes: int,
    render: Callable[[Request, int, str], Response],
) -> None:
    """Put the guards before an app. The one that is added last comes first. render: makes a page of a refusal."""
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes)
    app.add_middleware(Pressure, running=guard.running, waiting=guard.waiting, seconds=guard.seconds)
    app.add_middleware(Authorization)
    app.add_middleware(RateLimit, per_minute=guard.per_minute, shared=guard.counted_at)
    app.add_middleware(Identification, live=live, keys=guard.keys, required=guard.required)
    if guard.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=guard.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing", "X-Request-ID"],
        )
    app.add_middleware(ErrorPages, render=render)
    app.add_middleware(Requests, metrics=metrics)
