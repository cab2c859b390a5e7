"""Text files, as people keep them and as tools take them out of PDFs: what is linked, and what is left alone."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from briefqa.notes import understand
from briefqa.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.briefs import Brief

BODY = """\
Bees on the roofs

The town has ninety hives{0} on the roofs of its schools. Nobody had planned them.{1} Under item (3) of
the house rules they need a fence.
"""
PLACES = {1: "Salt Quay", 4: "Tollbridge", 7: "The old town"}
PAGE = """\
Bees on the roofs                                              Harbour Office

{place} has ninety hives, and nobody had planned them. {0} Each school keeps
between two and five, and the honey is sold at the gate.{1} We counted them
twice in one summer{2} and found the same number.


{notes}
"""


def brief(folder: Path, text: str) -> Brief:
    file = folder / "bees.txt"
    file.write_text(text, encoding="utf-8")
    return understand(read(file, file.name, max_bytes=1_000_000, max_pages=100), "b")


def links(found: Brief) -> list[tuple[str, str, str]]:
    texts = {note.id: note.text for note in found.notes}
    return [
        (mark.label, found.body[: mark.offset].split()[-1], texts[mark.note_id]) for mark in found.marks if mark.note_id
    ]


@pytest.mark.parametrize(
    ("marks", "notes"),
    [
        ((" (1)", " (2)"), "Notes\n\n(1) Census of hives, 2023.\n(2) Minutes, 4 May 2021.\n"),
        ((" [1]", "[2]"), "References\n\n1. Census of hives, 2023.\n2. Minutes, 4 May 2021.\n"),
        ((" [1]", "[2]"), "References\n\n[1] Census of hives, 2023.\n[2] Minutes, 4 May 2021.\n"),
        (("¹", "²"), "Notes\n\n1. Census of hives, 2023.\n2. Minutes, 4 May 2021.\n"),
    ],
)
def test_marks_in_brackets_lead_to_the_list_below_its_heading(
    tmp_path: Path, marks: tuple[str, str], notes: str
) -> None:
    found = brief(tmp_path, BODY.format(*marks) + "\n" + notes)
    assert links(found) == [("1", "hives", "Census of hives, 2023."), ("2", "them.", "Minutes, 4 May 2021.")]
    assert "item (3) of the house rules" in found.body
    assert found.problems == ()


def test_a_mark_that_might_stand_in_two_places_is_a_problem(tmp_path: Path) -> None:
    text = BODY.format(" (1)", " (2)") + "\nThe fence stands (3) already.\n\nNotes\n\n"
    found = brief(tmp_path, text + "(1) Census of hives.\n(2) Minutes.\n(3) Photograph.\n")
    assert [label for label, _, _ in links(found)] == ["1", "2"]
    assert [problem.message[:6] for problem in found.problems] == ["Note 3"]


def test_notes_of_a_pdf_as_text_have_their_labels_on_lines_of_their_own(tmp_path: Path) -> None:
    pages = [
        PAGE.format(
            *range(n, n + 3),
            place=PLACES[n],
            notes=f"{n}\n School roll, {n}.\n{n + 1}\n Price list, {n}.\n{n + 2}\n Own count.\n",
        )
        for n in (1, 4, 7)
    ]
    found = brief(tmp_path, "\f".join(pages))
    assert [(label, note) for label, _, note in links(found)] == [
        (str(n + at), text)
        for n in (1, 4, 7)
        for at, text in enumerate((f"School roll, {n}.", f"Price list, {n}.", "Own count."))
    ]
    assert "Harbour Office" not in found.body


def test_labels_behind_their_notes_lead_nowhere(tmp_path: Path) -> None:
    pages = [
        PAGE.format(
            *range(n, n + 3),
            place=PLACES[n],
            notes=f"School roll, {n}.\n{n}\n\nPrice list.\n{n + 1}\n\nOwn count.\n{n + 2}\n",
        )
        for n in (1, 4, 7)
    ]
    assert links(brief(tmp_path, "\f".join(pages))) == []


def test_labels_inside_the_lines_of_their_notes_lead_nowhere(tmp_path: Path) -> None:
    notes = dedent("""\
        1
         School roll of the year before the flood, with the hives named one by
        2
        one, and beside each the pupil who feeds it.
        3
         Own count.
        """)
    pages = [PAGE.format(1, 2, 3, place="Wend", notes=notes), "The end of it."]
    assert [label for label, _, _ in links(brief(tmp_path, "\f".join(pages)))] == ["3"]


def test_a_note_of_several_paragraphs_is_whole(tmp_path: Path) -> None:
    text = dedent("""\
        The town has ninety hives[1] on its roofs. Nobody had planned them.[2] They stay.[3]

        [1] Counted in May.

        The count was repeated in August, when one hive had been stolen
        and another had been found.

        [2] Minutes of 4 June.

        [3] Decision of 9 June.
        """)
    read_so = brief(tmp_path, text)
    assert [note.text for note in read_so.notes] == [
        "Counted in May. The count was repeated in August, when one hive had been stolen and another had been found.",
        "Minutes of 4 June.",
        "Decision of 9 June.",
    ]
    assert read_so.body == "The town has ninety hives on its roofs. Nobody had planned them. They stay."
