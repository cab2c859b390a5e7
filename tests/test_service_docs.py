"""What docs/api.md and docs/operate.md say is done as they say it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from briefqa import errors
from briefqa.cli import main
from briefqa.embedding import HashingEmbedder
from briefqa.service.app import create_app
from briefqa.service.problems import of_error

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """The commands of the console blocks, each cut into its words."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [shlex.split(line[2:]) for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def examples(text: str) -> list[Any]:
    return [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]


def shape(value: Any) -> Any:
    """Keys and the order they come in; of a list, the shape of its first item."""
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items() if key != "source"]
    return [shape(value[0])] if isinstance(value, list) and value else None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's data as a user has it: the samples, indexed twice so that there is something to go back to."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "docs_in", home / "docs_in")
    (home / "briefqa.toml").write_text('model = "hashing"\n', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert main(["reindex"]) == 0
        (home / "docs_in" / "note.txt").write_text("A Memo\n\nIt is short.\n", encoding="utf-8")
        assert main(["reindex"]) == 0
    return home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    app = create_app(home / "index", load=HashingEmbedder, docs_in=home / "docs_in")
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        yield client


def ask(client: TestClient, words: list[str]) -> Any:
    """Send what a curl command would send."""
    url = urlsplit(next(word for word in words if word.startswith("http")))
    headers = dict([words[words.index("-H") + 1].split(": ")]) if "-H" in words else {}
    content = words[words.index("-d") + 1] if "-d" in words else None
    return client.request("POST" if content else "GET", f"{url.path}?{url.query}", content=content, headers=headers)


@pytest.mark.parametrize("words", commands(API), ids=" ".join)
def test_the_curl_commands_work(client: TestClient, words: list[str]) -> None:
    assert words[0] == "curl"
    assert ask(client, words).status_code == 200


def test_the_example_of_an_answer_has_the_shape_of_one(client: TestClient) -> None:
    answer = ask(client, commands(API)[0]).json()

    assert answer["hits"][0]["notes"], "the example needs a passage with notes"
    assert shape(answer) == shape(examples(API)[0])


def test_the_example_of_asking_has_the_shape_of_an_answer(client: TestClient) -> None:
    answer, shown = ask(client, commands(API)[1]).json(), examples(API)[1]

    assert shown.keys() <= answer.keys()
    assert shown["sentences"][0].keys() == answer["sentences"][0].keys()
    assert shown["citations"][0].keys() <= answer["citations"][0].keys()


def test_the_example_of_an_error_is_one(client: TestClient) -> None:
    assert client.post("/v1/search", json={"query": "x", "k": 0}).json() == examples(API)[2]


def test_every_endpoint_is_in_the_table(client: TestClient) -> None:
    told = set(re.findall(r"`(GET|POST) (/[^`?]*)", API))
    served = {
        (method.upper(), re.sub(r"{\w+_id}", "{id}", path))
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method in methods
    }

    assert served <= told


def test_the_types_of_errors_are_the_ones_that_are_sent() -> None:
    told = set(re.findall(r"`(urn:briefqa:[a-z-]+)`", API))
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.BriefqaError)]
    sent = {json.loads(bytes(of_error(one("message")).body))["type"] for one in classes}

    assert told <= sent | {"urn:briefqa:invalid-request"}


@pytest.mark.parametrize("words", [words for words in commands(OPERATE) if "serve" not in words], ids=" ".join)
def test_the_commands_work(home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(home)
    assert words[0] == "briefqa"
    if "rollback" in words:  # the one before may be live already
        (home / "docs_in" / "note.txt").write_text("A Memo\n\nIt has changed.\n", encoding="utf-8")
        main(["reindex"])

    if "--gone" in words:
        shutil.copy(ROOT / "tests/briefs/pdf/adjacent.pdf", home / "copy-of-the-brief.pdf")

    assert main(words[1:]) == 0


def test_serve_takes_the_arguments_that_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    [words] = [words for words in commands(OPERATE) if "serve" in words]
    with pytest.raises(SystemExit) as done:
        main([*words[1:], "--help"])

    assert done.value.code == 0
    assert "--port" in capsys.readouterr().out


def test_every_command_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    offered = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)

    assert offered
    assert offered == [name for name in offered if re.search(rf"^\| `{name}\b", OPERATE, re.MULTILINE)]
