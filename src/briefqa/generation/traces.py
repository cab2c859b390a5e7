"""Where a text still stands in an index folder: the proof that a brief is gone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.catalog import Catalog
from briefqa.errors import GenerationError
from briefqa.generation.manifest import CATALOG
from briefqa.generation.store import is_generation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BLOCK = 1 << 24
_MODELS = "models"  # of the embedder: no text of a brief gets there


@dataclass(frozen=True, slots=True)
class Trace:
    """A file below the index folder in which a phrase stands. generation: its name, "" outside of generations.

    briefs: paths of the briefs that say it, as far as a catalog tells. far: it is no file, but tables in another home.
    """

    file: str
    phrase: str
    generation: str
    briefs: tuple[str, ...] = ()
    far: bool = False


def traces(index: Path, phrases: Sequence[str]) -> Iterator[Trace]:
    """Look for phrases in every file of an index: in catalogs row by row, in all files byte by byte.

    In a catalog case and white space make no difference. Bytes are compared as UTF-8 and as JSON escapes it. Raises
    OSError.
    """
    plain = {" ".join(phrase.casefold().split()): phrase for phrase in phrases}
    for file in sorted(path for path in index.rglob("*") if path.is_file()):
        name = file.relative_to(index).as_posix()
        first, _, rest = name.partition("/")
        if first == _MODELS:
            continue
        generation = rest.partition("/")[0] if first == "generations" else ""
        found: dict[str, tuple[str, ...]] = dict.fromkeys(_in_bytes(file, phrases), ())
        if file.name == CATALOG:
            found |= {plain[text]: paths for text, paths in _in_catalog(file, list(plain)).items()}
        for phrase, briefs in found.items():
            yield Trace(name, phrase, generation, briefs)


def holders(live: str | None, found: Sequence[Trace]) -> tuple[bool, list[str]]:
    """Tell of traces whether the live generation has any, and name the others that have, the newest first."""
    named = {trace.generation for trace in found}
    return live in named, sorted((name for name in named if is_generation(name) and name != live), reverse=True)


def _in_catalog(file: Path, phrases: Sequence[str]) -> dict[str, tuple[str, ...]]:
    try:
        catalog = Catalog(file)
    except GenerationError:  # of a build that was cut short: the bytes are looked at
        return {}
    try:
        return catalog.mentions(phrases)
    except GenerationError:
        return {}
    finally:
        catalog.close()


def _in_bytes(file: Path, phrases: Sequence[str]) -> Iterator[str]:
    sought = {
        phrase: {phrase.encode("utf-8", "surrogatepass"), json.dumps(phrase)[1:-1].encode()} for phrase in phrases
    }
    longest = max((len(code) for codes in sought.values() for code in codes), default=1)
    tail = b""
    with file.open("rb") as opened:
        while sought and (block := opened.read(_BLOCK)):
            held = tail + block
            for phrase in [phrase for phrase, codes in sought.items() if any(code in held for code in codes)]:
                del sought[phrase]
                yield phrase
            tail = held[-longest:]
