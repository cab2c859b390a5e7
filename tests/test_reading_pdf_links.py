"""Web addresses that only the links of a PDF have: they come with the source whose words lead there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from briefqa.notes import understand
from briefqa.reading import read
from briefqa.sources import with_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Brief

SHADE = Path(__file__).parent / "briefs" / "pdf" / "continuous.pdf"
REPORT = "https://council.example.org/walking?year=2022"


def boxes_of(words: str) -> list[tuple[float, float, float, float]]:
    """The boxes of words of a line of the first page, as a typesetter draws a link around them."""
    page = read(SHADE, "shade.pdf", max_bytes=10_000_000, max_pages=10).pages[0]
    line = next(line for line in page.lines if words in line.text)
    start = line.text.index(words)

    def x_at(at: int) -> float:
        return next(span for span in line.spans if span.start <= at < span.end or span is line.spans[-1]).x_at(at)

    return [(x_at(start), line.y - 2, x_at(start + len(words)), line.y + line.size)]


def linked(folder: Path, links: Sequence[tuple[str, str]]) -> Brief:
    """The document with words of its first page linked to addresses."""
    writer = PdfWriter(clone_from=PdfReader(SHADE))
    for words, address in links:
        for box in boxes_of(words):
            writer.add_annotation(0, Link(rect=box, url=address))
    return written(folder, writer)


def written(folder: Path, writer: PdfWriter) -> Brief:
    file = folder / "shade.pdf"
    writer.write(file)
    return whole(file)


def whole(file: Path) -> Brief:
    return with_sources(understand(read(file, "shade.pdf", max_bytes=10_000_000, max_pages=10), "b"))


def addresses(brief: Brief) -> dict[str, list[str]]:
    """The addresses of the sources of each note that has any, by label."""
    told = {note.label: [source.csl["URL"] for source in note.sources if "URL" in source.csl] for note in brief.notes}
    return {label: each for label, each in told.items() if each}


def texts(brief: Brief) -> list[tuple[str, str]]:
    return [(note.label, note.text) for note in brief.notes]


PLAIN = whole(SHADE)
SPELLED = {"6": ["https://data-office.example.org/opinions/14-2022"]}


def test_the_address_behind_words_comes_with_their_source_and_not_in_the_text(tmp_path: Path) -> None:
    brief = linked(tmp_path, [("Trees and the School", REPORT)])
    assert addresses(brief) == {"2": [REPORT], **SPELLED}
    assert texts(brief) == texts(PLAIN)
    source, plain = brief.notes[1].sources[0], PLAIN.notes[1].sources[0]
    assert source.csl == {**plain.csl, "URL": REPORT}


def test_links_of_the_body_leave_it_as_it_is(tmp_path: Path) -> None:
    brief = linked(tmp_path, [("Marlow district", REPORT), ("Two trials", REPORT)])
    assert addresses(brief) == SPELLED
    assert brief.body == PLAIN.body


def test_words_on_two_lines_lead_there_from_the_last(tmp_path: Path) -> None:
    brief = linked(tmp_path, [("Trees and the School", REPORT), ("Streets, vol. 8 (2021)", REPORT)])
    assert addresses(brief)["2"] == [REPORT]
    assert texts(brief) == texts(PLAIN)


def test_a_note_without_a_source_cites_the_address_that_its_words_lead_to(tmp_path: Path) -> None:
    brief = linked(tmp_path, [("Own calculation", REPORT)])
    assert addresses(brief) == {"4": [REPORT], **SPELLED}
    source = next(note for note in brief.notes if note.label == "4").sources[0]
    assert brief.notes[3].text[source.start : source.end] == "Own calculation"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "mailto:a@b.example",
        "file:///etc/passwd",
        "https://",
        "https://a.example.org/\x07bell",
        "https://a.example.org/" + "x" * 3000,
        "http://[::1",
    ],
)
def test_what_leads_to_no_page_of_the_web_is_left_alone(tmp_path: Path, address: str) -> None:
    assert addresses(linked(tmp_path, [("Walking Distances", address)])) == SPELLED


def test_an_address_that_is_spelled_out_is_not_told_twice(tmp_path: Path) -> None:
    spelled = "https://data-office.example.org/opinions/14-2022"
    writer = PdfWriter(clone_from=PdfReader(SHADE))
    for top in (0, 40, 80):  # over all lines of the foot
        writer.add_annotation(1, Link(rect=(0, top, 600, top + 40), url=spelled))
    assert addresses(written(tmp_path, writer)) == SPELLED


def test_damaged_annotations_cost_nothing_but_themselves(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(SHADE))
    broken = DictionaryObject({NameObject("/A"): DictionaryObject({NameObject("/URI"): NumberObject(3)})})
    without_box = DictionaryObject({NameObject("/A"): DictionaryObject({NameObject("/URI"): TextStringObject(REPORT)})})
    page = writer.pages[0]
    page[NameObject("/Annots")] = ArrayObject([broken, without_box, NumberObject(7)])
    for box in boxes_of("Walking Distances"):
        writer.add_annotation(0, Link(rect=box, url=REPORT))
    assert addresses(written(tmp_path, writer))["1"] == [REPORT]
