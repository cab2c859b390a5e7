from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefqa.briefs import Brief, Mark, PageSpan, Section
from briefqa.embedding import HashingEmbedder
from briefqa.errors import EmbeddingError
from briefqa.passages import embedded_text, split
from generated import briefs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Passage

count_tokens = HashingEmbedder().count_tokens


def brief_of(body: str, **parts: object) -> Brief:
    brief = Brief("b", "b.txt", "", body, (PageSpan(1, "1", 0, len(body)),))
    values = {name: getattr(brief, name) for name in Brief.__dataclass_fields__}
    return Brief(**{**values, **parts})


def texts(body: str, max_tokens: int = 20, **parts: object) -> list[str]:
    cut = split(brief_of(body, **parts), count_tokens, max_tokens=max_tokens, window=128)
    return [passage.text for passage in cut]


def assert_covers(brief: Brief, passages: Sequence[Passage]) -> None:
    reached = 0
    assert len({passage.id for passage in passages}) == len(passages)
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.id.startswith(f"{brief.id}-")
        assert brief.body[passage.start : passage.end] == passage.text
        assert passage.start >= reached
        assert not brief.body[reached : passage.start].strip()
        assert passage.text.strip()
        reached = passage.end
    assert not brief.body[reached:].strip()


@given(briefs(), st.integers(1, 60), st.integers(16, 80))
@example(brief_of("  leading", marks=(Mark("1", 1, 1, None), Mark("2", 2, 1, None))), 20, 80)
def test_passages_cover_the_body_fit_the_window_and_hold_each_mark_once(
    brief: Brief, max_tokens: int, window: int
) -> None:
    passages = split(brief, count_tokens, max_tokens=max_tokens, window=window)
    assert_covers(brief, passages)
    assert all(count <= window for count in count_tokens([embedded_text(passage) for passage in passages]))
    for passage in passages:
        assert all(passage.start < m.offset <= passage.end or m.offset == passage.start == 0 for m in passage.marks)
    held = [mark for passage in passages for mark in passage.marks]
    assert held == list(brief.marks if passages else ())


