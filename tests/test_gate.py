"""What a build has to show before it is published, what is kept of each run, and that a removed brief is gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from briefqa.canaries import load_canaries
from briefqa.cli import main
from briefqa.errors import ConfigError
from briefqa.generation import current_id, generations, held_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LEVEE = (
    "Levee premiums rose by 31 percent in four years.[^1] Nobody planned for it.\n\n[^1]: Tidewater Institute, 14.\n"
)
CANARY = {"question": "How far did levee premiums rise?", "must_contain": "31  PERCENT", "notes": ["tidewater"]}


class Home:
    """A folder of briefs with settings, worked on by the command itself."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.docs_in = folder / "docs_in"
        self.index = folder / "index"
        self._settings = folder / "briefqa.toml"
        self._capsys = capsys
        self.docs_in.mkdir()
        self.settings()
        self.write("levees.md", LEVEE)
        for number in range(9):
            self.write(f"{number}.md", f"Brief {number} is about the ferries of town {number}.\n")

    def settings(self, **more: object) -> None:
        lines = {"docs_in": "docs_in", "index": "index", "model": "hashing", "read_processes": 1, **more}
        self._settings.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items()))

    def write(self, name: str, text: str) -> None:
        (self.docs_in / name).write_text(text, encoding="utf-8")

    def canaries(self, *canaries: Mapping[str, object]) -> None:
        (self._settings.parent / "canaries.jsonl").write_text("\n".join(map(json.dumps, canaries)), encoding="utf-8")
        self.settings(canaries="canaries.jsonl")

    def run(self, *arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--config", str(self._settings)])
        told = self._capsys.readouterr()
        return status, told.out, told.err


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Home:
    return Home(tmp_path, capsys)


def test_a_canary_that_fails_holds_the_build_back_until_it_is_forced(home: Home) -> None:
    home.canaries(CANARY)
    assert home.run("reindex")[0] == 0
    live = current_id(home.index)
    home.write("levees.md", LEVEE.replace("31 percent", "a lot"))
    status, out, err = home.run("reindex")
    assert (status, current_id(home.index)) == (4, live)
    assert "1 of 1 canary questions fail" in err
    assert "none of the first 5 hits contains “31 percent”" in err
    held = held_folder(home.index)
    assert held is not None
    assert f"Held back: {held.name}; generation {live} stays live." in out
    assert home.run("publish")[0] == 4
    assert current_id(home.index) == live
    assert home.run("publish", "--force")[0] == 0
    assert (current_id(home.index), held_folder(home.index)) == (held.name, None)
    assert home.run("verify")[0] == 0


def test_a_build_that_was_held_back_is_published_when_the_question_was_mended(home: Home) -> None:
    home.canaries(CANARY)
    home.run("reindex")
    home.write("levees.md", LEVEE.replace("31 percent", "32 percent"))
    assert home.run("reindex")[0] == 4
    home.canaries({**CANARY, "must_contain": ["32 percent"]})
    assert home.run("publish")[0] == 0


def test_a_note_that_is_lost_fails_its_canary(home: Home) -> None:
    home.canaries(CANARY)
    home.run("reindex")
    home.write("levees.md", LEVEE.split("[^1]", maxsplit=1)[0])
    assert "cites no note with “tidewater”" in home.run("reindex")[2]


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda file: file.unlink(), "4 of 10 briefs are missing: max_brief_fall = 20 percent."),
        (lambda file: file.write_bytes(b""), "4 of 10 files cannot be read: max_unreadable = 20 percent."),
    ],
)
def test_a_fall_of_the_briefs_holds_the_build_back(home: Home, harm: Callable[[Path], None], reason: str) -> None:
    home.run("reindex")
    live = current_id(home.index)
    for number in range(4):
        harm(home.docs_in / f"{number}.md")
    status, _, err = home.run("reindex")
    assert (status, current_id(home.index)) == (4, live)
    assert reason in err


def test_one_of_a_few_briefs_may_go(home: Home) -> None:
    home.run("reindex")
    for number in range(3):
        (home.docs_in / f"{number}.md").unlink()
    assert home.run("reindex")[0] == 0


def test_what_was_held_back_is_read_no_second_time(home: Home) -> None:
    home.canaries(CANARY)
    home.run("reindex")
    home.write("levees.md", LEVEE.replace("31", "32"))
    home.run("reindex")
    report = json.loads(home.run("reindex", "--json")[1])
    assert report["refused"]
    assert report["paths"]["changed"] == ["levees.md"]
    assert "notes" not in report["seconds"], "no file was understood"


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"question": "q"}', '{"question": "", "notes": ["x"]}', '{"question": "q", "notes": ["x"], "k": 0}',
     '{"question": "q", "must": "x"}', '{"question": "q", "notes": [1]}'],
)  # fmt: skip
def test_a_canary_that_makes_no_sense_is_named_before_the_work(tmp_path: Path, line: str) -> None:
    file = tmp_path / "canaries.jsonl"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        load_canaries(file)


