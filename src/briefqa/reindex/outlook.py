"""What a reindexing would do, told without doing any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.reading import SUFFIXES
from briefqa.reindex.folder import changes, list_files, look_at, make_plan
from briefqa.reindex.gate import live_generation
from briefqa.reindex.report import Outlook
from briefqa.reindex.versions import check_folder

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def outlook(
    docs_in: Path, index: Path, settings: dict[str, str | int], suffixes: Collection[str] = SUFFIXES
) -> Outlook:
    """Tell what `reindex` would do with these settings (see `settings_of`). Nothing is written, no file is understood.

    Raises ConfigError where there is no folder docs_in.
    """
    check_folder(docs_in)
    live = live_generation(index)
    try:
        files = live.files() if live else []
        made = live.manifest.settings if live else {}
    finally:
        if live:
            live.close()
    before = {file.path: file for file in files}
    listing = list_files(docs_in, suffixes)
    records = {record.path: record for record in look_at(listing, before)}
    plan = make_plan(
        records.values(),
        before.values(),
        same_reader=made.get("reader") == settings["reader"],
        same_split=all(made.get(name) == settings[name] for name in ("embedder", "passage_tokens", "passages")),
    )
    return Outlook(
        changes=changes(before, records | plan.failures),
        read=sum(map(len, plan.read.values())),
        embedded_anew=len(plan.resplit),
        kept=len(plan.kept),
        failing=tuple(sorted(plan.failures)),
        ignored=listing.ignored,
        rebuilt=live is not None and made != settings,
    )
