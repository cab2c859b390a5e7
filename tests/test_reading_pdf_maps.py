"""Fonts whose maps to text are damaged: the names of glyphs tell figures, or a problem says what is missing."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfWriter
from pypdf.generic import StreamObject

from briefqa.notes import understand
from briefqa.reading import read

if TYPE_CHECKING:
    from briefqa.briefs import Brief

DOCUMENTS = Path(__file__).parent / "briefs" / "pdf"
PRIVATE, CONTROL, LETTER = 0xE030, 0x01, ord("a")
_PAIR = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]{4})>")
_RANGE = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]{4})>")


def damaged(name: str, first: int) -> bytes:
    """The document, the figures of all its fonts' maps moved to the ten characters from first on."""
    writer = PdfWriter(clone_from=BytesIO((DOCUMENTS / f"{name}.pdf").read_bytes()))
    for number in range(1, len(writer._objects) + 1):  # noqa: SLF001 - pypdf offers no other way to all objects
        stream = writer.get_object(number)
        if isinstance(stream, StreamObject) and b"begincmap" in stream.get_data():
            parts = re.split(r"(beginbfrange.*?endbfrange)", stream.get_data().decode("latin-1"), flags=re.DOTALL)
            moved = [
                (_RANGE if part.startswith("beginbfrange") else _PAIR).sub(lambda m: _moved(m, first), part)
                for part in parts
            ]
            stream.set_data("".join(moved).encode("latin-1"))
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def _moved(match: re.Match[str], first: int) -> str:
    *codes, text = match.groups()
    low, high = int(codes[0], 16), int(codes[-1], 16)
    chars = [int(text, 16) + at for at in range(high - low + 1)]
    if not any(0x30 <= char <= 0x39 for char in chars):
        return match[0]
    moved = [char - 0x30 + first if 0x30 <= char <= 0x39 else char for char in chars]
    width = len(codes[0])
    ends = (f"<{low + at:0{width}X}> " * len(codes) + f"<{char:04X}>" for at, char in enumerate(moved))
    return "\n".join(ends)


def understood(file: Path) -> Brief:
    return understand(read(file, file.name, max_bytes=1_000_000, max_pages=10), "b")


def linked(brief: Brief) -> list[tuple[str, int]]:
    return [(mark.label, mark.offset) for mark in brief.marks if mark.note_id is not None]


@pytest.mark.parametrize("first", [PRIVATE, CONTROL, LETTER])
@pytest.mark.parametrize("name", ["continuous", "places"])
def test_the_names_of_glyphs_tell_what_a_map_does_not(name: str, first: int, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(damaged(name, first))
    whole = understood(DOCUMENTS / f"{name}.pdf")
    assert linked(understood(file)) == linked(whole)
    assert understood(file).body == whole.body


@pytest.mark.parametrize(
    ("name", "first"), [("typst-plain", PRIVATE), ("chromium-page-foot", PRIVATE), ("chromium-page-foot", CONTROL)]
)
def test_figures_that_nothing_tells_are_a_problem_and_no_marks(name: str, first: int, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(damaged(name, first))
    brief = understood(file)
    assert linked(brief) == []
    assert any("cannot be told" in problem.message for problem in brief.problems)
