"""A small index in memory, through the same seam as the one on disk, and briefs to fill it with."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from briefqa.briefs import Brief, Mark, Note, PageGeometry, PageSpan, Passage, Problem, Section, Source
from briefqa.catalog import FileRecord
from briefqa.embedding import HashingEmbedder
from briefqa.errors import NotFound
from briefqa.filters import All, Is
from briefqa.generation import (
    BriefRecord,
    Candidates,
    CitedSource,
    CitingPassage,
    IndexInfo,
    NotesWanted,
    Portion,
    ScoredPassage,
    SourcesWanted,
    StoredNote,
    StoredPassage,
    Subset,
)
from briefqa.lexical import words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from briefqa.filters import Filter

SOURCE_ID = "5f0c3d9a7b21e864"
LEVEE = "Levee premiums rose by 31 percent in four years. Nobody had planned for it."
SCHOOL = "School meals cost each canteen 4 euros a day.\n\nMilk is not counted."


def make_brief(body: str, *, path: str = "coast/levees.pdf", title: str = "Insuring the Coast") -> Brief:
    """A brief of one passage, with a note on its first sentence, cited twice, and a mark that leads nowhere."""
    brief_id = f"{zlib.crc32((path + body).encode('utf-8', 'replace')):016x}"
    first = body.index(".") + 1
    note = Note(
        "n12",
        "12",
        "footnote",
        1,
        "Tidewater Institute, Premiums and Protection (2030), 14, https://example.org/premiums.",
        (Source({"type": "report", "title": "Premiums", "URL": "https://example.org/premiums"}, 0, 40),),
    )
    marks = (Mark("12", first, 1, "n12"), Mark("12", len(body), 1, "n12"), Mark("13", len(body), 1, None))
    return Brief(
        brief_id,
        path,
        title,
        body,
        (PageSpan(1, "iv", 0, len(body)),),
        marks=marks,
        notes=(note,),
        sections=(Section("What households pay", 0, len(body)),),
        authors=("A. Writer",),
        published="2031-03",
        language="en",
        problems=(Problem(brief_id, 1, "The mark 13 leads to no note."),),
    )


@dataclass
class MemoryIndex:
    """One passage a brief, searched exactly."""

    stored: Sequence[Brief]
    generation: str = "g1"
    embedder: HashingEmbedder = field(default_factory=HashingEmbedder)
    fingerprint: str = HashingEmbedder.fingerprint
    closed: bool = False

    def info(self) -> IndexInfo:
        assert not self.closed
        marks = sum(len(brief.marks) for brief in self.stored)
        notes = sum(len(brief.notes) for brief in self.stored)
        return IndexInfo(
            generation=self.generation,
            created="2031-04-02T03:15:00Z",
            briefs=len(self.stored),
            passages=len(self.stored),
            notes=notes,
            marks=marks,
            dimension=self.embedder.dimension,
            model=self.embedder.model,
            fingerprint=self.fingerprint,
            parent=None,
        )

    def dense(self, vector: NDArray[np.float32], k: int, only: Sequence[str] | None = None) -> list[ScoredPassage]:
        assert not self.closed
        vectors = self.embedder.embed_passages([brief.body for brief in self.stored])
        scored = [
            ScoredPassage(f"{brief.id}-0", float(score))
            for brief, score in zip(self.stored, vectors @ vector, strict=True)
            if only is None or f"{brief.id}-0" in only
        ]
        return sorted(scored, key=lambda item: (-item.score, item.passage_id))[:k]

    def lexical(self, question: str, k: int, only: Sequence[str] | None = None) -> list[ScoredPassage]:
        assert not self.closed
        asked = set(words(question))
        scored = [
            ScoredPassage(f"{brief.id}-0", float(sum(word in asked for word in words(brief.body))))
            for brief in self.stored
            if only is None or f"{brief.id}-0" in only
        ]
        return sorted((each for each in scored if each.score), key=lambda item: (-item.score, item.passage_id))[:k]

    def candidates(
        self, vector: Callable[[], NDArray[np.float32]], question: str, k: int, only: Subset | None = None
    ) -> Candidates:
        everything = len(self.stored)
        ids = None if only is None else [f"{self.stored[row].id}-0" for row in only.rows]
        dense = dict(self.dense(vector(), everything, ids))
        lexical = dict(self.lexical(question, everything, ids))
        found = {name for leg in (dense, lexical) for name in list(leg)[:k]}
        names = [f"{brief.id}-0" for brief in self.stored]
        rows = np.array([row for row, name in enumerate(names) if name in found], dtype=np.int64)
        meant, worded = (
            np.array([leg.get(names[row], 0.0) for row in rows], dtype=np.float32) for leg in (dense, lexical)
        )
        return Candidates(rows, meant, worded, lambda wanted: [names[row] for row in wanted])

    def nearer(self, vector: NDArray[np.float32], passages: Sequence[StoredPassage]) -> list[dict[str, float]]:
        """Compare bodies and notes as they are."""
        own = self.embedder.embed_passages([stored.passage.text for stored in passages]) @ vector
        notes = [{note.id: note.text for note in stored.notes} for stored in passages]
        return [
            dict(zip(texts, (self.embedder.embed_passages([*texts.values()]) @ vector - its).tolist(), strict=True))
            for texts, its in zip(notes, own, strict=True)
        ]

    def select(self, where: Filter, phrases: Sequence[str] = ()) -> Subset:
        """Understand collections only, which is enough to see that a filter arrives."""
        assert isinstance(where, All)
        wanted = {value for part in where.parts if isinstance(part, Is) for value in part.values}
        return Subset(
            np.array(
                [
                    row
                    for row, brief in enumerate(self.stored)
                    if (not wanted or brief.collection in wanted) and all(phrase in brief.body for phrase in phrases)
                ],
                dtype=np.int64,
            )
        )

    def coverage(self, question: str, row: int) -> float:
        asked, held = set(words(question)), set(words(self.stored[row].body))
        return len(asked & held) / max(len(asked), 1)

    def fetch(self, passage_ids: Sequence[str]) -> list[StoredPassage]:
        assert not self.closed
        found = []
        names = [f"{brief.id}-0" for brief in self.stored]
        for passage_id in passage_ids:
            record, brief = self.brief(passage_id.removesuffix("-0"))
            passage = Passage(
                passage_id,
                brief.id,
                0,
                0,
                len(brief.body),
                brief.body,
                section="What households pay",
                pages=brief.pages,
                marks=brief.marks,
            )
            found.append(StoredPassage(passage, record, brief.notes, names.index(passage_id)))
        return found

    def around(self, passage_id: str, reach: int) -> list[StoredPassage]:
        assert reach > 0
        self.fetch([passage_id])
        return []

    def briefs(self, *, limit: int, offset: int = 0) -> list[BriefRecord]:
        assert not self.closed
        ordered = sorted(self.stored, key=lambda brief: brief.path)
        return [_record(brief) for brief in ordered[offset : offset + limit]]

    def brief(self, brief_id: str) -> tuple[BriefRecord, Brief]:
        assert not self.closed
        for brief in self.stored:
            if brief.id == brief_id:
                return _record(brief), brief
        raise NotFound(f"There is no brief {brief_id!r} in generation {self.generation}.")

    def files(self) -> list[FileRecord]:
        records = (FileRecord(brief.path, 1, 1, "", brief.id) for brief in self.stored)
        return sorted(records, key=lambda record: record.path)

    def problems(self, *, limit: int) -> list[tuple[str, str, Problem]]:
        found = [(brief.id, brief.title or brief.path, one) for brief in self.stored for one in brief.problems]
        return found[:limit]

    def geometry(self, brief_id: str, pages: Iterable[int] | None = None) -> tuple[PageGeometry, ...]:
        _, brief = self.brief(brief_id)
        return tuple(page for page in brief.geometry if pages is None or page.index in set(pages))

    def notes(self, where: NotesWanted, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        assert not self.closed
        found = [
            _stored(brief, note)
            for brief in sorted(self.stored, key=lambda brief: brief.path)
            for note in brief.notes
            if where.brief in {"", brief.id} and where.collection in {"", brief.collection} and where.text in note.text
        ]
        return Portion(len(found), tuple(found[offset : offset + limit]))

    def sources(self, where: SourcesWanted, *, limit: int, offset: int = 0) -> Portion[CitedSource]:
        """Every brief of these has the same source."""
        found = [self.source(SOURCE_ID)] if where.text in self.stored[0].notes[0].sources[0].csl["title"] else []
        return Portion(len(found), tuple(found[offset : offset + limit]))

    def source(self, source_id: str) -> CitedSource:
        assert not self.closed
        if source_id != SOURCE_ID:
            raise NotFound(f"There is no source {source_id!r}.")
        csl = self.stored[0].notes[0].sources[0].csl
        return CitedSource(SOURCE_ID, {"id": SOURCE_ID, **csl}, *[len(self.stored)] * 3)

    def citing(self, source_id: str, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        self.source(source_id)
        return self.notes(NotesWanted(), limit=limit, offset=offset)

    def within(self, collections: Collection[str]) -> MemoryIndex:
        return replace(self, stored=[brief for brief in self.stored if brief.collection in collections])

    def close(self) -> None:
        assert not self.closed, "closed twice"
        self.closed = True


def _stored(brief: Brief, note: Note) -> StoredNote:
    passage = CitingPassage(f"{brief.id}-0", brief.id, "What households pay", brief.pages)
    return StoredNote(note, _record(brief), (passage,), (SOURCE_ID,))


def _record(brief: Brief) -> BriefRecord:
    return BriefRecord(
        id=brief.id,
        path=brief.path,
        places=(brief.path,),
        title=brief.title,
        collection=brief.collection,
        authors=brief.authors,
        published=brief.published,
        language=brief.language,
        pages=len(brief.pages),
        passages=1,
        notes=len(brief.notes),
    )
