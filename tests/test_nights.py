"""Nights as they come: the command itself, ended by signals, over folders that cannot be written, watching, failing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from briefqa.cli import main
from briefqa.cli.indexing import Interruption
from briefqa.generation import current_id, generation_folder
from briefqa.reindex import Progress
from test_cli import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MANY = 400


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "docs_in").mkdir()
    (tmp_path / "briefqa.toml").write_text(
        'model = "hashing"\ndocs_in = "docs_in"\nindex = "index"\n', encoding="utf-8"
    )
    return tmp_path


def write(home: Path, name: str, text: str) -> None:
    (home / "docs_in" / name).write_text(f"# {name}\n\n{text}\n", encoding="utf-8")


def briefqa(home: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "import sys; from briefqa.cli import main; sys.exit(main())", *words]
    return subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(done: Callable[[], Any], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)


def patience(seconds: float) -> float:
    """So many seconds of a machine that does nothing else."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def outcome(home: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `briefqa report` tells of the last run."""
    capsys.readouterr()
    assert main(["report", "--json", "--config", str(home / "briefqa.toml")]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_at_once_and_the_next_one_goes_on(
    home: Path, number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(MANY):
        paragraphs = (f"The levee number {n} of row {row} costs {n * row} crowns a year.\n\n" for row in range(12))
        write(home, f"{n:04}.md", "".join(paragraphs))
    running = briefqa(home, "reindex", "--json")
    until(lambda: list((home / "index").glob("work/*/000000/segment.json")) or running.poll() is not None)
    start = time.monotonic()
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, "Traceback" in err) == (130, "", False)
    assert time.monotonic() - start < patience(2)
    assert current_id(home / "index") is None
    assert outcome(home, capsys)["outcome"] == "interrupted"

    again = briefqa(home, "reindex", "--json")
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert json.loads(out)["briefs"] == MANY
    events = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    [to_read] = {event["total"] for event in events if event["step"] == "read"}
    assert 0 < to_read < MANY, "what was done is not done again"
    assert not (home / "index" / "work").exists()
    assert outcome(home, capsys)["outcome"] == "published"


def test_a_signal_that_is_lost_ends_the_run_at_its_next_step() -> None:
    interruption = Interruption()
    told: list[Progress] = []
    tell = interruption.before(told.append)
    tell(Progress("read", 1, 3))
    with suppress(KeyboardInterrupt):  # as Python does around a finalizer
        interruption(signal.SIGINT, None)

    with pytest.raises(KeyboardInterrupt):
        tell(Progress("read", 2, 3))
    assert told == [Progress("read", 1, 3)]


class RaisesWhenItGoes:
    def __del__(self) -> None:
        raise KeyboardInterrupt


def test_what_python_ignores_of_a_signal_is_not_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    interruption = Interruption()
    monkeypatch.setattr(sys, "unraisablehook", interruption.overlook)
    RaisesWhenItGoes()
    assert "KeyboardInterrupt" in capsys.readouterr().err, "no signal came: it is somebody's fault"
    with suppress(KeyboardInterrupt):
        interruption(signal.SIGTERM, None)
    RaisesWhenItGoes()
    assert not capsys.readouterr().err


@contextmanager
def seen_read_only(folder: Path, at: Path) -> Iterator[Path]:
    """Show a folder at another place where it cannot be written, as a share is mounted on a host that only serves."""
    at.mkdir()
    if os.geteuid() or subprocess.run(["mount", "--bind", folder, at], check=False, capture_output=True).returncode:
        pytest.skip("a folder cannot be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", at], check=True)
        yield at
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)


def test_a_folder_that_cannot_be_written_is_told_and_searched(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, "a.md", "Levees cost nine crowns a year.")
    settings = ["--config", str(home / "briefqa.toml")]
    assert main(["reindex", *settings]) == 0
    live = current_id(home / "index")
    write(home, "b.md", "Dams cost ten crowns a year.")
    with seen_read_only(home / "index", home / "share") as share:
        capsys.readouterr()
        for command in (["reindex"], ["rollback"], ["publish"], ["keys", "create", "x"]):
            assert main([*command, "--index", str(share), *settings]) == 1
            assert "Read-only file system" in capsys.readouterr().err
        assert main(["search", "What do levees cost?", "--index", str(share), *settings]) == 0
        assert "nine crowns" in capsys.readouterr().out
        assert main(["verify", "--index", str(share), *settings]) == 0
    assert current_id(home / "index") == live


def test_a_part_of_the_index_on_another_filesystem_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--config", str(home / "briefqa.toml")]
    write(home, "a.md", "Levees cost nine crowns a year.")
    assert main(["reindex", *settings]) == 0
    live = current_id(home / "index")
    write(home, "b.md", "Dams cost ten crowns a year.")
    held = home / "index" / "held"
    held.mkdir(exist_ok=True)
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "none", held], check=False, capture_output=True).returncode
    ):
        pytest.skip("a folder cannot be mounted here")
    try:
        capsys.readouterr()
        assert main(["reindex", *settings]) == 1
        assert "device link" in capsys.readouterr().err
        assert current_id(home / "index") == live
        assert main(["search", "What do levees cost?", *settings]) == 0
    finally:
        subprocess.run(["umount", "--lazy", held], check=True)
    assert main(["reindex", *settings]) == 0
    assert current_id(home / "index") != live
    assert outcome(home, capsys)["briefs"] == 2


