"""What holds for every document, however it is printed: nothing raises, marks and pages fit, no word is lost."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from briefqa.briefs import Document, Line, Page, Rule, Span
from briefqa.notes import understand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

    from briefqa.briefs import Brief

WIDTH, HEIGHT = 400.0, 560.0
LEFT, TOP, LEADING, LETTER = 50.0, 510.0, 13.0, 5.0
BODY, SMALL, RAISED = 10.5, 8.0, 6.5

odd = st.one_of(
    st.sampled_from(
        ["1", "2", "3", "12", "*", "†", "a", "ii", "²", "3, 4", "5–7", "[1]", "[2, 3]", "1.", "(2)", "§ 4"]
    ),
    st.sampled_from(
        ["Notes", "References", "Page 2 of 9", "(continued...)", "(...continued)", "————", "•", "km2", "-"]
    ),
    st.sampled_from(["water.", "long-", "https://a.example.org/b-", "“Yes.”", "\x00", "\ud800", "ﬁ", "\u00ad", "ماء"]),
    st.text(max_size=12),
)


# Documents of no sense: any text in any place.


@st.composite
def lines(draw: DrawFn) -> Line:
    """A line of a few spans, each in a size and at a height of its own; the spans are its text."""
    x = start = draw(st.floats(0, WIDTH))
    y, size = draw(st.floats(-20, HEIGHT)), draw(st.sampled_from([BODY, BODY, BODY, SMALL, SMALL, RAISED, 16.0, 0.0]))
    text, spans = "", []
    for piece in draw(st.lists(odd, max_size=5)):
        raised = draw(st.sampled_from([0.0, 0.0, 4.0, -2.0]))
        end = len(text) + len(piece)
        high = RAISED if raised else size
        spans.append(Span(len(text), end, x, x + 4 * len(piece), y + raised, high, superior=draw(st.booleans())))
        text, x = text + piece, x + 4 * len(piece)
    return Line(text, start, x, y, size, tuple(spans), block=draw(st.integers(0, 2)))


rules = st.builds(Rule, st.floats(0, WIDTH), st.floats(0, WIDTH), st.floats(0, HEIGHT))


@st.composite
def heaps(draw: DrawFn) -> Document:
    """Pages of such lines."""
    heights = st.sampled_from([HEIGHT, HEIGHT, 0.0])
    pages = [
        Page(index, str(index), WIDTH, draw(heights), tuple(found), tuple(draw(st.lists(rules, max_size=3))))
        for index, found in enumerate(draw(st.lists(st.lists(lines(), max_size=12), min_size=1, max_size=4)), start=1)
    ]
    return Document("heap.pdf", tuple(pages))


@st.composite
def plain_texts(draw: DrawFn) -> Document:
    """Pages of lines without geometry."""
    pages = draw(st.lists(st.lists(st.lists(odd, max_size=5).map(" ".join), max_size=15), min_size=1, max_size=4))
    return Document("heap.txt", tuple(plain_page(index, page) for index, page in enumerate(pages, start=1)))


def plain_page(index: int, page: Sequence[str]) -> Page:
    return Page(index, str(index), 0.0, 0.0, tuple(Line(text) for text in page))


@given(st.one_of(heaps(), plain_texts()))
@settings(max_examples=200)
def test_never_raises_and_everything_fits(document: Document) -> None:
    fits(understand(document, "heap"))


@given(heaps())
def test_every_page_has_its_span(document: Document) -> None:
    assume(any(line.text.strip() for page in document.pages for line in page.lines))  # else the readers refuse it
    assert [page.index for page in understand(document, "heap").pages] == [page.index for page in document.pages]


def test_every_page_of_a_text_has_its_span() -> None:
    document = Document("two.txt", (plain_page(1, ["The water is cold."]), plain_page(2, [""])))
    assert [page.index for page in understand(document, "two").pages] == [1, 2]


def fits(brief: Brief) -> None:
    """The invariants that hold whatever was read."""
    ids = [note.id for note in brief.notes]
    assert len(set(ids)) == len(ids)
    assert all(note.label for note in brief.notes)
    assert [mark.offset for mark in brief.marks] == sorted(mark.offset for mark in brief.marks)
    for mark in brief.marks:
        assert 0 <= mark.offset <= len(brief.body)
        assert mark.note_id in ids or mark.note_id is None
    alone = sum(mark.note_id is None for mark in brief.marks)
    assert sum(problem.message.startswith("Mark ") for problem in brief.problems) >= alone
    led_to = {mark.note_id for mark in brief.marks}
    unmarked = sum(note_id not in led_to for note_id in ids)
    assert sum(problem.message.startswith("Note ") for problem in brief.problems) >= unmarked
    for earlier, later in pairwise(brief.pages):
        assert earlier.start <= earlier.end <= later.start <= later.end
    outside = brief.body
    for page in reversed(brief.pages):
        outside = outside[: page.start] + outside[page.end :]
    assert not outside.strip()


# Documents that make sense: prose with notes, set in lines and pages as a printer does it.


@dataclass(frozen=True)
class Prose:
    """Words, those that carry a note (by position), and how many lines a page has."""

    words: tuple[str, ...]
    notes: dict[int, str]
    lines_a_page: int
    first_label: int


letters = st.text("abcdefghijklmnoprstuvwy", min_size=3, max_size=9)


@st.composite
def proses(draw: DrawFn) -> Prose:
    """Prose of one paragraph, over one to four pages."""
    words = draw(st.lists(letters, min_size=30, max_size=220))
    places = draw(st.lists(st.integers(3, len(words) - 3), max_size=8, unique=True))
    notes = {place: " ".join(["See", *draw(st.lists(letters, min_size=3, max_size=8))]) + "." for place in places}
    return Prose(tuple(words), notes, draw(st.integers(8, 20)), draw(st.sampled_from([1, 1, 7, 98])))


def typeset(prose: Prose) -> Document:
    """The prose in justified lines, the notes of each page at its foot below a rule."""
    labels = {place: str(prose.first_label + rank) for rank, place in enumerate(sorted(prose.notes))}
    rows = broken(prose.words)
    pages = []
    for index, first in enumerate(range(0, len(rows), prose.lines_a_page), start=1):
        body, foot = [], []
        for place, row in enumerate(rows[first : first + prose.lines_a_page]):
            last = first + place == len(rows) - 1
            body.append(body_line([(prose.words[n], labels.get(n, "")) for n in row], TOP - LEADING * place, last=last))
            foot += [(labels[n], prose.notes[n]) for n in row if n in labels]
        low = 40.0 + LEADING * len(foot)
        below = [note_line(label, text, low - LEADING * rank) for rank, (label, text) in enumerate(foot)]
        stroke = (Rule(LEFT, LEFT + 100, low + LEADING),) if foot else ()
        pages.append(Page(index, str(index), WIDTH, HEIGHT, (*body, *below), stroke))
    return Document("prose.pdf", tuple(pages))


def broken(words: Sequence[str]) -> list[list[int]]:
    """The words' positions, line by line."""
    rows: list[list[int]] = [[]]
    room = 60
    for n, word in enumerate(words):
        if room < len(word):
            rows.append([])
            room = 60
        rows[-1].append(n)
        room -= len(word) + 1
    return rows


