"""The program: its commands put together, and what becomes of errors."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from briefqa import __version__
from briefqa.cli import access, generations, indexing, inspecting, measuring, searching, serving, storing
from briefqa.cli.commands import FAILED, INTERRUPTED, Commands, complain
from briefqa.errors import BriefqaError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODULES = (indexing, generations, searching, inspecting, serving, measuring, access, storing)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. argv: without the program's name; None takes the process's own."""
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that are not text; and JSON is UTF-8 whatever the locale says.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except BriefqaError as error:
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has gone. Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="briefqa",
        description="Questions over policy briefs, answered with the passages and the footnotes they cite.",
        epilog="Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some files could not be read, "
        "4 built but not published.",
    )
    parser.add_argument("--version", action="version", version=f"briefqa {__version__}")
    commands = Commands(parser)
    for module in _MODULES:
        module.add(commands)
    return parser
