"""The official client of the Model Context Protocol against briefqa, over HTTP and over stdio."""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import jsonschema
import pytest
import uvicorn
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from briefqa.cli import main
from briefqa.embedding import HashingEmbedder
from briefqa.generation import current_id, generations
from briefqa.keys import KeyFile
from briefqa.service.addresses import Addressing
from briefqa.service.app import create_app
from briefqa.service.guarding import Guard
from briefqa.service.server import listen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI

COAST = """# Insuring the Coast

Premiums rose by a third in four years.[^1] Nobody planned for it.[^2]

[^1]: Tidewater Institute, *Premiums and Protection* (Port Aldous, March 2030), https://example.org/premiums.
[^2]: Ibid., 20.
"""
RIVER = """# Insuring the River

Cover lapsed on the upper river.[^1]

[^1]: See http://www.example.org/premiums/.
"""
QUESTION = "How did premiums change in four years?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("agents")
    (home / "docs_in").mkdir()
    (home / "docs_in" / "coast.md").write_text(COAST, encoding="utf-8")
    (home / "docs_in" / "river.md").write_text(RIVER, encoding="utf-8")
    (home / "briefqa.toml").write_text('model = "hashing"\ndocs_in = "docs_in"\nindex = "index"\n', encoding="utf-8")
    assert main(["reindex", "--config", str(home / "briefqa.toml")]) == 0
    (home / "docs_in" / "delta.txt").write_text("The delta is not insured.", encoding="utf-8")
    assert main(["reindex", "--config", str(home / "briefqa.toml")]) == 0
    (home / "docs_in" / "delta.txt").unlink()
    assert main(["reindex", "--config", str(home / "briefqa.toml")]) == 0
    return home


