from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.errors import CorruptGeneration
from briefqa.lexical import FILES, Lexical, words, write_lexical
from briefqa.lexical.analysis import terms, variants
from briefqa.lexical.languages import known_language
from generated import bodies

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Text:
    brief_id: str
    text: str
    heading: str = ""
    language: str = "en"


def opened(folder: Path, *entries: Text) -> Lexical:
    write_lexical(folder / "lexical", entries)
    return Lexical.open(folder / "lexical")


def rows(lexical: Lexical, question: str, k: int = 10) -> list[int]:
    return [row for row, _ in lexical.best(lexical.scores(question), k)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S. paid 1,000 euros, i.e. 3.5 %.", ["the", "us", "paid", "1000", "euros", "ie", "3.5"]),
        ("Sputnik-V’s co-operation", ["sputnik", "v", "co", "operation"]),
        ("Naïve CAFÉ Straße", ["naive", "cafe", "strasse"]),
        ("水は公共", ["水", "は", "公", "共"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("…", []),
    ],
)
def test_words_are_folded(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_hyphenated_word_counts_as_its_parts_and_as_one() -> None:
    assert terms("Sputnik-V", "en") == (["sputnik", "v", "sputnikv"], ["sputnik v"])


def test_pairs_of_stop_words_say_nothing() -> None:
    assert terms("to the levee", "en") == (["leve"], ["the leve"])


@pytest.mark.parametrize("question", ["Sputnik V", "Sputnik-V", "SputnikV", "sputnik‑v"])
@pytest.mark.parametrize("written", ["Sputnik V", "Sputnik-V", "SputnikV"])
def test_every_way_of_writing_a_compound_meets_the_others(tmp_path: Path, question: str, written: str) -> None:
    lexical = opened(tmp_path, Text("a", "Doses were sent."), Text("b", f"Doses of {written} were sent."))
    assert rows(lexical, question) == [1]


@pytest.mark.parametrize("question", ["cooperation", "co-operation", "coöperation"])
def test_hyphen_and_accents_make_no_difference(tmp_path: Path, question: str) -> None:
    lexical = opened(tmp_path, Text("a", "Some co-operation."), Text("b", "Some cooperation."), Text("c", "None."))
    assert sorted(rows(lexical, question)) == [0, 1]


def test_a_slip_of_the_typist_is_mended_towards_the_more_frequent_word(tmp_path: Path) -> None:
    lexical = opened(
        tmp_path, Text("a", "The government paid."), Text("b", "A government."), Text("c", "A governmant clerk.")
    )
    assert sorted(rows(lexical, "goverment")) == [0, 1]
    assert rows(lexical, "governmant") == [2], "a word that the briefs know is taken as it is"
    assert rows(lexical, "gove") == []


def test_variants_are_one_slip_away() -> None:
    assert {"levee", "leve", "elvee", "levxe"} - variants("levee") == {"levee"}


def test_word_order_is_worth_something(tmp_path: Path) -> None:
    lexical = opened(tmp_path, Text("a", "tax of land and gains of value"), Text("b", "land value tax and gains of of"))
    assert rows(lexical, "land value tax") == [1, 0]


def test_a_brief_about_the_question_lifts_its_passages(tmp_path: Path) -> None:
    about = [Text("b", "Ferries were late."), Text("b", "Ferries again, and ferry fares.")]
    lexical = opened(tmp_path, Text("a", "Ferries were late."), Text("a", "Wheat was cheap this year."), *about)
    assert rows(lexical, "ferries late")[:2] == [2, 0]
    assert lexical.brief_of.tolist() == [0, 0, 1, 1]


def test_the_heading_counts_for_every_passage(tmp_path: Path) -> None:
    lexical = opened(
        tmp_path,
        Text("a", "It rose.", "Flood premiums"),
        Text("a", "It fell.", "Flood premiums"),
        Text("b", "It rose."),
    )
    assert rows(lexical, "flood premiums rose") == [0, 1, 2]


def test_each_brief_is_read_in_its_own_language(tmp_path: Path) -> None:
    lexical = opened(
        tmp_path,
        Text("a", "Die Deiche wurden erhöht.", language="de-AT"),
        Text("b", "Les digues ont été rehaussées.", language="fr"),
        Text("c", "The levees were raised."),
    )
    assert [rows(lexical, question) for question in ("Deich", "digue", "levee")] == [[0], [1], [2]]


def test_the_language_is_told_by_the_words_where_nothing_says_it() -> None:
    german = words("Die Gemeinde hat in diesem Jahr nicht mehr als das Doppelte für die Deiche und den Damm bezahlt.")
    assert known_language("", german) == "de"
    assert known_language("en-GB", german) == "en"
    assert known_language("xx", words("Aurora Polaris Inc. 4711")) == "en"


def test_ties_come_in_the_order_of_rows_and_only_limits(tmp_path: Path) -> None:
    lexical = opened(tmp_path, *(Text(f"{n}", "levee premiums") for n in range(20)))
    assert rows(lexical, "levee", 5) == [0, 1, 2, 3, 4]
    assert [row for row, _ in lexical.best(lexical.scores("levee"), 5, [19, 3, 3, 8])] == [3, 8, 19]
    assert lexical.best(lexical.scores("nothing shared"), 5) == []


@given(st.lists(bodies(), max_size=4), bodies())
def test_any_text_is_counted_and_any_question_answered(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], question: str
) -> None:
    lexical = opened(
        tmp_path_factory.mktemp("any"), *(Text(f"{n}", text, text[:20], "") for n, text in enumerate(texts))
    )
    assert lexical.count == len(texts)
    scores = lexical.scores(question)
    assert scores.shape == (len(texts),)
    assert (scores >= 0).all()


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_told(tmp_path: Path, name: str) -> None:
    opened(tmp_path, Text("a", "levee"))
    (tmp_path / "lexical" / name).unlink()
    with pytest.raises(CorruptGeneration, match="briefqa reindex"):
        Lexical.open(tmp_path / "lexical")
