from __future__ import annotations

import re
import tomllib
from contextlib import chdir
from dataclasses import FrozenInstanceError, asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from briefqa.config import FOLDERS, Config, load_config
from briefqa.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS_FILE = Path(__file__).parent.parent / "briefqa.toml"


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        file = tmp_path / "settings.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A working folder without a settings file."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with chdir(folder):
        yield folder


def test_the_settings_file_holds_every_setting_with_its_default_and_no_other() -> None:
    assert tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8")) == asdict(Config())


def test_the_settings_file_explains_every_setting() -> None:
    explained = set()
    for block in SETTINGS_FILE.read_text(encoding="utf-8").split("\n\n"):
        if block.startswith("# ") and not block.startswith("# ---"):
            explained |= set(re.findall(r"^(\w+) = ", block, flags=re.MULTILINE))
    assert explained == {field.name for field in fields(Config)}


def test_every_setting_has_a_type_that_the_environment_can_say() -> None:
    # A bool would need its own reading: bool("false") is True.
    assert set(get_type_hints(Config).values()) == {str, int}


@pytest.mark.usefixtures("elsewhere")
def test_without_file_and_variables_there_are_the_defaults() -> None:
    assert load_config(environ={}) == Config()


def test_the_file_of_the_working_folder_is_read(elsewhere: Path) -> None:
    (elsewhere / "briefqa.toml").write_text("hits = 7", encoding="utf-8")
    assert load_config(environ={}) == Config(hits=7)


def test_option_goes_before_variable_before_file_before_default(written: Any) -> None:
    file = written("port = 1\nhits = 2\nmax_hits = 30")
    config = load_config(file, {"BRIEFQA_PORT": "4", "BRIEFQA_HITS": "5"}, port=6)
    assert (config.port, config.hits, config.max_hits, config.max_pages) == (6, 5, 30, Config().max_pages)


def test_an_option_of_none_was_not_given(written: Any) -> None:
    assert load_config(written("port = 1"), {}, port=None).port == 1


def test_folders_of_the_file_are_relative_to_the_file(written: Any, tmp_path: Path, elsewhere: Path) -> None:
    assert elsewhere == Path.cwd()
    file = written('docs_in = "briefs"\nindex = "/var/lib/index"')
    assert load_config(file, {}).docs_in == str(tmp_path / "briefs")
    assert load_config(file, {}).index == "/var/lib/index"
    assert load_config(file, {"BRIEFQA_DOCS_IN": "here"}, index="there") == Config(docs_in="here", index="there")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_tilde_is_the_home_folder(written: Any, folder: str) -> None:
    expected = str(Path.home() / "briefs")
    assert getattr(load_config(written(f'{folder} = "~/briefs"'), {}), folder) == expected
    assert getattr(load_config(written(""), {f"BRIEFQA_{folder.upper()}": "~/briefs"}), folder) == expected


def test_every_setting_can_come_from_the_environment(written: Any) -> None:
    wanted = asdict(Config(docs_in="d", index="i", model="hashing", host="::1", port=9)) | {"max_hits": 11, "hits": 10}
    environ = {f"BRIEFQA_{name.upper()}": str(value) for name, value in wanted.items()}
    assert asdict(load_config(written(""), environ)) == wanted


def test_other_variables_are_left_alone(written: Any) -> None:
    environ = {"HITS": "9", "PATH": "/bin", "BRIEFQA_REQUIRE_SHARED": "1", "BRIEFQA_REQUIRE_OCR": "1"}
    assert load_config(written(""), environ) == Config()


@pytest.mark.parametrize(
    ("text", "environ", "message"),
    [
        ("prot = 1", {}, "settings.toml: unknown setting 'prot'. Did you mean 'port'?"),
        ("zzz = 1", {}, "settings.toml: unknown setting 'zzz'. The settings are: canaries, "),
        ("[server]\nport = 1", {}, "unknown setting 'server'"),
        ('port = "1"', {}, "settings.toml: port = '1' has the wrong type: it wants a whole number."),
        ("port = true", {}, "port = True has the wrong type"),
        ("port = 1.0", {}, "port = 1.0 has the wrong type"),
        ("model = 3", {}, "model = 3 has the wrong type: it wants a text in quotes."),
        ("port = 65536", {}, "port = 65536 is out of range: choose a number from 0 to 65535."),
        ("hits = 0", {}, "hits = 0 is out of range"),
        ("hits = 200", {}, "hits = 200 is out of range: choose a number from 1 to 100."),
        ("max_hits = 0", {}, "max_hits = 0 is out of range"),
        ('index = ""', {}, "index is empty"),
        ('model = " "', {}, "model is empty"),
        ("port = ", {}, "settings.toml is not valid TOML: "),
        ("", {"BRIEFQA_PROT": "1"}, "BRIEFQA_PROT: unknown setting 'prot'. Did you mean 'port'?"),
        ("", {"BRIEFQA_PORT": "http"}, "BRIEFQA_PORT='http' has the wrong type: it wants a whole number."),
        ("", {"BRIEFQA_PORT": ""}, "BRIEFQA_PORT='' has the wrong type"),
        ("", {"BRIEFQA_KEEP_GENERATIONS": "0"}, "keep_generations = 0 is out of range"),
    ],
)
def test_what_is_wrong_is_said(written: Any, text: str, environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(written(text), environ)


def test_a_missing_file_that_was_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Cannot read the settings file .*none\.toml: No such file"):
        load_config(tmp_path / "none.toml", {})


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'model = "caf\xe9"')
    with pytest.raises(ConfigError, match="is not valid TOML"):
        load_config(tmp_path / "latin.toml", {})


def test_an_unknown_option_is_an_error(written: Any) -> None:
    with pytest.raises(ConfigError, match=r"option: unknown setting 'ports'\. Did you mean 'port'\?"):
        load_config(written(""), {}, ports=1)


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().port = 1  # type: ignore[misc]
