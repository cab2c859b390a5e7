from __future__ import annotations

import pytest
from hypothesis import given

from briefqa.search.highlights import highlights, sentences
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


@given(bodies(), bodies())
def test_whole_sentences_of_any_text_for_any_question(question: str, text: str) -> None:
    found = highlights(question, text)
    assert set(found) <= set(sentences(text))
    assert list(found) == sorted(found)
    assert bool(found) == bool(text.strip())
    assert len(found) <= 3
