"""Notes and sources over HTTP, from a real index: merged, counted, looked up, exported, each folder by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from briefqa.cited import wanted_format
from briefqa.cli import main
from briefqa.embedding import HashingEmbedder
from briefqa.generation import NotesWanted, SourcesWanted, open_current
from briefqa.service.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from briefqa.generation import Generation

WORK = "Tidewater Institute, Premiums and Protection (Port Aldous, March 2030)"
COAST = """# Insuring the Coast

Premiums rose by a third.[^1] Nobody planned for it.[^2] Walls were built instead.[^3]

[^1]: Tidewater Institute, *Premiums and Protection* (Port Aldous, March 2030), https://www.example.org/premiums/?utm_source=x.
[^2]: Ibid., 20.
[^3]: Ada Quill, “Walls of Sand,” *Drainage Review* 12, no. 3 (2019): 45–67.
"""
RIVER = """# Insuring the River

Cover lapsed on the upper river.[^1] Elsewhere it held.[^2]

[^1]: See http://example.org/premiums.
[^2]: The board explains that cover is voluntary; ÉCLUSE is the local word for it.
"""
SEALED = """# A Secret Memo

Walls fall.[^1] Cover lapsed here, too.[^2]

[^1]: Ada Quill, “Walls of Sand,” *Drainage Review* 12, no. 3 (2019): 45–67, https://doi.org/10.5555/walls.
[^2]: Warden of the Weirs, *Sealed Findings* (2029), https://example.org/sealed.
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("citing")
    for name, text in (("open/coast.md", COAST), ("open/river.md", RIVER), ("shut/memo.md", SEALED)):
        file = home / "docs_in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (home / "briefqa.toml").write_text('model = "hashing"\ndocs_in = "docs_in"\nindex = "index"\n', encoding="utf-8")
    assert main(["reindex", "--config", str(home / "briefqa.toml")]) == 0
    return home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    app = create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in")
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.fixture(scope="module")
def index(home: Path) -> Iterator[Generation]:
    opened = open_current(home / "index")
    yield opened
    opened.close()


def get(client: TestClient, path: str, **headers: str) -> Any:
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.text
    return response.json() if response.headers["content-type"] == "application/json" else response.text


def premiums(client: TestClient) -> dict[str, Any]:
    [found] = get(client, "/v1/sources?q=premiums")["sources"]
    return dict(found)


def test_a_source_is_one_across_wordings_ibid_and_briefs(client: TestClient) -> None:
    found = premiums(client)
    assert (found["briefs"], found["notes"], found["passages"]) == (2, 3, 2)
    assert found["source"]["title"] == "Premiums and Protection"
    assert "page" not in found["source"]
    assert found["footnotes"]["chicago"].startswith(f"{WORK}, https://")


def test_who_cites_a_source(client: TestClient) -> None:
    shown = get(client, f"/v1/sources/{premiums(client)['id']}")
    assert [(note["brief"]["title"], note["label"]) for note in shown["citing"]] == [
        ("Insuring the Coast", "1"),
        ("Insuring the Coast", "2"),
        ("Insuring the River", "1"),
    ]
    first, ibid = shown["citing"][:2]
    assert ibid["refers_to"] == first["id"]
    assert ibid["sources"][0]["id"] == shown["id"]
    assert ibid["sources"][0]["page"] == "20"
    for note in shown["citing"]:
        [passage] = note["passages"]
        assert get(client, f"/v1/passages/{passage['id']}")["passage"]["url"] == passage["url"]
    assert get(client, f"/v1/sources/{shown['id']}?limit=1&offset=2")["citing"] == shown["citing"][2:]


@pytest.mark.parametrize("sought", ["https://example.org/premiums", "Tidewater 2030", "premiums protection"])
def test_a_source_is_found_by_address_and_words(client: TestClient, sought: str) -> None:
    answer = client.get("/v1/sources", params={"q": sought}).json()
    assert [item["id"] for item in answer["sources"]] == [premiums(client)["id"]]
    assert answer["total"] == 1


def test_sources_come_with_the_most_cited_first_and_in_portions(client: TestClient) -> None:
    everything = get(client, "/v1/sources")
    assert [item["briefs"] for item in everything["sources"]] == [2, 2, 1]
    assert get(client, "/v1/sources?limit=1&offset=1")["sources"] == everything["sources"][1:2]
    assert get(client, "/v1/sources?collection=shut")["total"] == 2
    assert get(client, "/v1/sources?q=nothing+of+the+kind")["sources"] == []


