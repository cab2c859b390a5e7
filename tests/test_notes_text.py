"""Text files, as people keep them and as tools take them out of PDFs: what is linked, and what is left alone."""

from __future__ import annotations

from textwrap import dedent, wrap
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


def paged(tmp_path: Path, *pages: tuple[str, str]) -> Brief:
    """A file of pages, each a body and the foot below it."""
    return brief(tmp_path, "\f".join(f"{dedent(body)}\n\n{dedent(foot)}\n" for body, foot in pages))


def prose(page: int) -> str:
    """A sentence that is another one on each page, as running heads are not."""
    return " ".join(PROSE.split()[page:] + PROSE.split()[:page]).capitalize()


PROSE = "The weir was mended in the dry years and has leaked since the wet ones began"


def test_one_page_that_is_not_understood_does_not_lose_the_rest(tmp_path: Path) -> None:
    pages = [(f"{prose(n)}.{n} Nobody kept a count.", f"{n} Weir book, folio {n}.") for n in range(1, 10)]
    pages[3:6] = [(f"{prose(n)}. Nobody kept a count.", "") for n in range(4, 7)]
    found = paged(tmp_path, *pages)
    assert [label for label, _, _ in links(found)] == ["1", "2", "3", "7", "8", "9"]
    assert found.problems == ()


def test_symbols_begin_anew_on_each_page(tmp_path: Path) -> None:
    foot = "   ∗\n     Weir book, folio {0}.\n   †\n     Own count, {0}.\n   ‡\n     Ibid.\n"
    pages = [(f"{prose(n)},∗ and the mill† above it stands.‡", foot.format(n)) for n in (1, 2, 3)]
    found = paged(tmp_path, *pages)
    assert [(label, note) for label, _, note in links(found)] == [
        pair for n in (1, 2, 3) for pair in (("*", f"Weir book, folio {n}."), ("†", f"Own count, {n}."), ("‡", "Ibid."))
    ]


def test_a_label_that_fell_below_the_first_line_of_its_note_is_read_above_it(tmp_path: Path) -> None:
    foot = """\
        1
            Weir book, folio 7.

         Count of the leaks by the miller's daughter, who walked the crest each
        2

        Sunday of that summer with a slate.
        """
    found = paged(tmp_path, (f"{PROSE}.1 She counted them.2", foot), ("The end.", ""))
    assert [note for _, _, note in links(found)] == [
        "Weir book, folio 7.",
        "Count of the leaks by the miller's daughter, who walked the crest each Sunday of that summer with a slate.",
    ]


def test_a_note_goes_on_below_the_next_page_s_rule(tmp_path: Path) -> None:
    rule = "——————————\n"
    found = paged(
        tmp_path,
        (f"{PROSE}.1 They still dispute it.", rule + "1 The miller said that the count was of herons, and his"),
        (f"{PROSE} again.2 That is all.", rule + "daughter that it was of leaks.\n2 Weir book, folio 9."),
    )
    assert [note for _, _, note in links(found)] == [
        "The miller said that the count was of herons, and his daughter that it was of leaks.",
        "Weir book, folio 9.",
    ]


def test_a_rule_in_mid_page_begins_no_rest_of_a_note(tmp_path: Path) -> None:
    rule = "——————————\n"
    found = paged(
        tmp_path,
        (f"{prose(1)}.1 They still dispute it.", rule + "1 Weir book, folio 7."),
        (f"{prose(2)}.2\n\n{rule}\n{prose(3)}, and so it stays.", rule + "2 Weir book, folio 9."),
        (f"{prose(4)}.\n\n{rule}\n{prose(5)}, and so it stays.", ""),
    )
    assert [note for _, _, note in links(found)] == ["Weir book, folio 7.", "Weir book, folio 9."]
    assert found.body.count("and so it stays.") == 2


def test_half_a_note_is_not_given_for_all_of_it(tmp_path: Path) -> None:
    foot = f"1 {PROSE}, as the miller wrote to his brother when the"
    found = paged(tmp_path, (f"{PROSE}.1 So he said.", foot), (f"{PROSE}. So said she.", ""))
    assert links(found) == []
    assert [problem.message[:6] for problem in found.problems] == ["Note 1"]


def test_a_label_set_right_before_a_figure_is_told_by_the_sequence(tmp_path: Path) -> None:
    feet = ("1 Weir book.", "27 Geo. II, c. 4, on weirs.", "3 Ibid.")
    pages = [(f"{prose(n)}.{n} It is so.", foot) for n, foot in enumerate(feet, start=1)]
    assert [note for _, _, note in links(paged(tmp_path, *pages))] == [
        "Weir book.",
        "7 Geo. II, c. 4, on weirs.",
        "Ibid.",
    ]


