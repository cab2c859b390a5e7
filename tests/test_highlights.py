from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.search.highlights import highlights, sentences
from briefqa.sentences import PARAGRAPH_END, SENTENCE_END, sentence_ends
from generated import bodies

TEXT = (
    "Ferries run twice a day. Dr. Hale paid for the second boat in 2031. Nobody asked why.\n\n"
    "The council pays for fuel. It rains."
)


def shown(question: str) -> list[str]:
    return [TEXT[start:end] for start, end in highlights(question, TEXT)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who paid for the second boat?", ["Dr. Hale paid for the second boat in 2031."]),
        (
            "Who pays for the fuel, and how often do ferries run?",
            ["Ferries run twice a day.", "The council pays for fuel."],
        ),
        ("Something else entirely", ["Ferries run twice a day."]),
    ],
)
def test_the_best_sentences_in_the_order_of_the_text(question: str, expected: list[str]) -> None:
    assert shown(question) == expected


NUMBERED = (
    "Silt in the main drain\n\n2. Silt filled half of the drain. It was dredged in spring.\n\n"
    "## Silt\n\n3.\n\nNobody paid."
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("silt in the main drain", ["2. Silt filled half of the drain."]),
        ("number 2", ["2. Silt filled half of the drain."]),
        ("3.", ["2. Silt filled half of the drain."]),
    ],
)
def test_neither_a_heading_nor_a_bare_number_is_a_sentence_that_answers(question: str, expected: list[str]) -> None:
    assert [NUMBERED[start:end] for start, end in highlights(question, NUMBERED)] == expected


@pytest.mark.parametrize("text", ["Silt in the main drain", "2.", "## Silt"])
def test_where_there_is_nothing_else_a_heading_is_shown(text: str) -> None:
    assert highlights("silt", text) == ((0, len(text)),)


@given(bodies(), bodies())
def test_whole_sentences_of_any_text_for_any_question(question: str, text: str) -> None:
    found = highlights(question, text)
    assert set(found) <= set(sentences(text))
    assert list(found) == sorted(found)
    assert bool(found) == bool(text.strip())
    assert len(found) <= 3


@given(st.text(alphabet='Aab.!?…。！？"”)] \n\u00a0\u3000MrUSeg1', max_size=40))
def test_sentences_end_where_the_expressions_say_that_passages_are_cut_by(text: str) -> None:
    ends = re.compile(f"{PARAGRAPH_END}|{SENTENCE_END}")
    assert sentence_ends(text) == [match.end() for match in ends.finditer(text)]