def test_a_server_on_another_host_follows_what_is_published(home: Path) -> None:
    write(home, "a.md", "Levees cost 0 crowns a year.")
    settings = ["--config", str(home / "briefqa.toml")]
    assert main(["reindex", *settings]) == 0
    said = {current_id(home / "index"): 0}
    with seen_read_only(home / "index", home / "share") as share:
        server = briefqa(home, "serve", "--index", str(share), "--port", "0")
        assert server.stdout is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found is not None
            base = found.group()
            wait_for(f"{base}/readyz")
            for number in range(1, 4):
                assert asked(base)["generation"] in said
                write(home, "a.md", f"Levees cost {number} crowns a year.")
                assert main(["reindex", *settings]) == 0
                new = current_id(home / "index")
                said[new] = number
                until(lambda new=new: asked(base)["generation"] == new)  # type: ignore[misc]
                for generation in (None, *list(said)[-3:]):
                    told = asked(base, generation)
                    text = told["hits"][0]["passage"]["text"]
                    assert f"cost {said[told['generation']]} crowns" in text
                    assert generation in {None, told["generation"]}
            with pytest.raises(urllib.error.HTTPError, match="410"):
                asked(base, next(iter(said)))  # pruned by the one who writes, beside the server
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=30)


def asked(base: str, generation: str | None = None) -> dict[str, Any]:
    body = json.dumps({"query": "What do levees cost?", "k": 1, "generation": generation}).encode()
    wanted = urllib.request.Request(f"{base}/v1/search", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(wanted) as response:  # noqa: S310 - our own server
        told: dict[str, Any] = json.load(response)
    return told


def test_whoever_watches_publishes_what_changes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("watchfiles")
    write(home, "a.md", "Levees cost nine crowns a year.")
    watching = briefqa(home, "reindex", "--watch")
    index = home / "index"
    until(lambda: current_id(index) or watching.poll() is not None)
    first = current_id(index)
    write(home, "b.md", "Dams cost ten crowns a year.")
    until(lambda: current_id(index) != first or watching.poll() is not None)
    assert watching.poll() is None
    for file in (home / "docs_in").iterdir():
        file.rename(home / file.name)  # the folder is empty: refused, and it goes on
    until(lambda: outcome(home, capsys)["outcome"] == "failed")
    second = current_id(index)
    (home / "docs_in").rename(home / "unmounted")
    time.sleep(2)
    assert watching.poll() is None
    (home / "docs_in").mkdir()
    for name in ("a.md", "b.md", "c.md"):
        write(home, name, "Locks cost eleven crowns a year.")
    until(lambda: current_id(index) != second or watching.poll() is not None)
    start = time.monotonic()
    watching.send_signal(signal.SIGTERM)
    out, err = watching.communicate(timeout=30)
    assert time.monotonic() - start < patience(2)
    assert watching.returncode == 130
    assert out.count("is live") >= 2
    assert "has gone" in err
    assert "--allow-empty" in err
    assert "Traceback" not in err


def test_how_the_last_run_ended_is_told_whatever_became_of_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--config", str(home / "briefqa.toml")]
    assert main(["report", *settings]) == 1
    assert "No reindex" in capsys.readouterr().err
    for n in range(8):
        write(home, f"{n}.md", f"Levee {n} costs {n} crowns.")
    assert main(["reindex", *settings]) == 0
    assert outcome(home, capsys) | {"outcome": "published", "added": 8, "error": ""} == outcome(home, capsys)
    live = current_id(home / "index")
    before = sorted(str(path) for path in (home / "index").rglob("*"))
    assert main(["reindex", *settings]) == 0
    assert (outcome(home, capsys)["outcome"], outcome(home, capsys)["unchanged"]) == ("unchanged", 8)
    assert sorted(str(path) for path in (home / "index").rglob("*")) == before, "nothing but this is written"

    (home / "canaries.jsonl").write_text('{"question": "What do dams cost?", "must_contain": ["ten crowns"]}\n')
    (home / "gated.toml").write_text(
        (home / "briefqa.toml").read_text() + 'canaries = "canaries.jsonl"\n', encoding="utf-8"
    )
    write(home, "8.md", "Levee 8 costs 8 crowns.")
    assert main(["reindex", "--config", str(home / "gated.toml")]) == 4
    told = outcome(home, capsys)
    assert (told["outcome"], told["generation"], told["published"]) == ("held back", live, False)
    assert "canary" in told["refused"][0]

    for n in range(9):
        (home / "docs_in" / f"{n}.md").unlink()
    assert main(["reindex", *settings]) == 1
    assert outcome(home, capsys)["outcome"] == "failed"
    assert "--allow-empty" in outcome(home, capsys)["error"]
    capsys.readouterr()
    assert main(["report", *settings]) == 0
    assert "failed.\n" in capsys.readouterr().out
    assert generation_folder(home / "index", live or "").is_dir()
