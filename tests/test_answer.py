from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answer import Answer, answer
from briefqa.answer.candidates import is_whole
from briefqa.search import Searcher, Wanted
from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief


def asked(question: str, *briefs: Any) -> tuple[Answer, MemoryIndex]:
    index = MemoryIndex(briefs)
    return answer(question, Searcher(index, index.embedder), 5), index


def assert_exact(found: Answer, index: MemoryIndex) -> None:
    """Every quote is the body's, every sentence somebody's own words, every number in its citation."""
    cited = {citation.ordinal: citation for citation in found.citations}
    for citation in found.citations:
        _, brief = index.brief(citation.stored.brief.id)
        assert brief.body[citation.start : citation.end] == citation.quote
        assert all(0 < note.offset <= len(citation.quote) for note in citation.notes)
    for sentence in found.sentences:
        assert sentence.citations
        said = " ".join(
            text
            for number in sentence.citations
            for text in (cited[number].quote, *(note.note.text for note in cited[number].notes))
        )
        assert sentence.text in said
        assert set(re.findall(r"\d+", sentence.text)) <= set(re.findall(r"\d+", said))


def test_the_sentence_that_answers_comes_with_its_note() -> None:
    found, index = asked("By how much did levee premiums rise in four years?", make_brief(LEVEE), make_brief(SCHOOL))

    assert [sentence.text for sentence in found.sentences] == ["Levee premiums rose by 31 percent in four years."]
    assert found.sentences[0].level == "note"
    assert [note.note.label for note in found.citations[0].notes] == ["12"]
    assert found.text.endswith("in four years. [1]")
    assert_exact(found, index)


def test_what_only_a_note_says_is_quoted_from_the_note_and_cited_where_its_mark_stands() -> None:
    found, index = asked("Levee premiums rose, says Tidewater Institute, Protection 2030?", make_brief(LEVEE))

    quoted = next(sentence for sentence in found.sentences if sentence.note)
    assert quoted.note == "12"
    assert quoted.text.startswith("Tidewater Institute")
    assert_exact(found, index)


def test_a_question_that_no_brief_answers_gets_none_but_the_nearest_passages() -> None:
    found, _ = asked("Who won the chess championship in Reykjavik?", make_brief(LEVEE))

    assert found.abstained
    assert not found.sentences
    assert not found.citations
    assert "“Insuring the Coast”, p. iv" in found.reason
    assert found.ranking.hits


def test_an_empty_index_abstains() -> None:
    found, _ = asked("How high are levee premiums?")
    assert found.abstained
    assert found.reason


def test_the_hits_are_those_of_the_search() -> None:
    index = MemoryIndex([make_brief(LEVEE), make_brief(SCHOOL, path="b.txt")])
    searcher = Searcher(index, index.embedder)
    question = "How high are levee premiums?"

    assert answer(question, searcher, 2, Wanted()).ranking.hits == searcher.search(question, 2).hits


def test_editions_that_say_nearly_the_same_are_quoted_once() -> None:
    later = LEVEE.replace("Nobody", "Hardly anybody, it seems to us now after so many years of looking, really")
    found, _ = asked(
        "By how much did levee premiums rise in four years?", make_brief(LEVEE), make_brief(later, path="coast/two.pdf")
    )
    assert sum("31 percent" in sentence.text for sentence in found.sentences) == 1


def test_headings_and_stubs_are_no_sentences() -> None:
    body = "How Levee Premiums Rose\n\nLevee premiums rose for reasons:\n\n1. Silt.\n\n2. Levee premiums rose by law."
    found, index = asked("Why did levee premiums rise?", make_brief(body))
    assert [sentence.text for sentence in found.sentences] == ["Levee premiums rose by law."]
    assert_exact(found, index)


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("He resigned in 1990.", True),
        ("“Nobody had planned for it.”", True),
        ("What Households Pay", False),
        ("for three reasons:", False),
        ("See above.", False),
        ("premiums for houses behind the levee that were built after the flood", True),
    ],
)
def test_what_is_a_whole_sentence(said: str, whole: bool) -> None:  # noqa: FBT001 - a table
    assert is_whole(said) is whole


@given(
    st.lists(
        st.text(alphabet="levee premiums rose.31 \n“”:;()•-–é漢", min_size=1, max_size=120), min_size=1, max_size=4
    ),
    st.text(alphabet="levee premiums rose 31é漢?", min_size=1, max_size=40).filter(str.strip),
)
def test_every_quote_is_the_briefs_own_at_its_offsets(bodies: list[str], question: str) -> None:
    briefs = [
        make_brief(f"Levee premiums rose by 31 percent.{body}", path=f"{at}.txt") for at, body in enumerate(bodies)
    ]
    found, index = asked(question, *briefs)
    assert found.abstained is not bool(found.sentences)
    assert_exact(found, index)
