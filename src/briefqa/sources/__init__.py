"""What notes cite: note text → `Source`s, and "ibid." → the note that it means.

A note is cut into stretches (`segments`); in each, law (`law`, `courts`), numbered publications (`standards`) and
addresses are looked for, and the styles of citing (`styles`): `quoted`, `books`, `titled`, `continental`, `papers`, and
`periods` for notes that are one citation from end to end; all with the help of dates, names and details.
Precision comes first: a field in doubt stays out, and a note that only explains has no source. `references` links notes
that point to other notes; `exports` writes sources for other programs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from briefqa.sources.exports import to_bibtex, to_csl_json, to_ris
from briefqa.sources.parsing import parse_sources
from briefqa.sources.references import resolve

if TYPE_CHECKING:
    from briefqa.briefs import Brief

__all__ = ["parse_sources", "resolve", "to_bibtex", "to_csl_json", "to_ris", "with_sources"]


def with_sources(brief: Brief) -> Brief:
    """Complete a brief's notes with what they cite."""
    return replace(brief, notes=resolve(brief.notes))
