"""Briefs made by Hypothesis: every script, white space in odd places, marks anywhere, sections and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from briefqa.briefs import Brief, Mark, Note, PageSpan, Problem, Section, Source

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_WORDS = st.one_of(
    st.sampled_from(["water", "tax", "The", "U.S.", "No.", "4", "e.g.", "said.", "Why?", "“Yes.”", "a;", "x" * 300]),
    st.sampled_from(["第一条。水は公共のものである", "한국어", "😀👩‍👩‍👧", "e\u0301", "\ud800", "naïve", "\x00"]),
    st.text(max_size=8),
)
_ONE_ID = st.just("0123456789abcdef")
_GAPS = st.sampled_from([" ", " ", " ", "  ", "\n", "\n\n", "\n \n", "\t", "\u00a0", ""])


@st.composite
def bodies(draw: DrawFn) -> str:
    """Running text of up to about 150 words."""
    words = draw(st.lists(st.tuples(_WORDS, _GAPS), max_size=60))
    once = "".join(word + gap for word, gap in words)
    return once * draw(st.integers(1, 3))


@st.composite
def briefs(draw: DrawFn, ids: SearchStrategy[str] = _ONE_ID) -> Brief:
    """A whole brief; every mark lies in its body and leads to one of its notes or to none."""
    brief_id = draw(ids)
    body = draw(bodies())
    places = st.integers(0, len(body))
    cuts = sorted({0, *draw(st.lists(places, max_size=4)), len(body)})
    pages = tuple(
        PageSpan(n, str(n), start, end) for n, (start, end) in enumerate(zip(cuts, cuts[1:] or [0], strict=False), 1)
    )
    headings = sorted(set(draw(st.lists(places, max_size=3))))
    sections = tuple(Section(body[at : at + 12].strip(), at, len(body)) for at in headings)
    source = Source({"type": "book", "title": "Tides", "issued": {"date-parts": [[2030]]}}, 0, 5)
    notes = tuple(
        Note(f"n{n}", str(n), "footnote", 1, f"See Tides, {n}.", (source,) * (n % 3), "n0" if n == 2 else None)
        for n in range(draw(places) % 4)
    )
    targets = st.sampled_from([None, *(note.id for note in notes)])
    marks = tuple(
        Mark(str(n), at, 1, draw(targets)) for n, at in enumerate(sorted(draw(st.lists(places, max_size=6))), 1)
    )
    return Brief(
        brief_id,
        f"coast/{brief_id}.pdf",
        draw(st.text(max_size=30)),
        body,
        pages,
        marks=marks,
        notes=notes,
        sections=sections,
        authors=("A. Writer", "B. Rider"),
        published="2031",
        language="en",
        problems=(Problem(brief_id, 1, "A mark leads to no note."),),
    )
