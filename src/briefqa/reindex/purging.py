"""Taking a text out of what an index folder keeps beside the live generation."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from briefqa.errors import GenerationError
from briefqa.generation import clear_builds, clear_held, current_id, remove, traces, writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from briefqa.briefs import Brief
    from briefqa.generation import FarHome, Trace

_WORDS_A_PHRASE = 8
_MOST_PHRASES = 40


def phrases_of(brief: Brief) -> list[str]:
    """Choose up to 40 runs of eight words from all over a brief's body and notes, to look for them."""
    phrases = []
    for text in (brief.body, *(note.text for note in brief.notes)):
        for line in text.splitlines():
            words = line.split()
            runs = range(0, max(len(words) - _WORDS_A_PHRASE, 0) + 1, _WORDS_A_PHRASE) if len(words) > 2 else ()
            phrases += [" ".join(words[start : start + _WORDS_A_PHRASE]) for start in runs]
    unlike = list(dict.fromkeys(phrases))
    if not unlike:
        raise GenerationError(f"{brief.path} holds no words to look for: name some text instead.")
    step = -(-len(unlike) // _MOST_PHRASES)
    return unlike[::step]


def traces_in(index: Path, far: FarHome | None, phrases: Sequence[str]) -> list[Trace]:
    """Look for phrases in an index folder, and in the home beside it."""
    return [*traces(index, phrases), *(far.traces(phrases) if far else ())]


def purge(index: Path, far: FarHome | None, found: Sequence[Trace]) -> list[str]:
    """Remove everything but the live generation in which there are traces; returns what, relative to the index.

    far: the home beside the folder, if there is one. Raises ReindexRunning, GenerationError.
    """
    removed = []
    if far:
        live = far.current()
        for name in sorted({trace.generation for trace in found if trace.far} - {live}):
            far.remove(name)
            removed.append(f"generations/{name} in {far.name}")
        found = [trace for trace in found if not trace.far]
    try:
        with writing(index):
            live = current_id(index)
            for name in sorted({trace.generation for trace in found} - {"", live}):
                if name.startswith("."):
                    clear_builds(index)
                else:
                    remove(index, name)
                removed.append(f"generations/{name}")
            for first in sorted({trace.file.partition("/")[0] for trace in found if not trace.generation}):
                if first == "held":
                    clear_held(index)
                elif first in {"work", "reports", "runs"}:
                    shutil.rmtree(index / first)
                else:
                    continue
                removed.append(first)
    except OSError as error:
        raise GenerationError(f"Cannot clear {index}: {error.strerror or error}.") from error
    return removed
