"""What `briefqa inspect` shows to people: the terminal's page, and the HTML page with boxes on pictures of pages."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from briefqa.briefs import Brief, Document, Flow, Line, Mark, Note, Page, PageSpan, Problem, Rule, Span
from briefqa.cli import main
from briefqa.facts import facts_of
from briefqa.inspection.html import html_of_file, html_page
from briefqa.inspection.terminal import terminal_page
from briefqa.notes import understand
from briefqa.notes.layout import Box, layout
from briefqa.reading.pictures import pictures

SAMPLES = Path(__file__).parent.parent / "docs_in" / "samples"
BOUNDS = {"max_bytes": 10_000_000, "max_pages": 100, "max_chars": 1_000_000}
EVIL = "<script>alert(1)</script>&\x1b[31m\"'"


def line(text: str, y: float, size: float = 11.0, *, mark: str = "", label: str = "") -> Line:
    """A printed line; mark: a raised figure at its end, label: one at its head."""
    spans, x, written = [], 72.0, ""
    for piece, raised in ((label, True), (text, False), (mark, True)):
        if piece:
            wide = (0.3 if raised else 0.5) * size * len(piece)
            rise, scale = (0.4 * size, 0.6) if raised else (0.0, 1.0)
            spans.append(Span(len(written), len(written) + len(piece), x, x + wide, y + rise, scale * size, "Serif"))
            written, x = written + piece, x + wide
    return Line(written, 72.0, x, y, size, tuple(spans))


def sheet(index: int, mark: str, **more: Any) -> Page:
    # Words that no other page has: what stands at the edge of several pages is furniture.
    place = ("north", "south", "west")[index - 1]
    prose = [
        line(f"The dykes in the {place} have to be measured before anybody says a word,", 700 - 14 * row)
        for row in range(8)
    ]
    return Page(
        index,
        str(index),
        595.0,
        842.0,
        (
            line("Dykes | Tidewater Institute", 810, 9),
            *prose,
            line(f"and that has not been done in the {place}.", 588, mark=mark),
            line(f" Tidewater Institute, Premiums in the {place} (2031), 14.", 90, 8, label=mark),
            line(str(index), 30, 9),
        ),
        (Rule(72, 190, 102),),
        **more,
    )


PRINTED = Document("dykes.pdf", tuple(sheet(index, str(index)) for index in (1, 2, 3)))


def boxes(document: Document, role: str, page: int = 1) -> list[Box]:
    return [box for box in layout(document, "b1") if box.role == role and box.page == page]


def test_each_line_of_a_page_has_its_role() -> None:
    assert [box.text for box in boxes(PRINTED, "left out")] == ["Dykes | Tidewater Institute", "1"]
    assert len(boxes(PRINTED, "body")) == 9
    [note], [mark] = boxes(PRINTED, "note"), boxes(PRINTED, "mark")
    brief = understand(PRINTED, "b1")
    assert note.note_id == mark.note_id == brief.notes[0].id
    assert brief.notes[0].text == "Tidewater Institute, Premiums in the north (2031), 14."


def test_a_marks_box_lies_around_the_mark() -> None:
    span = PRINTED.pages[0].lines[9].spans[1]
    [mark] = boxes(PRINTED, "mark")
    assert (mark.x0, mark.x1) == pytest.approx((span.x0, span.x1))
    assert mark.y0 < span.y < mark.y1


def test_boxes_of_a_mirrored_page_are_mirrored_back() -> None:
    mirrored = replace(PRINTED, pages=tuple(replace(page, mirrored=True) for page in PRINTED.pages))
    for plain, turned in zip(layout(PRINTED, "b1"), layout(mirrored, "b1"), strict=True):
        assert (turned.x0, turned.x1) == pytest.approx((595.0 - plain.x1, 595.0 - plain.x0))
        assert (turned.y0, turned.role, turned.note_id) == (plain.y0, plain.role, plain.note_id)


def test_a_document_without_geometry_has_no_boxes() -> None:
    assert layout(Document("a.txt", (Page(1, "1", 0, 0, (Line("Text."),)),)), "b1") == ()


def test_every_note_of_the_samples_has_its_box() -> None:
    from briefqa.reading import read  # noqa: PLC0415 - as the reader does: pypdf is slow to import

    for file in SAMPLES.glob("*.pdf"):
        document = read(file, file.name, max_bytes=10_000_000, max_pages=100)
        brief = understand(document, "b1")
        found = layout(document, "b1")
        assert {box.note_id for box in found if box.role == "note"} == {note.id for note in brief.notes}
        assert [box.note_id for box in found if box.role == "mark"] == [mark.note_id for mark in brief.marks]


BRIEF = Brief(
    "b1",
    "dykes.pdf",
    "Dykes",
    "They hold.\n\nOr not.",
    (PageSpan(1, "iv", 0, 12), PageSpan(2, "2", 12, 19)),
    (Mark("1", 10, 1, "n1"), Mark("7", 19, 2, None)),
    (Note("n1", "1", "footnote", 1, "Holt, 14."), Note("n2", "2", "endnote", 2, "Wu.")),
    problems=(Problem("dykes.pdf", 2, "Mark 7 leads nowhere."), Problem("dykes.pdf", 0, "Pages are missing.")),
)


def test_the_terminals_page_has_notes_and_problems_below_their_page() -> None:
    assert terminal_page(BRIEF, colour=False).splitlines() == [
        "Dykes",
        "=====",
        "",
        "--- page 1 (iv) ---",
        "They hold.[1]",
        "",
        "[1] Holt, 14.",
        "",
        "--- page 2 ---",
        "Or not.[7]",
        "",
        "[2] Wu.  (endnote)",
        "",
        "problem: Mark 7 leads nowhere.",
        "",
        "Problems",
        "--------",
        "Pages are missing.",
        "",
        "2 pages, 2 marks (1 linked), 2 notes, 2 problems",
    ]


def test_colours_tell_linked_marks_from_others_and_nothing_in_the_brief_does() -> None:
    page = terminal_page(replace(BRIEF, title=EVIL), colour=True)
    assert "\033[1;36m[1]\033[0m" in page
    assert "\033[1;31m[7]\033[0m" in page
    assert "\033[31m" not in page
    assert "\033" not in terminal_page(replace(BRIEF, title=EVIL), colour=False)


class Elements(HTMLParser):
    """Collects start tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page_of(document: Document, images: dict[int, str] | None = None) -> str:
    brief = understand(document, "b1")
    return html_page(brief, document, facts_of(document, brief), layout(document, "b1"), images or {})