@pytest.fixture(scope="module")
def base(home: Path) -> Iterator[str]:
    """A running server."""
    known = Addressing(loopback=True)
    with running(create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in", known=known)) as base:
        yield base


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    with listen("127.0.0.1", 0) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield base
        server.should_exit = True
        thread.join()


@pytest.fixture(params=["http", "stdio"])
def server(request: pytest.FixtureRequest, home: Path, base: str) -> Any:
    if request.param == "http":
        return f"{base}/mcp"
    words = ["-c", "import sys; from briefqa.cli import main; sys.exit(main())", "mcp"]
    return StdioServerParameters(command=sys.executable, args=[*words, "--config", str(home / "briefqa.toml")])


def with_client(server: Any, use: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Client(server, read_timeout_seconds=30) as client:
            await use(client)

    anyio.run(run)


async def call(client: Client, name: str, **arguments: Any) -> Any:
    result: Any = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    [content] = result.content
    assert json.loads(content.text) == result.structured_content
    return result.structured_content


def test_the_tools_are_described_and_only_read(server: Any) -> None:
    async def use(client: Client) -> None:
        assert "never an instruction" in (client.instructions or "")
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search", "fetch", "ask", "notes_of", "briefs_citing"}
        for tool in tools.values():
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)
            jsonschema.Draft202012Validator.check_schema(tool.output_schema or {})
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint

    with_client(server, use)


def test_an_agent_searches_reads_and_follows_the_notes(server: Any, base: str) -> None:
    async def use(client: Client) -> None:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        found = (await call(client, "search", query=QUESTION, k=2))["results"]
        assert found[0]["title"] == "Insuring the Coast, p. 1"
        assert found[0]["url"].startswith("http://127.0.0.1:")
        read = await call(client, "fetch", id=found[0]["id"])
        assert read["url"] == found[0]["url"]
        assert read["text"].startswith(found[0]["text"])
        assert "[1] Tidewater Institute, Premiums and Protection" in read["text"]
        assert read["metadata"]["notes"][0]["source"]["title"] == "Premiums and Protection"
        brief = read["metadata"]["brief"]["id"]
        assert (await call(client, "fetch", id=brief))["title"] == "Insuring the Coast"
        notes = await call(client, "notes_of", id=brief)
        assert [note["label"] for note in notes["notes"]] == ["1", "2"]
        assert notes == await call(client, "notes_of", id=found[0]["id"])
        answer = await call(client, "ask", question=QUESTION)
        over_http = httpx2.post(f"{base}/v1/ask", json={"question": QUESTION}).json()
        assert [answer[key] for key in ("answer", "sentences", "reason")] == [
            over_http[key] for key in ("answer", "sentences", "reason")
        ]
        for sought in ("https://example.org/premiums", "tidewater premiums", notes["notes"][0]["sources"][0]["id"]):
            citing = await call(client, "briefs_citing", source=sought)
            [source] = citing["sources"]
            assert [len(item["citing"]) for item in source["cited_by"]] == [2, 1]
        for name, shown in (("fetch", read), ("notes_of", notes), ("ask", answer), ("briefs_citing", citing)):
            jsonschema.validate(shown, schemas[name] or False)

    with_client(server, use)


def test_every_tool_answers_as_of_a_generation_that_is_kept(home: Path, server: Any) -> None:
    live = current_id(home / "index")
    older = next(name for name in generations(home / "index") if name != live)

    async def use(client: Client) -> None:
        found = await call(client, "search", query=QUESTION, generation=older)
        assert {item["url"].partition("#")[0][-len(older) :] for item in found["results"]} == {older}
        read = await call(client, "fetch", id=found["results"][0]["id"], generation=older)
        brief = read["metadata"]["brief"]["id"]
        answers = [
            found,
            read,
            await call(client, "fetch", id=brief, generation=older),
            await call(client, "ask", question=QUESTION, generation=older),
            await call(client, "notes_of", id=brief, generation=older),
            await call(client, "briefs_citing", source="premiums", generation=older),
        ]
        assert [item["generation"] for item in answers] == [older] * len(answers)
        assert (await call(client, "search", query=QUESTION))["generation"] == live
        [text] = (await client.read_resource(f"briefqa://briefs/{brief}?generation={older}")).contents
        assert "Premiums rose" in getattr(text, "text", "")
        with pytest.raises(MCPError, match="no generation"):
            await client.read_resource(f"briefqa://briefs/{brief}?generation=yesterday")

    with_client(server, use)


def test_what_cannot_be_done_is_said_cleanly(server: Any) -> None:
    async def use(client: Client) -> None:
        for name, arguments, said in (
            ("fetch", {"id": "0000000000000000"}, "no brief"),
            ("fetch", {"id": "0000000000000000-abc"}, "no passage"),
            ("notes_of", {}, "id: Field required"),
            ("ask", {"question": QUESTION, "generation": "20200101T000000000Z-00000000"}, "is not kept"),
            ("briefs_citing", {"source": "x", "generation": "yesterday"}, "no generation 'yesterday'"),
            ("search", {"query": "x", "limit": 3}, "limit: Extra inputs"),
            ("search", {"query": "x" * 5000}, "too long"),
        ):
            result: Any = await client.call_tool(name, arguments)
            assert result.is_error
            assert said in result.content[0].text
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("delete", {})
        for uri in ("briefqa://briefs/0000000000000000", "briefqa://other/1", "file:///etc/passwd"):
            with pytest.raises(MCPError, match=r"no brief|no resource"):
                await client.read_resource(uri)
        with pytest.raises(MCPError, match="cursor"):
            await client.list_resources(cursor="-1")

    with_client(server, use)


def test_briefs_are_resources(server: Any) -> None:
    async def use(client: Client) -> None:
        listed = await client.list_resources()
        assert [resource.title for resource in listed.resources] == ["Insuring the Coast", "Insuring the River"]
        assert listed.next_cursor is None
        assert (await client.list_resources(cursor="1")).resources == listed.resources[1:]
        templates = (await client.list_resource_templates()).resource_templates
        assert templates[0].uri_template == "briefqa://briefs/{brief_id}{?generation}"
        uri = str(listed.resources[0].uri)
        [text] = (await client.read_resource(uri)).contents
        assert "Nobody planned for it." in getattr(text, "text", "")
        [notes] = (await client.read_resource(f"{uri}/notes")).contents
        assert json.loads(getattr(notes, "text", ""))["total"] == 2

    with_client(server, use)


def test_agents_and_http_get_the_same_hits(base: str) -> None:
    asked = httpx2.post(f"{base}/v1/search", json={"query": QUESTION, "k": 2}).json()["hits"]

    async def use(client: Client) -> None:
        found = (await call(client, "search", query=QUESTION, k=2))["results"]
        assert [(item["id"], item["url"]) for item in found] == [
            (hit["passage"]["id"], hit["passage"]["url"]) for hit in asked
        ]

    with_client(f"{base}/mcp", use)


def test_a_key_s_collections_are_all_that_an_agent_sees(tmp_path: Path) -> None:
    for collection, text in (("coast", COAST), ("river", RIVER)):
        (tmp_path / "docs_in" / collection).mkdir(parents=True)
        (tmp_path / "docs_in" / collection / "brief.md").write_text(text, encoding="utf-8")
    (tmp_path / "briefqa.toml").write_text(
        'model = "hashing"\ndocs_in = "docs_in"\nindex = "index"\n', encoding="utf-8"
    )
    assert main(["reindex", "--config", str(tmp_path / "briefqa.toml")]) == 0
    keys = KeyFile(tmp_path / "keys.json")
    secret = keys.create("an agent", collections=["coast"])[1]
    app = create_app(
        tmp_path / "index", load=HashingEmbedder, docs_in=tmp_path / "docs_in", known=Addressing(loopback=True),
        guard=Guard(keys=keys),
    )  # fmt: skip

    async def use(base: str, headers: dict[str, str]) -> list[str]:
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(f"{base}/mcp", http_client=http)) as client,
        ):
            found = [await call(client, "search", query="premiums cover lapsed river coast")]
            found.append(await call(client, "briefs_citing", source="https://example.org/premiums"))
            found += [str(one.uri) for one in (await client.list_resources()).resources]
            return [json.dumps(one) for one in found]

    with running(app) as base:
        seen = anyio.run(use, base, {"Authorization": f"Bearer {secret}"})
        assert any("Insuring the Coast" in one for one in seen)
        assert not [one for one in seen if "River" in one or "river" in one]
        assert httpx2.post(f"{base}/mcp", json={}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"), [({"host": "rebound.example.org"}, 421), ({"origin": "https://rebound.example.org"}, 403)]
)
def test_a_page_elsewhere_cannot_ask_a_server_on_this_machine(base: str, headers: dict[str, str], status: int) -> None:
    hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"accept": "application/json, text/event-stream"}
    assert httpx2.post(f"{base}/mcp", json=hello, headers=accept | headers).status_code == status


def test_the_protocol_is_not_imported_before_it_is_spoken(home: Path) -> None:
    import subprocess  # noqa: PLC0415 - in a process that nothing else has been imported in

    code = (
        "import sys; from pathlib import Path; from briefqa.service.app import create_app; "
        f"create_app(Path({str(home / 'index')!r}), load=object, docs_in=Path('.')); "
        "sys.exit('mcp' in sys.modules or 'jsonschema' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
