"""What notes cite: note text → `Source`s, and "ibid." → the note that it means.

A note is cut into stretches (`segments`); in each, law (`law`), addresses and the styles of citing (`styles`) are
looked for, with the help of dates, names and details. Precision comes first: a field in doubt stays out, and
a note that only explains has no source. `references` links notes that point to other notes.
"""

from __future__ import annotations

from briefqa.sources.parsing import parse_sources

__all__ = ["parse_sources"]
