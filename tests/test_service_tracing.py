"""Traces: what they tell of a request, and that they never tell what was asked."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from briefqa.config import Config
from briefqa.embedding import HashingEmbedder
from briefqa.errors import AnswerError, ConfigError
from briefqa.search import Searcher
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.server import tracing_of
from briefqa.service.tracing import Tracing, exporter_to
from fakes import LEVEE, MemoryIndex, make_brief
from writers import Scripted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

QUESTION = "By how much did levee premiums rise in four years?"
SAID = "Levee premiums rose by 31 percent [1]."
TALK = [
    {"role": "user", "content": "How high are levee premiums?"},
    {"role": "user", "content": "And by how much did they rise in four years?"},
]


def app_with(tracing: Tracing, docs_in: Path) -> FastAPI:
    def searcher(index: Any, embedder: Any) -> Searcher:
        return Searcher(index, embedder, observe=tracing.searched)

    live = Live(
        lambda: MemoryIndex([make_brief(LEVEE)]),
        lambda: "g1",
        HashingEmbedder,
        searcher=searcher,
        interval=60,
        patience=5,
    )
    return app_over(live, docs_in=docs_in, limits=Limits(), tracing=tracing)


class Kept:
    """Spans in memory, as a tree of names."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing = Tracing(self.exporter)

    def spans(self) -> list[Any]:
        self.tracing.flush()
        return list(self.exporter.get_finished_spans())

    def tree(self) -> dict[str, Any]:
        spans = self.spans()

        def below(parent: int | None) -> dict[str, Any]:
            here = [span for span in spans if (span.parent.span_id if span.parent else None) == parent]
            return {span.name: below(span.context.span_id) for span in sorted(here, key=lambda span: span.start_time)}

        return below(None)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def client(kept: Kept, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app_with(kept.tracing, tmp_path), raise_server_exceptions=False) as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        kept.spans()
        kept.exporter.clear()
        yield client


SEARCH: dict[str, Any] = {"search": {"embed": {}, "legs": {}, "fusion": {}, "fetch": {}}}


def test_a_search_is_told_in_its_steps(kept: Kept, client: TestClient) -> None:
    assert client.post("/v1/search", json={"query": QUESTION}).status_code == 200

    assert kept.tree() == {"POST /v1/search": SEARCH}
    request, search = (
        next(span for span in kept.spans() if span.name == name) for name in ("POST /v1/search", "search")
    )
    assert request.attributes["http.response.status_code"] == 200
    assert search.attributes == {"briefqa.hits": 1, "briefqa.answerable": True}
    for span in kept.spans():
        assert request.start_time <= span.start_time <= span.end_time <= request.end_time


def test_an_answer_holds_its_search_and_what_its_model_wrote(kept: Kept, client: TestClient) -> None:
    client.app.state.writer = Scripted(SAID)  # type: ignore[attr-defined]
    client.post("/v1/ask", json={"question": QUESTION})
    assert kept.tree() == {"POST /v1/ask": {"answer": SEARCH | {"model": {}}}}
    answer = next(span for span in kept.spans() if span.name == "answer")
    assert answer.attributes == {"briefqa.sentences": 1, "briefqa.abstained": False, "briefqa.written": True}


@pytest.mark.parametrize("stream", [False, True])
def test_a_chat_holds_the_understanding_of_its_question(kept: Kept, client: TestClient, stream: bool) -> None:  # noqa: FBT001 - a table
    client.app.state.writer = Scripted(QUESTION, SAID)  # type: ignore[attr-defined]
    client.post("/v1/chat/completions", json={"messages": TALK, "stream": stream})
    assert kept.tree() == {"POST /v1/chat/completions": {"model": {}, "answer": SEARCH | {"model": {}}}}


