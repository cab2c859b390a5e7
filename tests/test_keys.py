from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from briefqa.cli import main
from briefqa.errors import ConfigError, NotFound
from briefqa.keys import KeyFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "index" / "keys.json"


def test_a_key_is_found_by_its_secret_alone(file: Path) -> None:
    keys = KeyFile(file)
    key, secret = keys.create("the intranet", collections=["housing", "coast"])
    other, _ = keys.create("a script", rights=["admin", "read"])

    assert keys.find(secret) == key
    assert (key.rights, key.collections) == (("read",), ("coast", "housing"))
    assert (other.rights, other.collections) == (("admin", "read"), None)
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    other_id = secret.replace(key.id, other.id)
    assert [keys.find(said) for said in ("", "bq_", wrong, other_id, secret + " ", key.digest, "\ud800")] == [None] * 7


def test_the_file_holds_no_secret_and_is_for_its_owner_alone(file: Path) -> None:
    _, secret = KeyFile(file).create("the intranet")

    assert secret.rpartition("_")[2] not in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir() if one.name.endswith(".json")] == ["keys.json"]


def test_revoked_and_expired_keys_are_good_for_nothing(file: Path) -> None:
    keys = KeyFile(file)
    key, secret = keys.create("a guest", days=1)
    assert key.is_good(datetime.now(UTC) + timedelta(hours=23))
    assert not key.is_good(datetime.now(UTC) + timedelta(hours=25))

    served = KeyFile(file)  # a running server's
    assert served.find(secret)
    keys.revoke(key.id)
    assert served.find(secret) is None
    with pytest.raises(NotFound, match="keys list"):
        keys.revoke("nothing1")


def test_a_damaged_file_lets_nobody_in(file: Path) -> None:
    KeyFile(file).create("the intranet")
    for damage in ("{", "[]", '{"format": 2, "keys": []}', '{"format": 1, "keys": [{}]}', "\xff"):
        file.write_text(damage, encoding="latin-1")
        with pytest.raises(ConfigError, match=r"keys\.json"):
            KeyFile(file).keys()


@pytest.mark.parametrize(
    "wrong",
    [
        {"rights": ["write"]},
        {"rights": []},
        {"name": " "},
        {"name": "a\nb"},
        {"days": -1},
        {"rights": ["admin"], "collections": ["coast"]},
    ],
)
def test_what_makes_no_sense_is_refused(file: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        KeyFile(file).create(**{"name": "x"} | wrong)  # type: ignore[arg-type]
    assert not file.exists()


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["keys", "list"]) == 0
    assert "whoever reaches the server may ask" in capsys.readouterr().out
    assert main(["keys", "create", "the desk", "--collections", "coast, housing", "--days", "30", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert KeyFile(tmp_path / "index" / "keys.json").find(made["key"])
    assert (made["rights"], made["collections"]) == (["read"], ["coast", "housing"])
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert made["id"] in listed
    assert "coast, housing  the desk" in listed
    assert made["key"] not in listed
    assert main(["keys", "revoke", made["id"]]) == 0
    assert main(["keys", "--json", "list"]) == 0
    shown = capsys.readouterr().out.partition("\n")[2]
    assert json.loads(shown)[0]["revoked"]
    assert "digest" not in shown
    assert main(["keys", "revoke", "nothing1"]) == 1
