"""Generations: immutable builds of the index. Write, verify, publish, open, prune, roll back.

    index/
      CURRENT                          names the live generation
      .lock                            held by whoever writes
      generations/
        20310402T031500123Z-1f2e3d4c/  catalog.sqlite, lexical/, vectors.faiss, embeddings.npy, briefs.npy,
                                       notes/ (vectors of notes), lists.json (of an index with lists),
                                       manifest.json
        .building-…/                   not finished; the next reindex clears it away
      held/…/                          complete, and held back by the gate; `briefqa publish --force` makes it live
      work/                            what a reindex that was cut short has read and embedded, for the next one
      reports/                         what each reindex did, and in last.json how the last one ended

`store` looks after the folder, `manifest` after what a generation says of itself, `opened` after searching in one
(both legs at once, by `beside`; passages by their notes, by `noting`), `traces` after what must no longer stand
anywhere; `index` is the protocol by which any index is seen, `home` that of the places where generations are kept.
"""

from briefqa.catalog import (
    BriefRecord,
    CitedSource,
    CitingPassage,
    NotesWanted,
    Portion,
    SourcesWanted,
    StoredNote,
    StoredPassage,
)
from briefqa.generation.home import FarHome, FolderHome, Home
from briefqa.generation.index import NONE_FOUND, Candidates, Index, ScoredPassage, Subset
from briefqa.generation.indexes import Before, Embedded, write_indexes
from briefqa.generation.manifest import (
    BRIEF_VECTORS,
    CATALOG,
    EMBEDDINGS,
    FORMAT,
    LEXICAL,
    MANIFEST,
    NOTED,
    NOTED_EMBEDDINGS,
    NOTED_VECTORS,
    VECTORS,
    IndexInfo,
    Manifest,
    parse_manifest,
    read_manifest,
)
from briefqa.generation.noting import NOTE_WEIGHT, Near, WithNotes
from briefqa.generation.opened import (
    Generation,
    open_current,
    open_generation,
    verify,
)
from briefqa.generation.store import (
    build_folder,
    clear_builds,
    clear_held,
    current_id,
    generation_folder,
    generations,
    held_folder,
    is_generation,
    prune,
    publish,
    release,
    remove,
    rollback,
    stage,
    writing,
)
from briefqa.generation.traces import Trace, holders, traces

__all__ = [
    "BRIEF_VECTORS",
    "CATALOG",
    "EMBEDDINGS",
    "FORMAT",
    "LEXICAL",
    "MANIFEST",
    "NONE_FOUND",
    "NOTED",
    "NOTED_EMBEDDINGS",
    "NOTED_VECTORS",
    "NOTE_WEIGHT",
    "VECTORS",
    "Before",
    "BriefRecord",
    "Candidates",
    "CitedSource",
    "CitingPassage",
    "Embedded",
    "FarHome",
    "FolderHome",
    "Generation",
    "Home",
    "Index",
    "IndexInfo",
    "Manifest",
    "Near",
    "NotesWanted",
    "Portion",
    "ScoredPassage",
    "SourcesWanted",
    "StoredNote",
    "StoredPassage",
    "Subset",
    "Trace",
    "WithNotes",
    "build_folder",
    "clear_builds",
    "clear_held",
    "current_id",
    "generation_folder",
    "generations",
    "held_folder",
    "holders",
    "is_generation",
    "open_current",
    "open_generation",
    "parse_manifest",
    "prune",
    "publish",
    "read_manifest",
    "release",
    "remove",
    "rollback",
    "stage",
    "traces",
    "verify",
    "write_indexes",
    "writing",
]
