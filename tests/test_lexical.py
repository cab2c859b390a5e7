from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.errors import CorruptGeneration
from briefqa.lexical import FILES, Lexical, Matrix, analysis, words, write_lexical
from briefqa.lexical.acronyms import Acronyms, Definitions, agreed, definitions
from briefqa.lexical.analysis import Sought, terms, tokens, variants
from briefqa.lexical.languages import known_language
from briefqa.lexical.writing import Vocabulary, key_of
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
    return [row for row, _ in lexical.best(lexical.scores(question), k).each]


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


@pytest.mark.parametrize(
    "question",
    ["26 August 2021", "August 26, 2021", "Aug. 26th, 2021", "2021-08-26", "26.8.2021", "26/08/2021", "8/26/2021"],
)
@pytest.mark.parametrize(
    "written", ["On August 26, 2021 it rained.", "It rained on 26.08.2021", "As of 2021-08-26 it rains"]
)
def test_every_way_of_writing_a_date_meets_the_others(tmp_path: Path, question: str, written: str) -> None:
    lexical = opened(tmp_path, Text("a", "In 2021 all was dry."), Text("b", written), Text("c", "August again."))
    held = [lexical.coverage(question, row) for row in range(3)]
    assert held[1] == 1.0
    assert max(held[0], held[2]) < 1.0


def test_of_a_single_brief_what_a_question_asks_for_is_told_from_how_it_asks(tmp_path: Path) -> None:
    lexical = opened(tmp_path, Text("a", "A barge struck the piles of the landing stage."))
    assert lexical.coverage("What was it that struck the piles?", 0) == 1.0
    assert lexical.coverage("When did a barge strike?", 0) == 1.0
    assert 0.4 < lexical.coverage("Did a barge sink?", 0) < 0.5
    assert 0.0 < lexical.coverage("Which school meals did the barge carry?", 0) < 0.3
    assert lexical.coverage("What is this about?", 0) == lexical.coverage("", 0) == 0.0


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("How far did the water table fall?", "It fell by 17.4 metres."),
        ("Who undertook the survey?", "The board undertakes surveys."),
        ("premiums risen", "Premiums rose, and rise."),
    ],
)
def test_irregular_verbs_meet_their_forms(tmp_path: Path, question: str, written: str) -> None:
    lexical = opened(tmp_path, Text("a", "Nothing of the kind."), Text("b", written))
    assert [row for row, _ in lexical.best(lexical.scores(question), 2).each] == [1]


def test_what_is_no_date_stays_as_it_is() -> None:
    assert words("13.13.2021 and 1.2.3") == ["13.13.2021", "and", "1.2.3"]
    assert terms("7/8/2021", "en") == (["7", "8", "2021", "#7", "#8"], ["7 8", "8 2021"])


def test_months_meet_over_languages(tmp_path: Path) -> None:
    lexical = opened(
        tmp_path,
        Text("a", "Am 26. März 2021 begann es.", language="de"),
        Text("b", "It began in April.", language="en"),
    )
    assert rows(lexical, "26 March 2021")[0] == 0


ARMY = "He met the Chief of Army Staff (COAS), General Bajwa."


@pytest.mark.parametrize(
    "question", ["Did the COAS drink?", "did the coas drink", "Did the chief of army staff drink?"]
)
def test_acronyms_mean_what_the_briefs_say(tmp_path: Path, question: str) -> None:
    said = [ARMY, "The chief of army staff was well.", "The COAS was well.", "They were well."]
    lexical = opened(tmp_path, *(Text(f"{n}", text) for n, text in enumerate(said)))
    assert sorted(rows(lexical, question)) == [0, 1, 2]


def test_definitions_of_acronyms_are_found_on_either_side() -> None:
    text = (
        "the European Economic Area (EEA). The Inter-Services Public Relations (ISPR)"
        " and the EU (European Union); see Table A (2021) and this (USA)."
    )
    assert list(definitions(text)) == [
        ("EEA", "European Economic Area"),
        ("ISPR", "Inter-Services Public Relations"),
        ("EU", "European Union"),
    ]


def test_an_acronym_of_many_meanings_means_none() -> None:
    found = Definitions()
    for brief, meaning in enumerate(("patent cooperation treaty", "primary care trust", "porous carbon tube")):
        found.read(brief, [f"the {meaning} (PCT)"])
    assert agreed(found.found) == {}
    assert agreed(found.found, np.array([False, True, False])) == {"PCT": "primary care trust"}


