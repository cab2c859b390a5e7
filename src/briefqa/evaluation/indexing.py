"""A collection as a folder of briefs, one file an entry, and its index: made by the same pipeline as any other."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from briefqa.briefs import Brief, Document, Flow, PageSpan
from briefqa.reindex import reindex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from briefqa.evaluation.collections import Entry

_SUFFIX = ".entry"
_READER = "collection-1"  # raised with every change of `_read` and `_understand`, so that a kept index is made anew
_UNLIMITED = 10**12


def index_entries(entries: Sequence[Entry], folder: Path, **settings: Any) -> tuple[Path, float]:
    """Index entries within folder; returns where the index is, and the seconds it took.

    settings: what `reindex` takes beside the folders and the reading. A folder that an earlier call has filled is
    brought up to date, which costs next to nothing where nothing has changed. Writing the files is not counted.
    """
    docs_in = folder / "entries"
    docs_in.mkdir(parents=True, exist_ok=True)
    contents = {_file_name(number): _contents(entry) for number, entry in enumerate(entries)}
    for file in docs_in.iterdir():
        if file.name not in contents:
            file.unlink()
    for name, said in contents.items():
        file = docs_in / name
        if not file.exists() or file.read_bytes() != said:
            file.write_bytes(said)
    started = time.perf_counter()
    reindex(
        docs_in,
        folder / "index",
        **settings,
        keep=1,
        max_bytes=_UNLIMITED,
        max_pages=_UNLIMITED,
        max_chars=_UNLIMITED,
        limits=None,
        read=_read,
        understand=_understand,
        suffixes={_SUFFIX},
        reader_version=_READER,
    )
    return folder / "index", time.perf_counter() - started


def entry_number(path: str) -> int:
    """Which entry the brief at this path is: its number in the corpus."""
    return int(path.removesuffix(_SUFFIX))


def _file_name(number: int) -> str:
    return f"{number:08d}{_SUFFIX}"


def _contents(entry: Entry) -> bytes:
    return json.dumps([entry.id, entry.title, entry.text]).encode()


def _read(file: Path, name: str, **_limits: object) -> Document:
    _, title, text = json.loads(file.read_bytes())
    return Document(path=name, pages=(), title=title, flow=Flow(text=text if text.strip() else title))


def _understand(document: Document, brief_id: str) -> Brief:
    """Take an entry as it stands: it has no notes, and its text is not searched for a title."""
    body = document.flow.text if document.flow else ""
    return Brief(brief_id, document.path, document.title, body, (PageSpan(1, "1", 0, len(body)),))
