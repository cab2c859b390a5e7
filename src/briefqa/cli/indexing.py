"""The commands that build and keep the index: reindex, status, rollback."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.cli.commands import DONE, PARTLY, complain, print_json
from briefqa.cli.settings import bounds, limits, loader, settings

if TYPE_CHECKING:
    import argparse

    from briefqa.cli.commands import Commands


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    reindex = commands.add("reindex", _reindex, "bring the index up to date with a folder of briefs")
    reindex.add_argument("docs_in", nargs="?", metavar="DOCS_IN", help="the folder (default: the setting `docs_in`)")
    reindex.add_argument("--allow-empty", action="store_true", help="publish an empty index if the folder is empty")
    commands.add("status", _status, "show what the live generation holds")
    rollback = commands.add("rollback", _rollback, "make an earlier generation live again")
    rollback.add_argument("generation", nargs="?", metavar="GENERATION", help="its name (default: the one before)")


def _reindex(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from briefqa.console import progress, report_page
    from briefqa.embedding import embedder_key
    from briefqa.reading.isolated import cores
    from briefqa.reindex import reindex

    config = settings(arguments, docs_in=arguments.docs_in, index=arguments.index)
    with progress(sys.stderr) as advance:
        report = reindex(
            Path(config.docs_in),
            Path(config.index),
            load=loader(config),
            embedder_key=embedder_key(config.model, passage_prompt=config.passage_prompt),
            passage_tokens=config.passage_tokens,
            faiss_factory=config.faiss_factory,
            keep=config.keep_generations,
            limits=limits(config),
            processes=config.read_processes or cores(),
            **bounds(config),
            allow_empty=arguments.allow_empty,
            progress=advance,
        )
    if arguments.json:
        print_json(asdict(report))
    else:
        print(report_page(report))
    for failure in report.failed:
        complain(failure.message if failure.brief in failure.message else f"{failure.brief}: {failure.message}")
    return PARTLY if report.failed else DONE


def _status(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from briefqa.console import status_page
    from briefqa.generation import open_current

    config = settings(arguments, index=arguments.index)
    with closing(open_current(Path(config.index))) as index:
        info = index.info()
    if arguments.json:
        print_json({**asdict(info), "index": config.index, "docs_in": config.docs_in})
    else:
        print(status_page(info, config.index, config.docs_in))
    return DONE


def _rollback(arguments: argparse.Namespace) -> int:
    from briefqa.generation import rollback

    generation = rollback(Path(settings(arguments, index=arguments.index).index), arguments.generation)
    if arguments.json:
        print_json({"generation": generation})
    else:
        print(f"Generation {generation} is live again.")
    return DONE
