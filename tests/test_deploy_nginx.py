"""Behind a real nginx, set up as deploy/nginx.conf says: addresses, streams, files and agents below a path."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import httpx2
import openai
import pytest
from mcp import Client

from briefqa.answer import RemoteModel
from briefqa.embedding import HashingEmbedder
from briefqa.service.addresses import addressing
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from browsing import serving
from fakes import LEVEE, MemoryIndex, make_brief
from writers import Script, model_server

if TYPE_CHECKING:
    from collections.abc import Iterator

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
CONF = Path(__file__).parent.parent / "deploy" / "nginx.conf"
LEVEES = make_brief(LEVEE)
QUESTION = "By how much did levee premiums rise in four years?"

pytestmark = pytest.mark.skipif(not (NGINX or os.environ.get("BRIEFQA_REQUIRE_NGINX")), reason="no nginx here")


@contextmanager
def nginx_before(upstream: str, home: Path) -> Iterator[str]:
    """Run nginx with the configuration of deploy/, and give the address of what it serves."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    location = CONF.read_text(encoding="utf-8").replace("http://127.0.0.1:8000", upstream)
    temporary = "".join(f"{kind}_temp_path {home};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"""
        daemon off; pid {home}/pid; error_log {home}/error.log; worker_processes 1; events {{}}
        http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port}; {location} }} }}
    """
    (home / "nginx.conf").write_text(whole, encoding="utf-8")
    assert NGINX
    running = subprocess.Popen([NGINX, "-e", str(home / "error.log"), "-c", str(home / "nginx.conf")])
    try:
        for _ in range(100):
            with closing(socket.socket()) as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, script: Script) -> Iterator[str]:
    docs_in, home = tmp_path_factory.mktemp("docs_in"), tmp_path_factory.mktemp("nginx")
    (docs_in / LEVEES.path).parent.mkdir()
    (docs_in / LEVEES.path).write_bytes(b"%PDF-" + b"x" * 95)
    live = Live(lambda: MemoryIndex([LEVEES]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    known = addressing("", "127.0.0.1", "127.0.0.1")
    app = app_over(live, docs_in=docs_in, limits=Limits(), known=known)
    with model_server(script) as url, serving(app) as upstream, nginx_before(upstream, home) as address:
        app.state.writer = RemoteModel(url, "scripted-1", "", seconds=10, retries=0, concurrency=1)
        yield address


def addresses_in(told: Any) -> list[str]:
    """Every address that an answer of ours holds under "url"."""
    if isinstance(told, dict):
        own = [told["url"]] if isinstance(told.get("url"), str) else []
        return own + [url for value in told.values() for url in addresses_in(value)]
    return [url for value in told for url in addresses_in(value)] if isinstance(told, list) else []


def test_every_address_lies_below_the_path_and_opens(site: str, script: Script) -> None:
    script.parts = ["Levee premiums rose by 31 percent [1]."]
    told = httpx2.post(f"{site}/library/v1/ask", json={"question": QUESTION}).json()
    urls = addresses_in(told)
    assert len(urls) >= 4
    for url in dict.fromkeys(urls):
        assert url.startswith(f"{site}/library/briefs/")
        assert httpx2.get(url).status_code == 200
    page = httpx2.get(f"{site}/library", follow_redirects=True)
    assert page.status_code == 200
    assert 'href="/library/' in page.text
    spec = httpx2.get(f"{site}/library/openapi.json").json()
    assert "/v1/search" in spec["paths"]


def test_a_client_cannot_say_what_addresses_begin_with(site: str) -> None:
    spoofed = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "X-Forwarded-Proto": "https"}
    told = httpx2.get(f"{site}/library/v1/briefs", headers=spoofed).json()
    assert told["briefs"][0]["url"] == f"{site}/library/briefs/{LEVEES.id}"


def test_a_stream_is_not_held_back(site: str, script: Script) -> None:
    script.go_on.clear()
    script.parts = ["Levee premiums rose by 31 percent [1]. Nobody", "| had planned for it [1]."]
    client = openai.OpenAI(base_url=f"{site}/library/v1", api_key="none", max_retries=0)
    asked: Any = [{"role": "user", "content": QUESTION}]
    stream = client.chat.completions.create(model="briefqa", messages=asked, stream=True)
    said = (chunk.choices[0].delta.content for chunk in stream if chunk.choices)
    early = next(text for text in said if text)
    assert early.startswith("Levee premiums rose by 31 percent.")
    assert f"]({site}/library/briefs/{LEVEES.id}?" in early
    script.go_on.set()
    assert "Nobody had planned for it." in "".join(text or "" for text in said)

    script.go_on.clear()
    with httpx2.stream("GET", f"{site}/library/answer", params={"q": QUESTION}) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: sentence"
        script.go_on.set()
        assert "event: end" in list(lines)


def test_a_part_of_a_file_passes(site: str) -> None:
    part = httpx2.get(f"{site}/library/briefs/{LEVEES.id}/file", headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, b"xxxxx")


def test_an_agent_is_served(site: str) -> None:
    async def ask() -> Any:
        async with Client(f"{site}/library/mcp") as client:
            return (await client.call_tool("search", {"query": QUESTION})).structured_content

    found = anyio.run(ask)
    assert urlsplit(found["results"][0]["url"]).path.startswith("/library/briefs/")
