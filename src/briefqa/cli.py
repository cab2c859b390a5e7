"""The `briefqa` command: arguments and printing only.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some files could not be read, 130 interrupted.
Everything but argparse is imported by the command that needs it, so that `briefqa inspect` stays quick.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefqa import __version__
from briefqa.errors import BriefqaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Brief, Mark
    from briefqa.config import Config

DONE, FAILED, USAGE, PARTLY, INTERRUPTED = 0, 1, 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. argv: without the program's name; None takes the process's own."""
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that are not text; JSON is UTF-8 whatever the locale says.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except BriefqaError as error:
        print(f"briefqa: {_printable(str(error))}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has gone. Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print JSON for programs instead of text for people")
    shared.add_argument("--config", type=Path, metavar="FILE", help="settings file (default: briefqa.toml, if any)")
    parser = argparse.ArgumentParser(prog="briefqa", description="Questions over policy briefs, with their footnotes.")
    parser.add_argument("--version", action="version", version=f"briefqa {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    inspect = commands.add_parser("inspect", parents=[shared], help="show how one file is read")
    inspect.add_argument("file", type=Path, metavar="FILE")
    inspect.set_defaults(run=_inspect)
    return parser


def _config(arguments: argparse.Namespace, **overrides: Any) -> Config:
    from briefqa.config import load_config

    return load_config(arguments.config, **overrides)


def _inspect(arguments: argparse.Namespace) -> int:
    from briefqa.notes import understand
    from briefqa.reading import read
    from briefqa.shapes import inspection

    config = _config(arguments)
    file: Path = arguments.file
    try:
        document = read(file, file.name, max_bytes=config.max_file_mb * 1_000_000, max_pages=config.max_pages)
        with file.open("rb") as opened:
            brief_id = hashlib.file_digest(opened, "sha256").hexdigest()[:16]
    except OSError as error:
        raise BriefqaError(f"Cannot read {file}: {error.strerror}.") from error
    brief = understand(document, brief_id)
    if arguments.json:
        _print_json(inspection(brief))
    else:
        print(_printable(_inspection_page(brief)))
    return DONE


def _inspection_page(brief: Brief) -> str:
    parts = [brief.title, "=" * min(len(brief.title), 80), "", _with_marks(brief.body, brief.marks)]
    if brief.notes:
        parts += ["", "Notes", "-----"]
        parts += [f"[{note.label}] {note.text}  ({note.kind}, page {note.page})" for note in brief.notes]
    if brief.problems:
        parts += ["", "Problems", "--------"]
        parts += [f"page {item.page}: {item.message}" for item in brief.problems]
    linked = sum(mark.note_id is not None for mark in brief.marks)
    counts = f"{len(brief.pages)} pages, {len(brief.marks)} marks ({linked} linked), {len(brief.notes)} notes"
    return "\n".join([*parts, "", counts])


def _with_marks(text: str, marks: Sequence[Mark], start: int = 0) -> str:
    """Put each mark back as [label]. start: the offset of text in the body that the marks' offsets count in."""
    parts, done = [], 0
    for mark in marks:
        parts += [text[done : mark.offset - start], f"[{mark.label}]"]
        done = mark.offset - start
    return "".join([*parts, text[done:]])


def _printable(text: str) -> str:
    """Text without control characters: a document may hold some that would command the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t " else "�" for c in text)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    sys.exit(main())
