"""What a generation knows, in one SQLite file: briefs, passages, notes, marks, sources, files.

`writer` builds the file once, `reader` serves it, read-only for ever; `records` is what both speak of. The only
importer of sqlite3.
"""

from briefqa.catalog.reader import Catalog
from briefqa.catalog.records import BriefRecord, Counts, FileRecord, SearchableText, StoredPassage
from briefqa.catalog.writer import CatalogWriter

__all__ = ["BriefRecord", "Catalog", "CatalogWriter", "Counts", "FileRecord", "SearchableText", "StoredPassage"]
