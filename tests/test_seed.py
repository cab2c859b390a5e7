"""The user's own brief, in each of its formats: indexed, served, and asked over HTTP what an analyst would ask.

It lies beside the checkout (../shared/seed) and is not the project's to copy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = Path(__file__).parent.parent.parent / "shared" / "seed"
REQUIRED = os.environ.get("BRIEFQA_REQUIRE_SHARED") == "1"
QUESTIONS = SEED / "questions.jsonl"
BRIEFQA = Path(sys.executable).with_name("briefqa")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.model,
    pytest.mark.skipif(not QUESTIONS.exists() and not REQUIRED, reason="no ../shared beside the checkout"),
]


@pytest.fixture(scope="module", params=["txt", "pdf", "docx"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, packaged_models: Path
) -> Iterator[tuple[str, str]]:
    """Index the brief in one format with the real commands, serve it, and give the server's address."""
    home = tmp_path_factory.mktemp(request.param)
    (home / "docs_in").mkdir()
    (home / "index").mkdir()
    (home / "index" / "models").symlink_to(packaged_models)
    shutil.copy(SEED / f"lavrov-visit.{request.param}", home / "docs_in")
    subprocess.run([BRIEFQA, "reindex"], cwd=home, check=True, capture_output=True)
    with subprocess.Popen(
        [BRIEFQA, "serve", "--port", "0"], cwd=home, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        address = next(
            word.rstrip("/") for line in server.stdout for word in line.split() if word.startswith("http://127.0.0.1")
        )
        try:
            yield request.param, address
        finally:
            server.terminate()
            server.stdout.close()


def ask(address: str, question: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own server, on this machine
        f"{address}/v1/search",
        json.dumps({"query": question, "k": 2}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        answer: dict[str, Any] = json.load(response)
        return answer


def letters(text: str) -> str:
    """A text without the quotes and blanks in which the formats differ."""
    return re.sub(r"[\s'’“”\"]", "", text)


def questions() -> list[dict[str, Any]]:
    if not QUESTIONS.exists():
        return []
    asked = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    return [question for question in asked if not question.get("abstain")]


@pytest.mark.parametrize("question", questions(), ids=lambda question: question["question"])
def test_a_question_brings_the_passage_and_its_notes(served: tuple[str, str], question: dict[str, Any]) -> None:
    form, address = served
    hits = ask(address, question["question"])["hits"]
    hit = next(hit for hit in hits if question["passage_contains"] in hit["passage"]["text"])
    gold = json.loads((SEED / f"lavrov-visit-{form}.gold.json").read_text("utf-8"))
    expected = {note["number"]: note for note in gold["notes"]}
    text = hit["passage"]["text"]
    assert {note["label"] for note in hit["notes"]} >= set(question["notes"])
    for note in hit["notes"]:
        assert letters(note["text"]) == letters(expected[note["label"]]["text"])
        # The mark stands right after the words it stood after in print.
        before = "".join(expected[note["label"]]["body_before"].split())[-12:]
        assert "".join(text[: note["offset"]].split()).endswith(before)
    addresses = {note["source"]["URL"] for note in hit["notes"] if note["label"] in question["notes"]}
    if question["notes"]:
        assert question["source_url"] in addresses


def test_no_hit_brings_a_note_whose_mark_is_elsewhere(served: tuple[str, str]) -> None:
    _, address = served
    for question in questions():
        for hit in ask(address, question["question"])["hits"]:
            length = len(hit["passage"]["text"])
            assert all(0 < note["offset"] <= length for note in hit["notes"])
