"""The commands that look after generations: status, report, generations, verify, rollback."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefqa.cli.commands import DONE, FAILED, complain, print_json
from briefqa.cli.settings import bounds, home, settings
from briefqa.errors import BriefqaError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from briefqa.cli.commands import Commands
    from briefqa.config import Config
    from briefqa.generation import Manifest


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    commands.add("status", _status, "show what the live generation holds")
    commands.add("report", _report, "tell how the last reindex ended, whatever became of it")
    commands.add("generations", _generations, "list the generations that are kept, and what is held back")
    verify = commands.add("verify", _verify, "compare every byte of the kept generations with its checksum")
    verify.add_argument("generation", nargs="?", metavar="GENERATION", help="only this one")
    gone = "prove that a brief (a file, or some words of it) stands nowhere in the index any more; status 1 if it does"
    verify.add_argument("--gone", metavar="FILE-OR-STRING", help=gone)
    purge = "with --gone: remove the generations but the live one, held builds and left work in which it still stands"
    verify.add_argument("--purge", action="store_true", help=purge)
    rollback = commands.add("rollback", _rollback, "make an earlier generation live again")
    rollback.add_argument("generation", nargs="?", metavar="GENERATION", help="its name (default: the one before)")


def _status(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from briefqa.console import status_page

    config = settings(arguments, index=arguments.index)
    kept = home(config)
    with closing(kept.open_current()) as index:
        info = index.info()
    if arguments.json:
        print_json({**asdict(info), "index": kept.name, "docs_in": config.docs_in})
    else:
        print(status_page(info, kept.name, config.docs_in))
    return DONE


def _report(arguments: argparse.Namespace) -> int:
    from briefqa.console import last_run_page
    from briefqa.errors import NotFound
    from briefqa.reindex import last_run

    index = settings(arguments, index=arguments.index).folder
    last = last_run(Path(index))
    if last is None:
        raise NotFound(f"No reindex of {index} has ended yet.")
    if arguments.json:
        print_json(last)
    else:
        print(last_run_page(last))
    return DONE


def _generations(arguments: argparse.Namespace) -> int:
    from briefqa.console import generations_page
    from briefqa.generation import held_folder, read_manifest

    config = settings(arguments, index=arguments.index)
    kept = home(config)
    live = kept.current()
    rows = [_row(name, "live" if name == live else "kept", kept.manifest) for name in kept.generations()]
    if held := held_folder(Path(config.folder)):
        rows.insert(0, _row(held.name, "held back", lambda _: read_manifest(held)))
    if arguments.json:
        print_json(rows)
    else:
        print(generations_page(rows))
    return DONE


def _row(name: str, state: str, manifest: Callable[[str], Manifest]) -> dict[str, Any]:
    from dataclasses import asdict

    row: dict[str, Any] = {"generation": name, "state": state, "error": None}
    try:
        return row | asdict(manifest(name).info())
    except BriefqaError as error:
        return row | {"error": str(error)}


def _verify(arguments: argparse.Namespace) -> int:
    from briefqa.errors import GenerationError, NoGeneration

    config = settings(arguments, index=arguments.index)
    if arguments.gone is not None:
        return _gone(arguments, config)
    kept = home(config)
    names = [arguments.generation] if arguments.generation else kept.generations()
    if not names:
        raise NoGeneration(f"There is no index in {kept.name} yet: run `briefqa reindex`.")
    found = {}
    for name in names:
        try:
            kept.verify(name)
            found[name] = ""
        except GenerationError as flaw:
            found[name] = str(flaw)
    if arguments.json:
        print_json([{"generation": name, "sound": not error, "error": error or None} for name, error in found.items()])
    for name, error in found.items():
        if error:
            complain(f"{name}: {error}")
        elif not arguments.json:
            print(f"{name} is sound.")
    return FAILED if any(found.values()) else DONE


def _gone(arguments: argparse.Namespace, config: Config) -> int:
    from dataclasses import asdict

    from briefqa.generation import holders
    from briefqa.homes import far_home
    from briefqa.reindex import purge, traces_in

    folder, kept = Path(config.folder), home(config)
    phrases = _phrases(arguments.gone, config)
    far = far_home(config.index)
    found = traces_in(folder, far, phrases)
    removed: list[str] = []
    if arguments.purge and found:
        removed = purge(folder, far, found)
        found = traces_in(folder, far, phrases)
    live, others = holders(kept.current(), found)
    if arguments.json:
        print_json({"gone": not found, "phrases": len(phrases), "removed": removed, "traces": list(map(asdict, found))})
        return FAILED if found else DONE
    for name in removed:
        print(f"Removed {name}.")
    if not found:
        none = f"none of {len(phrases)} phrases of {arguments.gone} stands in {kept.name} any more"
        print(f"Gone: {none if len(phrases) > 1 else f'“{phrases[0]}” stands nowhere in {kept.name}'}.")
        return DONE
    for trace in found[:20]:
        said = f" (said by {', '.join(trace.briefs[:3])})" if trace.briefs else ""
        complain(f"{trace.file} holds “{trace.phrase}”{said}.")
    if live:
        complain("The live generation holds it: remove the brief from the folder and run `briefqa reindex`.")
    if others:
        complain(f"Generations kept for a rollback hold it: {', '.join(others)}. `--purge` removes them.")
    return FAILED


def _phrases(gone: str, config: Config) -> list[str]:
    """What to look for: words from all over a file, or the text itself."""
    from briefqa.cli.inspecting import isolated
    from briefqa.ingest import ingest
    from briefqa.reading import SUFFIXES
    from briefqa.reindex import phrases_of

    try:
        is_file = Path(gone).is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        if Path(gone).suffix.lower() in SUFFIXES and "://" not in gone:
            # Of a name that was mistyped nothing stands anywhere: no proof of anything.
            raise BriefqaError(f"--gone: there is no file {gone}. To look for these words themselves, add one to them.")
        if len(gone.strip()) < 4:
            raise BriefqaError("--gone: name a file that exists, or at least four characters of its text.")
        return [gone.strip()]
    return phrases_of(isolated(partial(ingest, **bounds(config)), Path(gone), config).brief)


def _rollback(arguments: argparse.Namespace) -> int:
    generation = home(settings(arguments, index=arguments.index)).rollback(arguments.generation)
    if arguments.json:
        print_json({"generation": generation})
    else:
        print(f"Generation {generation} is live again.")
    return DONE
