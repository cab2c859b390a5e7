"""The index folder: which generations there are, which one is live, and who may write."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from briefqa.errors import CorruptGeneration, GenerationError, Gone, NoGeneration, NotFound, ReindexRunning
from briefqa.generation.manifest import MANIFEST, REMEDY, check_seals, read_manifest, seals, write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from briefqa.generation.manifest import Manifest

_CURRENT = "CURRENT"
_LOCK = ".lock"
_MOST_SAID = 200
_FOLDER = "generations"
_HELD = "held"
_BUILDING = ".building-"
_ID = re.compile(r"(\d{8}T\d{9}Z)-[0-9a-f]{8}")
_STAMP = "%Y%m%dT%H%M%S%f"


def current_id(index: Path) -> str | None:
    """Name the live generation, None where there is none. Reads one small file.

    Raises CorruptGeneration where that file names no generation.
    """
    file = index / _CURRENT
    try:
        name = file.read_bytes()[:200].decode("ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptGeneration(f"{file} cannot be read. {REMEDY}") from error
    if not _ID.fullmatch(name):
        raise CorruptGeneration(f"{file} does not name a generation. {REMEDY}")
    return name


def generations(index: Path) -> list[str]:
    """Name all generations that are kept, the newest first."""
    try:
        names = [folder.name for folder in (index / _FOLDER).iterdir()]
    except OSError:
        return []
    return sorted((name for name in names if _ID.fullmatch(name)), reverse=True)


def is_generation(name: str) -> bool:
    """Tell whether a generation could be called so."""
    return _ID.fullmatch(name) is not None


def generation_folder(index: Path, generation: str) -> Path:
    """Where a generation lies. Raises NotFound where there is none of that name."""
    if generation not in generations(index):
        kept = ", ".join(generations(index)) or "none"
        if _ID.fullmatch(generation):
            raise Gone(f"Generation {generation} is not kept in {index} any more. Kept are: {kept}.")
        raise NotFound(f"There is no generation {generation!r} in {index}. Kept are: {kept}.")
    return index / _FOLDER / generation


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Be the only one who writes to the index, until the block ends or the process does.

    Raises ReindexRunning where another process is, GenerationError where the folder cannot be written.
    """
    try:
        (index / _FOLDER).mkdir(parents=True, exist_ok=True)
        lock = os.open(index / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise GenerationError(f"Cannot write the index folder {index}: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(lock, _MOST_SAID, 0).decode("utf-8", "replace").strip() or "unknown"
            raise ReindexRunning(f"Process {holder} is writing {index}: wait until it has finished.") from error
        os.ftruncate(lock, 0)
        said = f"{os.getpid()} on {os.uname().nodename}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC,"
        os.pwrite(lock, said.encode("utf-8", "replace")[:_MOST_SAID], 0)
        yield
    finally:
        os.close(lock)


def clear_builds(index: Path) -> None:
    """Remove what builds that were cut short have left. Only while `writing`."""
    for folder in (index / _FOLDER).glob(f"{_BUILDING}*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def build_folder(index: Path) -> Iterator[Path]:
    """Make a folder to build a generation in; what is left of it afterwards is removed. Only while `writing`."""
    folder = index / _FOLDER / f"{_BUILDING}{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(index: Path, folder: Path, manifest: Manifest, check: Callable[[Path], None]) -> Manifest:
    """Stage the build in folder (see `stage`) and make it live, all in one. Only while `writing`."""
    manifest = stage(index, folder, manifest, check)
    release(index, manifest.generation)
    return manifest


def stage(index: Path, folder: Path, manifest: Manifest, check: Callable[[Path], None]) -> Manifest:
    """Name, seal and check the build in folder, and hold it ready beside the generations. Only while `writing`.

    manifest: all but the name, the time and the seals, which are filled in. check: raises where the generation in a
    folder cannot serve; it is then removed. What was held before is removed. Nothing of it is live.
    """
    now = _next_stamp(index)
    name = f"{now.strftime(_STAMP)[:-3]}Z-{secrets.token_hex(4)}"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for file in files:
        sync(file)
    manifest = replace(
        manifest,
        generation=name,
        created=now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        files=dict(zip((file.relative_to(folder).as_posix() for file in files), seals(files), strict=True)),
    )
    write_manifest(folder, manifest)
    sync(folder / MANIFEST)
    sync(folder)
    clear_held(index)
    (index / _HELD).mkdir(exist_ok=True)
    final = index / _HELD / name
    folder.rename(final)
    sync(index / _HELD)
    try:
        check(final)
    except BaseException:
        shutil.rmtree(final, ignore_errors=True)
        raise
    return manifest


def release(index: Path, generation: str) -> None:
    """Make the generation live that is held. Only while `writing`. Raises NotFound where it is not held."""
    folder = held_folder(index)
    if folder is None or folder.name != generation:
        raise NotFound(f"Generation {generation} is not held in {index}.")
    folder.rename(index / _FOLDER / generation)
    sync(index / _FOLDER)
    _set_current(index, generation)


def held_folder(index: Path) -> Path | None:
    """Where the build lies that is held back, None where there is none."""
    try:
        held = sorted(folder for folder in (index / _HELD).iterdir() if _ID.fullmatch(folder.name))
    except OSError:
        return None
    return held[-1] if held else None


def clear_held(index: Path) -> None:
    """Remove what is held back. Only while `writing`."""
    shutil.rmtree(index / _HELD, ignore_errors=True)


def rollback(index: Path, generation: str | None = None) -> str:
    """Make an earlier generation live again, and return its name.

    generation: its name; None takes the newest sound one that is older than the live one. Its files are checked byte
    for byte before. Raises NotFound, CorruptGeneration, NoGeneration, ReindexRunning.
    """
    if not generations(index):
        raise NoGeneration(f"There is no generation in {index}: run `briefqa reindex` first.")
    with writing(index):
        if generation is not None:
            folder = generation_folder(index, generation)
            check_seals(folder, read_manifest(folder).files, whole=True)
            _set_current(index, generation)
            return generation
        for older in _older(index):
            with suppress(GenerationError):
                folder = index / _FOLDER / older
                check_seals(folder, read_manifest(folder).files, whole=True)
                _set_current(index, older)
                return older
    raise NotFound(f"There is no sound generation in {index} older than the live one: run `briefqa reindex`.")


def remove(index: Path, generation: str) -> None:
    """Remove a generation that is not live. Only while `writing`. Raises NotFound, GenerationError for the live one."""
    folder = generation_folder(index, generation)
    if generation == current_id(index):
        raise GenerationError(f"Generation {generation} is live: `briefqa rollback` or `briefqa reindex` first.")
    # The manifest first: a removal cut short must not leave what looks whole.
    (folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def prune(index: Path, keep: int) -> list[str]:
    """Remove all but the newest `keep` generations and the live one; returns their names. Only while `writing`."""
    live = current_id(index)
    gone = [name for name in generations(index)[keep:] if name != live]
    for name in gone:
        remove(index, name)
    return gone


def _older(index: Path) -> list[str]:
    """Name the generations older than the live one, or all where CURRENT is unreadable; the newest first."""
    try:
        live = current_id(index)
    except CorruptGeneration:
        live = None
    return [name for name in generations(index) if live is None or name < live]


def _next_stamp(index: Path) -> datetime:
    """Now, or a millisecond after the newest generation where the clock went back: names sort by age."""
    now = datetime.now(UTC)
    newest = next(iter(generations(index)), None)
    if newest is None:
        return now
    last = datetime.strptime(newest.split("Z")[0], _STAMP).replace(tzinfo=UTC)
    return max(now, last + timedelta(milliseconds=1))


def _set_current(index: Path, generation: str) -> None:
    """Replace CURRENT so that a reader, or a crash, sees the old name or the new one and nothing between."""
    temporary = index / f".{_CURRENT}.new"
    temporary.write_text(f"{generation}\n", encoding="ascii")
    sync(temporary)
    temporary.replace(index / _CURRENT)
    sync(index)


def sync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
