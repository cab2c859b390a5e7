from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from briefqa.cli import main
from briefqa.embedding import HashingEmbedder
from briefqa.generation import current_id, generations
from briefqa.reindex import Gate, keep_report, reindex
from briefqa.service.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    docs_in = tmp_path / "docs_in"
    docs_in.mkdir()
    (docs_in / "empty.txt").write_text("", encoding="utf-8")
    for text in ("Dykes hold.[1]\n", "Dykes hold no more.\n"):
        (docs_in / "dykes.txt").write_text(text, encoding="utf-8")
        reindex(
            docs_in,
            tmp_path / "index",
            load=HashingEmbedder,
            embedder_key="hashing",
            passage_tokens=100,
            faiss_factory="Flat",
            keep=3,
            max_bytes=10_000,
            max_pages=10,
            limits=None,
        )
    return tmp_path


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    with TestClient(create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in")) as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        yield client


def test_generations_and_unreadable_files_are_shown(client: TestClient, home: Path) -> None:
    page = client.get("/admin").text

    for name in generations(home / "index"):
        assert name in page
    assert page.count("Make live") == 1  # the live one is live already
    assert "empty.txt" in page
    assert "(1)" in page


def test_an_earlier_generation_becomes_live(client: TestClient, home: Path) -> None:
    newer, older = generations(home / "index")
    assert current_id(home / "index") == newer
    response = client.post("/admin/rollback", params={"generation": older}, headers=OURS)

    assert response.status_code == 200  # after the redirection
    assert f"Generation {older} is live again." in response.text
    assert current_id(home / "index") == older


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_no_other_site_and_no_bare_link_can_go_back(client: TestClient, home: Path, headers: dict[str, str]) -> None:
    newer, older = generations(home / "index")
    assert client.post("/admin/rollback", params={"generation": older}, headers=headers).status_code == 403
    assert client.get("/admin/rollback", params={"generation": older}).status_code == 405
    assert current_id(home / "index") == newer


def test_what_there_is_not_cannot_become_live(client: TestClient) -> None:
    response = client.post("/admin/rollback", params={"generation": "../../etc"}, headers=OURS)
    assert response.status_code == 404
    assert "There is no generation" in response.text


def test_the_last_report_is_shown_as_far_as_it_can_be_read(client: TestClient, home: Path) -> None:
    reports = home / "index" / "reports"
    reports.mkdir(exist_ok=True)
    said = {
        "added": 3,
        "took": 1.5,
        "canaries": {"asked": 2, "failed": ["What <b>holds</b>? No hit."]},
        "refused": ["x"],
    }
    (reports / "9.json").write_text(json.dumps(said), encoding="utf-8")
    page = client.get("/admin").text
    assert "3 added" in page
    assert "1 of 2 pass" in page
    assert "What &lt;b&gt;holds&lt;/b&gt;? No hit." in page
    (reports / "9.json").write_text("{", encoding="utf-8")
    assert client.get("/admin").status_code == 200


def test_a_build_that_is_held_back_is_shown_with_how_to_publish_it(home: Path) -> None:
    for number in range(8):
        (home / "docs_in" / f"{number}.txt").write_text("Dykes hold <b>.\n" * (number + 1), encoding="utf-8")
    options: dict[str, Any] = {
        "load": HashingEmbedder, "embedder_key": "hashing", "passage_tokens": 100, "faiss_factory": "Flat", "keep": 3,
        "max_bytes": 10_000, "max_pages": 10, "limits": None,
    }  # fmt: skip
    reindex(home / "docs_in", home / "index", **options)
    for number in range(7):
        (home / "docs_in" / f"{number}.txt").unlink()
    report = reindex(home / "docs_in", home / "index", **options, gate=Gate(max_brief_fall=10))
    keep_report(home / "index", report, keep=3)
    assert report.held
    with TestClient(create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in")) as client:
        page = client.get("/admin").text
    assert report.held in page
    assert "7 of 9 briefs are missing" in page
    assert "briefqa publish --force" in page
    assert "held back" in page
    assert f"generation={report.held}" not in page  # no button makes it live


def test_a_run_that_failed_is_shown_with_the_reason(client: TestClient, home: Path) -> None:
    assert main(["reindex", str(home / "nowhere"), "--index", str(home / "index")]) == 1
    page = client.get("/admin").text
    assert "It failed, and what was live stays live:" in page
    assert "There is no folder" in page


def test_without_an_index_there_is_a_page_all_the_same(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "index", load=HashingEmbedder, docs_in=tmp_path)) as client:
        response = client.get("/admin")
    assert response.status_code == 200
    assert "There are no briefs yet." in response.text
