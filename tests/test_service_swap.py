"""The whole way: a folder of files, reindexed while clients ask."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from briefqa.embedding import HashingEmbedder, embedder_key
from briefqa.generation import current_id, open_current
from briefqa.reindex import reindex
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live

if TYPE_CHECKING:
    from pathlib import Path


def write_and_reindex(home: Path, number: int) -> str:
    """Say the number in the only brief, and publish that. keep=1: what is replaced is deleted at once."""
    docs_in = home / "docs_in"
    docs_in.mkdir(exist_ok=True)
    (docs_in / "brief.txt").write_text(f"The Brief\n\nThe answer is version {number}.\n", encoding="utf-8")
    report = reindex(
        docs_in,
        home / "index",
        load=HashingEmbedder,
        embedder_key=embedder_key("hashing"),
        passage_tokens=100,
        faiss_factory="Flat",
        keep=1,
        max_bytes=10_000,
        max_pages=10,
    )
    assert report.published
    return report.generation


def test_no_request_fails_and_none_is_mixed_while_the_index_is_rebuilt(tmp_path: Path) -> None:
    said = {write_and_reindex(tmp_path, 0): 0}
    index = tmp_path / "index"
    live = Live(partial(open_current, index), partial(current_id, index), HashingEmbedder, interval=0.01)
    answers: list[tuple[str, str]] = []
    failures: list[str] = []
    stop = threading.Event()

    with TestClient(app_over(live, docs_in=tmp_path / "docs_in", limits=Limits())) as client:

        def ask() -> None:
            while not stop.is_set():
                response = client.post("/v1/search", json={"query": "What is the answer?", "k": 1})
                if response.status_code != 200:
                    failures.append(response.text)
                    return
                answer = response.json()
                answers.append((answer["generation"], answer["hits"][0]["passage"]["text"]))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(1, 5):
            generation = write_and_reindex(tmp_path, number)
            said[generation] = number
            before = len(answers)
            while not failures and not any(found == generation for found, _ in answers[before:]):
                stop.wait(0.01)
        stop.set()
        for thread in threads:
            thread.join()

    assert not failures
    assert {generation for generation, _ in answers} == set(said)
    for generation, text in answers:
        assert f"version {said[generation]}." in text
