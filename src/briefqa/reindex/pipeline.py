"""One reindexing, from the folder of briefs to the published generation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cache, partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from briefqa.briefs import Problem
from briefqa.catalog import Catalog, Counts
from briefqa.errors import GenerationError
from briefqa.generation import (
    CATALOG,
    Generation,
    Manifest,
    build_folder,
    clear_builds,
    current_id,
    generation_folder,
    stage,
    verify,
    writing,
)
from briefqa.ingest import ingest
from briefqa.notes import understand as understand_document
from briefqa.reading import SUFFIXES
from briefqa.reading import read as read_file
from briefqa.reading.isolated import Limits
from briefqa.reindex.building import PARTS, Build, Parent
from briefqa.reindex.folder import changes, list_files, look_at, make_plan
from briefqa.reindex.gate import Gate, Judgement
from briefqa.reindex.intake import Intake
from briefqa.reindex.publishing import Publishing
from briefqa.reindex.report import Canaries, Progress, ReindexReport, Stopwatch
from briefqa.reindex.segments import Segments
from briefqa.reindex.versions import check_folder, reader_settings, settings_of
from briefqa.reindex.workers import Here

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from briefqa.briefs import Brief, Document
    from briefqa.catalog import FileRecord
    from briefqa.embedding import Embedder
    from briefqa.generation import FarHome
    from briefqa.ingest import Ingested
    from briefqa.reading.isolated import Job, Outcome
    from briefqa.reading.ocr import Ocr
    from briefqa.reindex.folder import Listing, Plan
    from briefqa.reindex.workers import Workers

_LIMITS = Limits(seconds=120, memory=2_000_000_000)
_NO_COUNTS = Counts(0, 0, 0, 0, 0)


def reindex(  # noqa: PLR0913 - settings come as plain arguments
    docs_in: Path,
    index: Path,
    *,
    load: Callable[[], Embedder],
    embedder_key: str,
    passage_tokens: int,
    faiss_factory: str,
    keep: int,
    max_bytes: int,
    max_pages: int,
    max_chars: int = 10_000_000,
    limits: Limits | None = _LIMITS,
    workers: Workers | None = None,
    ocr: Ocr | None = None,
    allow_empty: bool = False,
    full: bool = False,
    gate: Gate | None = None,
    home: FarHome | None = None,
    progress: Callable[[Progress], None] | None = None,
    read: Callable[..., Document] = read_file,
    understand: Callable[[Document, str], Brief] = understand_document,
    suffixes: Collection[str] = SUFFIXES,
    reader_version: str | None = None,
) -> ReindexReport:
    """Bring the index up to date with the folder docs_in. What has not changed is neither read nor embedded again.

    load: gives the embedder; called only if there is something to embed. embedder_key: what tells one embedder from
    another without loading it (`embedding.embedder_key`). passage_tokens: the wished size of a passage. keep: how many
    generations to keep. max_bytes, max_pages, max_chars: how large a file may be, and the text in it. limits: what
    reading one may cost; None reads in this process, without any. workers: who reads and embeds; None: this machine,
    file by file. ocr: how scanned files are read, if at all. read, understand, suffixes, reader_version: how files are
    read; by default all of briefqa's, the version being that of their code. full: read and embed everything anew. gate:
    what a build has to show; without one, it is published as it is. home: where to publish beside the folder, which is
    then no more than what the next run begins with.

    Files that cannot be read are reported and the others go on. An index is never emptied by a folder without briefs,
    unless allow_empty. Raises ConfigError where there is no folder docs_in, ReindexRunning where another process
    writes, EmbeddingError, GenerationError; the live generation then stays as it was.
    """
    check_folder(docs_in)
    settings = settings_of(
        embedder_key=embedder_key,
        passage_tokens=passage_tokens,
        faiss_factory=faiss_factory,
        reader=reader_settings(
            max_bytes=max_bytes,
            max_pages=max_pages,
            max_chars=max_chars,
            limits=limits,
            ocr=ocr,
            version=reader_version,
        ),
    )
    workers = workers or Here()
    watch, load = Stopwatch(), cache(load)
    publishing = Publishing(index, home, gate or Gate(), keep, watch, load)
    run = _Run(
        docs_in, index, settings, load, workers, publishing, allow_empty, full, progress or (lambda _: None), watch
    )
    call = partial(
        ingest,
        max_bytes=max_bytes,
        max_pages=max_pages,
        max_chars=max_chars,
        ocr=ocr,
        read=read,
        understand=understand,
    )
    try:
        with writing(index):
            clear_builds(index)
            with workers.taking(call, limits, ocr.seconds if ocr else 0.0) as take:
                report = run.do(list_files(docs_in, suffixes), take)
    except OSError as error:
        # numpy tells of a disk that is full without its number.
        reason = error.strerror or f"{error} (is the disk full?)"
        raise GenerationError(f"Cannot write the index {index}: {reason}. What was live stays live.") from error
    finally:
        run.close()
    return report


@dataclass(slots=True)
class _Run:
    """The steps of one reindexing and what they share."""

    _docs_in: Path
    _index: Path
    _settings: dict[str, str | int]
    _load: Callable[[], Embedder]
    _workers: Workers
    _publishing: Publishing
    _allow_empty: bool
    _full: bool
    _progress: Callable[[Progress], None]
    _watch: Stopwatch
    _problems: list[Problem] = field(default_factory=list)
    _parent: Parent | None = None
    _embedder: Embedder | None = None

    def close(self) -> None:
        """Let go of the generation before."""
        if self._parent is not None:
            self._parent.catalog.close()

    def do(
        self,
        listing: Listing,
        take: Callable[[Iterable[Job]], Iterator[Outcome[Ingested]]],
    ) -> ReindexReport:
        """Compare, read, build, judge, publish, prune; nothing of it where nothing has changed."""
        self._publishing.catch_up()
        self._parent = self._sound_parent()
        before = {file.path: file for file in self._parent.catalog.files()} if self._parent else {}
        with self._watch.timing("read"):
            records = {record.path: record for record in look_at(listing, before, self._progress)}
        same_reader, same_split = self._same("reader"), self._same("embedder", "passage_tokens", "passages")
        plan = make_plan(records.values(), before.values(), same_reader=same_reader, same_split=same_split)
        segments = Segments(self._index, self._settings)
        if self._full:
            segments.clear()
        done = self._taken_up(segments, plan)
        intake = Intake(self._docs_in, take, records | plan.failures, self._watch, self._progress)
        new = intake.briefs({key: paths for key, paths in plan.read.items() if key not in done})
        # The first one tells whether there is anything to do: what failed before is tried again and may fail again.
        first = list(islice(new, 1))
        if not (first or done) and self._same(*self._settings) and _fates(intake.files) == _fates(before):
            segments.clear()
            brought = self._publishing.bring(self._parent) if self._parent else ()
            return self._report(listing, before, intake, *brought)
        if not (first or done or plan.kept or plan.resplit or self._allow_empty):
            self._refuse_to_empty()
            return self._report(listing, before, intake)
        if first or done or plan.resplit or self._parent is None:
            embedder = self._model()
            if self._parent and embedder.fingerprint != self._parent.manifest.fingerprint:
                plan = make_plan(records.values(), before.values(), same_reader=same_reader, same_split=False)
        with build_folder(self._index) as folder:
            build = Build(
                folder,
                self._parent,
                self._embedder,
                self._workers,
                segments,
                int(self._settings["passage_tokens"]),
                str(self._settings["faiss_factory"]),
                self._watch,
                self._progress,
                reuse=not self._full,
                same_indexes=self._same("indexes", "faiss_factory"),
            )
            counts = build.run(plan, chain(first, new), intake.files)
            with self._watch.timing("write"):
                manifest = self._manifest(self._embedder, counts)
                manifest = stage(self._index, folder, manifest, lambda built: Generation.open(built).close())
            self._progress(Progress("write", PARTS - 1, PARTS))
        judgement = self._publishing.publish(manifest.generation)
        if not judgement.reasons:
            segments.clear()
        self._progress(Progress("write", PARTS, PARTS))
        return self._report(listing, before, intake, manifest, judgement)

    def _taken_up(self, segments: Segments, plan: Plan) -> set[str]:
        """Name the briefs that a run which was cut short has read and embedded, among those to be read."""
        if not segments or not (plan.read or plan.resplit):
            return set()
        found = segments.of(self._model().fingerprint)
        done = {brief_id for segment in found for brief_id in segment.briefs} & plan.read.keys()
        self._problems += [problem for segment in found for problem in segment.problems]
        return done

    def _model(self) -> Embedder:
        if self._embedder is None:
            self._embedder = self._load()
        return self._embedder

    def _sound_parent(self) -> Parent | None:
        """Open the live generation, every byte checked, as its parts go into the next; None if there is none sound."""
        try:
            name = current_id(self._index)
            if name is None:
                return None
            manifest = verify(self._index, name)
            folder = generation_folder(self._index, name)
            return Parent(folder, manifest, Catalog(folder / CATALOG))
        except GenerationError as error:
            self._problems.append(Problem("", 0, f"Everything is read and embedded anew, because: {error}"))
            return None

    def _same(self, *settings: str) -> bool:
        """Whether these settings are those of the generation before."""
        return (
            self._parent is not None
            and not self._full
            and all(self._parent.manifest.settings.get(name) == self._settings[name] for name in settings)
        )

    def _refuse_to_empty(self) -> None:
        briefs = self._parent.manifest.counts.briefs if self._parent else 0
        if briefs:
            raise GenerationError(
                f"{self._docs_in} holds no brief that can be read, but the index holds {briefs}. It is left as it is. "
                "Check `docs_in`; if the index is to be emptied, run `briefqa reindex --allow-empty`."
            )
        self._problems.append(Problem("", 0, f"{self._docs_in} holds no brief that can be read: put some in."))

    def _manifest(self, embedder: Embedder | None, counts: Counts) -> Manifest:
        before = self._parent.manifest if self._parent else None
        maker = embedder or before
        if maker is None:
            raise GenerationError("A first generation needs a model.")
        return Manifest(
            generation="",
            created="",
            parent=before.generation if before else None,
            model=maker.model,
            fingerprint=maker.fingerprint,
            dimension=maker.dimension,
            settings=self._settings,
            counts=counts,
            files={},
        )

    def _report(
        self,
        listing: Listing,
        before: dict[str, FileRecord],
        intake: Intake,
        built: Manifest | None = None,
        judgement: Judgement | None = None,
    ) -> ReindexReport:
        refused = judgement.reasons if judgement else ()
        live = built if built and not refused else self._parent.manifest if self._parent else None
        counts = (built or live).counts if built or live else _NO_COUNTS  # type: ignore[union-attr]
        failures = listing.failures | {path: file.failure for path, file in intake.files.items() if file.failure}
        failed = [Problem(path, 0, _failure(message, before.get(path))) for path, message in sorted(failures.items())]
        changed = changes(before, intake.files)
        verdicts = judgement.verdicts if judgement else ()
        return ReindexReport(
            generation=live.generation if live else "",
            published=built is not None and not refused,
            refused=refused,
            held=built.generation if built and refused else "",
            added=len(changed.added),
            changed=len(changed.changed),
            removed=len(changed.removed),
            unchanged=changed.unchanged,
            paths=changed,
            canaries=Canaries(len(verdicts), tuple(f"{v.question} {v.reason}" for v in verdicts if v.reason)),
            ignored=listing.ignored,
            problems=(*self._problems, *intake.problems),
            failed=tuple(failed),
            seconds=dict(self._watch.seconds),
            took=self._watch.total(),
            **asdict(counts),
        )


def _fates(records: dict[str, FileRecord]) -> dict[str, tuple[str, bool]]:
    """Tell what became of each file, so far as it makes a difference to the index."""
    return {path: (record.sha256, bool(record.failure)) for path, record in records.items()}


def _failure(message: str, before: FileRecord | None) -> str:
    dropped = " What was indexed of it before is dropped." if before and before.brief else ""
    return f"{message}{dropped}"
