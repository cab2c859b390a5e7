"""Make the sample briefs of docs_in/samples from samples/sources.

    python samples/make_samples.py [NAME ...]

`make samples` calls it. Each source is made into a brief by another program, since each one writes footnotes into a
PDF in its own way: other sizes, other strokes, other orders of the page's text. samples/README.md says what has to be
installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCES = Path(__file__).resolve().parent / "sources"
SAMPLES = SOURCES.parent.parent / "docs_in" / "samples"

# Producers that honour it write the same bytes each time.
EPOCH = {"SOURCE_DATE_EPOCH": "1704067200"}


def libreoffice(source: Path, target: Path) -> None:
    """Flat ODF to PDF. A profile of its own, so that a running LibreOffice is not disturbed."""
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(source)]
        _run(command, Path(folder))
        made = (Path(folder) / f"{source.stem}.pdf").read_bytes()
    # It writes the moment of its making, which a reader of PDF has to take for the brief's date. Same length: the
    # offsets in the file stay true.
    day = re.search(r"<meta:creation-date>(\d{4})-(\d\d)-(\d\d)T", source.read_text(encoding="utf-8"))
    if day is None:
        raise SystemExit(f"{source} has no meta:creation-date.")
    date = b"/CreationDate(D:%b000000" % "".join(day.groups()).encode()
    target.write_bytes(re.sub(rb"/CreationDate\(D:\d{14}", date, made))


def pdftex(source: Path, target: Path) -> None:
    """LaTeX to PDF. Twice, for the references."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"-output-directory={folder}", str(source)]
        _run(command, Path(folder))
        _run(command, Path(folder))
        shutil.move(Path(folder) / f"{source.stem}.pdf", target)


def typst(source: Path, target: Path) -> None:
    """Typst markup to PDF."""
    import typst as compiler  # noqa: PLC0415 - needed for this one only

    compiler.compile(str(source), output=str(target), timestamp=int(EPOCH["SOURCE_DATE_EPOCH"]))


def weasyprint(source: Path, target: Path) -> None:
    """HTML with CSS footnotes to PDF."""
    from weasyprint import HTML  # noqa: PLC0415 - needed for this one only

    # Runs of white space are made one here: in footnotes WeasyPrint 70 breaks lines where the source does.
    HTML(string=" ".join(source.read_text(encoding="utf-8").split())).write_pdf(target)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, check=True, cwd=folder, env=os.environ | EPOCH, stdout=subprocess.DEVNULL)


# The text sample looks as if copied out of a PDF: a blank line between the lines of the body, notes at the foot of
# each page under a line of spaces (the stroke), marks stuck to the words before them, and no sign of the page breaks.
COLUMNS = 99
LINES_A_PAGE = 46
STROKE = " " * 54


def copied_text(source: Path, target: Path) -> None:
    """Paragraphs with [1] marks, and their notes at the end, to text as copied out of a PDF."""
    body, notes = _parted(source.read_text(encoding="utf-8"))
    lines = [line for paragraph in body for line in _wrapped(paragraph)]
    pages: list[str] = []
    while lines:
        count = _fitting(lines, notes)
        page, lines = lines[:count], lines[count:]
        foot = [notes[label] for line in page for label in _marks(line)]
        printed = [f"{_stuck(line)} \n\n" for line in page]
        if foot:
            printed[-1] = printed[-1].removesuffix("\n")
            printed += [f"{STROKE}\n", "\n".join("\n".join(note) + " \n" for note in foot)]
        pages.append(" " + "".join(printed))
    target.write_text("".join(pages), encoding="utf-8")


def _parted(text: str) -> tuple[list[str], dict[str, list[str]]]:
    """Return the paragraphs, and the lines of each note by its label."""
    notes = re.findall(r"^\[(\d+)\] (.+)$", text, flags=re.MULTILINE)
    body = re.sub(r"^\[\d+\] .+$", "", text, flags=re.MULTILINE)
    return body.strip().split("\n\n"), {label: _wrapped(f"{label}  {note}") for label, note in notes}


def _wrapped(paragraph: str) -> list[str]:
    """Lines that break at spaces and after hyphens, in addresses too, as a word processor breaks them."""
    return textwrap.wrap(paragraph, COLUMNS, break_long_words=False, break_on_hyphens=True)


def _fitting(lines: list[str], notes: dict[str, list[str]]) -> int:
    """How many lines fit on a page together with the notes that they call; at least one."""
    used = 0
    for count, line in enumerate(lines):
        called = [notes[label] for label in _marks(line)]
        used += 1 + sum(len(note) for note in called)
        if used > LINES_A_PAGE and count:
            return count
    return len(lines)


def _marks(line: str) -> list[str]:
    return re.findall(r"\[(\d+)\]", line)


def _stuck(line: str) -> str:
    return re.sub(r"\[(\d+)\]", r"\1", line)


MAKERS: dict[str, tuple[str, Callable[[Path, Path], None]]] = {
    "coastal-flood-insurance.fodt": ("coastal-flood-insurance.pdf", libreoffice),
    "drainage-memorandum.tex": ("drainage-memorandum.pdf", pdftex),
    "groundwater-metering.txt": ("groundwater-metering.txt", copied_text),
    "rural-broadband.typ": ("rural-broadband.pdf", typst),
    "school-meals.html": ("school-meals.pdf", weasyprint),
}


def main() -> None:
    """Make the samples that are named, or all."""
    parser = argparse.ArgumentParser(description="Make the sample briefs from their sources.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="files of samples/sources; none: all")
    SAMPLES.mkdir(parents=True, exist_ok=True)
    for name in parser.parse_args().names or MAKERS:
        sample, make = MAKERS[name]
        make(SOURCES / name, SAMPLES / sample)
        print(SAMPLES / sample)


if __name__ == "__main__":
    main()
