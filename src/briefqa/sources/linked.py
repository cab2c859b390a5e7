"""The addresses that only a note's links have: each goes with the source whose words lead there, or is one itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.briefs import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Note

# "…, 2003, available at link 7": so many characters behind a source still speak of it, if nothing ends in between.
_NEAR = 60
_PARTED = re.compile(r";|[.!?][”’\"')\]]*\s+(?=[^\W\d_])")


def with_addresses(note: Note, sources: Sequence[Source]) -> tuple[Source, ...]:
    """The sources of a note, in order, with the addresses of its links; those that have one keep it."""
    found = list(sources)
    for link in note.links:
        near = [at for at, source in enumerate(found) if _speaks_of(note.text, source, link.start, link.end)]
        if not near:
            found.append(Source({"type": "webpage", "URL": link.address}, link.start, link.end))
        elif "URL" not in found[near[-1]].csl:
            source = found[near[-1]]
            found[near[-1]] = Source({**source.csl, "URL": link.address}, source.start, max(source.end, link.end))
    return tuple(sorted(found, key=lambda source: source.start))


def _speaks_of(text: str, source: Source, start: int, end: int) -> bool:
    """Whether text[start:end] is part of a source, or follows closely behind it."""
    if start < source.end and source.start < end:
        return True
    return source.end <= start <= source.end + _NEAR and _PARTED.search(text, source.end, start) is None
