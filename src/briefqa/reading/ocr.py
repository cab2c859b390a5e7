"""Pictures of pages → text, by `ocrmypdf` where it is installed: a scanned PDF gets a text layer, as any other has."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.errors import NoTextLayer, ReadingTimeout
from briefqa.reading.worker import die_with_parent, unhurried

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOOL = "ocrmypdf"
_MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Ocr:
    """languages: as tesseract names them, "eng" or "eng+deu". seconds: what one file may take."""

    languages: str
    seconds: float


@contextmanager
def recognized(file: Path, name: str, ocr: Ocr) -> Iterator[Path]:
    """Give a copy of a PDF with text in it, which lasts as long as the block.

    Raises NoTextLayer where the tool is missing or fails, ReadingTimeout where it takes longer than it may.
    """
    tool = shutil.which(_TOOL)
    if tool is None:
        raise NoTextLayer(
            f"{name} holds pictures of pages and no text, and {_TOOL} is missing: "
            f"install it (Debian: apt install {_TOOL}) or set ocr to nothing."
        )
    with tempfile.TemporaryDirectory(prefix="briefqa-ocr-") as folder:
        copy = Path(folder) / "searchable.pdf"
        # Plain PDF out and no optimizing: the copy is read once. One job: files, not pages, are done side by side.
        options = ["--quiet", "--jobs", "1", "--output-type", "pdf", "--optimize", "0", "--rotate-pages", "--skip-text"]
        command = [tool, *options, "--language", ocr.languages, "--", str(file.absolute()), str(copy)]
        with unhurried():
            _run(command, name, ocr.seconds)
        yield copy


def _run(command: list[str], name: str, seconds: float) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - found on PATH; the file's name is one argument behind "--"
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            preexec_fn=die_with_parent,
        )
    except subprocess.TimeoutExpired as error:
        raise ReadingTimeout(
            f"{name} takes longer to recognize than ocr_seconds = {seconds:g} allows: raise it or split the file."
        ) from error
    if done.returncode != 0:
        reason = " ".join(done.stderr.split())[-_MAX_REASON:] or f"exit status {done.returncode}"
        raise NoTextLayer(f"{name} holds pictures of pages and no text, and {_TOOL} fails on it: {reason}")