def test_nothing_that_was_asked_is_in_a_span(kept: Kept, client: TestClient) -> None:
    client.app.state.writer = Scripted(SAID, AnswerError(f"no: {QUESTION}"))  # type: ignore[attr-defined]
    asked = {"q": "SECRETQUESTION levee premiums", "collection": "SECRETFOLDER", "folder": "SECRETFOLDER"}
    client.get("/", params=asked)
    for _ in range(2):
        client.get("/", params={"q": f"{QUESTION} SECRETQUESTION", "written": "1"})
    client.get("/v1/notes", params={"text": "SECRETQUESTION", "collection": "SECRETFOLDER"})
    client.get("/SECRETFOLDER/SECRETQUESTION")
    client.post("/v1/ask", json={"question": "SECRETQUESTION", "filters": {"SECRETFOLDER": "x"}})
    client.request("SECRETFOLDER", "/v1/ask")
    client.get("/metrics")

    told = "\n".join(span.to_json() for span in kept.spans())
    assert "SECRET" not in told
    assert "levee" not in told.lower()
    assert '"error.type": "AnswerError"' in told
    assert '"http.route": "/v1/notes"' in told
    assert "/metrics" not in told
    assert "testclient" not in told  # who asked


def test_a_failure_is_told_by_its_kind(kept: Kept, client: TestClient) -> None:
    client.app.state.writer = Scripted()  # type: ignore[attr-defined]
    assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 500
    [request] = [span for span in kept.spans() if span.name == "POST /v1/ask"]
    assert request.attributes["error.type"]
    assert all(not span.events for span in kept.spans())


def test_a_trace_goes_on_from_that_of_the_caller(kept: Kept, client: TestClient) -> None:
    caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client.post("/v1/search", json={"query": QUESTION}, headers={"traceparent": caller})
    assert {f"{span.context.trace_id:032x}" for span in kept.spans()} == {caller.split("-")[1]}


@contextmanager
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A collector that takes OTLP over HTTP, and what it was sent."""
    sent: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            sent.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", sent
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("by", ["setting", "variable"])
def test_they_go_to_a_collector(by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (address, sent):
        if by == "variable":
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
            monkeypatch.setenv("OTEL_SERVICE_NAME", "library")
        tracing = tracing_of(replace(Config(), otlp_endpoint=address if by == "setting" else ""))
        assert tracing
        with TestClient(app_with(tracing, tmp_path)) as client:
            client.post("/v1/search", json={"query": QUESTION})
    [resource] = [one for request in sent for one in request.resource_spans]
    about = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert about["service.name"] == ("briefqa" if by == "setting" else "library")
    names = {span.name for scope in resource.scope_spans for span in scope.spans}
    assert {"POST /v1/search", "search", "embed", "legs", "fusion", "fetch"} <= names


def test_there_are_none_where_none_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracing_of(Config()) is None
    with pytest.raises(ConfigError, match="begins with http"):
        tracing_of(replace(Config(), otlp_endpoint="collector:4318"))
    monkeypatch.setitem(sys.modules, "briefqa.service.tracing", None)
    with pytest.raises(ConfigError, match=r"briefqa\[otel\]"):
        tracing_of(replace(Config(), otlp_endpoint="http://127.0.0.1:4318"))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert tracing_of(Config()) is None  # it may be meant for others


def test_an_exporter_takes_the_address_of_a_collector() -> None:
    assert "4318" in str(vars(exporter_to("http://127.0.0.1:4318/")))


def test_without_traces_nothing_of_the_sdk_is_imported_and_no_variable_turns_them_on() -> None:
    code = """
import sys
from pathlib import Path
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
app = app_over(None, docs_in=Path("."), limits=Limits())
assert not [name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))]
assert not app._native_telemetry.enabled()
assert not app._native_telemetry.config["auto_configure"]
"""
    wanted = {"FASTAPI_OTEL_AUTO_CONFIGURE": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "PATH": ""}
    subprocess.run([sys.executable, "-c", code], check=True, env=wanted, timeout=60)
