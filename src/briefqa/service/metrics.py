"""Figures for Prometheus. No label holds anything that a client or a brief has said, and none a collection's name."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from briefqa.errors import BriefqaError
from briefqa.service.web.operating import last_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from briefqa.search import Ranking
    from briefqa.service.live import Live

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The figures of one server. Safe for many threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "briefqa_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "briefqa_request_seconds", "Time to answer a request.", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self._running = Gauge("briefqa_requests_running", "Requests being answered or waiting.", registry=self.registry)
        self._stages = Histogram(
            "briefqa_search_stage_seconds",
            "Time of each step of a search.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._searches = Counter(
            "briefqa_searches", "Searches, by whether the briefs are held to answer.", ("answerable",),
            registry=self.registry,
        )  # fmt: skip
        self._hits = Histogram(
            "briefqa_search_hits", "Hits of a search.", buckets=(0, 1, 2, 5, 10, 20, 50, 100), registry=self.registry
        )
        self._answers = Counter(
            "briefqa_answers", "Answers, by whether they abstained.", ("abstained",), registry=self.registry
        )
        self._age = Gauge(
            "briefqa_generation_age_seconds", "Time since the generation that is served was made.",
            registry=self.registry,
        )  # fmt: skip
        self._reindexed = Gauge(
            "briefqa_reindex_timestamp_seconds", "When the last reindexing that changed something ended.",
            registry=self.registry,
        )  # fmt: skip
        self._failed = Gauge(
            "briefqa_reindex_failed_files", "Files that the last reindexing could not read.", registry=self.registry
        )
        self._published = Gauge(
            "briefqa_reindex_published",
            "Whether the last reindexing published, or had nothing to: 1 or 0.",
            registry=self.registry,
        )
        self._ready = Gauge("briefqa_ready", "Whether searches are answered: 1 or 0.", registry=self.registry)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count a request while it is being answered."""
        with self._running.track_inprogress():
            yield

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. route: as the app declares it."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def searched(self, found: Ranking) -> None:
        """Count a search."""
        for stage in ("embed", "search", "fetch", "rerank"):
            self._stages.labels(stage).observe(getattr(found.timings, stage) / 1000)
        self._searches.labels(str(found.answerable).lower()).inc()
        self._hits.observe(len(found.hits))

    def asked(self, *, abstained: bool) -> None:
        """Count an answer."""
        self._answers.labels(str(abstained).lower()).inc()

    def look_at(self, live: Live, index_folder: Path | None) -> None:
        """Take the figures that are only known at the moment of asking."""
        if index_folder and (report := last_report(index_folder)):
            self._failed.set(len(report.get("failed", ())))
            # A night without changes is a good one.
            self._published.set(report.get("outcome") == "unchanged" or bool(report.get("published")))
            self._reindexed.set(max(file.stat().st_mtime for file in (index_folder / "reports").glob("*.json")))
        try:
            live.check()
            with live.index() as index:
                created = datetime.fromisoformat(index.info().created)
            self._age.set((datetime.now(UTC) - created).total_seconds())
            self._ready.set(1)
        except BriefqaError:
            self._ready.set(0)


def make_router(live: Live, metrics: Metrics, index: Path | None) -> APIRouter:
    """Make the endpoint that Prometheus reads. index: its folder, where the reports of reindexing are."""
    router = APIRouter()

    @router.get("/metrics", response_class=Response, tags=["health"], responses={200: {"content": {"text/plain": {}}}})
    def read_metrics() -> Response:
        """Give the server's figures in Prometheus' text format. Where there are keys, it wants the right admin."""
        metrics.look_at(live, index)
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
