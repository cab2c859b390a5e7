"""Traces for OpenTelemetry: one of each request, with a span for each step. The only importer of opentelemetry's SDK.

FastAPI makes the request's own span. It would also say what was asked for (`url.path`, `url.query`), in which questions
and names of collections stand: whatever is not on our list is blotted out before anybody sees it. Our spans hold
numbers only. Nothing here is imported where there are no traces.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import StatusCode, use_span

from briefqa import __version__
from briefqa.service.guarding.pressure import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastapi.telemetry import TelemetryConfig
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

    from briefqa.answer import Answer, Model
    from briefqa.answer.model import Turn
    from briefqa.search import Ranking

_TOLD = {"http.request.method", "network.protocol.version", "server.address", "server.port", "url.scheme"}
_BLOTTED = "REDACTED"


class _Discreet(SpanProcessor):
    """Blots out whatever a span is begun with and is not on our list, text of the client most of all."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's
        if span.kind is trace.SpanKind.SERVER:
            for name in set(span.attributes or ()) - _TOLD:
                span.set_attribute(name, _BLOTTED)


class Tracing:
    """The traces of one server. exporter: where they go; `exporter_to` makes one. Safe for many threads."""

    def __init__(self, exporter: SpanExporter) -> None:
        about = {"service.version": __version__}
        named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
        resource = Resource.create(about if named else about | {"service.name": "briefqa"})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(_Discreet())
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("briefqa", __version__)

    @property
    def of_requests(self) -> TelemetryConfig:
        """How FastAPI is to trace requests. Its logs are off: they hold messages of exceptions."""
        return {
            "tracer_provider": self._provider,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": lambda scope: scope["path"] in ALWAYS or scope["path"].startswith("/static/"),
        }

    def searched(self, found: Ranking) -> None:
        """Make the spans of a search that has just ended, in the thread that has searched."""
        steps = found.timings.steps
        # The steps were taken by another clock.
        ahead = time.time_ns() - time.perf_counter_ns()
        about = {"briefqa.hits": len(found.hits), "briefqa.answerable": found.answerable}
        span = self._tracer.start_span("search", start_time=ahead + steps[0].start, attributes=about)
        within = trace.set_span_in_context(span)
        for step in steps:
            self._tracer.start_span(step.name, within, start_time=ahead + step.start).end(ahead + step.end)
        span.end(ahead + steps[-1].end)

    def answering(self, growing: Iterator[Answer]) -> Iterator[Answer]:
        """Make a span of an answer as it grows; what is done for it becomes part of it."""
        span = self._tracer.start_span("answer")
        last: Answer | None = None
        try:
            while True:
                # Others may run in this thread between two sentences.
                with use_span(span, record_exception=False, set_status_on_exception=False):
                    last = next(growing, None)
                if last is None:
                    break
                span.set_attributes(
                    {"briefqa.sentences": len(last.sentences), "briefqa.abstained": last.abstained}
                    | {"briefqa.written": last.written_by != "briefs"}
                )
                yield last
        except Exception as error:
            _failed(span, error)
            raise
        finally:
            span.end()

    def writer(self, model: Model) -> Model:
        """Make spans of what a model writes."""
        return _Traced(model, self._tracer)

    def flush(self) -> None:
        """Send what has ended by now."""
        self._provider.force_flush()

    def close(self) -> None:
        """Send what is not sent yet, and nothing after it."""
        self._provider.shutdown()


class _Traced:
    """A model whose every request has a span."""

    def __init__(self, model: Model, tracer: trace.Tracer) -> None:
        self.name = model.name
        self.seconds = model.seconds
        self._model = model
        self._tracer = tracer

    def write(self, turns: Sequence[Turn], until: float) -> str:
        """Go on with a conversation."""
        return "".join(self._spanned(self._model.write(turns, until) for _ in "1"))

    def stream(self, turns: Sequence[Turn], until: float) -> Iterator[str]:
        """Go on with a conversation, in parts."""
        return self._spanned(self._model.stream(turns, until))

    def _spanned(self, parts: Iterator[str]) -> Iterator[str]:
        span = self._tracer.start_span("model", kind=trace.SpanKind.CLIENT)
        try:
            yield from parts
        except Exception as error:
            _failed(span, error)
            raise
        finally:
            span.end()


def _failed(span: Any, error: Exception) -> None:
    """Say which kind of error it was. Its message may quote what was asked."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(StatusCode.ERROR)


def exporter_to(endpoint: str) -> SpanExporter:
    """Send to a collector over OTLP/HTTP. endpoint: its address; "": as OpenTelemetry's own variables say."""
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces") if endpoint else OTLPSpanExporter()
