"""The Python client against the real service, and against servers that are busy, broken or gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest
from starlette.testclient import TestClient

import briefqa
from briefqa.client import AsyncClient, Client, RequestFailed
from briefqa.embedding import HashingEmbedder
from briefqa.errors import NotFound
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from fakes import LEVEE, SOURCE_ID, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVEES = make_brief(LEVEE)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "coast").mkdir()
    (tmp_path / "coast" / "levees.pdf").write_bytes(b"%PDF-1.7")
    live = Live(lambda: MemoryIndex([LEVEES]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    with TestClient(app_over(live, docs_in=tmp_path, limits=Limits())) as served:
        yield served


def through(served: TestClient) -> httpx2.MockTransport:
    def passed_on(request: httpx2.Request) -> httpx2.Response:
        answer = served.request(
            request.method, str(request.url), content=request.content, headers=dict(request.headers)
        )
        return httpx2.Response(answer.status_code, content=answer.content, headers=dict(answer.headers))

    return httpx2.MockTransport(passed_on)


def test_each_method_gives_what_its_endpoint_gives(served: TestClient) -> None:
    with Client("http://testserver", transport=through(served)) as client:
        ranking = client.search("How did levee premiums change?", k=1, filters={"collection": "coast"})
        assert ranking["hits"][0]["passage"]["text"] == LEVEE
        assert client.ask("How did levee premiums change?")["hits"][0]["brief"] == ranking["hits"][0]["brief"]
        assert client.briefs(limit=1)["total"] == 1
        assert client.brief(LEVEES.id)["body"] == LEVEE
        assert client.file(LEVEES.id) == b"%PDF-1.7"
        assert client.passage(ranking["hits"][0]["passage"]["id"])["passage"]["text"] == LEVEE
        assert client.notes(brief=LEVEES.id)["total"] == 1
        assert client.sources("Premiums")[0]["id"] == client.source(SOURCE_ID)["id"] == SOURCE_ID
        assert client.export("bibtex").startswith("@")
        with pytest.raises(NotFound, match="no brief"):
            client.brief("0000000000000000")
        with pytest.raises(RequestFailed, match="k: Input") as failed:
            client.search("x", k=0)
        assert failed.value.status == 422


def test_the_example_in_the_docs_runs(served: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    example = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8").split("```python\n")[1]
    monkeypatch.setattr(
        briefqa, "Client", lambda *_, **__: Client("http://testserver", transport=through(served)), raising=False
    )
    exec(compile(example.partition("```")[0], "docs/api.md", "exec"), {})  # noqa: S102 - it is ours


def test_the_methods_of_both_clients_are_the_same() -> None:
    def methods(of: type) -> set[str]:
        return {name for name in vars(of) if not name.startswith("_")} - {"close", "aclose"}

    assert methods(Client) == methods(AsyncClient) >= {"search", "ask", "sources"}


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(status: int) -> None:
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        busy = len(sent) == 1
        return (
            httpx2.Response(status, headers={"Retry-After": "0"}) if busy else httpx2.Response(200, json={"total": 0})
        )

    with Client(transport=httpx2.MockTransport(answer), key="secret-key") as client:
        assert client.briefs() == {"total": 0}
    assert [request.headers["authorization"] for request in sent] == ["Bearer secret-key"] * 2

    async def again() -> Any:
        async with AsyncClient(transport=httpx2.MockTransport(answer)) as client:
            return await client.briefs()

    sent.clear()
    assert anyio.run(again) == {"total": 0}
    assert len(sent) == 2


def test_patience_ends() -> None:
    busy = httpx2.MockTransport(lambda _: httpx2.Response(503, headers={"Retry-After": "0"}))
    with Client(transport=busy, retries=2) as client, pytest.raises(RequestFailed, match="503"):
        client.briefs()


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    def refuse(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    with Client(transport=httpx2.MockTransport(refuse)) as client, pytest.raises(RequestFailed, match="briefqa serve"):
        client.briefs()


def test_the_clients_are_at_the_root_and_nothing_is_imported_for_them() -> None:
    assert (briefqa.Client, briefqa.AsyncClient) == (Client, AsyncClient)
    code = "import sys, briefqa; sys.exit('httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="Clients"):
        briefqa.Clients  # noqa: B018 - that it is not there
