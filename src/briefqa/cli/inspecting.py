"""The command that shows how one file is read: inspect."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from briefqa.cli.commands import DONE, print_json
from briefqa.cli.settings import bounds, limits, settings
from briefqa.errors import BriefqaError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from briefqa.cli.commands import Commands
    from briefqa.config import Config

T = TypeVar("T")


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    inspect = commands.add("inspect", _inspect, "show how one file is read", indexed=False)
    inspect.add_argument("file", type=Path, metavar="FILE")
    inspect.add_argument(
        "--html",
        type=Path,
        nargs="?",
        const=Path(),
        metavar="OUT.html",
        help="write a page that shows, beside pictures of FILE's pages, what was understood (default: ./FILE.html)",
    )


def _inspect(arguments: argparse.Namespace) -> int:
    from briefqa.ingest import ingest
    from briefqa.inspection.terminal import terminal_page
    from briefqa.shapes import inspection

    config = settings(arguments)
    if arguments.html is not None:
        return _write_page(arguments.file, arguments.html, config)
    brief = isolated(partial(ingest, **bounds(config)), arguments.file, config).brief
    if arguments.json:
        print_json(inspection(brief))
    else:
        print(terminal_page(brief, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR")))
    return DONE


def isolated(call: Callable[..., T], file: Path, config: Config) -> T:
    """Make a call for one file in a process with limits of its own."""
    from briefqa.reading.isolated import Isolated

    try:
        if file.exists() and not file.is_file():
            raise BriefqaError(f"Cannot read {file}: it is no file.")
        with file.open("rb") as opened:
            brief_id = hashlib.file_digest(opened, "sha256").hexdigest()[:16]
        extra = config.ocr_seconds if config.ocr else 0
        with Isolated(call, limits(config), extra_seconds=extra) as isolated:
            return isolated.one(file.name, file.absolute(), file.name, brief_id)
    except OSError as error:
        raise BriefqaError(f"Cannot read {file}: {error.strerror}.") from error


def _write_page(file: Path, out: Path, config: Config) -> int:
    from briefqa.inspection.html import html_of_file

    out = out if out.name else Path(f"{file.name}.html")
    if out.suffix.lower() not in {".html", ".htm"} or (out.exists() and file.exists() and out.samefile(file)):
        raise BriefqaError(f"Cannot write the page to {out}: name another file that ends in .html.")
    page = isolated(partial(html_of_file, **bounds(config)), file, config)
    try:
        out.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise BriefqaError(f"Cannot write {out}: {error.strerror}.") from error
    print(f"Wrote {out}: open it in a browser.")
    return DONE
