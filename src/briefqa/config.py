"""Settings: one frozen `Config` from `briefqa.toml` and `BRIEFQA_*` variables. Only `cli` and `service` read it."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from briefqa.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_FILE = "briefqa.toml"
PREFIX = "BRIEFQA_"
LLM_KEY = "BRIEFQA_LLM_KEY"
FOLDERS = ("docs_in", "index", "work", "keys_file", "canaries")
ADDRESSES = ("postgresql://", "postgres://")

# Variables with our prefix that are no settings: what the tests must not do without, and a key, which has no place in
# a file.
_NOT_SETTINGS = ("BRIEFQA_REQUIRE_", LLM_KEY)

_CHOICES = {
    "embedding_precision": ("fp32", "int8"),
    "fusion": ("convex", "rrf"),
    "log_format": ("text", "json"),
    "reindex_over_http": ("yes", "no"),
}


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting with its default. `briefqa.toml` in the project's root documents each one."""

    docs_in: str = "docs_in"
    index: str = "index"
    work: str = "index"

    max_file_mb: int = 100
    max_pages: int = 2000
    max_chars: int = 10_000_000
    read_seconds: int = 120
    read_memory_mb: int = 2000
    read_processes: int = 0
    ray: str = ""
    ocr: str = ""
    ocr_seconds: int = 1800

    passage_tokens: int = 200

    model: str = "all-MiniLM-L6-v2"
    device: str = "cpu"
    query_prompt: str = ""
    passage_prompt: str = ""
    embedding_precision: str = "fp32"

    faiss_factory: str = "auto"
    shards: str = ""
    partition_from: int = 100_000
    keep_generations: int = 3
    keep_reports: int = 30

    canaries: str = ""
    min_canaries: int = 100
    max_brief_fall: int = 20
    max_unreadable: int = 20

    lexical_weight: int = 50
    fusion: str = "convex"
    reranker: str = ""
    rerank_budget_ms: int = 1000

    hits: int = 5
    max_hits: int = 100
    max_query_chars: int = 2000
    remembered_questions: int = 2000

    llm_url: str = ""
    llm_model: str = ""
    llm_seconds: int = 60
    llm_retries: int = 1
    llm_concurrency: int = 4

    host: str = "127.0.0.1"
    port: int = 8000
    keys_file: str = ""
    open_to_network: int = 0
    requests_per_minute: int = 0
    requests_counted_at: str = ""
    max_running: int = 8
    max_waiting: int = 256
    request_seconds: int = 120
    cors_origins: str = ""
    log_format: str = "text"
    otlp_endpoint: str = ""
    workers: int = 1
    reindex_over_http: str = "no"
    public_url: str = ""
    trusted_proxies: str = ""

    @property
    def folder(self) -> str:
        """The folder of the index, or the one beside a database."""
        return self.work if self.index.startswith(ADDRESSES) else self.index

    def __post_init__(self) -> None:
        for name in ("docs_in", "index", "work", "model", "device", "faiss_factory", "host"):
            if not getattr(self, name).strip():
                raise ConfigError(f"{name} is empty: give it a value, or leave it out for its default.")
        for name, low, high in (
            ("max_file_mb", 1, 100_000),
            ("max_pages", 1, 1_000_000),
            ("max_chars", 1000, 1_000_000_000),
            ("read_seconds", 1, 86_400),
            ("read_memory_mb", 300, 1_000_000),
            ("read_processes", 0, 1000),
            ("ocr_seconds", 1, 86_400),
            ("passage_tokens", 16, 100_000),
            ("partition_from", 0, 1_000_000_000),
            ("keep_generations", 1, 1000),
            ("keep_reports", 0, 10_000),
            ("min_canaries", 0, 100),
            ("max_brief_fall", 0, 100),
            ("max_unreadable", 0, 100),
            ("lexical_weight", 0, 100),
            ("rerank_budget_ms", 0, 600_000),
            ("max_hits", 1, 10_000),
            ("hits", 1, self.max_hits),
            ("max_query_chars", 1, 1_000_000),
            ("remembered_questions", 0, 1_000_000),
            ("llm_seconds", 1, 3600),
            ("llm_retries", 0, 10),
            ("llm_concurrency", 1, 1000),
            ("port", 0, 65535),
            ("open_to_network", 0, 1),
            ("requests_per_minute", 0, 1_000_000),
            ("max_running", 1, 1000),
            ("max_waiting", 0, 100_000),
            ("request_seconds", 1, 3600),
            ("workers", 1, 64),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"{name} = {value} is out of range: choose a number from {low} to {high}.")
        if bool(self.llm_url) != bool(self.llm_model):
            raise ConfigError("llm_url and llm_model go together: give both, or neither.")
        if self.llm_url and self.llm_seconds >= self.request_seconds:
            raise ConfigError(
                f"llm_seconds = {self.llm_seconds} has to be less than request_seconds = {self.request_seconds}, "
                "so that the briefs' own words can still answer where the model is too slow."
            )
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                one, other = choices
                raise ConfigError(f'{name} = "{getattr(self, name)}" is unknown: choose "{one}" or "{other}".')


def load_config(file: Path | None = None, environ: Mapping[str, str] | None = None, **overrides: Any) -> Config:
    """Read settings: overrides, before `BRIEFQA_*` variables, before the file, before the defaults.

    file: a TOML file; None reads `briefqa.toml` in the working folder where there is one. Folders in the file are
    relative to the file's own, all others to the working folder. An override of None counts as not given. Raises
    ConfigError for a file that is missing or not TOML, an unknown key, a wrong type or a value out of range.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    values = _from_file(file) | _from_environ(os.environ if environ is None else environ) | _checked(given, "option")
    values |= {name: str(Path(values[name]).expanduser()) for name in FOLDERS if _is_path(values.get(name))}
    return Config(**values)


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        file = Path(CONFIG_FILE)
        if not file.exists():
            return {}
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read the settings file {file}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}.") from error
    values = _checked(read, str(file))
    for name in FOLDERS:
        if _is_path(values.get(name)) and not values[name].startswith("~"):
            values[name] = str(file.parent / values[name])
    return values


def _is_path(value: str | None) -> bool:
    return bool(value) and not str(value).startswith(ADDRESSES)


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    types = get_type_hints(Config)
    values: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(_NOT_SETTINGS):
            continue
        name = variable.removeprefix(PREFIX).lower()
        _known(name, variable)
        try:
            values[name] = types[name](text)
        except ValueError as error:
            raise ConfigError(f"{variable}={text!r} has the wrong type: it wants a whole number.") from error
    return values


def _checked(values: dict[str, Any], where: str) -> dict[str, Any]:
    """Return the values when each is a known setting of the right type. where: what to name in the error."""
    types = get_type_hints(Config)
    for name, value in values.items():
        _known(name, where)
        # Not isinstance: true is no port.
        if type(value) is not types[name]:
            wanted = "a whole number" if types[name] is int else "a text in quotes"
            raise ConfigError(f"{where}: {name} = {value!r} has the wrong type: it wants {wanted}.")
    return values


def _known(name: str, where: str) -> None:
    names = sorted(field.name for field in fields(Config))
    if name in names:
        return
    close = get_close_matches(name, names, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"The settings are: {', '.join(names)}."
    raise ConfigError(f"{where}: unknown setting {name!r}. {hint}")
