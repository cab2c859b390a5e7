"""What every command of the program has in common: how it is declared, what it exits with, how it prints."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DONE, FAILED, PARTLY, REFUSED, INTERRUPTED = 0, 1, 3, 4, 130  # and 2, which argparse uses for wrong usage


class Commands:
    """Declares commands, so that each module of this package can add its own."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._commands = parser.add_subparsers(required=True, metavar="COMMAND")
        self._shared = argparse.ArgumentParser(add_help=False)
        self._shared.add_argument(
            "--json", action="store_true", help="print JSON for programs instead of text for people"
        )
        settings_file = "settings file (default: briefqa.toml, if any)"
        self._shared.add_argument("--config", type=Path, metavar="FILE", help=settings_file)
        self._indexed = argparse.ArgumentParser(add_help=False, parents=[self._shared])
        self._indexed.add_argument("--index", metavar="DIR", help="index folder (default: the setting `index`)")

    def add(
        self, name: str, run: Callable[[argparse.Namespace], int], text: str, *, indexed: bool = True
    ) -> argparse.ArgumentParser:
        """Declare a command and return its parser, for arguments of its own. indexed: whether it takes --index."""
        parent = self._indexed if indexed else self._shared
        made = self._commands.add_parser(name, parents=[parent], help=text, description=f"{text[0].upper()}{text[1:]}.")
        made.set_defaults(run=run)
        return made


def complain(message: str) -> None:
    """Print one line for people on stderr, whatever a file's name holds."""
    from briefqa.console import printable

    print(f"briefqa: {printable(' '.join(message.splitlines()))}", file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a value as JSON, in UTF-8 whatever it holds."""
    from briefqa.shapes import sendable

    print(json.dumps(sendable(value), ensure_ascii=False, indent=2))