def body_line(words: Sequence[tuple[str, str]], y: float, *, last: bool) -> Line:
    """A line of words, each with the label that it carries, or ""."""
    text, spans = "", []
    for word, label in words:
        for piece, size, rise in ((f" {word}" if text else word, BODY, 0.0), (label, RAISED, 4.0)):
            if piece:
                x = LEFT + LETTER * len(text)
                spans.append(Span(len(text), len(text) + len(piece), x, x + LETTER * len(piece), y + rise, size))
                text += piece
    edge = LEFT + LETTER * (len(text) if last else 62)
    return Line(text, LEFT, edge, y, BODY, tuple(spans))


def note_line(label: str, text: str, y: float) -> Line:
    """A note of one line."""
    spans = (
        Span(0, len(label), LEFT, LEFT + 6, y + 3, 5.5),
        Span(len(label), len(label) + len(text), LEFT + 6, LEFT + 6 + 4 * len(text), y, SMALL),
    )
    return Line(label + text, LEFT, LEFT + 6 + 4 * len(text), y, SMALL, spans)


@given(proses())
def test_prose_comes_back_whole_over_line_and_page_breaks(prose: Prose) -> None:
    brief = understand(typeset(prose), "prose")
    fits(brief)
    assert brief.body == " ".join(prose.words)
    texts = {note.id: note.text for note in brief.notes}
    assert [(mark.offset, texts[mark.note_id or ""]) for mark in brief.marks] == [
        (sum(map(len, prose.words[: place + 1])) + place, prose.notes[place]) for place in sorted(prose.notes)
    ]


