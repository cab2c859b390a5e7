"""The command that asks: search."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.cli.commands import DONE, print_json
from briefqa.cli.settings import loader, search_options, settings

if TYPE_CHECKING:
    import argparse

    from briefqa.cli.commands import Commands


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    search = commands.add("search", _search, "find the passages that answer to a question")
    search.add_argument("question", metavar="QUESTION")
    search.add_argument("-k", type=int, metavar="N", help="how many passages at most (default: the setting `hits`)")
    conditions = 'JSON such as \'{"collection": "housing", "published_from": "2021"}\''
    search.add_argument("--filters", metavar="JSON", help=f"which passages to look at: {conditions}")


def _search(arguments: argparse.Namespace) -> int:
    from briefqa.console import ranking_page
    from briefqa.errors import QueryError
    from briefqa.filters import parse_filter
    from briefqa.generation import open_current
    from briefqa.search import Searcher, Wanted, clean_question
    from briefqa.shapes import Links, ranking

    config = settings(arguments, index=arguments.index)
    k = config.hits if arguments.k is None else arguments.k
    if not 1 <= k <= config.max_hits:
        raise QueryError(f"-k {k} is out of range: choose from 1 to {config.max_hits}.")
    where = None
    if arguments.filters:
        try:
            where = parse_filter(json.loads(arguments.filters))
        except ValueError as error:
            raise QueryError(f"--filters is not JSON ({error}).") from error
    clean_question(arguments.question)  # a slip is told before the model is loaded, which takes seconds
    with closing(open_current(Path(config.index))) as index:
        searcher = Searcher(index, loader(config)(), **search_options(config))
        found = searcher.search(arguments.question, k, Wanted(where=where))
    if arguments.json:
        print_json(ranking(found, Links(f"http://{config.host}:{config.port}")))
    else:
        print(ranking_page(found))
    return DONE
