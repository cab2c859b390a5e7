"""Answers as of a generation that is kept, and none of one that is not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from briefqa.embedding import HashingEmbedder
from briefqa.generation import current_id, generations, open_current, open_generation
from briefqa.service.app import app_over
from briefqa.service.earlier import Earlier
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from fakes import MemoryIndex, make_brief
from test_generation import publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