def test_a_report_of_each_run_is_kept_for_people_and_for_programs(home: Home) -> None:
    home.settings(keep_reports=2)
    home.write("bad.pdf", "no PDF")
    status, out, _ = home.run("reindex")
    assert status == 3
    page = Path(out.splitlines()[-1].removeprefix("Report: "))
    assert "10" in page.read_text(encoding="utf-8")
    assert "bad.pdf" in page.read_text(encoding="utf-8")
    report = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert (report["generation"], report["added"], len(report["failed"])) == (current_id(home.index), 10, 1)
    assert report["paths"]["added"][0] == "0.md"
    for number in range(3):
        home.write("0.md", f"Ferries {number}.")
        home.run("reindex")
    assert len(list((home.index / "reports").glob("*.html"))) == 2


def test_a_dry_run_tells_and_does_nothing(home: Home) -> None:
    home.run("reindex")
    before = sorted(home.index.rglob("*"))
    home.write("new.md", "New.")
    home.write("0.md", "Changed.")
    (home.docs_in / "1.md").unlink()
    (home.docs_in / "2.md").rename(home.docs_in / "two.md")
    found = json.loads(home.run("reindex", "--dry-run", "--json")[1])
    assert found["changes"] == {
        "added": ["new.md", "two.md"],
        "changed": ["0.md"],
        "removed": ["1.md", "2.md"],
        "moved": [["2.md", "two.md"]],
        "unchanged": 7,
    }
    assert (found["read"], found["kept"], found["embedded_anew"], found["rebuilt"]) == (2, 8, 0, False)
    assert sorted(home.index.rglob("*")) == before
    status, out, _ = home.run("reindex", "--dry-run")
    assert status == 0
    assert out.splitlines()[:3] == ["+ new.md", "+ two.md", "~ 0.md"]


def test_a_full_run_reads_everything_again_and_comes_to_the_same(home: Home) -> None:
    home.run("reindex")
    report = json.loads(home.run("reindex", "--full", "--json")[1])
    assert report["published"]
    assert (report["unchanged"], report["added"]) == (10, 0)
    assert report["seconds"]["notes"] > 0


def gone(home: Home, *arguments: str) -> tuple[int, str, str]:
    return home.run("verify", "--gone", *arguments)


@pytest.mark.parametrize("what", ["file", "text"])
def test_a_removed_brief_is_gone_when_what_is_kept_of_it_is_purged(home: Home, what: str, tmp_path: Path) -> None:
    home.write("secret.md", "The ombudsman’s   café was\nclosed by the harbour master.[^1]\n\n[^1]: Quay Papers, 7.\n")
    home.run("reindex")
    copy = tmp_path / "copy.md"
    (home.docs_in / "secret.md").rename(copy)
    sought = str(copy) if what == "file" else "café was closed"
    status, _, err = gone(home, sought)
    assert status == 1
    assert "The live generation holds it" in err
    assert "secret.md" in err
    home.run("reindex")
    status, _, err = gone(home, sought)
    assert status == 1
    assert "Generations kept for a rollback hold it" in err
    assert "The live generation" not in err
    status, out, _ = gone(home, sought, "--purge")
    assert (status, "Gone:" in out) == (0, True)
    assert generations(home.index) == [current_id(home.index)]
    assert gone(home, "ferries of town 7")[0] == 1, "what is still there is found"


def test_a_name_that_was_mistyped_proves_nothing(home: Home) -> None:
    home.run("reindex")
    status, out, err = gone(home, "secrte.md")
    assert (status, out) == (1, "")
    assert "there is no file secrte.md" in err


def test_traces_are_found_outside_of_catalogs_too(home: Home) -> None:
    home.run("reindex")
    for place in ("work/x/000000/embeddings.npy", "reports/r.json", "held/note"):
        file = home.index / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 100 + json.dumps("harbour café").encode() + b"\0")
        assert gone(home, "harbour café")[0] == 1
        assert gone(home, "harbour café", "--purge")[0] == 0


def test_generations_are_listed(home: Home) -> None:
    home.run("reindex")
    first = current_id(home.index)
    home.write("new.md", "New.")
    home.run("reindex")
    assert first
    (home.index / "generations" / first / "manifest.json").write_text("{}")
    rows: Sequence[dict[str, object]] = json.loads(home.run("generations", "--json")[1])
    assert [(row["generation"], row["state"], row["error"] is None) for row in rows] == [
        (current_id(home.index), "live", True),
        (first, "kept", False),
    ]
    status, out, err = home.run("verify")
    assert status == 1
    assert "is sound" in out
    assert f"{first}: " in err
