"""Reindexing over HTTP: started, told of by any process, one at a time."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from briefqa.generation import current_id, writing
from briefqa.service import problems
from briefqa.service.reindexing import Reindexing, command_of, make_router

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "docs_in").mkdir()
    (tmp_path / "docs_in" / "a.md").write_text("Levees hold water.", encoding="utf-8")
    (tmp_path / "briefqa.toml").write_text('model = "hashing"\nread_processes = 1\n', encoding="utf-8")
    return tmp_path


def client_of(home: Path, command: list[str] | None = None) -> TestClient:
    own = command_of(config_file=home / "briefqa.toml", docs_in=str(home / "docs_in"))
    app = FastAPI()
    problems.install(app)
    settings = {"BRIEFQA_INDEX": str(home / "index")}
    app.include_router(make_router(Reindexing(home / "index", command or own, settings)))
    return TestClient(app)


def ended(client: TestClient, run: dict[str, Any]) -> dict[str, Any]:
    until = time.monotonic() + 60
    while run["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.05)
        run = client.get(f"/v1/reindex/{run['id']}").json()
    return run


def test_a_reindex_is_started_and_told_of_by_any_process(home: Path) -> None:
    answer = client_of(home).post("/v1/reindex")
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    run = ended(client_of(home), answer.json())
    assert run["state"] == "done", run
    assert (run["report"]["added"], run["report"]["generation"]) == (1, current_id(home / "index"))
    assert run["error"] == ""


def test_what_fails_is_told(home: Path) -> None:
    (home / "docs_in" / "a.md").unlink()
    (home / "docs_in").rmdir()
    client = client_of(home)
    run = ended(client, client.post("/v1/reindex").json())
    assert (run["state"], run["report"]) == ("failed", None)
    assert "There is no folder" in run["error"]


def test_one_runs_at_a_time(home: Path) -> None:
    with writing(home / "index"):
        answer = client_of(home).post("/v1/reindex")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:briefqa:reindex-running")


def test_a_second_is_refused_before_the_first_has_begun_to_write(home: Path) -> None:
    asleep = client_of(home, [sys.executable, "-c", "import time; time.sleep(3)"])
    first = asleep.post("/v1/reindex")
    second = client_of(home).post("/v1/reindex")  # of another process of the server
    assert (first.status_code, second.status_code) == (202, 409)
    assert ended(asleep, first.json())["state"] == "done"
    assert client_of(home).post("/v1/reindex").status_code == 202


def test_a_run_that_nobody_waited_for_is_not_running_for_ever(home: Path) -> None:
    client = client_of(home, [sys.executable, "-c", ""])
    run = client.post("/v1/reindex").json()
    ended(client, run)
    file = home / "index" / "runs" / f"{run['id']}.json"
    file.write_text(file.read_text().replace('"done"', '"running"'), encoding="utf-8")
    assert client.get(f"/v1/reindex/{run['id']}").json()["state"] == "interrupted"


@pytest.mark.parametrize(
    ("name", "status"), [("20310101T000000Z-0123abcd", 404), ("..%2f..%2fCURRENT", 404), ("x", 422)]
)
def test_no_other_file_is_read(home: Path, name: str, status: int) -> None:
    assert client_of(home).get(f"/v1/reindex/{name}").status_code == status