def test_notes_are_listed_and_filtered(client: TestClient) -> None:
    everything = get(client, "/v1/notes")
    assert everything["total"] == len(everything["notes"]) == 7
    coast = everything["notes"][0]["brief"]["id"]
    assert get(client, f"/v1/notes?brief={coast}") == get(client, f"/v1/briefs/{coast}/notes") | {"limit": 100}
    assert [note["label"] for note in get(client, "/v1/notes?text=ibid")["notes"]] == ["2"]
    assert [note["label"] for note in get(client, "/v1/notes?text=écluse+Board")["notes"]] == ["2"]
    assert get(client, "/v1/notes?collection=open")["total"] == 5
    assert get(client, "/v1/notes?label=1")["total"] == 3
    kinds = {note["kind"] for note in everything["notes"]}
    assert sum(get(client, f"/v1/notes?kind={kind}")["total"] for kind in kinds) == 7
    assert get(client, "/v1/notes?limit=2&offset=3")["notes"] == everything["notes"][3:5]


def test_a_brief_that_there_is_not_has_no_notes(client: TestClient) -> None:
    assert client.get("/v1/briefs/0000000000000000/notes").status_code == 404
    assert client.get("/v1/notes?brief=0000000000000000").status_code == 404
    assert client.get("/v1/sources/0000000000000000").status_code == 404


def test_exports_by_format_and_by_accept(client: TestClient) -> None:
    source = premiums(client)["id"]
    (item,) = json.loads(get(client, f"/v1/sources/{source}", accept="application/vnd.citationstyles.csl+json"))
    assert (item["id"], item["title"]) == (source, "Premiums and Protection")
    assert get(client, f"/v1/sources/{source}", accept="application/x-bibtex").startswith("@")
    assert get(client, f"/v1/sources/{source}?format=ris").startswith("TY  - ")
    assert get(client, f"/v1/sources/{source}?format=apa").startswith("Tidewater Institute. (2030). Premiums and Prot")
    assert get(client, f"/v1/sources/{source}?format=json", accept="application/x-bibtex")["id"] == source
    notes = get(client, "/v1/notes?text=ibid&format=chicago")
    assert notes == f"{WORK}, 20, https://www.example.org/premiums/?utm_source=x\n"
    assert client.get("/v1/sources?format=pdf").status_code == 422


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", None),
        ("*/*", None),
        ("text/html,application/xhtml+xml,*/*;q=0.8", None),
        ("text/x-bibliography; style=apa", "apa"),
        ("text/x-bibliography", "chicago"),
        ("application/x-bibtex;q=0.5, application/x-research-info-systems", "ris"),
        ("application/json, application/x-bibtex;q=0.9", None),
        ("application/x-bibtex;q=nonsense", None),
    ],
)
def test_the_format_that_is_wanted_most_is_given(accept: str, name: str | None) -> None:
    assert wanted_format(accept) == name


def test_of_another_collection_nothing_shows(index: Generation) -> None:
    seen = index.within(["open"])
    everything = json.dumps([item.csl for item in seen.sources(SourcesWanted(), limit=100).items])
    assert "Sealed" not in everything
    assert "10.5555/walls" not in everything
    [walls] = seen.sources(SourcesWanted(text="walls sand"), limit=10).items
    assert (walls.briefs, walls.notes) == (1, 1)
    [whole] = index.sources(SourcesWanted(text="walls sand"), limit=10).items
    assert (whole.briefs, whole.csl["DOI"]) == (2, "10.5555/walls")
    with pytest.raises(Exception, match="no source"):
        seen.source(whole.id)  # it goes by the DOI, which only the other collection knows
    assert seen.citing(walls.id, limit=10).total == 1
    assert seen.notes(NotesWanted(), limit=10).total == 5
    assert index.source(walls.id) == whole


def test_what_hits_and_answers_cite_is_exported_each_work_once(client: TestClient) -> None:
    question = "Did premiums rise, did nobody plan for it, were walls built?"
    found = client.post("/v1/search", json={"query": question})
    items = client.post("/v1/search", json={"query": question}, params={"format": "csl-json"}).json()
    sources = [note["source"] for hit in found.json()["hits"] for note in hit["notes"] if note["source"]]
    titles = [source["title"] for source in sources if "title" in source]
    assert len(titles) < len(sources)  # one names an address alone, and one is an ibid.
    assert titles.count("Premiums and Protection") == 2
    assert sorted(item["title"] for item in items) == sorted(set(titles))
    for item in items:
        assert get(client, f"/v1/sources/{item['id']}")["source"]["title"] == item["title"]

    answered = client.post(
        "/v1/ask", json={"question": "Were walls built?"}, headers={"Accept": "application/x-bibtex"}
    )
    assert answered.headers["content-type"].startswith("application/x-bibtex")
    assert answered.headers["vary"] == "Accept"
    assert "Walls of Sand" in answered.text
    passage = found.json()["hits"][0]["passage"]["id"]
    assert "TY  - " in get(client, f"/v1/passages/{passage}", Accept="application/x-research-info-systems")


def test_what_is_hidden_is_not_exported_with_hits(client: TestClient, index: Generation) -> None:
    assert index
    asked = {"query": "Walls fall, cover lapsed", "filters": {"collection": "open"}}
    assert "Sealed" not in client.post("/v1/search", json=asked, params={"format": "chicago"}).text
    assert "Sealed" in client.post("/v1/search", json={"query": "cover lapsed"}, params={"format": "chicago"}).text
