"""Answers as of a generation that is kept, and none of one that is not."""

from __future__ import annotations

import html
import json
import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from briefqa.cli import main
from briefqa.embedding import HashingEmbedder
from briefqa.generation import current_id, generations, open_current, open_generation
from briefqa.service.app import app_over, create_app
from briefqa.service.earlier import Earlier
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from fakes import MemoryIndex, make_brief
from test_generation import publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2


@pytest.fixture
def client(tmp_path: Path) -> Iterator[tuple[TestClient, list[str], Path]]:
    index = tmp_path / "index"
    names = [publish(index, [make_brief(f"Dams cost {n} million.")]) for n in range(3)]
    earlier = Earlier(partial(open_generation, index), partial(generations, index))
    live = Live(
        partial(open_current, index), partial(current_id, index), HashingEmbedder, earlier=earlier, interval=0.01
    )
    with TestClient(app_over(live, docs_in=tmp_path, limits=Limits())) as made:
        yield made, names, index


def search(client: TestClient, generation: str | None) -> tuple[int, str, str]:
    answer = client.post("/v1/search", json={"query": "dams", "k": 1, "generation": generation})
    said = answer.json()
    return answer.status_code, said.get("generation", said.get("detail")), said["hits"][0]["passage"]["text"] if (
        answer.status_code == 200
    ) else ""  # fmt: skip


def test_any_request_is_answered_as_of_a_generation_that_is_kept(client: tuple[TestClient, list[str], Path]) -> None:
    http, names, _ = client
    assert search(http, None) == (200, names[2], "Dams cost 2 million.")
    for n, name in enumerate(names):
        assert search(http, name) == (200, name, f"Dams cost {n} million.")
    listed = http.get("/v1/briefs", params={"generation": names[0]}).json()
    assert listed["generation"] == names[0]
    brief = listed["briefs"][0]["id"]
    assert http.get(f"/v1/briefs/{brief}", params={"generation": names[0]}).json()["body"] == "Dams cost 0 million."
    assert http.get(f"/v1/briefs/{brief}").status_code == 404
    hit = http.post("/v1/search", json={"query": "dams", "generation": names[1]}).json()["hits"][0]["passage"]["id"]
    assert http.get(f"/v1/passages/{hit}", params={"generation": names[1]}).status_code == 200


OLD = "Dams cost 2 million a year.[^1]\n\n[^1]: Board of Weirs, *What Dams Cost* (2029), https://example.org/old.\n"
NEW = "Dams cost 9 million a year.[^1]\n\n[^1]: Board of Weirs, *Dams Anew* (2031), https://example.org/new.\n"


@pytest.fixture
def revised(tmp_path: Path) -> Iterator[tuple[TestClient, str, Path]]:
    """A brief that was revised, the generation before, and the folder."""
    (tmp_path / "briefqa.toml").write_text(
        'model = "hashing"\ndocs_in = "docs_in"\nindex = "index"\n', encoding="utf-8"
    )
    (tmp_path / "docs_in").mkdir()
    for text in (OLD, NEW):
        (tmp_path / "docs_in" / "dams.md").write_text(f"# Dams\n\n{text}", encoding="utf-8")
        assert main(["reindex", "--config", str(tmp_path / "briefqa.toml")]) == 0
    index = tmp_path / "index"
    older = next(name for name in generations(index) if name != current_id(index))
    with TestClient(create_app(index, load=HashingEmbedder, docs_in=tmp_path / "docs_in")) as made:
        yield made, older, tmp_path / "docs_in"


QUESTION = "What do dams cost a year?"
# Whose errors have other numbers.
OPENAI_S = {"/v1/chat/completions", "/v1/responses"}
# None of them asks an index.
WITHOUT = {"/healthz", "/readyz", "/metrics", "/v1/models", "/v1/models/*"}


def asked(brief: str, passage: str, source: str) -> dict[str, dict[str, object] | None]:
    """A request for each route that answers of briefs, with the JSON to post, if any."""
    return {
        "/v1/search": {"query": QUESTION},
        "/v1/ask": {"question": QUESTION},
        "/v1/chat/completions": {"messages": [{"role": "user", "content": QUESTION}]},
        "/v1/responses": {"input": QUESTION},
        "/v1/briefs": None,
        f"/v1/briefs/{brief}": None,
        f"/v1/briefs/{brief}/notes": None,
        f"/v1/passages/{passage}": None,
        "/v1/notes": None,
        "/v1/notes?format=chicago": None,
        "/v1/sources": None,
        "/v1/sources?format=bibtex": None,
        f"/v1/sources/{source}": None,
    }


