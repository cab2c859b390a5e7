"""Files into briefs; what cannot be read is put down and passed over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from briefqa.briefs import Problem
from briefqa.errors import ReaderDied, ReadingTimeout
from briefqa.reindex.report import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from briefqa.briefs import Brief, Mark, Note
    from briefqa.catalog import FileRecord
    from briefqa.ingest import Ingested
    from briefqa.reading.isolated import Job, Outcome
    from briefqa.reindex.report import Stopwatch


@dataclass(slots=True)
class Intake:
    """Takes in new files. take: (name, (file, name, brief id)) → what became of each, in the same order.

    files: a record of every file, by path; those that fail are changed as it goes. problems: doubts about the briefs
    that have been read so far.
    """

    docs_in: Path
    take: Callable[[Iterable[Job]], Iterator[Outcome[Ingested]]]
    files: dict[str, FileRecord]
    watch: Stopwatch
    progress: Callable[[Progress], None]
    problems: list[Problem] = field(default_factory=list)

    def briefs(self, places: Mapping[str, Sequence[str]]) -> Iterator[Brief]:
        """Give the briefs one by one, so that only a few are held. places: the paths of each, by brief id."""
        yield from self._first_of(places)
        # A file under a wrong name fails; the same content under the right one must not fail with it.
        again = {key: [path for path in paths if not self.files[path].failure] for key, paths in places.items()}
        while again := {key: paths for key, paths in again.items() if paths and self.files[paths[0]].brief is None}:
            yield from self._first_of(again)
            again = {key: [path for path in paths if not self.files[path].failure] for key, paths in again.items()}

    def _first_of(self, places: Mapping[str, Sequence[str]]) -> Iterator[Brief]:
        """Give the briefs that are read at the first of their places."""
        outcomes = self.take((paths[0], (self.docs_in / paths[0], paths[0], key)) for key, paths in places.items())
        for number, (key, paths) in enumerate(places.items()):
            self.progress(Progress("read", number, len(places), paths[0]))
            brief = self._brief(next(outcomes), paths)
            if brief is not None:
                self.problems += brief.problems
                for path in paths:
                    self.files[path] = replace(self.files[path], brief=key)
                yield brief
        if places:
            self.progress(Progress("read", len(places), len(places)))

    def _brief(self, outcome: Outcome[Ingested], paths: Sequence[str]) -> Brief | None:
        """Take the brief out of the outcome; None, with the reason put down, where the file gave nothing."""
        error, taken = outcome.error, outcome.value
        if taken is not None:
            self.watch.seconds["read"] += taken.read
            self.watch.seconds["notes"] += taken.notes
            return mended(taken.brief)
        self.watch.seconds["read"] += outcome.seconds
        if isinstance(error, OSError):
            self._fail(paths, f"{paths[0]} cannot be read: {error.strerror or error}.", again=True)
        else:
            self._fail(paths, str(error), again=isinstance(error, (ReadingTimeout, ReaderDied)))
        return None

    def _fail(self, paths: Sequence[str], message: str, *, again: bool = False) -> None:
        """Put the reason down. again: it may be better next time, so that the file must not be taken to be known.

        Of the places of one content, those with the suffix that was read fail; the others stay without a brief.
        """
        suffix = PurePosixPath(paths[0]).suffix.lower()
        for path in paths:
            record = self.files[path]
            if PurePosixPath(path).suffix.lower() != suffix:
                self.files[path] = replace(record, brief=None)
                continue
            sha256 = "" if again else record.sha256
            own = path + message.removeprefix(paths[0]) if message.startswith(paths[0]) else message
            self.files[path] = replace(record, brief=None, sha256=sha256, failure=own)


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
    # The geometry counts marks and notes.
    kept = len(notes) == len(brief.notes) and len(marks) == len(brief.marks)
    return replace(
        brief,
        notes=tuple(notes.values()),
        marks=tuple(marks),
        problems=(*brief.problems, *doubts),
        geometry=brief.geometry if kept else (),
    )
