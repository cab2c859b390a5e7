"""Every route, with every kind of caller. Routes are found in the app: a new one fails here until it is described."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from briefqa.briefs import Note, Source
from briefqa.embedding import HashingEmbedder
from briefqa.keys import KeyFile
from briefqa.service.app import create_app
from briefqa.service.guarding import Guard
from briefqa.service.guarding.authentication import OPEN_PATHS, right_for
from fakes import LEVEE, make_brief
from test_generation import publish
from test_within import HARBOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.routing import BaseRoute

SEEN = make_brief(LEVEE, path="coast/levees.txt")
_SOURCE = Source({"type": "report", "title": "Halberds", "URL": "https://example.org/halberd"}, 0, 8)
HIDDEN = replace(
    make_brief(HARBOUR, path="harbour/halberd.txt", title="The Halberd Merger"),
    notes=(Note("n12", "12", "footnote", 1, "Halberds, https://example.org/halberd.", (_SOURCE,)),),
)
NOWHERE = "0" * 16
SECRETS = [HIDDEN.id, "Halberd", "halberd", "harbour", "Harbour"]
"""What must not be in any answer to a key that may not see the hidden brief."""

QUESTION = "What is secret about the dues?"
BODIES: dict[str, Any] = {
    "/v1/search": {"query": QUESTION, "k": 10},
    "/v1/ask": {"question": QUESTION},
    "/v1/chat/completions": {"model": "briefqa", "messages": [{"role": "user", "content": QUESTION}]},
    "/v1/responses": {"model": "briefqa", "input": QUESTION},
    "/mcp": {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "a test", "version": "1"},
        },
    },
}
"""A good request for each route that wants a body. A route that is missing here fails the test."""

OTHER_PARAMETERS = {"page_index": "1", "name": "swagger-ui.css", "model": "briefqa"}
QUERIES = {"/admin/rollback": "?generation=none", "/answer": "?q=dues"}
FORMS = {"/login", "/logout", "/admin/rollback"}


@dataclass(frozen=True)
class Case:
    """A route, asked for something that may be seen, that is hidden, or that there is not."""

    method: str
    path: str

    def address(self, ids: dict[str, str]) -> str:
        """The address with the ids of a brief, its passage and its source put in."""
        ids = ids | OTHER_PARAMETERS

        def put(match: re.Match[str]) -> str:
            return ids[match[1].partition(":")[0]]

        return re.sub(r"{([^}]+)}", put, self.path) + QUERIES.get(self.path, "")

    @property
    def names_a_brief(self) -> bool:
        return any(f"{{{name}" in self.path for name in ("brief_id", "passage_id", "source_id"))

    @property
    def is_open(self) -> bool:
        return self.path in OPEN_PATHS or self.path.startswith("/static/")


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[Case]:
    for route in routes:
        if isinstance(route, Route | APIRoute):
            # A route that takes all methods is an app of its own, which is spoken to by POST.
            methods = sorted(route.methods or {"POST"})
            yield from (Case(method, route.path) for method in methods if method != "HEAD")
        elif isinstance(route, Mount):
            yield Case("GET", f"{route.path}/style.css" if route.path == "/static" else f"{route.path}/")
        else:  # FastAPI's own of an included router
            yield from routes_of(route.original_router.routes)  # type: ignore[attr-defined]


CASES = list(
    routes_of(create_app(__file__, load=HashingEmbedder, docs_in=__file__, guard=Guard()).routes)  # type: ignore[arg-type]
)
CLOSED = [case for case in CASES if not case.is_open]


@dataclass(frozen=True)
class World:
    client: TestClient
    keys: dict[str, str]
    ids: dict[str, dict[str, str]]

    def ask(self, case: Case, who: str, of: str = SEEN.id, **headers: str) -> Response:
        said = {"Authorization": f"Bearer {self.keys[who]}"} if who in self.keys else {}
        body = json.dumps(BODIES[case.path]) if case.method == "POST" and case.path not in FORMS else None
        typed = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"} if body else {}
        return self.client.request(
            case.method,
            case.address(self.ids[of]),
            content=body,
            headers=said | typed | headers,
            follow_redirects=False,
        )

    def without(self, answer: Response, brief_id: str) -> str:
        """What is said, but for the ids that were asked for, and when and how long."""
        told = answer.text
        for one in sorted(self.ids[brief_id].values(), key=len, reverse=True):
            told = told.replace(one, "ID")
        return re.sub(r'"took_ms":[\d.]+|"created":\d+|"created_at":\d+|"id":"(?:chatcmpl-|resp_|msg_)[^"]*"', "", told)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("home")
    for brief in (SEEN, HIDDEN):
        file = home / "docs_in" / brief.path
        file.parent.mkdir(parents=True)
        file.write_text(brief.body, encoding="utf-8")
    publish(home / "index", [HIDDEN, SEEN])
    keys = KeyFile(home / "index" / "keys.json")
    secrets = {
        "all": keys.create("all", rights=["read", "admin"])[1],
        "right": keys.create("right", collections=["coast"])[1],
        "other": keys.create("other", collections=["elsewhere"])[1],
        "none": keys.create("none", collections=[])[1],
        "reindex": keys.create("reindex", rights=["reindex"])[1],
        "expired": keys.create("expired", days=1)[1],
        "wrong": "bq_" + "a" * 8 + "_" + "A" * 43,
        "garbage": "bq_;, bq_",
    }
    revoked, secrets["revoked"] = keys.create("revoked")
    keys.revoke(revoked.id)
    _expire(home / "index" / "keys.json", "expired")
    app = create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in", guard=Guard(keys=keys))
    with TestClient(app, raise_server_exceptions=False) as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        headers = {"Authorization": f"Bearer {secrets['all']}"}
        hits = client.post("/v1/search", json={"query": QUESTION, "k": 10}, headers=headers).json()["hits"]
        ids = {hit["brief"]["id"]: {"brief_id": hit["brief"]["id"], "passage_id": hit["passage"]["id"]} for hit in hits}
        for brief_id, its in ids.items():
            listed = client.get("/v1/sources", params={"brief": brief_id}, headers=headers)
            its["source_id"] = listed.json()["sources"][0]["id"]
        ids[NOWHERE] = {"brief_id": NOWHERE, "passage_id": "no-such-passage", "source_id": "no-such-source"}
        yield World(client, secrets, ids)


def _expire(file: Path, name: str) -> None:
    said = json.loads(file.read_text(encoding="utf-8"))
    [key] = [key for key in said["keys"] if key["name"] == name]
    key["expires"] = "2020-01-01T00:00:00+00:00"
    file.write_text(json.dumps(said, indent=3), encoding="utf-8")


def test_routes_are_found() -> None:
    assert {"/v1/search", "/", "/mcp", "/briefs/{brief_id}", "/metrics", "/openapi.json", "/docs"} <= {
        c.path for c in CASES
    }


@pytest.mark.parametrize("who", ["nobody", "wrong", "garbage", "revoked", "expired"])
@pytest.mark.parametrize("case", CLOSED, ids=str)
def test_without_a_good_key_there_is_nothing(world: World, case: Case, who: str) -> None:
    for of in (SEEN.id, HIDDEN.id, NOWHERE):
        refused = world.ask(case, who, of)
        assert refused.status_code == 401, refused.text
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert not [secret for secret in SECRETS if secret in refused.text]
    body = refused.json()
    assert body.get("status") == 401 or body["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize("case", CLOSED, ids=str)
def test_a_key_of_another_collection_sees_nothing_of_the_hidden_brief(world: World, case: Case) -> None:
    for who in ("right", "other", "none"):
        answers = [world.ask(case, who, of) for of in (HIDDEN.id, NOWHERE)]
        hidden, nowhere = (
            (one.status_code, world.without(one, of)) for one, of in zip(answers, (HIDDEN.id, NOWHERE), strict=True)
        )
        if case.names_a_brief:
            assert hidden[0] in {404, 422}, answers[0].text
        assert hidden == nowhere
        told = hidden[1] if case.names_a_brief else answers[0].text
        assert not [secret for secret in SECRETS if secret in told], answers[0].text


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_right_key_gets_an_answer(world: World, case: Case) -> None:
    wanted = right_for(case.path)
    answer = world.ask(case, "right" if wanted == "read" else "all")
    if case.path in FORMS and case.method == "POST":
        assert answer.status_code == 403  # not sent from a page of briefqa
        return
    # What is not here (a text file has no pictures of pages, and no model writes) is not there for anybody.
    nowhere = case.path.endswith(".png") or case.path == "/answer"
    assert answer.status_code in ({200, 404, 422} if nowhere else {200}), answer.text
    if wanted != "read":
        assert world.ask(case, "right").status_code == 403
    assert world.ask(case, "reindex").status_code == (200 if case.is_open else 403)


@pytest.mark.parametrize("case", [case for case in CLOSED if case.names_a_brief], ids=str)
def test_a_key_for_all_collections_sees_the_hidden_brief(world: World, case: Case) -> None:
    # The tests above can fail: what they miss is there.
    assert world.ask(case, "all", HIDDEN.id).status_code == world.ask(case, "right", SEEN.id).status_code


def test_a_search_finds_what_the_key_may_see(world: World) -> None:
    def found(who: str) -> list[str]:
        headers = {"Authorization": f"Bearer {world.keys[who]}"}
        answer = world.client.post("/v1/search", json={"query": QUESTION, "k": 10}, headers=headers)
        return sorted(hit["brief"]["collection"] for hit in answer.json()["hits"])

    assert (found("all"), found("right"), found("other")) == (["coast", "harbour"], ["coast"], [])


@pytest.mark.parametrize("form", ["csl-json", "bibtex", "ris", "chicago", "apa"])
def test_an_export_holds_what_the_key_may_see(world: World, form: str) -> None:
    def exported(who: str) -> str:
        headers = {"Authorization": f"Bearer {world.keys[who]}"}
        asked = [
            world.client.post(path, json=BODIES[path], params={"format": form}, headers=headers)
            for path in ("/v1/search", "/v1/ask")
        ]
        asked += [
            world.client.get(path, params={"format": form}, headers=headers)
            for path in ("/v1/notes", "/v1/sources", f"/v1/passages/{world.ids[HIDDEN.id]['passage_id']}")
        ]
        return "\n".join(answer.text for answer in asked)

    assert "Halberds" in exported("all")
    for who in ("right", "other"):
        told = exported(who)
        assert not [secret for secret in ("Halberds", "example.org/halberd") if secret in told]


def test_a_browser_is_led_to_the_form_and_back(world: World) -> None:
    client = world.client
    page = f"/briefs/{SEEN.id}?page=1&passage={world.ids[SEEN.id]['passage_id']}"
    html = {"Accept": "text/html"}
    led = client.get(page, headers=html, follow_redirects=False)
    assert led.status_code == 303
    form = client.get(led.headers["location"], headers=html)
    target = re.search(r'name="next" value="([^"]+)"', form.text)
    assert target
    assert target[1].replace("&amp;", "&") == page
    said = {"key": world.keys["right"], "next": page}
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post("/login", data=said, headers=elsewhere).status_code == 403
    own = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/login", data=said | {"key": world.keys["revoked"]}, headers=own).status_code == 401
    done = client.post("/login", data=said, headers=own, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, page)
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert world.keys["right"] not in cookie
    try:
        assert client.get(page, headers=html).status_code == 200
        assert client.get(f"/briefs/{HIDDEN.id}", headers=html).status_code == 404
        assert client.post("/v1/search", json={"query": QUESTION}, headers=elsewhere).status_code == 401
        session = client.cookies["briefqa_session"]
        for forged in (session[:-1] + ("0" if session[-1] != "0" else "1"), session.replace(".", ".9", 1), "a.b", ""):
            client.cookies.clear()
            assert client.get(page, headers={"Cookie": f"briefqa_session={forged}"}).status_code == 401
    finally:
        client.cookies.clear()


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "x", "/a\nb", ""])
def test_the_form_leads_nowhere_else(world: World, target: str) -> None:
    form = world.client.get("/login", params={"next": target})
    assert 'name="next" value="/"' in form.text


def test_revoking_and_making_keys_counts_at_once(tmp_path: Path) -> None:
    publish(tmp_path / "index", [SEEN])
    keys = KeyFile(tmp_path / "index" / "keys.json")
    app = create_app(tmp_path / "index", load=HashingEmbedder, docs_in=tmp_path, guard=Guard(keys=keys))
    with TestClient(app) as client:
        assert client.get("/v1/briefs").status_code == 200  # no keys: open
        key, secret = KeyFile(tmp_path / "index" / "keys.json").create("first")
        assert client.get("/v1/briefs").status_code == 401
        headers = {"Authorization": f"Bearer {secret}"}
        assert client.get("/v1/briefs", headers=headers).status_code == 200
        KeyFile(tmp_path / "index" / "keys.json").revoke(key.id)
        assert client.get("/v1/briefs", headers=headers).status_code == 401
        (tmp_path / "index" / "keys.json").unlink()  # an accident must not open the door
        assert client.get("/v1/briefs").status_code == 401
        (tmp_path / "index" / "keys.json").write_text("{", encoding="utf-8")
        assert client.get("/v1/briefs", headers=headers).status_code == 401
