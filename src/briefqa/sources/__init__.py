"""What notes cite: note text → `Source`s, and "ibid." → the note that it means.

A note is cut into stretches (`segments`); in each, law (`law`, `courts`), numbered publications (`standards`) and
addresses are looked for, and the styles of citing (`styles`): `quoted`, `books`, `titled`, `continental`, `papers`, and
`periods` for notes that are one citation from end to end; all with the help of dates, names and details.
Precision comes first: a field in doubt stays out, and a note that only explains has no source. `references` links notes
that point to other notes. `works` puts together what many notes cite, known by its names (`identity`); `exports` and
`footnotes` write sources for other programs and for people.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from briefqa.sources.exports import to_bibtex, to_csl_json, to_ris
from briefqa.sources.footnotes import Style, footnote
from briefqa.sources.identity import words_of, words_sought
from briefqa.sources.works import Cited, fullness, merge, name_keys, summary

if TYPE_CHECKING:
    from briefqa.briefs import Brief
    from briefqa.sources.parsing import parse_sources
    from briefqa.sources.references import resolve

__all__ = [
    "Cited",
    "Style",
    "footnote",
    "fullness",
    "merge",
    "name_keys",
    "parse_sources",
    "resolve",
    "summary",
    "to_bibtex",
    "to_csl_json",
    "to_ris",
    "with_sources",
    "words_of",
    "words_sought",
]


def __getattr__(name: str) -> Any:
    """Import what reads notes when it is asked for: its patterns take long to compile, and a search needs none."""
    if name == "parse_sources":
        from briefqa.sources.parsing import parse_sources  # noqa: PLC0415 - see above

        return parse_sources
    if name == "resolve":
        from briefqa.sources.references import resolve  # noqa: PLC0415 - see above

        return resolve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def with_sources(brief: Brief) -> Brief:
    """Complete a brief's notes with what they cite."""
    from briefqa.sources.references import resolve  # noqa: PLC0415 - see above

    return replace(brief, notes=resolve(brief.notes))
