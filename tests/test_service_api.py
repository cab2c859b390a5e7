from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import Request  # noqa: TC002 - FastAPI looks at it
from starlette.testclient import TestClient

from briefqa import errors
from briefqa.embedding import HashingEmbedder
from briefqa.errors import BriefqaError, NoGeneration
from briefqa.service import wire
from briefqa.service.access import Reader, reader_as_of, reader_of
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.problems import STATUS, status_of
from briefqa.service.wire_answers import AskResponse
from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import BaseModel

LIMITS = Limits(hits=2, max_hits=10, max_query_chars=100)
LEVEES = make_brief(LEVEE)
MEALS = make_brief(SCHOOL, path="meals.txt", title="School Meals")


def client_over(index: MemoryIndex | BriefqaError, docs_in: Path) -> TestClient:
    def open_current() -> MemoryIndex:
        if isinstance(index, BriefqaError):
            raise index
        return index

    live = Live(open_current, lambda: "g1", HashingEmbedder, interval=60, patience=5)
    app = app_over(live, docs_in=docs_in, limits=LIMITS)
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def docs_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of briefs; only the tests of downloads put files in."""
    return tmp_path_factory.mktemp("docs_in")


@pytest.fixture(scope="module")
def client(docs_in: Path) -> Iterator[TestClient]:
    with client_over(MemoryIndex([LEVEES, MEALS]), docs_in) as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        yield client


def assert_problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert problem["status"] == status
    assert "Traceback" not in response.text
    return problem


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "levee"}',
        b'{"query": "levee", "k": 2, "filters": {"collection": ""}, "expand": 1, "rerank": false}',
        b'{"query": "levee", "k": 3.0}',
        b'{"query": "levee", "k": 1e400}',
        b'{"query": "levee", "k": 99999999999999999999999}',
        b'{"query": "levee", "k": NaN}',
        b'{"query": "levee", "k": "1"}',
        b'{"query": "levee", "more": 1}',
        b'{"query": "levee", "query": "school"}',
        b'{"query": "levee", "k": null, "generation": "none"}',
        b'{"query": "\\ud800"}',
        b'{"query": "\\ud83d\\ude00"}',
        b'{"query": ""}',
        b'{"query": ["levee"]}',
        b'{"query": "levee"',
        b'{"query": "levee"} ',
        b'{"query": "l\xe9vee"}',
        b"\xef\xbb\xbf" + b'{"query": "levee"}',
        '{"query": "levee"}'.encode("utf-16"),
        b'{"query": "levee", "filters": ' + b'{"not": ' * 300 + b"{}" + b"}" * 301,
        b'["levee"]',
        b"null",
        b"",
    ],
)
@pytest.mark.parametrize("path", ["/v1/search", "/v1/ask"])
def test_a_plain_request_is_answered_as_one_that_fastapi_looks_through(
    client: TestClient, path: str, body: bytes
) -> None:
    if path == "/v1/ask":
        body = body.replace(b'"query"', b'"question"')
    answers = []
    for accept in ("*/*", "application/json, text/plain;q=0.5"):
        response = client.post(path, content=body, headers={"Content-Type": "application/json", "Accept": accept})
        answer = response.json()
        answer.pop("took_ms", None)
        answers.append((response.status_code, answer))
    assert answers[0] == answers[1]


def test_a_plain_request_is_not_looked_through(client: TestClient) -> None:
    looked: list[str] = []
    app: Any = client.app

    async def reader(request: Request) -> Reader:
        looked.append(request.url.path)
        return reader_of(request)

    app.dependency_overrides[reader_as_of] = reader
    try:
        for accept in ("*/*", "text/html"):
            assert client.post("/v1/search", json={"query": "levee"}, headers={"Accept": accept}).status_code == 200
    finally:
        app.dependency_overrides.clear()
    assert looked == ["/v1/search"], "only the one that may want something else"


def test_a_client_that_goes_away_before_it_has_asked_is_no_fault(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Any] = []
    left = [
        {"type": "http.request", "body": b'{"query": ', "more_body": True},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/search", "raw_path": b"/v1/search", "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-type", b"application/json")], "http_version": "1.1",
        "scheme": "http", "server": ("testserver", 80), "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip

    async def ask() -> None:
        async def receive() -> Any:
            return left.pop(0) if left else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await client.app(scope, receive, send)

    asyncio.run(ask())
    assert [message["status"] for message in sent if "status" in message] == [400]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_search_gives_the_passage_with_its_notes(client: TestClient) -> None:
    response = client.post("/v1/search", json={"query": "How high are levee premiums?", "k": 1})

    assert response.status_code == 200
    answer = response.json()
    assert answer.pop("took_ms") >= 0
    assert answer.pop("answerable") is (answer.pop("confidence") >= 0.5)
    score = answer["hits"][0].pop("score")
    assert 0 < score <= 1
    page = f"http://testserver/briefs/{LEVEES.id}"
    note = {
        "label": "12",
        "kind": "footnote",
        "page": 1,
        "text": LEVEES.notes[0].text,
        "source": {"type": "report", "title": "Premiums", "URL": "https://example.org/premiums"},
        "url": f"{page}#note-n12",
    }
    assert answer == {
        "query": "How high are levee premiums?",
        "generation": "g1",
        "hits": [
            {
                "rank": 1,
                "brief": {
                    "id": LEVEES.id,
                    "title": "Insuring the Coast",
                    "collection": "coast",
                    "authors": ["A. Writer"],
                    "published": "2031-03",
                    "url": page,
                },
                "passage": {
                    "id": f"{LEVEES.id}-0",
                    "text": LEVEE,
                    "start": 0,
                    "end": len(LEVEE),
                    "section": "What households pay",
                    "pages": [{"index": 1, "label": "iv"}],
                    "highlights": [{"start": 0, "end": 48}],
                    "url": f"{page}?page=1&passage={LEVEES.id}-0#passage",
                },
                "notes": [note | {"offset": 48, "matched": False}, note | {"offset": len(LEVEE), "matched": False}],
                "also_in": [],
                "neighbours": [],
            }
        ],
    }
    assert response.headers["server-timing"].startswith("embed;dur=")


def test_without_k_as_many_hits_as_the_settings_say(client: TestClient) -> None:
    assert len(client.post("/v1/search", json={"query": "levee"}).json()["hits"]) == LIMITS.hits


def test_filters_quotes_and_neighbours(client: TestClient) -> None:
    def found(**wishes: object) -> list[str]:
        answer = client.post("/v1/search", json={"query": "premiums of school meals", "k": 10} | wishes)
        assert answer.status_code == 200, answer.text
        return [hit["passage"]["text"] for hit in answer.json()["hits"]]

    everything = found()
    assert set(found(filters={"collection": "coast"})) < set(everything)
    assert found(filters={"collection": "nowhere"}) == []
    assert found(query='What of "Levee premiums"?') == [LEVEE]
    assert found(rerank=False, expand=1) == everything


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": " \n "}, "query"),
        ({"query": "x" * 101}, "query"),
        ({"query": "levee\0"}, "query"),
        ({"query": 7}, "query"),
        ({"query": None}, "query"),
        ({"query": ["levee"]}, "query"),
        ({}, "query"),
        ({"query": "levee", "k": 0}, "k"),
        ({"query": "levee", "k": -1}, "k"),
        ({"query": "levee", "k": 10**9}, "k"),
        ({"query": "levee", "k": 10**400}, "k"),
        ({"query": "levee", "k": 11}, "k"),
        ({"query": "levee", "k": "3"}, "k"),
        ({"query": "levee", "k": 2.0}, "k"),
        ({"query": "levee", "k": True}, "k"),
        ({"query": "levee", "k": float("nan")}, "k"),
        ({"query": "levee", "K": 1}, "K"),
        ({"query": "levee", "\ud83d": 1}, "body"),
        ({"query": "\ud83d"}, "query"),
        ([], "body"),
        ("levee", "body"),
        (None, "body"),
    ],
)
def test_a_field_that_is_wrong_is_named(client: TestClient, body: object, field: str) -> None:
    response = client.post("/v1/search", content=json.dumps(body), headers={"Content-Type": "application/json"})

    problem = assert_problem(response, 422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["type"] == "urn:briefqa:invalid-request"
    assert problem["errors"][0]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"{'query': 'levee'}", b"query=levee", b'{"query": "levee"} x'])
def test_a_body_that_is_not_json_is_refused(client: TestClient, body: bytes) -> None:
    problem = assert_problem(client.post("/v1/search", content=body, headers={"Content-Type": "application/json"}), 422)

    assert problem["errors"][0]["field"] == "body"


@pytest.mark.parametrize("body", [b'{"query": "\xff\xfe"}', b"[" * 5000, b"\xef\xbb\xbf{}"])
def test_a_body_that_cannot_even_be_decoded_is_the_clients_fault(client: TestClient, body: bytes) -> None:
    response = client.post("/v1/search", content=body, headers={"Content-Type": "application/json"})

    assert_problem(response, response.status_code)
    assert 400 <= response.status_code < 500


def test_json_sent_as_something_else_is_refused(client: TestClient) -> None:
    response = client.post("/v1/search", content=b'{"query": "levee"}', headers={"Content-Type": "text/plain"})

    assert_problem(response, 422)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_body_that_is_too_large_is_refused(client: TestClient, streamed: bool) -> None:  # noqa: FBT001
    body = b'{"query": "' + b"x" * LIMITS.max_body_bytes + b'"}'
    content: Any = iter([body[:1000], body[1000:]]) if streamed else body

    response = client.post("/v1/search", content=content, headers={"Content-Type": "application/json"})

    assert str(LIMITS.max_body_bytes) in assert_problem(response, 413)["detail"]


def test_the_longest_question_fits_in_the_largest_body(client: TestClient) -> None:
    body = json.dumps({"query": "😀" * LIMITS.max_query_chars, "k": 1})
    response = client.post("/v1/search", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 200


def test_briefs_are_listed_page_by_page(client: TestClient) -> None:
    first = client.get("/v1/briefs", params={"limit": 1}).json()
    second = client.get("/v1/briefs", params={"limit": 1, "offset": 1}).json()

    assert (first["total"], first["limit"], first["offset"], first["generation"]) == (2, 1, 0, "g1")
    assert [brief["path"] for brief in first["briefs"] + second["briefs"]] == ["coast/levees.pdf", "meals.txt"]
    assert client.get("/v1/briefs", params={"offset": 2}).json()["briefs"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=11", "limit=x", "offset=-1", f"offset={10**30}", "offset=nan"])
def test_a_page_that_cannot_be_is_refused(client: TestClient, query: str) -> None:
    problem = assert_problem(client.get(f"/v1/briefs?{query}"), 422)

    assert problem["errors"][0]["field"] == query.partition("=")[0]


def test_a_brief_is_given_whole(client: TestClient) -> None:
    brief = client.get(f"/v1/briefs/{LEVEES.id}").json()

    assert brief["body"] == LEVEE
    assert brief["pages"] == [{"index": 1, "label": "iv", "start": 0, "end": len(LEVEE)}]
    assert brief["sections"] == [{"title": "What households pay", "start": 0, "end": len(LEVEE)}]
    assert [mark["note_id"] for mark in brief["marks"]] == ["n12", "n12", None]
    assert brief["notes"][0]["sources"] == [LEVEES.notes[0].sources[0].csl]
    assert brief["problems"] == [{"page": 1, "message": "The mark 13 leads to no note."}]
    assert brief["generation"] == "g1"


def test_a_passage_is_given_as_in_the_hits(client: TestClient) -> None:
    hit = client.post("/v1/search", json={"query": "levee premiums", "k": 1}).json()["hits"][0]
    passage = client.get(f"/v1/passages/{hit['passage']['id']}").json()

    assert passage["passage"] == hit["passage"] | {"highlights": []}
    assert (passage["brief"], passage["notes"]) == (hit["brief"], hit["notes"])


@pytest.mark.parametrize(
    "path",
    ["/v1/briefs/0", "/v1/briefs/%00", "/v1/briefs/..%2f..", "/v1/passages/0", "/v1/passages/%F0%9F", "/v1/x", "/x"],
)
def test_what_is_not_there_is_a_problem_too(client: TestClient, path: str) -> None:
    assert_problem(client.get(path), 404)


def test_a_wrong_method_is_a_problem_too(client: TestClient) -> None:
    response = client.get("/v1/search")

    assert_problem(response, 405)
    assert response.headers["allow"] == "POST"


def test_the_file_of_a_brief_is_given_if_it_still_lies_in_the_folder(client: TestClient, docs_in: Path) -> None:
    url = f"/v1/briefs/{LEVEES.id}/file"
    file = docs_in / "coast" / "levees.pdf"
    assert_problem(client.get(url), 404)

    file.parent.mkdir()
    file.write_bytes(b"%PDF-1.7 the file")
    response = client.get(url)
    assert response.content == b"%PDF-1.7 the file"
    assert response.headers["content-disposition"] == 'inline; filename="levees.pdf"'
    assert response.headers["x-content-type-options"] == "nosniff"

    file.unlink()
    file.symlink_to("/etc/hostname")
    assert_problem(client.get(url), 404)


def test_health_needs_no_index(tmp_path: Path) -> None:
    with client_over(NoGeneration("Nothing has been indexed yet: run `briefqa reindex` first."), tmp_path) as client:
        assert client.get("/healthz").json() == {"alive": True}
        for response in (client.get("/readyz"), client.post("/v1/search", json={"query": "levee"})):
            problem = assert_problem(response, 503)
            assert problem["type"] == "urn:briefqa:no-generation"
            assert "briefqa reindex" in problem["detail"]
            assert response.headers["retry-after"]


def test_ready_names_the_generation(client: TestClient) -> None:
    assert client.get("/readyz").json() == {"ready": True, "generation": "g1"}


def test_an_index_of_another_model_asks_for_a_reindex(tmp_path: Path) -> None:
    with client_over(MemoryIndex([LEVEES], fingerprint="other"), tmp_path) as client:
        problem = assert_problem(client.post("/v1/search", json={"query": "levee"}), 503)
        assert problem["type"] == "urn:briefqa:incompatible-generation"
        assert "briefqa reindex" in problem["detail"]


def test_a_fault_of_ours_is_told_without_its_insides(tmp_path: Path) -> None:
    class Faulty(MemoryIndex):
        def dense(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("secret")

    with client_over(Faulty([LEVEES]), tmp_path) as client:
        response = client.post("/v1/search", json={"query": "levee"})

    assert_problem(response, 500)
    assert "secret" not in response.text


def test_text_that_is_not_text_still_leaves_as_json(tmp_path: Path) -> None:
    brief = make_brief("Half a pair \ud83d is not a letter. More.", path="odd\udcff.pdf", title="T\udc80")
    with client_over(MemoryIndex([brief]), tmp_path) as client:
        [hit] = client.post("/v1/search", json={"query": "letter"}).json()["hits"]
        whole = client.get(f"/v1/briefs/{brief.id}").json()
        page = client.get("/", params={"q": "letter"})

    assert hit["brief"]["title"] == "T\ufffd"
    assert whole["body"] == brief.body.replace("\ud83d", "\ufffd")
    assert whole["path"] == "odd\ufffd.pdf"
    assert page.status_code == 200


def test_every_error_has_a_status_of_its_own_or_of_its_family() -> None:
    tree = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, BriefqaError)]

    assert len(tree) > 10
    for one in tree:
        assert status_of(one("message")) == next(STATUS[base] for base in one.__mro__ if base in STATUS)
        if one is not BriefqaError:
            family = one.__mro__[one.__mro__.index(BriefqaError) - 1]
            assert family in STATUS, f"{family.__name__} has no status"


def test_the_openapi_tells_of_problems_and_shows_examples(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    search = document["paths"]["/v1/search"]["post"]

    assert set(search["responses"]) == {"200", "400", "401", "403", "404", "410", "413", "422", "429", "503"}
    assert set(search["responses"]["422"]["content"]) == {"application/problem+json"}
    for model in ("SearchRequest", "SearchResponse", "ProblemDetails"):
        assert document["components"]["schemas"][model]["examples"]
    assert client.get("/docs").status_code == 200


def test_the_examples_of_the_openapi_are_true_to_their_models(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for name in ("SearchRequest", "SearchResponse", "ProblemDetails"):
        model = getattr(wire, name)
        for example in document["components"]["schemas"][name]["examples"]:
            assert model.model_validate(example).model_dump(exclude_unset=True) == example


@pytest.mark.parametrize(
    ("path", "asked", "model"),
    [("/v1/search", "query", wire.SearchResponse), ("/v1/ask", "question", AskResponse)],
)
def test_what_is_sent_as_it_is_made_is_what_its_model_says_and_no_more(
    client: TestClient, path: str, asked: str, model: type[BaseModel]
) -> None:
    answer = client.post(path, json={asked: "How high are levee premiums?"}).json()

    assert any(hit["notes"] for hit in answer["hits"])
    assert model.model_validate(answer).model_dump() == answer
