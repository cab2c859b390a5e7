"""What the catalog keeps, and how values are put into SQLite and taken out again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from briefqa.briefs import PageSpan

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from briefqa.briefs import Note, Passage

T = TypeVar("T")

# Kept in the file's header, so that a foreign database is told from a damaged one.
APPLICATION_ID = 0x62726651  # "brfQ"

SCHEMA = """
CREATE TABLE files (
    path PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT, brief TEXT, failure
) WITHOUT ROWID;
CREATE TABLE revisions (old TEXT PRIMARY KEY, brief TEXT) WITHOUT ROWID;
CREATE TABLE briefs (
    id TEXT PRIMARY KEY, path, title, authors TEXT, published, language, body, pages TEXT, sections TEXT,
    problems TEXT, page_count INTEGER, passage_count INTEGER, note_count INTEGER
);
CREATE TABLE passages (
    position INTEGER PRIMARY KEY, id TEXT, brief TEXT, ordinal INTEGER, begins INTEGER, ends INTEGER, text, context,
    section, pages TEXT, digest BLOB
);
-- A row for each vector of a note, which counts for the passage that cites it (its ordinal).
CREATE TABLE noted (position INTEGER PRIMARY KEY, brief TEXT, note, passage INTEGER, digest BLOB);
CREATE TABLE notes (
    brief TEXT, id, ordinal INTEGER, label, kind TEXT, page INTEGER, text, refers_to,
    PRIMARY KEY (brief, id)
) WITHOUT ROWID;
CREATE TABLE sources (
    brief TEXT, note, ordinal INTEGER, csl TEXT, begins INTEGER, ends INTEGER, PRIMARY KEY (brief, note, ordinal)
) WITHOUT ROWID;
-- Which work each source is a citation of; `again`: one that its note has cited already.
CREATE TABLE cited (
    brief TEXT, note, source INTEGER, work INTEGER, again INTEGER, fullness INTEGER, words,
    PRIMARY KEY (brief, note, source)
) WITHOUT ROWID;
-- Numbers by which a source may be known again: none but those that share one may be of one work. For the next build.
CREATE TABLE names (
    brief TEXT, note, source INTEGER, name INTEGER, PRIMARY KEY (brief, note, source, name)
) WITHOUT ROWID;
-- The ids that a work goes by, each with the briefs whose notes bear it out; the lowest strength is the surest.
CREATE TABLE works (id TEXT, brief TEXT, work INTEGER, strength INTEGER, PRIMARY KEY (id, brief)) WITHOUT ROWID;
CREATE TABLE geometry (
    brief TEXT, page INTEGER, width REAL, height REAL, packed BLOB, PRIMARY KEY (brief, page)
) WITHOUT ROWID;
CREATE TABLE marks (
    brief TEXT, ordinal INTEGER, label, at INTEGER, page INTEGER, note, passage INTEGER, PRIMARY KEY (brief, ordinal)
) WITHOUT ROWID;
"""

# Made after all rows are in, which is faster.
INDEXES = """
CREATE INDEX files_brief ON files (brief);
CREATE INDEX briefs_path ON briefs (path, id);
CREATE UNIQUE INDEX passages_id ON passages (id);
CREATE INDEX passages_brief ON passages (brief, ordinal);
CREATE INDEX passages_digest ON passages (digest);
CREATE INDEX noted_brief ON noted (brief);
CREATE INDEX noted_digest ON noted (digest);
CREATE INDEX marks_passage ON marks (brief, passage);
CREATE INDEX marks_note ON marks (brief, note, passage);
CREATE INDEX cited_work ON cited (work, fullness DESC, brief, again);
CREATE INDEX works_work ON works (work, strength, id, brief);
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a catalog holds. unlinked: marks that lead to no note."""

    briefs: int
    passages: int
    notes: int
    marks: int
    unlinked: int


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of docs_in as it was last read. path: relative, forward slashes.

    brief: the id of what it holds, None where reading failed; failure: then the message, else "".
    """

    path: str
    size: int
    mtime_ns: int
    sha256: str
    brief: str | None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class BriefRecord:
    """A brief without its text. places: all the paths at which it lies, path being the first of them.

    pages, passages, notes: how many it has.
    """

    id: str
    path: str
    places: tuple[str, ...]
    title: str
    collection: str
    authors: tuple[str, ...]
    published: str
    language: str
    pages: int
    passages: int
    notes: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its brief and the notes that its marks lead to, in the order of the marks, each once.

    row: of its vector, which is another one wherever the same passage lies, and is not shown.
    """

    passage: Passage
    brief: BriefRecord
    notes: tuple[Note, ...]
    row: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class NotesWanted:
    """Which notes are looked for; "" is any.

    brief: an id; collection: the folder; label: as printed; kind: "footnote" or "endnote"; text: words, all of which
    the note holds in any order.
    """

    brief: str = ""
    collection: str = ""
    label: str = ""
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class SourcesWanted:
    """Which sources are looked for; "" is any.

    brief, collection: by which they are cited; text: words of title, author, publisher or container, a year, an
    address, a DOI, all of which one of its citations holds.
    """

    brief: str = ""
    collection: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class CitingPassage:
    """A passage that cites a note, without its text."""

    id: str
    brief_id: str
    section: str
    pages: tuple[PageSpan, ...]


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A note with its brief and the passages that cite it. works: the ids of its sources, one for each."""

    note: Note
    brief: BriefRecord
    passages: tuple[CitingPassage, ...]
    works: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A work that notes cite, put together from all its citations.

    id: the same in every generation in which its strongest name (DOI, address, title …) is the same. csl: a CSL-JSON
    item. briefs, notes, passages: how many cite it.
    """

    id: str
    csl: dict[str, Any]
    briefs: int
    notes: int
    passages: int


@dataclass(frozen=True, slots=True)
class Portion(Generic[T]):
    """Some of what was looked for. total: how much there is of it in all."""

    total: int
    items: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class SearchableText:
    """The words of a passage for a lexical index. heading: its brief's title; text: section, passage, cited notes."""

    brief_id: str
    language: str
    heading: str
    text: str


def collection_of(path: str) -> str:
    """Name the collection that a brief at a path is of: its first folder, "" where there is none."""
    return path.split("/", 1)[0] if "/" in path else ""


def digest_of(embedded: str) -> bytes:
    """What a text that was embedded is recognised by, 16 bytes."""
    return hashlib.sha256(embedded.encode("utf-8", "surrogatepass")).digest()[:16]


def storable(value: Any) -> Any:
    """Value as SQLite takes it: a text with lone surrogates (an ill-encoded file name) as bytes."""
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
    return value


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Put rows into a table, their values in the order of its columns."""
    if rows:
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(
            f"INSERT INTO {table} VALUES ({places})",  # noqa: S608 - names of tables are constants of this package
            [tuple(map(storable, row)) for row in rows],
        )


def restored(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give a row back as it was before `storable`."""
    if bytes not in map(type, row):
        return row
    return tuple(value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value for value in row)


def pages_to_json(pages: Iterable[PageSpan]) -> str:
    """Page spans as a JSON list of lists."""
    return json.dumps([[page.index, page.label, page.start, page.end] for page in pages])


def pages_from_json(text: str) -> tuple[PageSpan, ...]:
    """Undo `pages_to_json`."""
    return tuple(PageSpan(*values) for values in json.loads(text))
