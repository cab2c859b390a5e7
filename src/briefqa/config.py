"""Settings: one frozen `Config` from `briefqa.toml` and `BRIEFQA_*` variables. Only `cli` and `service` read it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from briefqa.errors import ConfigError

CONFIG_FILE = "briefqa.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting with its default. `briefqa.toml` in the project's root documents each one."""

    docs_in: str = "docs_in"
    index: str = "index"

    max_file_mb: int = 100
    max_pages: int = 2000

    passage_tokens: int = 200

    model: str = "all-MiniLM-L6-v2"
    device: str = "cpu"
    query_prompt: str = ""
    passage_prompt: str = ""

    faiss_factory: str = "Flat"
    keep_generations: int = 3

    hits: int = 5
    max_hits: int = 100
    max_query_chars: int = 2000

    host: str = "127.0.0.1"
    port: int = 8000

    def __post_init__(self) -> None:
        for name, low, high in (
            ("max_file_mb", 1, 100_000),
            ("max_pages", 1, 1_000_000),
            ("passage_tokens", 16, 100_000),
            ("keep_generations", 1, 1000),
            ("hits", 1, self.max_hits),
            ("max_hits", 1, 10_000),
            ("max_query_chars", 1, 1_000_000),
            ("port", 0, 65535),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"{name} = {value} is out of range: choose a number from {low} to {high}.")


def load_config(file: Path | None = None, environ: Mapping[str, str] | None = None, **overrides: Any) -> Config:
    """Read settings: overrides, before `BRIEFQA_*` variables, before the file, before the defaults.

    file: a TOML file; None reads `briefqa.toml` in the working folder where there is one. An override of None counts
    as not given. Raises ConfigError for a file that is missing or not TOML, an unknown key, a wrong type or a value
    out of range.
    """
    environ = os.environ if environ is None else environ
    values = _from_file(file) | _from_environ(environ) | {k: v for k, v in overrides.items() if v is not None}
    types = get_type_hints(Config)
    for name, value in values.items():
        if name not in types:
            raise ConfigError(f"Unknown setting {name!r}. The settings are: {', '.join(sorted(types))}.")
        if type(value) is not types[name]:
            raise ConfigError(f"{name} = {value!r} has the wrong type: it wants {types[name].__name__}.")
    return Config(**values)


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        file = Path(CONFIG_FILE)
        if not file.exists():
            return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read the settings file {file}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}.") from error


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    types = get_type_hints(Config)
    values: dict[str, Any] = {}
    for field in fields(Config):
        variable = f"BRIEFQA_{field.name.upper()}"
        if variable not in environ:
            continue
        text = environ[variable]
        try:
            values[field.name] = types[field.name](text)
        except ValueError as error:
            raise ConfigError(f"{variable}={text!r} has the wrong type: it wants a whole number.") from error
    unknown = sorted(
        key for key in environ if key.startswith("BRIEFQA_") and key != "BRIEFQA_REQUIRE_SHARED"
        and key.removeprefix("BRIEFQA_").lower() not in types
    )
    if unknown:
        raise ConfigError(f"Unknown setting {unknown[0]} in the environment. See briefqa.toml for all of them.")
    return values