def test_the_page_links_marks_with_notes_on_the_picture_and_in_the_text() -> None:
    elements = Elements(page_of(PRINTED)).found
    targets = {attributes["id"] for _, attributes in elements if attributes.get("id")}
    links = [attributes["href"] or "" for tag, attributes in elements if tag == "a"]
    assert sorted(links) == sorted(f"#{place}-b1-n{number}" for place in ("box", "note") for number in (1, 2, 3))
    assert {link[1:] for link in links} <= targets
    assert len(targets) == len([1 for _, attributes in elements if attributes.get("id")])


@pytest.mark.parametrize("images", [{}, {1: "data:image/png;base64,AAAA"}])
def test_the_page_runs_nothing_and_asks_nothing_of_the_network(images: dict[int, str]) -> None:
    hostile = replace(PRINTED.pages[0], label=EVIL, lines=(line(EVIL, 750), *PRINTED.pages[0].lines))
    document = Document(f"{EVIL}.pdf", (hostile, *PRINTED.pages[1:]), title=f"A long title {EVIL}")
    page = page_of(document, images)
    assert "default-src 'none'" in page
    assert "\x1b" not in page
    assert not {tag for tag, _ in Elements(page).found} & {"script", "link", "iframe", "object", "img", "base", "form"}
    for _, attributes in Elements(page).found:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,"))


def test_without_pictures_the_pages_are_drawn_from_what_was_read() -> None:
    assert "and that has not been done in the north." in re.findall(r"<text [^>]*>([^<]*?)1?</text>", page_of(PRINTED))
    assert "could not be drawn" in page_of(PRINTED)


def test_a_format_without_pages_shows_its_text() -> None:
    flow = Flow("Dykes hold.", (Mark("1", 11, 1, "a"),), (Note("a", "1", "footnote", 1, "Holt."),))
    page = page_of(Document("a.md", (), "Dykes", flow=flow))
    assert "<svg" not in page
    assert 'Dykes hold.<a class="mark c0" href="#note-b1-n1">1</a>' in page


def test_facts_are_shown_with_what_is_behind_them() -> None:
    page = page_of(replace(PRINTED, title="Some Title That No Page Bears Out"))
    assert "Some Title That No Page Bears Out" in page
    assert "0.60, metadata" in page


def test_pages_become_pictures_of_their_size() -> None:
    drawn = dict(pictures(SAMPLES / "school-meals.pdf", [1, 2, 99], 1.0))
    assert sorted(drawn) == [1, 2]
    data = drawn[1]
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert height / width == pytest.approx(841.89 / 595.28, abs=0.01)


def test_a_file_that_cannot_be_drawn_has_no_pictures(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 nothing")
    assert list(pictures(broken, [1], 1.0)) == []


def test_a_file_is_read_drawn_and_written() -> None:
    page = html_of_file(SAMPLES / "school-meals.pdf", "school-meals.pdf", "b1", **BOUNDS)
    assert page.count("<image ") == page.count("<svg ") > 1


def test_inspect_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    sample = str(SAMPLES / "groundwater-metering.txt")
    assert main(["inspect", sample, "--html"]) == 0
    assert "Metering the Vesper Basin" in (tmp_path / "groundwater-metering.txt.html").read_text(encoding="utf-8")
    assert main(["inspect", sample, "--html", "out.html"]) == 0
    assert (tmp_path / "out.html").exists()
    assert main(["inspect", "out.html", "--html", "out.html"]) == 1
    assert main(["inspect", sample, "--html", "notes.txt"]) == 1
    assert main(["inspect", sample, "--html", "nowhere/out.html"]) == 1
    assert capsys.readouterr().err.count("briefqa: ") == 3
