"""Files into briefs, one after another; what cannot be read is put down and passed over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from briefqa.briefs import Problem
from briefqa.errors import ReadingError, ReadingTimeout
from briefqa.reindex.report import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from briefqa.briefs import Brief, Document, Mark, Note
    from briefqa.catalog import FileRecord
    from briefqa.reindex.report import Stopwatch


@dataclass(slots=True)
class Intake:
    """Reads new files. read, understand: as in `briefqa.reading` and `briefqa.notes`.

    files: a record of every file, by path; those that fail are changed as it goes. problems: doubts about the briefs
    that have been read so far.
    """

    docs_in: Path
    read: Callable[[Path, str], Document]
    understand: Callable[[Document, str], Brief]
    files: dict[str, FileRecord]
    watch: Stopwatch
    progress: Callable[[Progress], None]
    problems: list[Problem] = field(default_factory=list)

    def briefs(self, places: Mapping[str, Sequence[str]]) -> Iterator[Brief]:
        """Give the briefs one by one, so that only one is held. places: the paths of each, by brief id."""
        for number, (brief_id, paths) in enumerate(places.items()):
            self.progress(Progress("read", number, len(places), paths[0]))
            brief = self._brief(brief_id, paths)
            if brief is not None:
                self.problems += brief.problems
                yield brief
        if places:
            self.progress(Progress("read", len(places), len(places)))

    def _brief(self, brief_id: str, paths: Sequence[str]) -> Brief | None:
        """Read a brief at the first of its places; None, with the reason put down, where it gives nothing."""
        path = paths[0]
        try:
            with self.watch.timing("read"):
                document = self.read(self.docs_in / path, path)
            with self.watch.timing("notes"):
                return mended(self.understand(document, brief_id))
        except ReadingError as error:
            self._fail(paths, str(error), again=isinstance(error, ReadingTimeout))
        except OSError as error:
            self._fail(paths, f"{path} cannot be read: {error.strerror or error}.", again=True)
        except Exception as error:  # noqa: BLE001 - no file, and no flaw of a reader, stops the night
            self._fail(paths, f"{path} cannot be read: {type(error).__name__}: {error}. Please report this.")
        return None

    def _fail(self, paths: Sequence[str], message: str, *, again: bool = False) -> None:
        """Put the reason down. again: it may be better next time, so that the file must not be taken to be known."""
        for path in paths:
            record = self.files[path]
            sha256 = "" if again else record.sha256
            self.files[path] = replace(record, brief=None, sha256=sha256, failure=message)


def mended(brief: Brief) -> Brief:
    """Return brief as the index needs it: no note id twice, marks inside the body, each leading to a note or to none.

    What a flaw of a reader has left otherwise is taken out, with a Problem, so that it costs a note and not the brief.
    """
    notes: dict[str, Note] = {}
    for note in brief.notes:
        notes.setdefault(note.id, note)
    doubts = [Problem(brief.path, 0, "Several notes have the same id: the first is kept.")]
    if len(notes) == len(brief.notes):
        doubts.clear()
    marks: list[Mark] = []
    for mark in brief.marks:
        if not 0 <= mark.offset <= len(brief.body):
            doubts.append(Problem(brief.path, mark.page, f"The mark {mark.label} stands outside the text: left out."))
        elif mark.note_id is not None and mark.note_id not in notes:
            doubts.append(Problem(brief.path, mark.page, f"The mark {mark.label} leads to a note that is not there."))
            marks.append(replace(mark, note_id=None))
        else:
            marks.append(mark)
    if not doubts:
        return brief
    return replace(brief, notes=tuple(notes.values()), marks=tuple(marks), problems=(*brief.problems, *doubts))