def test_every_route_of_the_api_answers_as_of_a_generation(revised: tuple[TestClient, str, Path]) -> None:
    http, older, _ = revised
    hit = http.post("/v1/search", json={"query": QUESTION, "generation": older}).json()["hits"][0]
    source = http.get("/v1/sources", params={"generation": older}).json()["sources"][0]
    requests = asked(hit["brief"]["id"], hit["passage"]["id"], source["id"])
    answered = set()
    for path, body in requests.items():
        joined = "&" if "?" in path else "?"
        said = send(http, f"{path}{joined}generation={older}", body)
        assert said.status_code == 200, path
        assert "Cost" in said.text or "2 million" in said.text or path == "/v1/briefs", path
        assert "9 million" not in said.text, path
        assert "Anew" not in said.text, path
        if said.headers["content-type"].startswith("application/json"):
            told = said.json()
            named = {told.get("generation"), told.get("system_fingerprint"), told.get("metadata", {}).get("generation")}
            assert older in named, path
            links = re.findall(r'"(http://testserver/[^"]*)"', said.text)
            assert links or path == "/v1/chat/completions"
            assert all(f"generation={older}" in link for link in links), path
        if body:
            assert send(http, path, body | {"generation": older}).json().get("answer") == said.json().get("answer")
        for name, status in (("yesterday", 404), ("20200101T000000000Z-00000000", 410), ("x" * 101, 422)):
            refused = send(http, f"{path}{joined}generation={name}", body)
            assert refused.status_code == (400 if status == 422 and path in OPENAI_S else status), path
        answered.add(re.sub(r"[0-9a-f]{16}(-\w+)?", "*", path.partition("?")[0]))
    paths = {re.sub(r"\{\w+\}", "*", path) for path in http.get("/openapi.json").json()["paths"]} - WITHOUT
    assert answered == paths - {"/v1/briefs/*/file"}


def send(http: TestClient, address: str, body: dict[str, object] | None) -> httpx2.Response:
    return http.get(address) if body is None else http.post(address, json=body)


def test_a_file_is_given_only_where_it_is_still_the_one_of_that_generation(
    revised: tuple[TestClient, str, Path],
) -> None:
    http, older, docs_in = revised
    old = http.get("/v1/briefs", params={"generation": older}).json()["briefs"][0]["id"]
    new = http.get("/v1/briefs").json()["briefs"][0]["id"]
    assert http.get(f"/v1/briefs/{new}/file").status_code == 200
    told = http.get(f"/v1/briefs/{old}/file", params={"generation": older})
    assert (told.status_code, told.json()["type"]) == (404, "urn:briefqa:not-found")
    assert older in told.json()["detail"]
    (docs_in / "dams.md").write_text(f"# Dams\n\n{OLD}", encoding="utf-8")
    given = http.get(f"/v1/briefs/{old}/file", params={"generation": older})
    assert (given.status_code, "2 million" in given.text) == (200, True)
    assert http.get(f"/v1/briefs/{old}/file").status_code == 410


def test_the_address_of_a_passage_leads_to_it_as_long_as_it_stands(tmp_path: Path) -> None:
    settings = tmp_path / "briefqa.toml"
    settings.write_text('model = "hashing"\ndocs_in = "docs_in"\nindex = "index"\n', encoding="utf-8")
    (tmp_path / "docs_in").mkdir()
    stays = "Weirs are another matter, which the board has left to the towns below the falls."
    for cost in (3, 4):
        text = f"# Dams\n\n{f'Dams cost {cost} million. ' * 60}\n\n## Towns\n\n{f'{stays} ' * 20}\n"
        (tmp_path / "docs_in" / "dams.md").write_text(text, encoding="utf-8")
        assert main(["reindex", "--config", str(settings)]) == 0
    index = tmp_path / "index"
    older = generations(index)[1]
    with TestClient(create_app(index, load=HashingEmbedder, docs_in=tmp_path / "docs_in")) as http:
        asked = {"query": "dams weirs towns", "k": 20, "generation": older}
        found = [hit["passage"] for hit in http.post("/v1/search", json=asked).json()["hits"]]
        standing = next(passage for passage in found if stays in passage["text"] and "million" not in passage["text"])
        gone = next(passage for passage in found if "3 million" in passage["text"])
        address = standing["url"].replace(f"generation={older}", "")
        page = http.get(address)
        assert [answer.status_code for answer in page.history] == [302]
        assert (page.status_code, stays in page.text) == (200, True)
        assert standing["id"].partition("-")[0] not in str(page.url)
        page = http.get(gone["url"].replace(f"generation={older}", ""))
        assert (page.status_code, "has taken its place" in page.text) == (410, True)


