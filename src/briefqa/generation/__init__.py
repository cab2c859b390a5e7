"""Generations: immutable builds of the index. Write, verify, publish, open, prune, roll back.

    index/
      CURRENT                          names the live generation
      .lock                            held by whoever writes
      generations/
        20310402T031500123Z-1f2e3d4c/  catalog.sqlite, vectors.faiss, embeddings.npy, manifest.json
        .building-…/                   not finished; the next reindex clears it away

`store` looks after the folder, `manifest` after what a generation says of itself, `opened` after searching in one.
"""

from briefqa.catalog import BriefRecord, StoredPassage
from briefqa.generation.manifest import CATALOG, EMBEDDINGS, FORMAT, VECTORS, IndexInfo, Manifest, read_manifest
from briefqa.generation.opened import Generation, Index, ScoredPassage, open_current, open_generation, verify
from briefqa.generation.store import (
    build_folder,
    clear_builds,
    current_id,
    generation_folder,
    generations,
    prune,
    publish,
    rollback,
    writing,
)

__all__ = [
    "CATALOG",
    "EMBEDDINGS",
    "FORMAT",
    "VECTORS",
    "BriefRecord",
    "Generation",
    "Index",
    "IndexInfo",
    "Manifest",
    "ScoredPassage",
    "StoredPassage",
    "build_folder",
    "clear_builds",
    "current_id",
    "generation_folder",
    "generations",
    "open_current",
    "open_generation",
    "prune",
    "publish",
    "read_manifest",
    "rollback",
    "verify",
    "writing",
]
