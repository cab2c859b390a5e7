"""The command for whoever looks after a database with an index: postgres ddl."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.cli.commands import DONE, print_json

if TYPE_CHECKING:
    import argparse

    from briefqa.cli.commands import Commands


def add(commands: Commands) -> None:
    """Declare the command of this module."""
    text = "print the SQL that makes the tables of an index in PostgreSQL"
    postgres = commands.add("postgres", _ddl, text, indexed=False)
    postgres.add_argument("what", choices=["ddl"], help="ddl: what the first reindex runs in an empty database")
    citus = "instead what spreads the index over Citus, written by the book and never run"
    postgres.add_argument("--citus", action="store_true", help=citus)
    length = "length of the vectors (default: 384)"
    postgres.add_argument("--dimension", type=int, default=384, metavar="N", help=length)


def _ddl(arguments: argparse.Namespace) -> int:
    from briefqa.postgres.ddl import citus_ddl, ddl

    text = citus_ddl() if arguments.citus else ddl(arguments.dimension)
    if arguments.json:
        print_json({"sql": text})
    else:
        print(text)
    return DONE
