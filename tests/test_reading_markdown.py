"""Markdown files, written in the tests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from briefqa.errors import NoTextLayer, ReadingError, TooLarge
from briefqa.notes import understand
from briefqa.reading import read
from briefqa.reading.dates import iso_date

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.briefs import Document, Flow


def document_of(tmp_path: Path, text: str | bytes) -> Document:
    file = tmp_path / "brief.md"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(file, file.name, max_bytes=50_000_000, max_pages=100)


def flow_of(tmp_path: Path, text: str) -> Flow:
    flow = document_of(tmp_path, text).flow
    assert flow is not None
    return flow


def shown(flow: Flow) -> str:
    """The text with its marks put back, as [label>note text]."""
    notes = {note.id: note.text for note in flow.notes}
    text = flow.text
    for found in reversed(flow.marks):
        text = f"{text[: found.offset]}[{found.label}>{notes.get(found.note_id or '', '?')}]{text[found.offset :]}"
    return text


def test_notes_are_numbered_in_the_order_of_their_marks(tmp_path: Path) -> None:
    text = (
        "Dykes *held*[^tarrant], gates\ndid not.[^2] Nobody\tasked.[^tarrant]\n\n"
        "[^2]: Second\n    line.\n\n    Paragraph two.\n\n[^tarrant]: Tarrant, `dykes`.\n\nThe end."
    )
    first = "[1>Tarrant, dykes.]"
    assert shown(flow_of(tmp_path, text)) == (
        f"Dykes held{first}, gates did not.[2>Second line. Paragraph two.] Nobody asked.{first}\n\nThe end."
    )


def test_inline_notes_count_with_the_others(tmp_path: Path) -> None:
    text = "One^[Inline, [p. 3] and [R](https://example.org/r).] two[^a] three.^[Last.]\n\n[^a]: Named.\n"
    assert shown(flow_of(tmp_path, text)) == (
        "One[1>Inline, [p. 3] and R https://example.org/r.] two[2>Named.] three.[3>Last.]"
    )


def test_what_only_looks_like_a_mark_stays_text(tmp_path: Path) -> None:
    text = "A class [^a-z] or [^x], `[^1]`, \\[^1] and x^[2 stay.\n\n[^1]: Unused.\n"
    flow = flow_of(tmp_path, text)
    assert flow.text == "A class [^a-z] or [^x], [^1], [^1] and x^[2 stay."
    assert not flow.marks


def test_loose_ends_are_problems(tmp_path: Path) -> None:
    brief = understand(document_of(tmp_path, "One.[^9]\n\n[^spare]: Spare.\n\n[^a]: A.\n\n[^a]: Another.\n"), "b")
    assert brief.body == "One."
    assert [(found.label, found.note_id) for found in brief.marks] == [("9", None)]
    assert [(found.label, found.text) for found in brief.notes] == [("spare", "Spare."), ("a", "A."), ("a", "Another.")]
    assert len(brief.problems) == 4


def test_blocks_become_paragraphs_rows_and_sections(tmp_path: Path) -> None:
    text = """# Why *dykes*[^1]

3. First
4. Second
   line

   more
- bullet

> Quoted.

| a | b | c |
|---|---|---|
| 1 | | [x](https://x.example)[^1] |

<div>Raw <b>html</b></div> <!-- gone -->

![A figure](x.png)

Costs
-----
```
code  here
```
# How

[^1]: Note.
"""
    flow = flow_of(tmp_path, text)
    assert shown(flow) == (
        "Why dykes[1>Note.]\n\n3. First\n\n4. Second line\n\nmore\n\nbullet\n\nQuoted.\n\n"
        "a | b | c\n1 | | x[1>Note.]\n\n"
        "Raw html\n\nA figure\n\nCosts\n\ncode here\n\nHow"
    )
    assert [(found.title, flow.text[found.start : found.end].split()[-1]) for found in flow.sections] == [
        ("Why dykes", "here"),
        ("Costs", "here"),
        ("How", "How"),
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '---\ntitle: "Dykes: A history"\nauthor: [Ada Byrne, {name: Lin Wu}]\ndate: 2021-04-07\nlang: en\n---\n',
            ("Dykes: A history", ("Ada Byrne", "Lin Wu"), "2021-04-07", "en"),
        ),
        (
            "---\ntitle: Dykes: a b\nauthor: Ada Byrne\ndate: April 2021\n...\n",
            ("Dykes: a b", ("Ada Byrne",), "2021-04", ""),
        ),
        (
            "% On\n  Dykes\n% Ada Byrne; Lin Wu\n% 7 April 2021\n",
            ("On Dykes", ("Ada Byrne", "Lin Wu"), "2021-04-07", ""),
        ),
        ("---\nauthors:\n  - Ada Byrne\n  - 7\ndate: soon\n---\n# Head\n", ("Head", ("Ada Byrne", "7"), "", "")),
        ("---\n\na: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n---\n", ("", (), "", "")),
    ],
)
def test_front_matter(tmp_path: Path, head: str, expected: tuple[str, tuple[str, ...], str, str]) -> None:
    document = document_of(tmp_path, head + "\nText.")
    assert (document.title, document.authors, document.published, document.language) == expected
    assert document.flow is not None
    assert document.flow.text.removeprefix("Head\n\n") == "Text."


def test_text_between_two_rules_is_no_front_matter(tmp_path: Path) -> None:
    assert flow_of(tmp_path, "---\n\nAn opening.\n\n---\n\nText.").text == "An opening.\n\nText."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-04-07T08:00:00Z", "2021-04-07"),
        ("2021/4/7", "2021-04-07"),
        ("20210407", "2021-04-07"),
        ("2021", "2021"),
        ("Sept. 2021", "2021-09"),
        ("soon", ""),
        ("Wed, 7 Apr 2021 10:00", "2021-04-07"),
        ("April 7th, 2021", "2021-04-07"),
        ("2021-13-01", ""),
        ("7/4/2021", ""),
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert iso_date(text) == expected


def test_what_gives_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoTextLayer):
        document_of(tmp_path, "---\ntitle: T\n---\n<!-- nothing -->\n")
    with pytest.raises(ReadingError, match="is a PDF"):
        document_of(tmp_path, b"%PDF-1.7")
    with pytest.raises(TooLarge, match="split it"):
        document_of(tmp_path, "word " * 2_100_000)


@pytest.mark.parametrize("piece", ["[^a", "^[", "[a](", "> ", "[^a]: ", "![", "<!-- ", "`a", "*a _b "])
def test_nothing_takes_for_ever(tmp_path: Path, piece: str) -> None:
    started = time.monotonic()
    document_of(tmp_path, "x " + piece * 10_000)
    assert time.monotonic() - started < 10