@given(briefs())
def test_a_counter_that_does_not_add_up_still_keeps_within_the_window(brief: Brief) -> None:
    def by_characters(batch: Sequence[str]) -> list[int]:
        # Costs a text more the longer it is, as no sum over words foresees.
        return [1 + len(text) + len(text) ** 2 // 50 for text in batch]

    passages = split(brief, by_characters, max_tokens=30, window=60)
    assert_covers(brief, passages)
    assert max(by_characters([embedded_text(passage) for passage in passages]), default=0) <= 60


@pytest.mark.parametrize(
    "body", ["x" * 5000, "第一条水は公共のものである" * 400, "😀" * 3000, "\n\n".join(["word"] * 900), "a. " * 2000]
)
def test_pathological_bodies_are_cut_into_passages_of_some_size(body: str) -> None:
    brief = brief_of(body)
    passages = split(brief, count_tokens, max_tokens=100, window=128)
    assert_covers(brief, passages)
    counts = count_tokens([embedded_text(passage) for passage in passages])
    assert max(counts) <= 128
    assert sum(counts) / len(counts) > 40, "crumbs"


def test_a_body_without_text_has_no_passages() -> None:
    assert texts("") == []
    assert texts(" \n\n ", marks=(Mark("1", 1, 1, None),)) == []


def test_short_paragraphs_share_a_passage_and_long_ones_are_cut_at_sentences() -> None:
    short = "Dams leak.\n\nLevees hold."
    assert texts(short) == [short]
    sentences = [f"Sentence number {n} says little about dams." for n in range(6)]
    cut = texts(" ".join(sentences))
    assert len(cut) > 1
    assert " ".join(cut) == " ".join(sentences)
    assert all(passage.endswith(".") for passage in cut)


@pytest.mark.parametrize(
    "sentence",
    [
        "Mr. Vale of the U.S. Treasury signed Order No. 4 in the spring",
        "The rule (see Art. 7 and Fig. 2) binds the J. Smith estate since then",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence: str) -> None:
    cut = texts(f"{sentence}. {sentence}. {sentence}.", max_tokens=30)
    assert cut == [f"{sentence}."] * 3


def test_a_heading_stays_with_the_paragraph_below_it() -> None:
    first = "Dams were built in the north for fifty years by the state."
    heading = "Who pays for them"
    long = " ".join(f"Households paid share {n} of the whole bill." for n in range(5))
    body = f"{first}\n\n{heading}\n\n{long}"
    at = body.index(heading)
    cut = texts(body, sections=(Section(heading, at, len(body)),))
    assert cut[0] == first
    assert cut[1].startswith(f"{heading}\n\nHouseholds paid share 0")
    assert len(cut) > 2


def test_headings_one_under_another_stay_together() -> None:
    body = "Part one\n\nChapter one\n\nWater is scarce."
    sections = (Section("Part one", 0, len(body)), Section("Chapter one", 10, len(body)))
    assert texts(body, sections=sections) == [body]


def test_the_context_is_title_and_section_but_not_a_heading_that_the_text_begins_with() -> None:
    body = "Costs\n\n" + " ".join(f"Sum {n} was paid by the towns." for n in range(8))
    brief = brief_of(body, title="On  Dams", sections=(Section("Costs", 0, len(body)),))
    first, second, *_ = split(brief, count_tokens, max_tokens=20, window=128)
    assert first.context == "On Dams"
    assert second.context == "On Dams\nCosts"
    assert embedded_text(second) == f"On Dams\nCosts\n\n{second.text}"
    assert first.section == second.section == "Costs"


def test_a_long_title_is_trimmed_and_leaves_room_for_text() -> None:
    brief = brief_of("Water is scarce. " * 40, title="A very long title about water and its price " * 10)
    passages = split(brief, count_tokens, max_tokens=100, window=64)
    assert passages[0].context.startswith("A very long title")
    assert all(len(passage.text) > len(passage.context) for passage in passages)
    assert max(count_tokens([embedded_text(passage) for passage in passages])) <= 64


def test_a_mark_in_the_white_space_between_two_passages_belongs_to_the_earlier() -> None:
    one = "Dams were built in the north for fifty years by the state and the towns."
    body = f"{one}\n\n{one}"
    marks = (Mark("1", 0, 1, None), Mark("2", len(one), 1, None), Mark("3", len(one) + 2, 1, None))
    first, second = split(brief_of(body, marks=marks), count_tokens, max_tokens=20, window=128)
    assert first.marks == marks
    assert first.text == f"{one}\n\n"
    assert embedded_text(first) == one
    assert second.marks == ()


def test_a_passage_knows_its_pages() -> None:
    one = "Dams were built in the north for fifty years by the state and the towns."
    body = f"{one}\n\n{one}"
    pages = (PageSpan(1, "i", 0, 20), PageSpan(2, "ii", 20, len(one) + 2), PageSpan(3, "1", len(one) + 2, len(body)))
    first, second = split(brief_of(body, pages=pages), count_tokens, max_tokens=20, window=128)
    assert [page.label for page in first.pages] == ["i", "ii"]
    assert [page.label for page in second.pages] == ["1"]


def test_a_body_is_tokenised_about_once() -> None:
    counted = 0

    def counting(batch: Sequence[str]) -> list[int]:
        nonlocal counted
        counted += sum(map(len, batch))
        return count_tokens(batch)

    body = "\n\n".join(" ".join(f"Town {n} paid {n * m} for dams." for m in range(20)) for n in range(100))
    split(brief_of(body), counting, max_tokens=50, window=128)
    assert counted < 1.3 * len(body)


def test_a_window_without_room_is_refused() -> None:
    with pytest.raises(EmbeddingError, match="choose another model"):
        split(brief_of("Water."), count_tokens, max_tokens=20, window=2)