def columns(left: list[str], right: list[str]) -> str:
    height = max(len(left), len(right))
    left, right = (side + [""] * (height - len(side)) for side in (left, right))
    return "\n".join(f"{a:<46}{b}".rstrip() for a, b in zip(left, right, strict=True))


LEFT = wrap("The weir was mended in the dry years,1 and has leaked since the wet ones began. " + f"{PROSE}. " * 6, 40)
RIGHT = wrap(f"{PROSE}. " * 6 + "The miller counted the leaks himself,2 and his daughter counted them after him.", 40)
FEET = ["1 Weir book, folio 7."], ["2 Letter to his brother, undated."]


def test_two_columns_side_by_side_are_read_one_after_the_other(tmp_path: Path) -> None:
    height = max(len(LEFT), len(RIGHT)) + 1
    sides = [side + [""] * (height - len(side)) + foot for side, foot in zip((LEFT, RIGHT), FEET, strict=True)]
    found = brief(tmp_path, columns(*sides) + "\f" + "The end of it.")
    assert [note for _, _, note in links(found)] == ["Weir book, folio 7.", "Letter to his brother, undated."]
    assert " ".join(LEFT).replace("years,1", "years,") in found.body.replace("\n\n", " ")
    assert " ".join(RIGHT).replace("himself,2", "himself,") in found.body.replace("\n\n", " ")


def test_a_table_is_not_taken_for_two_columns(tmp_path: Path) -> None:
    rows = [[f"Weir {n} at the upper mill, mended", f"in {1900 + n}, by the parish"] for n in range(12)]
    rows = [[left[: 12 + 2 * n], right] for n, (left, right) in enumerate(rows)]
    found = brief(tmp_path, columns([left for left, _ in rows], [right for _, right in rows]) + "\f" + "The end.")
    assert "Weir 0 at th in 1900, by the parish" in " ".join(found.body.split())


def test_a_foot_in_mid_page_is_the_first_column_s(tmp_path: Path) -> None:
    page = "\n".join([*LEFT, *FEET[0], *RIGHT, *FEET[1]])
    found = brief(tmp_path, page + "\f" + f"{PROSE}.3 The end.\n\n3 Ibid.\n")
    # Where the first column's last note ends is not known for certain.
    assert [note for _, _, note in links(found)] == ["Letter to his brother, undated.", "Ibid."]
    assert "himself, and his daughter" in " ".join(found.body.split())


def test_lines_of_two_columns_taken_in_turn_lead_nowhere(tmp_path: Path) -> None:
    body = " ".join(f"Leak {word} was mended.{n}" for n, word in enumerate("a b c d e f g h".split(), start=1))
    foot = "\n".join(f"{n} Weir book, entry {n} of the year." for n in (1, 5, 2, 6, 3, 7, 4, 8))
    assert links(paged(tmp_path, (body, foot), ("The end.", ""))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Use -O1 here.\n\n1. Mend the weir.\n\n2. Count the leaks.\n",
        "The *weir* is old, see weirs/*\n\n* Mend the weir.\n* Count the leaks.\n",
        "The weir* is old.\n\n* Mend the weir.\n* Count the leaks.\n",
        "Leaks are many.[fn:1] They grow.[fn:2]\n\n1. Mend the weir.\n2. Count the leaks.\n",
        "Leaks are many.1 They grow.2 Nobody minds.3\n\n1. Mend the weir.\n\n2. Count the leaks.\n\nThe end.\n",
        "The state of it may be so*\n\n*dry* A weir without water.\n\n*wet* A weir with some.\n",
    ],
)
def test_points_of_a_list_are_no_notes(tmp_path: Path, text: str) -> None:
    assert links(brief(tmp_path, text)) == []


def test_a_list_takes_no_marks_from_the_notes_below_it(tmp_path: Path) -> None:
    text = "Leaks are many.^1 They grow.^2 Nobody minds.^3\n\n1. Mend.\n2. Count.\n\nThe end.\n\n"
    found = brief(tmp_path, text + "1. Weir book.\n2. Ibid.\n3. Slate.\n")
    assert [note for _, _, note in links(found)] == ["Weir book.", "Ibid.", "Slate."]


def test_notes_after_each_chapter_are_written_in_one_way(tmp_path: Path) -> None:
    chapter = "{0}. Weirs\n\n1. Look at it. Use -O1.\n\nThey leak.[1] They are old.[2]\n\n"
    chapter += "[1] Weir book, {0}.\n\n[2] Ibid., {0}.\n\n"
    found = brief(tmp_path, "".join(chapter.format(n) for n in (1, 2, 3)))
    assert [note for _, _, note in links(found)] == [
        text for n in (1, 2, 3) for text in (f"Weir book, {n}.", f"Ibid., {n}.")
    ]
