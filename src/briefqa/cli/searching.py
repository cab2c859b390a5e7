"""The commands that ask: search and ask."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from briefqa.cli.commands import DONE, print_json
from briefqa.cli.settings import home, language_model, loader, search_options, settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from briefqa.cli.commands import Commands
    from briefqa.search import Searcher, Wanted
    from briefqa.shapes import Links


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    conditions = 'JSON such as \'{"collection": "housing", "published_from": "2021"}\''
    for command in (
        commands.add("search", _search, "find the passages that answer to a question"),
        commands.add("ask", _ask, "answer a question by the briefs' own sentences, each with its citation"),
    ):
        command.add_argument("question", metavar="QUESTION")
        command.add_argument(
            "-k", type=int, metavar="N", help="how many passages at most (default: the setting `hits`)"
        )
        command.add_argument("--generation", metavar="GENERATION", help="answer as of this one (default: the live one)")
        command.add_argument("--filters", metavar="JSON", help=f"which passages to look at: {conditions}")


def _search(arguments: argparse.Namespace) -> int:
    from briefqa.console import ranking_page
    from briefqa.shapes import ranking

    with _asked(arguments) as (searcher, k, wanted, links):
        found = searcher.search(arguments.question, k, wanted)
    if arguments.json:
        print_json(ranking(found, links))
    else:
        print(ranking_page(found, filtered=wanted.where is not None))
    return DONE


def _ask(arguments: argparse.Namespace) -> int:
    from briefqa import shapes
    from briefqa.answer import answer
    from briefqa.console import answer_page

    with _asked(arguments) as (searcher, k, wanted, links):
        found = answer(arguments.question, searcher, k, wanted, language_model(settings(arguments)))
    if arguments.json:
        print_json(shapes.answer(found, links))
    else:
        print(answer_page(found))
    return DONE


@contextmanager
def _asked(arguments: argparse.Namespace) -> Iterator[tuple[Searcher, int, Wanted, Links]]:
    """Open the index for a question, and read how it is to be searched."""
    from briefqa.errors import QueryError
    from briefqa.filters import parse_filter
    from briefqa.search import Searcher, Wanted, clean_question
    from briefqa.shapes import Links

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
    kept, as_of = home(config), arguments.generation
    with closing(kept.open(as_of) if as_of else kept.open_current()) as index:
        searcher = Searcher(index, loader(config)(), **search_options(config))
        yield searcher, k, Wanted(where=where), Links(f"http://{config.host}:{config.port}", as_of or "")
