"""Canary questions: what a collection must never stop answering, asked of every build before it is published.

One JSON object a line of `canaries.jsonl`:

    {"question": "How far did the water table fall?", "must_contain": ["forty feet"], "notes": ["Vesper Basin"], "k": 3}

`must_contain`: texts that one of the first k hits has to hold (default: 5). `notes`: texts, each of which a note that
this hit cites has to hold. Case and white space make no difference.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from briefqa.errors import BriefqaError, ConfigError, QueryError
from briefqa.reindex.gate import Verdict
from briefqa.search import clean_question

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from briefqa.search import Hit, Searcher

_KEYS = {"question", "must_contain", "notes", "k"}


@dataclass(frozen=True, slots=True)
class Canary:
    """A question and what a hit has to hold. Texts are in lower case with single spaces."""

    question: str
    must_contain: tuple[str, ...]
    notes: tuple[str, ...]
    k: int = 5


def load_canaries(file: Path) -> tuple[Canary, ...]:
    """Read canary questions. Raises ConfigError that names the line which is none."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read the canary questions {file}: {error}.") from error
    return tuple(_canary(line, f"{file}, line {number}") for number, line in enumerate(lines, 1) if line.strip())


def ask(searcher: Searcher, canaries: Iterable[Canary]) -> list[Verdict]:
    """Ask each of the questions."""
    return [Verdict(canary.question, _reason(searcher, canary)) for canary in canaries]


def _canary(line: str, where: str) -> Canary:
    try:
        said: dict[str, Any] = json.loads(line)
        if not isinstance(said, dict) or said.keys() - _KEYS:
            raise ConfigError(f"{where}: a canary is an object of {', '.join(sorted(_KEYS))}.")
        canary = Canary(
            clean_question(said["question"]), _texts(said, "must_contain"), _texts(said, "notes"), int(said.get("k", 5))
        )
    except (ValueError, TypeError, KeyError, AttributeError, QueryError) as error:
        raise ConfigError(f'{where}: a canary is such as {{"question": "…", "must_contain": ["…"]}}.') from error
    if not (canary.must_contain or canary.notes) or not 1 <= canary.k <= 100:
        raise ConfigError(f"{where}: say what a hit `must_contain` or what its `notes` say, and a k from 1 to 100.")
    return canary


def _texts(said: dict[str, Any], key: str) -> tuple[str, ...]:
    texts = said.get(key, [])
    return tuple(_plain(text) for text in ([texts] if isinstance(texts, str) else texts))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _reason(searcher: Searcher, canary: Canary) -> str:
    """Why a canary fails, "" if it passes."""
    try:
        hits = searcher.search(canary.question, canary.k).hits
    except BriefqaError as error:
        return str(error)
    holding = [hit for hit in hits if all(text in _plain(hit.stored.passage.text) for text in canary.must_contain)]
    if not holding:
        return f"none of the first {canary.k} hits contains {_quoted(canary.must_contain)}."
    if not any(_cites(hit, canary.notes) for hit in holding):
        return f"the passage is found, but cites no note with {_quoted(canary.notes)}."
    return ""


def _cites(hit: Hit, wanted: Iterable[str]) -> bool:
    notes = [_plain(cited.note.text) for cited in hit.notes]
    return all(any(text in note for note in notes) for text in wanted)


def _quoted(texts: Iterable[str]) -> str:
    return " and ".join(f"“{text}”" for text in texts)
