"""The folder of briefs: what lies in it, and what has become of it since the last generation."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from briefqa.catalog import FileRecord
from briefqa.reindex.report import Changes, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping


@dataclass(slots=True)
class Listing:
    """Files to read, as (path relative to the folder, file), by path; what was left out; what could not be listed."""

    files: list[tuple[str, Path]] = field(default_factory=list)
    ignored: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def list_files(folder: Path, suffixes: Collection[str]) -> Listing:
    """List the briefs in folder and the folders in it.

    Passed over in silence: names with a dot in front, README.* at the top. Counted as ignored: other suffixes, what
    is no file, links that lead out of the folder or to a folder in it (which is listed where it lies).
    """
    listing = Listing()
    _walk(folder, "", folder.resolve(), suffixes, listing)
    listing.files.sort()
    return listing


def _walk(folder: Path, prefix: str, root: Path, suffixes: Collection[str], listing: Listing) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        listing.failures[prefix or "."] = f"The folder cannot be listed: {error.strerror}."
        return
    for entry in entries:
        path = f"{prefix}{entry.name}"
        if entry.name.startswith(".") or (not prefix and entry.name.split(".")[0] == "README"):
            continue
        if entry.is_dir(follow_symlinks=False):
            _walk(Path(entry.path), f"{path}/", root, suffixes, listing)
        elif Path(entry.name).suffix.lower() in suffixes and _is_file_within(entry, root):
            listing.files.append((path, Path(entry.path)))
        else:
            listing.ignored += 1


def _is_file_within(entry: os.DirEntry[str], root: Path) -> bool:
    try:
        return entry.is_file() and (not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(root))
    except (OSError, RuntimeError):  # a link to itself
        return False


def look_at(
    listing: Listing, before: Mapping[str, FileRecord], progress: Callable[[Progress], None] = lambda _: None
) -> list[FileRecord]:
    """Make a record of every file, its brief's id filled in. before: those of the last generation, by path.

    A file of the same size and time as before is taken to be the same; any other is read for its SHA-256, and told.
    """
    total = len(listing.files)

    def tell(number: int, path: str) -> None:
        progress(Progress("compare", number, total, path))

    return [
        _look(path, file, before.get(path), partial(tell, number))
        for number, (path, file) in enumerate(listing.files, 1)
    ]


def _look(path: str, file: Path, before: FileRecord | None, tell: Callable[[str], None]) -> FileRecord:
    try:
        stat = file.stat()
        if before and before.sha256 and (before.size, before.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
            return before
        tell(path)
        with file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        return FileRecord(path, 0, 0, "", None, f"{path} cannot be read: {error.strerror}.")
    return FileRecord(path, stat.st_size, stat.st_mtime_ns, sha256, sha256[:16])


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with each brief. Keys are brief ids, values the paths that they lie at, sorted.

    kept: taken over as they are. resplit: taken from the last generation, cut and embedded anew. read: new ones.
    failures: files that are known to give nothing, by path.
    """

    kept: dict[str, list[str]]
    resplit: dict[str, list[str]]
    read: dict[str, list[str]]
    failures: dict[str, FileRecord]


def make_plan(
    records: Iterable[FileRecord], before: Iterable[FileRecord], *, same_reader: bool, same_split: bool
) -> Plan:
    """Tell what to do. same_reader, same_split: the code and the settings are those of the last generation."""
    known = {record.brief for record in before if record.brief} if same_reader else set()
    failed = [record for record in before if record.failure and record.sha256] if same_reader else []
    given_up = {(record.sha256, _suffix(record)): record for record in failed}
    plan = Plan({}, {}, {}, {})
    for record in sorted(records, key=lambda record: record.path):
        brief_id = record.sha256[:16]
        if not record.sha256:
            plan.failures[record.path] = record
        elif old := given_up.get((record.sha256, _suffix(record))):
            # The message names the file; the same content may lie under another name now.
            failure = (
                record.path + old.failure.removeprefix(old.path) if old.failure.startswith(old.path) else old.failure
            )
            plan.failures[record.path] = replace(record, brief=None, failure=failure)
        else:
            kind = plan.read if brief_id not in known else plan.kept if same_split else plan.resplit
            kind.setdefault(brief_id, []).append(record.path)
    return plan


def _suffix(record: FileRecord) -> str:
    """What the reader is chosen by: content that fails under one suffix may be read under another."""
    return PurePosixPath(record.path).suffix.lower()


def replaced(before: Mapping[str, FileRecord], after: Mapping[str, FileRecord]) -> dict[str, str]:
    """Tell which briefs are gone, and for each the brief that lies at one of its places now, "" where none does."""
    still = {record.brief for record in after.values() if record.brief}
    gone: dict[str, str] = {}
    for path, record in sorted(before.items()):
        if record.brief and record.brief not in still:
            now = after.get(path)
            gone[record.brief] = gone.get(record.brief) or (now.brief if now else "") or ""
    return gone


def changes(before: Mapping[str, FileRecord], after: Mapping[str, FileRecord]) -> Changes:
    """Tell at which paths a brief was added, changed, removed, or moved from somewhere else; count the others."""
    old = {path: record.brief for path, record in before.items() if record.brief}
    new = {path: record.brief for path, record in after.items() if record.brief}
    left = {brief: path for path, brief in sorted(old.items(), reverse=True) if path not in new}
    added = sorted(path for path in new if path not in old)
    return Changes(
        added=tuple(added),
        changed=tuple(sorted(path for path, brief in new.items() if path in old and old[path] != brief)),
        removed=tuple(sorted(path for path in old if path not in new)),
        moved=tuple((left[new[path]], path) for path in added if new[path] in left),
        unchanged=sum(old.get(path) == brief for path, brief in new.items()),
    )