def test_the_command_line_asks_as_of_a_generation(
    revised: tuple[TestClient, str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, older, docs_in = revised
    options = ["--config", str(docs_in.parent / "briefqa.toml"), "--generation"]
    capsys.readouterr()
    for command in ("search", "ask"):
        assert main([command, QUESTION, "--json", *options, older]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["generation"] == older
        assert said["hits"][0]["passage"]["url"].endswith(f"&generation={older}#passage")
        assert "2 million" in said["hits"][0]["passage"]["text"]
        assert main([command, QUESTION, *options, "20200101T000000000Z-00000000"]) == 1
        assert f"Kept are: {current_id(docs_in.parent / 'index')}, {older}" in capsys.readouterr().err


def test_every_page_shows_an_earlier_generation_and_leads_on_in_it(revised: tuple[TestClient, str, Path]) -> None:
    http, older, _ = revised
    there = {"generation": older}
    brief = http.get("/v1/briefs", params=there).json()["briefs"][0]["id"]
    source = http.get("/v1/sources", params=there).json()["sources"][0]["id"]
    pages = {
        "/": "", f"/?q={quote(QUESTION)}": "2 million", "/briefs": "", f"/briefs/{brief}": "2 million",
        f"/briefs/{brief}?view=notes": "What Dams Cost", f"/briefs/{brief}?find=million": "Dams cost 2",
        "/sources": "What Dams Cost", "/sources?find=dams": "What Dams Cost", f"/sources/{source}": "What Dams Cost",
    }  # fmt: skip
    for path, said in pages.items():
        joined = "&" if "?" in path else "?"
        page = http.get(f"{path}{joined}generation={older}")
        assert page.status_code == 200, path
        assert said in page.text, path
        assert "9 million" not in page.text, path
        assert "Dams Anew" not in page.text, path
        date = f"{older[:4]}-{older[4:6]}-{older[6:8]} {older[9:11]}:{older[11:13]} UTC"
        assert f"as they were on {date}, in generation {older}" in page.text, path
        leading = re.findall(r'(?:href|src)="([^"#][^"]*)"', page.text)
        on = [html.unescape(link) for link in leading if not re.match(r"/(static|docs|admin)|https?:", link)]
        away = [link for link in on if f"generation={older}" not in link]
        assert away == [path.replace("%20", "+")], f"{path}: only to what is live"
        forms = re.findall(r"<form[^>]*method=\"get\".*?</form>", page.text, re.DOTALL)
        assert all(f'name="generation" value="{older}"' in form for form in forms), path
        for name, status in (("yesterday", 404), ("20200101T000000000Z-00000000", 410)):
            refused = http.get(f"{path}{joined}generation={name}", headers={"accept": "text/html"})
            assert (refused.status_code, "as they were" in refused.text) == (status, False), path
            assert html.escape(path.replace("%20", "+")) in refused.text, "the way to what is live"


def test_a_generation_that_was_pruned_is_gone_though_it_is_open(client: tuple[TestClient, list[str], Path]) -> None:
    http, names, index = client
    assert search(http, names[0])[0] == 200
    for file in sorted((index / "generations" / names[0]).rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (index / "generations" / names[0]).rmdir()
    status, told, _ = search(http, names[0])
    assert status == 410
    assert "is not kept" in told
    assert names[1] in told
    assert search(http, "yesterday")[0] == 404


def test_few_are_held_open_and_none_for_long() -> None:
    made: dict[str, MemoryIndex] = {}

    def opened(name: str) -> MemoryIndex:
        made[name] = MemoryIndex([], generation=name)
        return made[name]

    earlier = Earlier(opened, lambda: ["a", "b", "c"])
    with earlier.borrow("a"):
        for name in "bcb":
            with earlier.borrow(name):
                assert not made[name].closed
        assert not made["a"].closed, "somebody reads it"
    assert [name for name, index in made.items() if index.closed] == ["a"]
    earlier.clear()
    assert not made["b"].closed
    earlier.clear(everything=True)
    assert all(index.closed for index in made.values())
