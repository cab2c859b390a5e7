"""What hostile briefs say stays text in everything that the service sends."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from markdown_it import MarkdownIt
from starlette.testclient import TestClient

from briefqa.embedding import HashingEmbedder
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.shapes import sendable
from fakes import MemoryIndex
from hostile import TEXTS, harm_in, hostile_brief, hostile_briefs, question_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ATTACKS = list(TEXTS)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    live = Live(lambda: MemoryIndex(hostile_briefs()), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    with TestClient(app_over(live, docs_in=tmp_path_factory.mktemp("docs_in"), limits=Limits())) as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        yield client


def test_the_attacks_are_seen_where_they_succeed() -> None:
    # The check can fail: unescaped, the attacks are found.
    assert {"<script>", "img onerror", "<iframe>", "a href=javascript:alert(1)"} <= set(
        harm_in("".join(TEXTS.values()) + '<img src=x onerror="x"><a href="javascript:alert(1)">x</a>')
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_pages_hold_no_markup_of_a_brief(client: TestClient, name: str) -> None:
    brief = hostile_brief(name)
    pages = [
        client.get("/", params={"q": question_for(name)}),
        client.get("/", params={"q": f"{question_for(name)} {TEXTS[name]}"[:400].encode("utf-8", "replace").decode()}),
        client.get(f"/briefs/{brief.id}", params={"passage": f"{brief.id}-0", "page": 1}),
        client.get(f"/briefs/{quote(sendable(TEXTS[name])[:60], safe='')}"),
    ]
    assert [page.status_code for page in pages[::2]] == [200, 200]
    for page in pages:
        assert page.status_code in {200, 404, 422}
        if page.headers["content-type"].startswith("text/html"):
            assert harm_in(page.text) == []
            assert page.text.count("<script") == 1
            assert "script-src 'self';" in page.headers["content-security-policy"]
            assert "unsafe" not in page.headers["content-security-policy"]
            assert page.headers["content-security-policy"].startswith("default-src 'none'")
            assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ATTACKS)
def test_json_gives_the_text_as_it_is_and_is_never_taken_for_a_page(client: TestClient, name: str) -> None:
    brief = hostile_brief(name)
    found = client.post("/v1/search", json={"query": question_for(name), "k": 100})
    whole = client.get(f"/v1/briefs/{brief.id}")
    for answer in (found, whole):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        json.loads(answer.content)  # and not several lines, or bytes that are not UTF-8
    assert whole.json()["body"] == sendable(brief.body)
    hits = [hit for hit in found.json()["hits"] if hit["brief"]["id"] == brief.id]
    assert hits, "the brief is found by its question"
    [hit] = hits
    assert hit["notes"][0]["text"] == sendable(brief.notes[0].text)
    assert not smuggled(hit)


class Obedient:
    """A model that says whatever the passages say, as they say it."""

    name = "obedient"
    seconds = 5.0

    def write(self, turns: Sequence[dict[str, str]], until: float) -> str:
        assert until
        shown = html.unescape(turns[-1]["content"])
        return " ".join(f"{line} [1]." for line in shown.splitlines() if not line.startswith(("<passage", "</passage")))

    def stream(self, turns: Sequence[dict[str, str]], until: float) -> Iterator[str]:
        yield self.write(turns, until)


@pytest.mark.parametrize("model", [None, Obedient()], ids=["the briefs' words", "a model that obeys"])
@pytest.mark.parametrize("name", ATTACKS)
def test_answers_hold_no_markup_of_a_brief(client: TestClient, name: str, model: Obedient | None) -> None:
    client.app.state.writer = model  # type: ignore[attr-defined]
    try:
        asked = {"model": "briefqa", "messages": [{"role": "user", "content": question_for(name)}]}
        chat = client.post("/v1/chat/completions", json=asked)
        plain = client.post("/v1/ask", json={"question": question_for(name)})
        page = client.get("/", params={"q": question_for(name), "written": 1})
    finally:
        client.app.state.writer = None  # type: ignore[attr-defined]
    assert (chat.status_code, plain.status_code, page.status_code) == (200, 200, 200)
    assert plain.headers["content-type"] == "application/json"
    assert harm_in(page.text) == []
    message = chat.json()["choices"][0]["message"]
    # A front-end that lets HTML through.
    shown = MarkdownIt("commonmark", {"html": True}).render(message["content"])
    assert harm_in(shown) == []
    links = re.findall(r'<a href="([^"]+)"', shown)
    assert all(link.startswith("http://testserver/briefs/") for link in links), links
    assert all(one["url_citation"]["url"].startswith("http://testserver/briefs/") for one in message["annotations"])


def smuggled(hit: dict[str, Any]) -> list[str]:
    """Addresses of a hit that briefqa has made and that lead elsewhere."""
    own = [hit["brief"]["url"], hit["passage"]["url"], *(note["url"] for note in hit["notes"])]
    return [url for url in own if not url.startswith("http://testserver/briefs/")]
