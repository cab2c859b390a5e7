from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.briefs import Document, Line, Page, PageGeometry, Span
from briefqa.geometry import PlacedLine, PlacedPage, Rect, Word, packed, unpacked
from briefqa.ingest import ingest
from briefqa.notes import understand
from briefqa.reading.lines import since, until

if TYPE_CHECKING:
    from briefqa.briefs import Brief

PDFS = sorted((Path(__file__).parent / "briefs" / "pdf").glob("*.pdf"))
SAMPLES = Path(__file__).parent.parent / "docs_in" / "samples"


def read(file: Path) -> Brief:
    return ingest(file, file.name, "0" * 16, max_bytes=10**9, max_pages=10**9, max_chars=10**9).brief


@st.composite
def placed_pages(draw: st.DrawFn) -> PlacedPage:
    x, y = st.floats(0, 600), st.floats(0, 800)
    rects = st.lists(st.tuples(st.integers(0, 999), st.builds(Rect, x, y, x, y)), max_size=3)
    at = draw(st.integers(0, 100_000))
    lines = []
    for _ in range(draw(st.integers(0, 4))):
        words = []
        for _ in range(draw(st.integers(1, 4))):
            start = at + draw(st.integers(0, 3))
            at = start + draw(st.integers(1, 70_000))
            words.append(Word(start, at, draw(x), draw(x)))
        lines.append(PlacedLine(draw(y), draw(y), words))
    return PlacedPage(draw(st.integers(1, 9)), 600, 800, lines, draw(rects), draw(rects))


@given(placed_pages())
def test_what_is_packed_comes_back(page: PlacedPage) -> None:
    back = unpacked(packed(page))

    assert (back.index, back.width, back.height) == (page.index, page.width, page.height)
    assert [[word[:2] for word in line.words] for line in back.lines] == [
        [word[:2] for word in line.words] for line in page.lines
    ]
    for new, old in zip(back.lines, page.lines, strict=True):
        assert (new.y0, new.y1) == pytest.approx((old.y0, old.y1), abs=0.02)
        for one, other in zip(new.words, old.words, strict=True):
            assert one[2:] == pytest.approx(other[2:], abs=0.02)
    for new_rects, old_rects in ((back.marks, page.marks), (back.notes, page.notes)):
        assert [number for number, _ in new_rects] == [number for number, _ in old_rects]
        for (_, one_rect), (_, other_rect) in zip(new_rects, old_rects, strict=True):
            assert one_rect == pytest.approx(other_rect, abs=0.02)


@given(placed_pages(), st.data())
def test_what_is_damaged_is_a_value_error(page: PlacedPage, data: st.DataObject) -> None:
    good = packed(page)
    cut = good.packed[: data.draw(st.integers(0, len(good.packed) - 1))]

    with pytest.raises(ValueError, match="damaged"):
        unpacked(PageGeometry(1, 600, 800, cut))


@pytest.mark.parametrize("file", PDFS, ids=[file.stem for file in PDFS])
def test_every_word_of_the_body_has_its_place(file: Path) -> None:
    brief = read(file)
    words = [word for page in brief.geometry for line in unpacked(page).lines for word in line.words]

    covered = {at for word in words for at in range(word.start, word.end)}
    assert covered == {at for at, char in enumerate(brief.body) if not char.isspace()}
    assert words == sorted(words)
    assert all(word.x0 <= word.x1 for word in words)


@pytest.mark.parametrize("file", PDFS, ids=[file.stem for file in PDFS])
def test_every_mark_and_every_note_has_its_place_on_its_page(file: Path) -> None:
    brief = read(file)
    marks, notes = set(), set()
    for geometry in brief.geometry:
        page = unpacked(geometry)
        for number, _ in page.marks:
            assert brief.marks[number].page == page.index
            marks.add(number)
        notes |= {number for number, _ in page.notes}
        for note in brief.notes:
            if note.page == page.index:
                assert any(brief.notes[number] is note for number, _ in page.notes)

    assert marks == set(range(len(brief.marks)))
    assert notes == set(range(len(brief.notes)))


def test_a_passage_that_begins_and_ends_in_mid_line_gets_boxes_of_its_own_width() -> None:
    brief = read(SAMPLES / "rural-broadband.pdf")
    page = unpacked(brief.geometry[0])
    line = max(page.lines, key=lambda line: len(line.words))
    second, third = line.words[1], line.words[2]

    [box] = page.boxes(second.start, third.end)
    assert (box.x0, box.x1) == (second.x0, third.x1)
    assert page.boxes(second.start, second.start) == []


def test_a_page_that_reads_from_right_to_left_has_boxes_where_a_reader_sees_them() -> None:
    text = "abc def"
    span = Span(0, 7, 400, 470, 500, 10, edges=[400, 410, 420, 430, 440, 450, 460, 470])
    line = Line(text, 400, 470, 500, 10, (span,))
    page = Page(1, "1", 600, 800, (line,), mirrored=True)
    brief = understand(Document("x.pdf", (page,)), "0" * 16)
    [first, second] = unpacked(brief.geometry[0]).lines[0].words

    assert brief.body == text
    assert (first.x0, first.x1) == pytest.approx((170, 200), abs=0.1)
    assert (second.x0, second.x1) == pytest.approx((130, 160), abs=0.1)


def test_parts_of_a_line_keep_the_edges_of_their_characters() -> None:
    span = Span(0, 6, 0, 60, 0, 10, edges=[0, 10, 20, 30, 40, 50, 60])
    line = Line("ab cde", 0, 60, 0, 10, (span,))
    before, after = until(line, 3), since(line, 3)

    assert [before.x0, before.x1, after.x0, after.x1] == [0, 30, 30, 60]
    assert list(after.spans[0].edges) == [30, 40, 50, 60]
    assert after.spans[0].x_at(1) == 40


def test_formats_without_pages_have_no_geometry() -> None:
    assert read(SAMPLES / "groundwater-metering.txt").geometry == ()
