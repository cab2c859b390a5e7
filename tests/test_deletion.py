"""A brief that is removed is gone: from every route, page and live file, and, purged, from all files."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from briefqa.cli import main
from briefqa.embedding import HashingEmbedder
from briefqa.generation import current_id, generation_folder, open_current
from briefqa.service.app import create_app
from briefqa.service.reindexing import Reindexing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

PDF = Path(__file__).parent / "briefs" / "pdf" / "continuous.pdf"
KEPT = """# What Stays

Levees cost nine crowns a year.[^1]

[^1]: Board of Weirs, *What Levees Cost* (2029), https://example.org/levees.
"""
GONE = """---
title: The Quorvane Memorandum
author: Ysolde Trenchmaker
---

# The Quorvane Memorandum

The Brindlewick sluice costs ninety crowns a year, says the Society of Tidal Cartographers (SOTC).[^1] Nobody pays.[^2]

[^1]: Obadiah Fennimore, *Sluicegate Accounts* (Port Aldous, 2031), https://fennimore.example.org/brindlewick.
[^2]: See the Pellucidar report, which nobody prints.
"""
# Nothing else says these; a language's stems of them would hold these beginnings.
WORDS = ["quorvan", "ysold", "trenchmak", "brindlewick", "cartograph", "sotc", "fennimor", "sluicegat", "pellucidar"]
QUESTION = "What does the sluice cost a year?"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    docs_in = tmp_path / "docs_in"
    docs_in.mkdir()
    (docs_in / "kept.md").write_text(KEPT, encoding="utf-8")
    (docs_in / "leaving.md").write_text(GONE, encoding="utf-8")
    shutil.copy(PDF, docs_in / "printed.pdf")
    (tmp_path / "briefqa.toml").write_text(
        'model = "hashing"\ndocs_in = "docs_in"\nindex = "index"\n', encoding="utf-8"
    )
    assert main(["reindex", "--config", str(tmp_path / "briefqa.toml")]) == 0
    return tmp_path


@pytest.fixture
def http(home: Path) -> Iterator[TestClient]:
    reindexing = Reindexing(home / "index", ["false"])
    app = create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in", reindexing=reindexing)
    with TestClient(app, raise_server_exceptions=True) as client:
        yield client


class Known:
    """What is known of the briefs that are to go: ids of them and of what is in them, phrases that they alone say."""

    def __init__(self, index: Path) -> None:
        opened = open_current(index)
        leaving = [record for record in opened.briefs(limit=10) if record.path != "kept.md"]
        self.briefs = [record.id for record in leaving]
        hits = [item.passage_id for item in opened.lexical("the sluice costs note the", 100)]
        self.passages = [name for name in hits if name.split("-")[0] in self.briefs]
        from briefqa.generation import SourcesWanted  # noqa: PLC0415 - of the same index

        kept = {"https://example.org/levees"}
        found = opened.sources(SourcesWanted(), limit=100).items
        self.sources = [item.id for item in found if item.csl.get("URL") not in kept]
        self.printed = next(record.id for record in leaving if record.path == "printed.pdf")
        _, printed = opened.brief(self.printed)
        lines = [line for line in printed.body.splitlines() if len(line) > 40]
        self.phrases = [line[:40] for line in lines[:3]]
        opened.close()
        assert len(self.briefs) == 2
        assert self.passages
        assert self.sources
        assert self.phrases

    def said_in(self, text: str) -> list[str]:
        """Which words, phrases and ids stand in a text."""
        folded = text.casefold()
        plain = " ".join(text.split())
        ids = [*self.briefs, *self.passages, *self.sources]
        return [
            *(word for word in WORDS if word in folded),
            *(phrase for phrase in self.phrases if phrase in plain),
            *(name for name in ids if name in text),
        ]


def requests(known: Known, app: FastAPI) -> list[tuple[str, dict[str, Any] | None]]:
    """Ask every route of the OpenAPI and every page, of all and of each thing that is to go."""
    lists = ["/v1/briefs", "/v1/notes", "/v1/sources", "/v1/models", "/healthz", "/readyz", "/metrics", "/openapi.json"]
    pages = ["/", f"/?q={quote(QUESTION)}", "/briefs", "/sources", "/admin", "/login", "/docs"]
    formats = ["csl-json", "bibtex", "ris", "chicago", "apa"]
    asked: list[tuple[str, dict[str, Any] | None]] = [(path, None) for path in (*lists, *pages)]
    asked += [(f"/v1/{of}?format={form}", None) for of in ("sources", "notes") for form in formats]
    for brief in known.briefs:
        below = ["", "/file", "/notes"]
        asked += [(f"/v1/briefs/{brief}{rest}", None) for rest in below]
        asked += [(f"/briefs/{brief}{rest}", None) for rest in ("", "?view=notes", "?page=1", "/file")]
        asked += [(f"/v1/notes?brief={brief}", None), (f"/v1/sources?brief={brief}", None)]
    asked.append((f"/briefs/{known.printed}/pages/1.png", None))
    asked.append(("/v1/models/briefqa", None))
    asked += [(f"/v1/passages/{name}", None) for name in known.passages]
    asked += [(f"/{prefix}sources/{name}", None) for name in known.sources for prefix in ("v1/", "")]
    asked += [("/v1/search", {"query": QUESTION, "k": 50, "expand": 2}), ("/v1/ask", {"question": QUESTION})]
    asked += [("/v1/search", {"query": QUESTION, "filters": {"brief": known.briefs[0]}})]
    for stream in (False, True):
        messages = [{"role": "user", "content": QUESTION}]
        asked.append(("/v1/chat/completions", {"messages": messages, "stream": stream, "model": "briefqa-open-webui"}))
        asked.append(("/v1/responses", {"input": messages, "stream": stream}))
    of_tools: dict[str, list[dict[str, Any]]] = {
        "search": [{"query": QUESTION}],
        "ask": [{"question": QUESTION}],
        "fetch": [{"id": name} for name in (*known.briefs, *known.passages)],
        "notes_of": [{"id": name} for name in known.briefs],
        "briefs_citing": [{"source": name} for name in known.sources],
    }
    calls = [
        {"method": "tools/call", "params": {"name": name, "arguments": given}}
        for name, all_given in of_tools.items()
        for given in all_given
    ]
    calls += [{"method": "resources/list", "params": {}}]
    calls += [{"method": "resources/read", "params": {"uri": f"briefqa://briefs/{name}"}} for name in known.briefs]
    asked += [("/mcp", {"jsonrpc": "2.0", "id": 1, **call}) for call in calls]
    # Every route there is has been asked, but for those that start a run, say who asks, or go back.
    left = {"/v1/reindex", "/v1/reindex/{run_id}", "/admin/rollback", "/logout", "/docs/{name}", "/static"}
    ways = {
        re.sub(r"(?<=/)[0-9a-f]{16}(-\w+)?", "*", path.partition("?")[0])
        .replace("1.png", "*.png")
        .replace("/briefqa", "/*")
        for path, _ in asked
    }
    routes = {getattr(route, "path", "") for route in app.routes} | set(app.openapi()["paths"])
    missed = {re.sub(r"\{\w+\}", "*", path) for path in routes - left} - ways
    assert missed <= {"/openapi.json", ""}, f"not asked: {missed}"
    return asked


def told(http: TestClient, path: str, body: dict[str, Any] | None) -> tuple[int, str]:
    """What is answered, without the question and the address, which say again what was asked."""
    accept = {"accept": "application/json, text/event-stream"} if path == "/mcp" else {}
    answer = http.get(path) if body is None else http.post(path, json=body, headers=accept)
    text = answer.content.decode("utf-8", "replace") + str(dict(answer.headers))
    return answer.status_code, text


def test_a_removed_brief_is_in_no_answer_file_or_memory(
    home: Path, http: TestClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--config", str(home / "briefqa.toml")]
    known = Known(home / "index")
    app: Any = http.app
    asked = requests(known, app)
    before = {(path, json.dumps(body)): told(http, path, body) for path, body in asked}
    assert all(status == 200 for status, _ in before.values()), {
        key: status for key, (status, _) in before.items() if status != 200
    }
    told_of = [key for key, (_, text) in before.items() if known.said_in(text)]
    assert len(told_of) > 0.7 * len(asked), "the routes do tell of a brief that is there"

    for name in ("leaving.md", "printed.pdf"):
        (home / "docs_in" / name).rename(home / name)
    caplog.clear()
    assert main(["reindex", *settings]) == 0
    live = current_id(home / "index") or ""
    deadline = time.monotonic() + 60
    while http.get("/readyz").json()["generation"] != live:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for path, body in asked:
        check_silent(known, path, body, *told(http, path, body))
    assert not known.said_in(caplog.text)
    check_files(known, home / "index", live)
    check_purging(home, settings, capsys)


def check_silent(known: Known, path: str, body: dict[str, Any] | None, status: int, text: str) -> None:
    """An answer tells nothing of what is gone but what it was asked by."""
    named = json.dumps([path, body])
    found = [said for said in known.said_in(text) if said not in named]
    assert not found, f"{path} {body} tells of {found}: {text[:500]}"
    about_it = any(name in path for name in (*known.briefs, *known.passages, *known.sources)) and "?" not in path
    assert status in ({404, 410} if about_it else {200, 404, 410}), path


def check_files(known: Known, index: Path, live: str) -> None:
    """No file of the live generation tells of it, nor is work left."""
    for file in generation_folder(index, live).rglob("*"):
        if file.is_file():
            held = file.read_bytes().decode("utf-8", "replace")
            # A brief's id stays, to tell who asks for it that it was removed.
            assert not set(known.said_in(held)) - {*known.briefs}, file
    assert not (index / "work").exists()


def check_purging(home: Path, settings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`briefqa verify --gone` finds what is kept, and what is purged is in no file at all."""
    capsys.readouterr()
    for copy in (str(home / "leaving.md"), str(home / "printed.pdf"), "Brindlewick sluice"):
        assert main(["verify", "--gone", copy, *settings]) == 1, "the generation before is kept"
        assert "live generation holds" not in capsys.readouterr().err
    for copy in (str(home / "leaving.md"), str(home / "printed.pdf")):
        assert main(["verify", "--gone", copy, "--purge", *settings]) == 0
    for text in ("Brindlewick", "Pellucidar", "fennimore.example.org"):
        assert main(["verify", "--gone", text, *settings]) == 0
    for file in (home / "index").rglob("*"):
        if file.is_file() and "models" not in file.parts:
            held = file.read_bytes().decode("utf-8", "replace")
            assert not [word for word in WORDS if word in held.casefold()], file
    assert main(["verify", *settings]) == 0


def test_what_a_catalog_has_let_go_of_is_in_none_of_its_bytes(home: Path) -> None:
    """Brief after brief is replaced: no page of the file keeps what was there before."""
    settings = ["--config", str(home / "briefqa.toml")]
    for night in range(6):
        (home / "docs_in" / "leaving.md").write_text(f"# Night\n\n{f'Wordofnight{night} ' * 400}\n", encoding="utf-8")
        assert main(["reindex", *settings]) == 0
        folder = generation_folder(home / "index", current_id(home / "index") or "")
        held = b"".join(file.read_bytes().lower() for file in folder.rglob("*") if file.is_file())
        assert f"wordofnight{night}".encode() in held
        for past in range(night):
            assert f"wordofnight{past}".encode() not in held
