"""The protocol by which a searcher sees an index, here or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from briefqa.briefs import Brief, PageGeometry, Problem
    from briefqa.catalog import (
        BriefRecord,
        CitedSource,
        FileRecord,
        NotesWanted,
        Portion,
        SourcesWanted,
        StoredNote,
        StoredPassage,
    )
    from briefqa.filters import Filter
    from briefqa.generation.manifest import IndexInfo


class ScoredPassage(NamedTuple):
    """A passage as a leg of the search ranks it. Scores of different legs cannot be compared."""

    passage_id: str
    score: float


class Candidates(NamedTuple):
    """Passages that at least one leg has found, in no order, each once, with the scores of both legs.

    rows: as the index alone knows them, shape (n,). dense, lexical: of the same shape; lexical is 0 where no word is
    shared. names: gives the ids of rows, which are looked up only for those that are shown.
    """

    rows: NDArray[np.int64]
    dense: NDArray[np.float32]
    lexical: NDArray[np.float32]
    names: Callable[[NDArray[np.int64]], list[str]]

    @property
    def ids(self) -> list[str]:
        """Ids of all of them."""
        return self.names(self.rows)

    def by_id(self) -> Candidates:
        """Put them into the order of their ids."""
        order = np.argsort(np.array(self.ids, dtype=np.str_))
        return Candidates(self.rows[order], self.dense[order], self.lexical[order], self.names)


NONE_FOUND = Candidates(
    np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32), np.empty(0, dtype=np.float32), lambda _: []
)


@dataclass(frozen=True, slots=True)
class Subset:
    """Some passages of an index, as it alone knows them."""

    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


class Index(Protocol):
    """What a searcher sees of an index. Never changes while it is open; safe for many threads."""

    def info(self) -> IndexInfo:
        """Tell what the index holds and what made it."""

    def dense(self, vector: NDArray[np.float32], k: int, only: Sequence[str] | None = None) -> list[ScoredPassage]:
        """Find the k passages nearest to vector by inner product, best first, ties in the order of the ids.

        vector: shape (dimension,). only: the ids to search among, exactly; unknown ones are passed over.
        """

    def lexical(self, question: str, k: int, only: Sequence[str] | None = None) -> list[ScoredPassage]:
        """Find the k passages that share most with the words of the question, best first, ties as in `dense`.

        Passages that share none are not found.
        """

    def candidates(
        self, vector: Callable[[], NDArray[np.float32]], question: str, k: int, only: Subset | None = None
    ) -> Candidates:
        """Find the k best passages of each leg, and give each of them its score in both.

        vector: makes the question's, shape (dimension,), and is called once, perhaps while its words are looked for.
        """

    def select(self, where: Filter, phrases: Sequence[str] = ()) -> Subset:
        """Find the passages that a filter lets through and that hold every phrase, themselves or in their notes."""

    def coverage(self, question: str, row: int) -> float:
        """Tell what part of the question's words a passage holds, from 0 to 1, rare ones counting more.

        row: as `candidates` gives it.
        """

    def fetch(self, passage_ids: Sequence[str]) -> list[StoredPassage]:
        """Return passages with their briefs and notes, in the same order.

        An id of a brief that was revised since leads to the passage that says the same today. Raises NotFound, or Gone
        where it is known what has become of the brief.
        """

    def around(self, passage_id: str, reach: int) -> list[StoredPassage]:
        """Return up to `reach` passages before and after one of the same brief, in their order. Raises as `fetch`."""

    def nearer(self, vector: NDArray[np.float32], passages: Sequence[StoredPassage]) -> list[dict[str, float]]:
        """Tell for passages how much nearer to vector than the passage itself each note is that has a vector, by id.

        passages: of this index. The difference of both scores, below 0 where the passage is nearer.
        """

    def briefs(self, *, limit: int, offset: int = 0) -> list[BriefRecord]:
        """List records of briefs in the order of their paths."""

    def brief(self, brief_id: str) -> tuple[BriefRecord, Brief]:
        """Return a brief whole, notes and marks included, and its record. Raises NotFound, or Gone."""

    def files(self) -> list[FileRecord]:
        """List every file of docs_in as it was when this was built, by path."""

    def problems(self, *, limit: int) -> list[tuple[str, str, Problem]]:
        """List what could not be understood: id and title of the brief, and the problem, by path of the brief."""

    def geometry(self, brief_id: str, pages: Iterable[int] | None = None) -> tuple[PageGeometry, ...]:
        """Return where things stand on the pages of a brief, or on those of these indexes; none where it has none."""

    def notes(self, where: NotesWanted, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        """List notes in the order of their briefs' paths, and of each brief."""

    def sources(self, where: SourcesWanted, *, limit: int, offset: int = 0) -> Portion[CitedSource]:
        """List the works that notes cite, each once however it is worded, those that most briefs cite first."""

    def source(self, source_id: str) -> CitedSource:
        """Return one work, by any of the ids that it goes or went by. Raises NotFound."""

    def citing(self, source_id: str, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        """List the notes that cite a work, in the order of `notes`. Raises NotFound."""

    def within(self, collections: Collection[str]) -> Index:
        """See some collections only, as if there were no others: in no method do they show, nor in any score or count.

        What is given back lives as long as this index and needs no closing. Only the names are the whole's: the
        generation's, the model's.
        """

    def close(self) -> None:
        """Let go of files and memory."""
