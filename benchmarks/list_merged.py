"""List the works that are cited in different words, for a person to judge whether each is one.

    python benchmarks/list_merged.py [FILE_OR_FOLDER ...]      without any: the notes of ../shared

Each work comes with every wording that was held to be of it, ibid. and its kin included ("<- 4": what note 4 cites).
A work is right where all of them are of it. Nothing here can tell; docs/evaluate.md says what came of reading it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.errors import ReadingError
from briefqa.ingest import ingest
from briefqa.sources import merge

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).resolve().parents[2] / "shared"


def main() -> int:
    """Read, merge and print."""
    given = [Path(name) for name in sys.argv[1:]] or [SHARED / "notes-gold", SHARED / "natives"]
    citations = [citation for file in files_of(given) for citation in cited_in(file)]
    works: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (place, words, _), one in zip(citations, merge((place, csl) for place, _, csl in citations), strict=True):
        works[one.work][words].append(place)
    merged = [wordings for wordings in works.values() if len(wordings) > 1]
    for number, wordings in enumerate(merged, start=1):
        print(f"--- {number}")
        for words, places in wordings.items():
            print(f"{' '.join(words.split())}    ({', '.join(places)})")
    print(f"{len(citations)} citations, {len(works)} works, {len(merged)} of them in different words")
    return 0


def files_of(given: list[Path]) -> Iterator[Path]:
    """Yield the files, and those below the folders."""
    for path in given:
        yield from (file for file in sorted(path.rglob("*")) if file.suffix != ".json") if path.is_dir() else (path,)


def cited_in(file: Path) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield each citation of a file: where it stands, its words, and the CSL-JSON item."""
    try:
        brief = ingest(file, file.name, file.stem, max_bytes=10**8, max_pages=2000, max_chars=10**7).brief
    except ReadingError as error:
        print(f"list_merged: {error}", file=sys.stderr)
        return
    labels = {note.id: note.label for note in brief.notes}
    for note in brief.notes:
        meant = f" <- {labels[note.refers_to]}" if note.refers_to in labels else ""
        for number, source in enumerate(note.sources):
            place = f"{file.stem} {note.label}{meant}" + (f", source {number + 1}" if number else "")
            yield place, note.text[source.start : source.end], dict(source.csl)


if __name__ == "__main__":
    raise SystemExit(main())
