"""Indexes that are made of the ones before hold what an index from nothing holds, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.lexical import Lexical, TooOften, update_lexical, write_lexical
from briefqa.lexical.analysis import stop_stems
from briefqa.lexical.writing import NONE
from briefqa.lists import LEARNED, Learned, Staying
from briefqa.vector_building import write_index
from briefqa.vector_files import InContext
from test_lexical import Text
from test_vectors import opened, random_rows, written

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ["levee", "premium", "rose", "the", "and", "Überschwemmung", "co-operation", "26.08.2021", "(COAS)", "U.S."]


@st.composite
def texts(draw: st.DrawFn) -> list[list[Text]]:
    """Briefs of some passages, the languages of which differ."""
    said = st.lists(st.sampled_from([*WORDS, "Chief of Army Staff (COAS)"]), min_size=1, max_size=30).map(" ".join)
    count = draw(st.integers(1, 8))
    briefs = []
    for number in range(count):
        language, heading = draw(st.sampled_from(["en", "de"])), draw(said)
        bodies = draw(st.lists(said, min_size=1, max_size=3))
        own = f"only{number}here"  # a word of this brief alone
        briefs.append([Text(f"b{number}", f"{own} {body}", heading, language) for body in bodies])
    return briefs


@given(texts(), st.data())
def test_an_updated_index_gives_what_one_from_nothing_gives(
    tmp_path_factory: pytest.TempPathFactory, briefs: list[list[Text]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("updated")
    first = data.draw(st.integers(0, len(briefs)))
    stays = data.draw(st.lists(st.booleans(), min_size=first, max_size=first))
    old = [entry for brief in briefs[:first] for entry in brief]
    kept = [row for row, entry in enumerate(old) if stays[int(entry.brief_id[1:])]]
    new = [entry for brief in briefs[first:] for entry in brief]
    write_lexical(folder / "old", old)
    before = Lexical.open(folder / "old").parts
    update_lexical(folder / "updated", before, np.array(kept, dtype=np.int64), new)
    write_lexical(folder / "whole", [*(old[row] for row in kept), *new])
    updated, whole = Lexical.open(folder / "updated"), Lexical.open(folder / "whole")
    assert updated.parts.about == whole.parts.about
    for name in ("brief_of", "language_of", "keys"):
        assert len(getattr(updated.parts, name)) == len(getattr(whole.parts, name))
    assert updated.parts.acronyms == whole.parts.acronyms
    for matrix, other in zip(updated.parts.matrices, whole.parts.matrices, strict=True):
        assert matrix.lengths.tolist() == other.lengths.tolist()
        assert sorted(matrix.data.tolist()) == sorted(other.data.tolist())
    for question in (
        "levee premium rose",
        "Überschwemmung coas",
        "co-operation on 26 August 2021",
        "only0here only1here",
    ):
        assert updated.scores(question).tolist() == pytest.approx(whole.scores(question).tolist())
    said = set(json.loads((folder / "updated" / "words.json").read_bytes())) - {NONE}
    stops = stop_stems("en") | stop_stems("de")
    assert said - stops == set(json.loads((folder / "whole" / "words.json").read_bytes())) - stops


def test_numbers_of_words_that_are_gone_are_taken_again(tmp_path: Path) -> None:
    write_lexical(tmp_path / "0", [Text(f"b{n}", f"word{n} levee") for n in range(50)])
    for night in range(1, 20):
        before = Lexical.open(tmp_path / str(night - 1)).parts
        new = [Text(f"n{night}", f"night{night} levee")]
        update_lexical(tmp_path / str(night), before, np.arange(1, 50, dtype=np.int64), new)
    assert len(json.loads((tmp_path / "19" / "words.json").read_bytes())) == 52


def test_a_word_that_is_said_too_often_to_be_counted_from_its_worth_is_not(tmp_path: Path) -> None:
    write_lexical(tmp_path / "old", [Text("a", "levee " * 3000), Text("b", "premium")])
    before = Lexical.open(tmp_path / "old").parts
    with pytest.raises(TooOften):
        update_lexical(tmp_path / "new", before, np.array([0], dtype=np.int64), [Text("c", "rose")])


@pytest.mark.parametrize(("factory", "learned"), [("IVF4,Flat", True), ("IVF4,SQ8", True), ("Flat", False)])
def test_lists_are_taken_over_while_few_rows_are_new(tmp_path: Path, factory: str, *, learned: bool) -> None:
    for name in ("old", "new", "whole"):
        (tmp_path / name).mkdir()
    rows = random_rows(1000)
    written(tmp_path / "old", rows, factory)
    assert (tmp_path / "old" / LEARNED).exists() == learned
    kept = np.concatenate([np.arange(100, 500), np.arange(520, 1000)])
    fresh = np.concatenate([rows[kept], random_rows(1040)[1000:]])
    written(tmp_path / "new", fresh, factory)  # for the other files
    brief_of = np.arange(len(fresh), dtype=np.int32)
    staying = Staying(tmp_path / "old" / "v.faiss", kept)
    write_index(tmp_path / "new" / "v.faiss", InContext(fresh, fresh, brief_of), factory, staying)
    if learned:
        assert json.loads((tmp_path / "new" / LEARNED).read_bytes()) == {"rows": 1000, "since": 40}
    vectors = opened(tmp_path / "new", brief_of)
    assert vectors.count == len(fresh)
    for row in range(0, len(fresh), 7):
        assert vectors.search(fresh[row], 1).each[0][0] == row
    for since, count in ((90, 1000), (0, 850)):
        (tmp_path / "old" / LEARNED).write_text(json.dumps({"rows": 1000, "since": since}), encoding="ascii")
        again = InContext(fresh[:count], fresh[:count], brief_of[:count])
        write_index(tmp_path / "whole" / "v.faiss", again, factory, Staying(staying.file, kept[: count - 20]))
        if learned:
            about = Learned(**json.loads((tmp_path / "whole" / LEARNED).read_bytes()))
            assert about == Learned(len(fresh[:count]), 0), "learned anew"
