from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from briefqa import __version__
from briefqa.cli import main
from briefqa.embedding import HashingEmbedder
from briefqa.service.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEVEES = """Levees After the Flood

Premiums rose by 31 percent in four years.1 Nobody had planned for it, and one policy in six has lapsed.

1. Tidewater Institute, Premiums and Protection (2030), 14, https://example.org/premiums.
"""
MEALS = "School Meals\n\nSchool meals cost each canteen 4 crowns a day. Milk is not counted.\n"
HEAVY = {"torch", "faiss", "fastapi", "pydantic", "sentence_transformers", "numpy", "sqlite3"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two briefs and a settings file, and the place where commands run."""
    (tmp_path / "docs_in").mkdir()
    (tmp_path / "docs_in" / "levees.txt").write_text(LEVEES, encoding="utf-8")
    (tmp_path / "docs_in" / "meals.txt").write_text(MEALS, encoding="utf-8")
    (tmp_path / "briefqa.toml").write_text('model = "hashing"\nport = 9999\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: its exit status, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as exit_:  # how argparse ends
            status = int(str(exit_.code or 0))
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def process(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "briefqa.cli", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(command, **pipes)


def test_reindex_tells_what_it_did_and_the_second_time_that_nothing_changed(home: Path, run: Any) -> None:
    status, out, err = run("reindex")

    assert status == 0
    assert "2 added" in out
    assert "read: 2 of 2 files" in err
    assert re.search(r"Generation \S+ is live", out)

    status, out, _ = run("reindex", "docs_in", "--index", str(home / "index"))
    assert (status, "2 unchanged" in out, "Nothing has changed" in out) == (0, True, True)


def test_reindex_as_json(home: Path, run: Any) -> None:
    status, out, _ = run("reindex", "--json")
    report = json.loads(out)

    assert status == 0
    assert (report["published"], report["added"], report["briefs"], report["failed"]) == (True, 2, 2, [])
    assert (home / "index" / "CURRENT").exists()


def test_files_that_cannot_be_read_are_named_on_stderr_and_the_others_are_indexed(home: Path, run: Any) -> None:
    (home / "docs_in" / "broken 1.pdf").write_bytes(b"%PDF-1.7 not really")
    status, out, err = run("reindex")

    assert status == 3
    assert "2 briefs" in out
    [complaint] = [line for line in err.splitlines() if line.startswith("briefqa: ")]
    assert "broken 1.pdf" in complaint
    assert run("search", "levee premiums")[0] == 0


def test_a_missing_folder_of_briefs_fails_in_one_line(home: Path, run: Any) -> None:
    status, _, err = run("reindex", str(home / "nowhere"))

    assert status == 1
    assert err.startswith("briefqa: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("size", [(24, 80), (0, 0)], ids=["a size", "no size"])
def test_a_reindexing_shows_a_bar_on_a_terminal(home: Path, size: tuple[int, int]) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, size)
    running = process("reindex", stderr=theirs, cwd=home)
    os.close(theirs)
    assert running.wait(60) == 0
    shown = b""
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not block:
            break
        shown += block
    os.close(ours)
    assert running.stdout is not None
    running.stdout.close()

    assert b"read: 100%" in shown
    assert b"2/2" in shown
    assert b"write: 100%" in shown


def test_search_shows_the_passage_with_its_marks_and_notes(home: Path, run: Any) -> None:
    run("reindex")
    status, out, _ = run("search", "By how much did premiums rise?", "-k", "1")

    assert status == 0
    assert "Premiums rose by 31 percent in four years.[1] Nobody" in out
    assert "[1] Tidewater Institute" in out
    assert "levees.txt" in out
    assert home.name not in out


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("question", "filters", "told"),
    [
        ('"no such words"', [], "no passage holds “no such words”, itself or in a note"),
        ('"no such words"', ["--filters", '{"has_notes": true}'], "no passage that the filters let through holds"),
        ("anything", ["--filters", '{"language": "xx"}'], "the filters let no passage through"),
    ],
)
def test_a_search_without_hits_says_why(run: Any, question: str, filters: list[str], told: str) -> None:
    assert run("reindex")[0] == 0
    status, out, _ = run("search", question, *filters)

    assert status == 0
    assert told in out


def test_search_gives_the_same_hits_as_http(home: Path, run: Any) -> None:
    run("reindex")
    question = "By how much did premiums rise?"
    ours = json.loads(run("search", question, "-k", "2", "--json")[1])
    app = create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in")
    with TestClient(app, base_url="http://127.0.0.1:9999") as client:
        theirs = client.post("/v1/search", json={"query": question, "k": 2}).json()

    assert list(ours) == list(theirs)
    assert ours | {"took_ms": 0} == theirs | {"took_ms": 0}
    assert ours["hits"][0]["notes"][0]["text"].startswith("Tidewater Institute")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["search", " "], 1),
        (["search", "x", "-k", "0"], 1),
        (["search", "x", "-k", "1000000000"], 1),
        (["search", "x", "-k", "many"], 2),
        (["search"], 2),
        (["search", "x", "--frobnicate"], 2),
        (["frobnicate"], 2),
        ([], 2),
        (["search", "x", "--index", "nowhere"], 1),
        (["search", "x", "--config", "nowhere.toml"], 1),
        (["status", "--index", "nowhere"], 1),
        (["rollback", "--index", "nowhere"], 1),
        (["rollback", "../.."], 1),
        (["inspect", "nowhere.txt"], 1),
        (["inspect", "docs_in"], 1),
        (["serve", "--port", "99999"], 1),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(home: Path, run: Any, arguments: list[str], status: int) -> None:
    run("reindex", "--index", str(home / "index"))
    found, out, err = run(*arguments)

    assert found == status
    assert out == ""
    assert err
    assert "Traceback" not in err
    if status == 1:
        assert err.startswith("briefqa: ")
        assert err.count("\n") == 1


def test_inspect_as_json_keeps_its_contract(home: Path, run: Any) -> None:
    status, out, _ = run("inspect", str(home / "docs_in" / "levees.txt"), "--json")
    seen = json.loads(out)

    assert status == 0
    assert set(seen) == {"title", "pages", "text", "markers", "notes", "problems"}
    [marker] = seen["markers"]
    assert set(marker) == {"label", "offset", "page", "note_id"}
    assert seen["text"][: marker["offset"]].endswith("in four years.")
    [note] = seen["notes"]
    assert set(note) == {"note_id", "label", "kind", "page", "text", "source"}
    assert note["note_id"] == marker["note_id"]
    assert note["kind"] == "footnote" or note["kind"] == "endnote"


def test_inspect_for_people_puts_the_marks_back(home: Path, run: Any) -> None:
    status, out, _ = run("inspect", str(home / "docs_in" / "levees.txt"))

    assert status == 0
    assert "in four years.[1] Nobody" in out
    assert "1 mark (1 linked), 1 note" in out


def test_a_brief_cannot_command_the_terminal(home: Path, run: Any) -> None:
    (home / "docs_in" / "evil.txt").write_text("Evil\n\nRed \x1b[31m alert \x07 \x9b2J.\n", encoding="utf-8")
    run("reindex")

    for command in (["inspect", "docs_in/evil.txt"], ["search", "red alert"]):
        out = run(*command)[1]
        assert "alert" in out
        assert not {"\x1b", "\x07", "\x9b"} & set(out)


def test_inspect_imports_nothing_heavy(home: Path) -> None:
    code = (
        "import sys; from briefqa.cli import main; main(['inspect', 'docs_in/levees.txt']); "
        f"print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


@pytest.mark.usefixtures("home")
def test_status_shows_what_is_live(run: Any) -> None:
    generation = json.loads(run("reindex", "--json")[1])["generation"]
    status, out, _ = run("status")
    assert status == 0
    assert generation in out

    told = json.loads(run("status", "--json")[1])
    assert {"generation", "created", "model", "briefs", "passages", "notes", "marks", "index", "docs_in"} <= set(told)
    assert (told["generation"], told["model"], told["briefs"]) == (generation, "hashing", 2)


def test_rollback_makes_the_generation_before_live_again(home: Path, run: Any) -> None:
    first = json.loads(run("reindex", "--json")[1])["generation"]
    (home / "docs_in" / "new.txt").write_text("New\n\nSomething else is said here.\n", encoding="utf-8")
    second = json.loads(run("reindex", "--json")[1])["generation"]
    assert second != first

    assert first in run("rollback")[1]
    assert json.loads(run("status", "--json")[1])["generation"] == first
    assert json.loads(run("rollback", second, "--json")[1]) == {"generation": second}


def test_version(run: Any) -> None:
    assert run("--version") == (0, f"briefqa {__version__}\n", "")


def test_an_index_of_another_model_says_what_to_do(home: Path, run: Any) -> None:
    run("reindex")
    manifest = next((home / "index" / "generations").glob("*/manifest.json"))
    changed = manifest.read_text(encoding="utf-8").replace(HashingEmbedder.fingerprint, "hashing-0")
    manifest.write_text(changed, encoding="utf-8")
    status, _, err = run("search", "premiums")

    assert status == 1
    assert "briefqa reindex" in err


def test_names_that_are_not_text_are_told_all_the_same(home: Path, run: Any) -> None:
    name = os.fsdecode(b"odd\xff\n name.txt")
    (home / "docs_in" / name).write_text(MEALS.replace("4", "5"), encoding="utf-8")
    assert run("reindex")[0] == 0
    status, out, _ = run("search", "school meals", "--json")

    assert status == 0
    assert len(json.loads(out)["hits"]) == 3
    assert run("search", "school meals")[0] == 0
    assert run("inspect", f"docs_in/{name}", "--json")[0] == 0


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    (home / "docs_in" / "long.txt").write_text("Long\n\n" + "A sentence of no weight. " * 20_000, encoding="utf-8")
    running = process("inspect", "docs_in/long.txt", cwd=home)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.read(10)
    running.stdout.close()

    assert running.wait(30) == 1
    assert running.stderr.read() == ""
    running.stderr.close()


def test_serve_says_where_it_listens_and_what_to_try_and_stops_quietly(home: Path, run: Any) -> None:
    run("reindex")
    running = process("serve", "--port", "0", cwd=home)
    assert running.stdout is not None
    assert running.stderr is not None
    greeting = [running.stdout.readline() for _ in range(3)]
    base = re.search(r"http://127\.0\.0\.1:\d+", greeting[0])
    assert base is not None, running.stderr.read()
    wait_for(f"{base.group()}/readyz")

    curl = greeting[2].strip()
    assert curl.startswith(f"curl -s {base.group()}/v1/search ")
    if shutil.which("curl"):
        answer = subprocess.run(curl, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
        assert json.loads(answer.stdout)["hits"]

    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 130
    assert "Traceback" not in running.stderr.read()
    running.stdout.close()
    running.stderr.close()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url) as response:  # noqa: S310 - our own server
                response.read()
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.mark.usefixtures("home")
def test_a_port_that_is_taken_is_told(run: Any) -> None:
    run("reindex")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, _, err = run("serve", "--port", str(taken.getsockname()[1]))

    assert status == 1
    assert "Choose another" in err
