"""What stands before every route."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from briefqa.config import Config
from briefqa.embedding import HashingEmbedder
from briefqa.errors import ConfigError
from briefqa.keys import KeyFile
from briefqa.service.app import app_over
from briefqa.service.guarding import Guard
from briefqa.service.guarding.pressure import Pressure
from briefqa.service.guarding.requests import SECURITY_HEADERS
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.logs import JsonFormatter, TextFormatter
from briefqa.service.server import guard_of
from fakes import LEVEE, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BRIEF = make_brief(LEVEE)
QUESTION = "How high are levee premiums?"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    clients: list[TestClient] = []

    def make(guard: Guard | None = None, *, broken: bool = False) -> TestClient:
        index = MemoryIndex([BRIEF])
        live = Live(lambda: index, lambda: "g1", HashingEmbedder, interval=60, patience=5)
        app = app_over(live, docs_in=tmp_path, limits=Limits(), guard=guard)
        if broken:
            app.get("/broken")(_break)
        client = TestClient(app, raise_server_exceptions=False)
        client.__enter__()
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


def _break() -> None:
    raise RuntimeError("secret detail")


def test_every_answer_is_named_and_dressed(serve: Callable[..., TestClient]) -> None:
    client = serve(Guard(per_minute=9), broken=True)
    answers = [client.get(path) for path in ("/healthz", "/v1/briefs", "/", "/nowhere", "/docs", "/static/style.css")]
    answers += [client.post("/v1/search", json={}), client.get("/broken"), client.get("/v1/briefs/none")]
    answers += [client.get("/v1/briefs") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200, 404, 422, 500, 429}
    for answer in answers:
        assert set(map(str.lower, SECURITY_HEADERS)) <= set(answer.headers), answer.url
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
        assert "unsafe" not in answer.headers["content-security-policy"] or "/docs" in str(answer.url)
        assert "secret detail" not in answer.text
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("req-1.a_B~2", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ('{"a":1}', False)],
)
def test_a_request_keeps_the_name_that_it_brings(serve: Callable[..., TestClient], given: str, *, kept: bool) -> None:
    answer = serve().get("/healthz", headers={"X-Request-ID": given})

    assert (answer.headers["x-request-id"] == given) is kept


def test_who_asks_too_often_is_told_when_to_come_back(serve: Callable[..., TestClient], tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    first, second = ({"Authorization": f"Bearer {keys.create(name)[1]}"} for name in ("first", "second"))
    client = serve(Guard(keys=keys, per_minute=3))

    answers = [client.get("/v1/briefs", headers=first) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert re.fullmatch(r'"default";r=2;t=\d+', answers[0].headers["ratelimit"])
    assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60
    assert answers[3].headers["content-type"] == "application/problem+json"
    assert client.get("/v1/briefs", headers=second).status_code == 200
    assert {client.get("/healthz", headers=first).status_code for _ in range(5)} == {200}
    # A guesser of keys is held to the same, and has no key to tell him from others but his address.
    guesses = [client.get("/v1/briefs", headers={"Authorization": f"Bearer bq_{n}"}).status_code for n in range(5)]
    assert guesses == [401, 401, 401, 429, 429]


def test_openai_s_clients_are_refused_in_their_own_shape(serve: Callable[..., TestClient], tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    keys.create("first")
    client = serve(Guard(keys=keys, per_minute=1))

    refused, limited = (client.post("/v1/chat/completions", json={}) for _ in range(2))

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    assert (limited.status_code, limited.json()["error"]["type"]) == (429, "rate_limit_error")


def pressed(running: int, waiting: int, seconds: float, takes: float) -> tuple[list[httpx2.Response], float]:
    """Send ten requests at once to a route that takes a while."""
    app = FastAPI()

    @app.get("/slow")
    def slow() -> str:
        time.sleep(takes)
        return "done"

    guarded = Pressure(app, running=running, waiting=waiting, seconds=seconds)

    async def ask() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(guarded)
        async with httpx2.AsyncClient(transport=transport, base_url="http://briefqa") as client:
            return list(await asyncio.gather(*(client.get("/slow") for _ in range(10))))

    started = time.perf_counter()
    return asyncio.run(ask()), time.perf_counter() - started


def test_what_is_too_much_at_once_is_told_to_come_back() -> None:
    answers, _ = pressed(running=2, waiting=3, seconds=30, takes=0.2)

    assert [answer.status_code for answer in answers] == [200] * 5 + [503] * 5
    assert {answer.headers["retry-after"] for answer in answers[5:]} == {"5"}


def test_nobody_waits_longer_than_is_said() -> None:
    answers, took = pressed(running=1, waiting=99, seconds=0.3, takes=1.0)

    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    assert took < 5


def test_the_log_has_a_line_for_a_request_and_no_question(
    serve: Callable[..., TestClient], caplog: pytest.LogCaptureFixture
) -> None:
    client = serve()
    client.post("/v1/search", json={"query": "wait until the model is there"})
    requests = "briefqa.service.guarding.requests"  # a server that logs text has set it to say nothing
    with caplog.at_level(logging.INFO, "briefqa"), caplog.at_level(logging.INFO, requests):
        client.post("/v1/search", json={"query": QUESTION})
        client.get("/", params={"q": QUESTION})
        client.get(f"/briefs/{BRIEF.id}", params={"find": "levee"}, headers={"X-Request-ID": "mine"})
        client.get("/levee/premiums")
        client.post("/v1/search", json={"query": "levee" * 1000})
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]

    told = [(line["method"], line["route"], line["status"]) for line in lines if "route" in line]
    assert told == [
        ("POST", "/v1/search", 200),
        ("GET", "/", 200),
        ("GET", "/briefs/{brief_id}", 200),
        ("GET", "-", 404),
        ("POST", "/v1/search", 422),
    ]
    assert not re.search("levee|premiums", json.dumps(lines), re.IGNORECASE)


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_nobody_forges_a_line_of_the_log(formatter: logging.Formatter) -> None:
    forged = "dues\nERROR briefqa: all is lost\r\x1b[2J"
    record = logging.LogRecord("briefqa", logging.INFO, "", 1, "Read %s", (forged,), None)

    line = formatter.format(record)

    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line


def test_figures_hold_no_word_of_a_brief_or_a_question(serve: Callable[..., TestClient]) -> None:
    client = serve()
    client.post("/v1/search", json={"query": QUESTION})
    client.get("/levee/premiums")
    client.post("/v1/ask", json={"question": QUESTION})

    text = client.get("/metrics").text

    assert 'briefqa_requests_total{method="POST",route="/v1/search",status="200"} 1.0' in text
    assert 'briefqa_requests_total{method="GET",route="-",status="404"} 1.0' in text
    assert re.search(r"^briefqa_generation_age_seconds -?[\d.e+]+$", text, re.MULTILINE)
    assert "briefqa_ready 1.0" in text
    assert re.search(r'^briefqa_answers_total{abstained="(true|false)"} 1.0$', text, re.MULTILINE)
    assert not re.search("levee|coast|premium", text, re.IGNORECASE)


def test_other_sites_scripts_ask_only_where_they_are_named(serve: Callable[..., TestClient]) -> None:
    asks = {"Origin": "https://chat.example", "Access-Control-Request-Method": "POST"}

    assert "access-control-allow-origin" not in serve().options("/v1/search", headers=asks).headers
    named = serve(Guard(origins=("https://chat.example",)))
    allowed = named.options("/v1/search", headers=asks)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://chat.example")
    other = named.get("/healthz", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_the_viewer_of_the_api_loads_nothing_from_elsewhere(serve: Callable[..., TestClient]) -> None:
    client = serve()
    page = client.get("/docs")

    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 5
    for address in loaded:
        assert not urlsplit(address).netloc
        assert client.get(urljoin("/docs", address)).status_code == 200
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert client.get("/docs/../secret").status_code == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "intranet.example"])  # noqa: S104
def test_nobody_serves_others_without_keys_unawares(tmp_path: Path, host: str) -> None:
    settings: dict[str, Any] = {"index": str(tmp_path), "host": host}
    with pytest.raises(ConfigError, match="keys create"):
        guard_of(Config(**settings))

    assert not guard_of(Config(**settings, open_to_network=1)).required
    assert not guard_of(Config(index=str(tmp_path), host="127.0.0.1")).required
    KeyFile(tmp_path / "keys.json").create("first")
    assert guard_of(Config(**settings)).required
