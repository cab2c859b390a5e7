"""Notes that were typed into a format that has means of its own for them, as on pages without anchors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from briefqa.notes import understand
from briefqa.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.briefs import Brief

BODY = (
    "<p>Tolls brought less than was foretold.{0} The office blames the ferry,{1} and the ferry blames the tide.{2}</p>"
)
NOTES = ["Report on the Tolls, 2022, p. 4.", "Letter of 4 May 2021.", "Tide tables, 2020."]
LINKS = [("foretold.", NOTES[0]), ("ferry,", NOTES[1]), ("tide.", NOTES[2])]


def page(tmp_path: Path, mark: str, notes: str) -> Brief:
    file = tmp_path / "tolls.html"
    body = BODY.format(*(mark.format(number) for number in (1, 2, 3)))
    file.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Tolls</title><main><h1>What the tolls bring</h1>'
        f"{body}{notes}<h2>Afterwards</h2><p>Nothing was heard of it again.</p></main></html>",
        encoding="utf-8",
    )
    return understand(read(file, file.name, max_bytes=1_000_000, max_pages=10), "b")


def links(brief: Brief) -> list[tuple[str, str]]:
    texts = {note.id: note.text for note in brief.notes}
    return [(brief.body[: mark.offset].split()[-1], texts[mark.note_id or ""]) for mark in brief.marks]


def listed(sign: str) -> str:
    return "".join(f"<p>{sign.format(number)} {text}</p>" for number, text in enumerate(NOTES, start=1))


@pytest.mark.parametrize(
    ("mark", "notes"),
    [
        ("<sup>{}</sup>", listed("<sup>{}</sup>")),
        ("<sup>{}</sup>", "<h2>Endnotes</h2>" + listed("{}.")),
        ("[{}]", listed("[{}]")),
        (" [{}]", "<h2>References</h2>" + listed("{}.")),
        ("<sup>({})</sup>", "<h3>Notes</h3>" + listed("({})")),
    ],
)
def test_typed_notes_are_told_by_their_sequence(tmp_path: Path, mark: str, notes: str) -> None:
    brief = page(tmp_path, mark, notes)
    assert links(brief) == LINKS
    assert brief.problems == ()
    assert brief.body == (
        "What the tolls bring\n\nTolls brought less than was foretold. The office blames the ferry, and the ferry "
        "blames the tide.\n\nAfterwards\n\nNothing was heard of it again."
    )
    for section in brief.sections:
        assert brief.body[section.start : section.end].startswith(section.title)
    assert [section.title for section in brief.sections] == ["What the tolls bring", "Afterwards"]


@pytest.mark.parametrize(
    ("mark", "notes"),
    [
        ("<sup>{}</sup>", "<p>" + "<br>".join(f"[{n}] {text}" for n, text in enumerate(NOTES, start=1)) + "</p>"),
        ("[{}]", "<p>" + "<br>".join(f"[{n}] {text}" for n, text in enumerate(NOTES, start=1)) + "</p>"),
        ("<sup>{}</sup>", listed("{}.").replace("<p>3.", "<p>")),
        ("", listed("{}.")),
    ],
)
def test_what_is_no_whole_list_stays_as_it_is(tmp_path: Path, mark: str, notes: str) -> None:
    brief = page(tmp_path, mark, notes)
    assert not brief.marks
    assert not brief.notes
    assert all(text in brief.body for text in NOTES)


def test_notes_of_the_format_are_left_to_it(tmp_path: Path) -> None:
    file = tmp_path / "tolls.md"
    file.write_text("Tolls fell.[^1] So it is.[2]\n\n[2] Typed by hand.\n\n[^1]: Report, 2022.\n", encoding="utf-8")
    brief = understand(read(file, file.name, max_bytes=1_000_000, max_pages=10), "b")
    assert links(brief) == [("fell.", "Report, 2022.")]
    assert "[2] Typed by hand." in brief.body