def test_small_words_are_no_acronyms() -> None:
    acronyms = Acronyms({"WHO": "world health organization", "COAS": "chief of army staff"}, ["en"])
    assert acronyms.meant_by("who paid?") == {}
    assert acronyms.meant_by("Was the WHO paid?") == {"world health organization": "who"}
    assert acronyms.meant_by("Was the coas, the chief of army staff, paid?") == {}


@pytest.mark.parametrize("most_held", [1, 10**6])
def test_scores_are_those_of_bm25s(tmp_path: Path, most_held: int) -> None:
    """Also where postings go through files."""
    texts = ["a b b c", "b c d d d", "e", "c c c c a", "d a"] * 3
    sought = ["a", "d", "c"]
    entries = [Text(f"{n}", text) for n, text in enumerate(texts)]
    write_lexical(tmp_path / "lexical", entries, most_held=most_held)
    lexical = Lexical.open(tmp_path / "lexical")
    counted = [[*terms(text, "en")[0], *terms(text, "en")[1]] for text in texts]
    known = sorted({term for row in counted for term in row})
    model = bm25s.BM25(k1=1.2, b=0.6, method="lucene")
    model.index([[known.index(term) for term in row] for row in counted], show_progress=False, create_empty_token=False)
    expected = 2 * model.get_scores_from_ids([known.index(term) for term in sought if term in known])
    assert lexical.scores(" . ".join(sought)) == pytest.approx(expected, rel=1e-5)
    assert not list((tmp_path / "lexical").glob("*.spool"))


@given(bodies(), st.sampled_from(["en", "de", "fr"]))
def test_what_is_written_is_what_is_asked_for(text: str, language: str) -> None:
    vocabulary = Vocabulary()
    learnt = vocabulary.learn(text, language)
    single, pairs = terms(text, language)
    assert sorted(learnt.words.tolist()) == sorted(key_of(vocabulary.numbers[word]) for word in single)
    numbers = [[vocabulary.numbers[word] for word in pair.split(" ")] for pair in pairs]
    assert learnt.pairs.tolist() == [key_of(second, first) for first, second in numbers]


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
    assert [row for row, _ in lexical.best(lexical.scores("levee"), 5, [19, 3, 3, 8]).each] == [3, 8, 19]
    assert lexical.best(lexical.scores("nothing shared"), 5).each == []


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
        assert Lexical.open(tmp_path / "lexical").parts.words == ["levee"]


@given(bodies(), bodies())
def test_what_is_shared_is_what_the_terms_of_both_have_in_common(one: str, other: str) -> None:
    asked, held = ({*single, *pairs} for single, pairs in (terms(text, "en") for text in (one, f"{other} {one[:40]}")))
    assert Sought(frozenset(asked), "en").held_by([tokens(f"{other} {one[:40]}")]) == [asked & held]


@pytest.mark.parametrize("k", [1, 7, 100, 5000])
def test_the_best_are_those_that_sorting_all_of_them_would_give(k: int) -> None:
    scores = np.random.default_rng(3).integers(0, 300, size=10_037).astype(np.float32)
    order = np.lexsort((np.arange(len(scores)), -scores))
    every = [(int(row), float(scores[row])) for row in order if scores[row] > 0]
    assert Lexical.best(scores, k).each == every[:k]
    assert Lexical.best(scores, k, range(0, 10_037, 2)).each == [each for each in every if each[0] % 2 == 0][:k]


def test_a_row_of_a_damaged_matrix_is_an_error_and_no_room_for_it() -> None:
    one = np.array([0], dtype=np.int32)
    matrix = Matrix(np.array([1], dtype=np.uint64), np.ones(1, np.float32), one + 7, np.array([0, 1]), one)

    with pytest.raises(IndexError):
        matrix.summed([(0, 1.0)])


@given(bodies(), st.text(alphabet="aÉß´ \u00a0\u2003\u3000中ก-‑'’.,/0129\n", max_size=40))
def test_a_text_has_the_tokens_that_it_has_read_whole(one: str, other: str) -> None:
    for text in (one, other, f"{other} {one}"):
        assert tokens(text) == analysis.TOKEN.findall(analysis.fold(text))
