"""The command that measures the search: eval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.cli.commands import DONE, print_json
from briefqa.cli.settings import bounds, key_of_embedder, limits, loader, search_options, settings
from briefqa.errors import BriefqaError

if TYPE_CHECKING:
    import argparse

    from briefqa.cli.commands import Commands


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    evaluate = commands.add(
        "eval", _eval, "measure the search on collections of questions with known answers", indexed=False
    )
    kinds = "a collection in BEIR's format, or a folder of briefs with questions.jsonl"
    evaluate.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help=kinds)
    run = "write a TREC run (of several collections: into this folder)"
    evaluate.add_argument("--run", dest="run_file", type=Path, metavar="FILE", help=run)
    evaluate.add_argument("--baseline", type=Path, metavar="FILE", help="compare with an earlier run, query by query")
    evaluate.add_argument("--cache", type=Path, metavar="DIR", help="keep the indexes there, for the next time")


def _eval(arguments: argparse.Namespace) -> int:
    from briefqa.console import evaluation_page
    from briefqa.evaluation import Setting, evaluate_folder
    from briefqa.search import Searcher
    from briefqa.shapes import evaluation

    several = len(arguments.folders) > 1
    if several and arguments.baseline:
        raise BriefqaError("--baseline compares one collection with one earlier run: name one folder.")
    config = settings(arguments)
    embedder = loader(config)()
    indexing = {
        "load": loader(config, many=True),
        "embedder_key": key_of_embedder(config),
        "passage_tokens": config.passage_tokens,
        "faiss_factory": config.faiss_factory,
    }
    reading = {**bounds(config), "limits": limits(config)}
    searching = search_options(config)
    setting = Setting(
        lambda index: Searcher(index, embedder, **searching),
        indexing,
        reading,
        arguments.cache,
    )
    measured = []
    for folder in arguments.folders:
        run = arguments.run_file
        if run and several:
            run = run / f"{folder.resolve().name}.run"
        found = evaluate_folder(folder, setting, run=run, baseline=arguments.baseline)
        measured.append(evaluation(found))
        if not arguments.json:
            print(evaluation_page(found), flush=True)
    if arguments.json:
        print_json(measured if several else measured[0])
    return DONE