@given(proses(), st.integers(0, 3))
def test_a_lost_note_is_no_wrong_link(prose: Prose, lost: int) -> None:
    document = typeset(prose)
    pages = tuple(
        replace(
            page, lines=tuple(line for line in page.lines if line.size == BODY or not line.text.startswith(str(lost)))
        )
        for page in document.pages
    )
    brief = understand(replace(document, pages=pages), "prose")
    fits(brief)
    labels = {note.id: note.label for note in brief.notes}
    texts = {note.id: note.text for note in brief.notes}
    sown = {str(prose.first_label + rank): prose.notes[place] for rank, place in enumerate(sorted(prose.notes))}
    for mark in brief.marks:
        if mark.note_id is not None:
            assert labels[mark.note_id] == mark.label
            assert texts[mark.note_id] == sown[mark.label]


@given(proses(), st.lists(st.tuples(st.integers(0, 99), st.none() | lines()), max_size=6))
def test_spoilt_prose_still_fits(prose: Prose, changes: list[tuple[int, Line | None]]) -> None:
    document = typeset(prose)
    pages = list(document.pages)
    for place, line in changes:
        number = place % len(pages)
        found = list(pages[number].lines)
        at = place % (len(found) + 1)
        found[at : at + 1] = [] if line is None else [line]
        pages[number] = replace(pages[number], lines=tuple(found))
    brief = understand(replace(document, pages=tuple(pages)), "spoilt")
    fits(brief)


# Sizes and characters that a careless pattern chokes on.


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "1" * 100_000,
        "1 " * 50_000,
        "word1 " * 17_000,
        "[1] " * 25_000,
        "[1, " * 25_000,
        ". " * 50_000,
        "*" * 100_000,
        "-" * 100_000,
        "(continued" * 10_000,
        "https://" * 12_000,
        "\x00\x01\x1b" * 30_000,
        "²³" * 50_000,
    ],
    ids=lambda text: repr(text[:10]),
)
@pytest.mark.parametrize("geometry", [False, True], ids=["plain", "printed"])
def test_long_lines_are_read_in_time(text: str, geometry: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert seconds_to_read(text, geometry=geometry) < 5


@pytest.mark.parametrize("geometry", [False, True], ids=["plain", "printed"])
def test_a_line_of_blanks_is_read_in_time(geometry: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert seconds_to_read(" " * 100_000 + "x", geometry=geometry) < 5


def seconds_to_read(text: str, *, geometry: bool) -> float:
    """How long a page takes that has this line and two notes."""
    spans = (Span(0, len(text), LEFT, WIDTH, 300.0, BODY),) if geometry else ()
    long = Line(text, LEFT, WIDTH, 300.0, BODY, spans)
    notes = [note_line("1", "See the annex.", 60.0), note_line("2", "Ibid.", 47.0)]
    others = tuple(notes) if geometry else tuple(Line(line.text) for line in notes)
    page = Page(1, "1", WIDTH, HEIGHT, (long, *others))
    start = time.process_time()
    fits(understand(Document("long", (page,)), "long"))
    return time.process_time() - start
