from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from briefqa.cli import main
from briefqa.errors import EvaluationError
from briefqa.evaluation import compare
from briefqa.evaluation.collections import load_collection
from briefqa.evaluation.running import measure, measure_queries, read_run, write_run

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = [
    {"_id": "dam 1", "title": "Dams", "text": "Dams hold water back.\n\nThey crack in frost."},
    {"_id": "tax", "title": "", "text": "Land taxes fall on owners."},
    {"_id": "copy", "title": "", "text": "Land taxes fall on owners."},
    {"_id": "title only", "title": "Ferries run late", "text": ""},
]
QUERIES = [
    {"_id": "q1", "text": "Which dams crack in frost?"},
    {"_id": "q2", "text": "On whom do land taxes fall?"},
    {"_id": "q3", "text": "Do ferries run late?"},
    {"_id": "q4", "text": "Nobody has judged this."},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\tdam 1\t1\nq2\ttax\t1\nq2\tcopy\t1\nq3\ttitle only\t2\nq3\ttax\t0\n"


def lines(values: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BRIEFQA_MODEL", "hashing")
    made = tmp_path / "little"
    made.mkdir()
    (made / "corpus.jsonl").write_text(lines(ENTRIES))
    (made / "queries.jsonl").write_text(lines(QUERIES))
    (made / "qrels.tsv").write_text(QRELS)
    return made


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    status = main(["eval", *arguments, "--json"])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return json.loads(captured.out)


def test_a_collection_is_indexed_asked_and_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = output(capsys, str(folder), "--run", str(folder / "a.run"))
    assert said["collection"] == "little"
    assert (said["queries"], said["passages"]) == (3, 4)
    assert [said[name] for name in ("nDCG@10", "R@10", "R@50", "RR@10")] == [1, 1, 1, 1]
    assert said["ms_per_query"] > 0
    assert said["seconds_indexing"] > 0
    first = [line.split("\t")[0].split(" Q0 ") for line in (folder / "a.run").read_text().splitlines()]
    assert {query for query, _ in first} == {"q1", "q2", "q3"}


def test_several_at_once_and_a_cache_that_says_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs").mkdir()
    arguments = [str(folder), str(folder), "--cache", str(tmp_path / "cache"), "--run", str(tmp_path / "runs")]
    first, second = output(capsys, *arguments)
    assert first["seconds_indexing"] is not None
    assert second["seconds_indexing"] is None, "what is kept says nothing of what indexing costs"
    assert {**first, "ms_per_query": 0, "seconds_indexing": 0} == {**second, "ms_per_query": 0, "seconds_indexing": 0}
    assert (tmp_path / "runs" / "little.run").exists()


def test_a_run_is_compared_with_an_earlier_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "old.run").write_text("q1 Q0 tax 1 2.0 x\nq2 Q0 tax 1 2.0 x\nq2 Q0 copy 2 1.0 x\n")
    said = output(capsys, str(folder), "--baseline", str(folder / "old.run"))["comparison"]
    assert said["measure"] == "nDCG@10"
    assert said["change"] == pytest.approx(2 / 3)
    assert [query for query, _, _ in said["queries"]] == ["q1", "q3"]
    assert main(["eval", str(folder), "--baseline", str(folder / "old.run")]) == 0
    assert "q1" in capsys.readouterr().out


def test_runs_are_written_as_they_are_read(tmp_path: Path) -> None:
    run = {"q1": {"a": 2.0, "b é": 1.5}, "q 2": {"c": 1.0}}
    write_run(tmp_path / "x.run", run)
    assert read_run(tmp_path / "x.run") == run


def test_collections_come_in_many_forms(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers as ids, judgments in TREC's form and in a folder, a byte-order mark, a query that nobody can ask."""
    numbered = [{"_id": n, "text": entry["text"]} for n, entry in enumerate(ENTRIES)]
    (folder / "corpus.jsonl").write_text(lines(numbered), encoding="utf-8-sig")
    (folder / "queries.jsonl").write_text(lines([{"_id": 7, "text": QUERIES[0]["text"]}, {"_id": 8, "text": " "}]))
    (folder / "qrels.tsv").unlink()
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("7\t0\t0\t1.0\n8\t0\t1\t1\n")
    said = output(capsys, str(folder))
    assert (said["queries"], said["R@10"]) == (2, 0.5)


def test_an_entry_that_asks_does_not_find_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asking = [{"_id": "tax", "text": ENTRIES[1]["text"]}, {"_id": "dam 1", "text": "land taxes on owners"}]
    (folder / "queries.jsonl").write_text(lines(asking))
    (folder / "qrels.tsv").write_text("tax\tcopy\t1\ndam 1\ttax\t1\n")
    output(capsys, str(folder), "--run", str(folder / "a.run"))
    run = read_run(folder / "a.run")
    assert next(iter(run["tax"])) == "copy"
    assert "tax" not in run["tax"]
    assert "dam 1" in run["dam 1"], "the same name, and another text"


def test_a_query_without_hits_counts_as_nothing(folder: Path) -> None:
    collection = load_collection(folder)
    assert measure(collection, {"q1": {"dam 1": 1.0}})["nDCG@10"] == pytest.approx(1 / 3)
    assert measure_queries(collection, {"q1": {"dam 1": 1.0}}, "nDCG@10") == {"q1": 1.0, "q2": 0.0, "q3": 0.0}


def test_a_difference_that_may_be_chance_is_told_from_one_that_is_not() -> None:
    before = {f"q{n}": 0.5 for n in range(40)}
    noise = {name: 0.5 + (0.1 if n % 2 else -0.1) for n, name in enumerate(before)}
    better = dict.fromkeys(before, 0.6)
    assert compare(before, before, "nDCG@10").p == 1
    assert compare(before, noise, "nDCG@10").p > 0.5
    assert compare(before, better, "nDCG@10").p < 0.01
    with pytest.raises(EvaluationError, match="share no query"):
        compare({"a": 1.0}, {"b": 1.0}, "nDCG@10")


def test_questions_over_a_folder_of_briefs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIEFQA_MODEL", "hashing")
    (tmp_path / "a.md").write_text("# Dams\n\nDams hold water back.[^1]\n\n[^1]: Survey, https://example.org/dams.\n")
    (tmp_path / "b.md").write_text("# Taxes\n\nLand taxes fall on owners.\n")
    questions: list[dict[str, Any]] = [
        {
            "question": "What do dams hold back?",
            "passage_contains": "hold water",
            "notes": ["1"],
            "source_url": "https://example.org/dams",
        },
        {"question": "On whom do land taxes fall?", "passage_contains": "on tenants"},
        {"question": "Who won?", "abstain": True},
    ]
    (tmp_path / "questions.jsonl").write_text(lines(questions))
    said = output(capsys, str(tmp_path))
    assert (said["questions"], said["first"], said["second"], said["notes"]) == (2, 0.5, 0.5, 1.0)
    assert (said["refused"], said["refused_wrongly"]) == (1.0, 0.0)
    assert said["missed"] == [["On whom do land taxes fall?", 0]]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("corpus.jsonl", "{", r"corpus\.jsonl, line 1: this is not JSON"),
        ("corpus.jsonl", '{"_id": null}', r'corpus\.jsonl, line 1: "_id" is missing or not a text'),
        ("queries.jsonl", "[]", r"queries\.jsonl, line 1: an object is wanted"),
        ("qrels.tsv", "head\nq1\tdam 1\tyes\n", r"qrels\.tsv, line 2"),
        ("qrels.tsv", "q1\tdam 1\t1\nq1\ttax\t0.5\n", r"qrels\.tsv, line 2"),
        ("qrels.tsv", "q1\tdam 1\t1\nq1\n", r"qrels\.tsv, line 2"),
        ("qrels.tsv", "zz\tdam 1\t1\n", "judges none"),
        ("qrels.tsv", None, r"qrels\.tsv cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(folder: Path, name: str, content: str | None, told: str) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(EvaluationError, match=told):
        load_collection(folder)


def test_a_folder_without_anything_to_measure_on_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIEFQA_MODEL", "hashing")
    assert main(["eval", str(tmp_path)]) == 1
    assert "neither corpus.jsonl nor questions.jsonl" in capsys.readouterr().err
