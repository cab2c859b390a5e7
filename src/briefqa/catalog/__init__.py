"""What a generation knows, in one SQLite file: briefs, passages, notes, marks, sources, files.

`writer` builds the file once, `reader` serves it, read-only for ever, and `citing` tells from it who cites what;
`records` is what all speak of. What they ask is a `Database`: `file` is the one in a file, and tables of another engine
serve as well. The only importer of sqlite3.
"""

from briefqa.catalog.citing import CitingCatalog
from briefqa.catalog.database import Database
from briefqa.catalog.file import CatalogFile
from briefqa.catalog.reader import Catalog
from briefqa.catalog.records import (
    BriefRecord,
    CitedSource,
    CitingPassage,
    Counts,
    FileRecord,
    NotesWanted,
    Portion,
    SearchableText,
    SourcesWanted,
    StoredNote,
    StoredPassage,
    collection_of,
    digest_of,
)
from briefqa.catalog.writer import CatalogWriter

__all__ = [
    "BriefRecord",
    "Catalog",
    "CatalogFile",
    "CatalogWriter",
    "CitedSource",
    "CitingCatalog",
    "CitingPassage",
    "Counts",
    "Database",
    "FileRecord",
    "NotesWanted",
    "Portion",
    "SearchableText",
    "SourcesWanted",
    "StoredNote",
    "StoredPassage",
    "collection_of",
    "digest_of",
]
