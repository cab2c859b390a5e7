from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from briefqa.embedding import HashingEmbedder
from briefqa.embedding.gathering import Gathering
from briefqa.service.remembering import Remembering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PATIENCE = 30


class Slow:
    """Computes the length of each text, the first batch not before it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.batches.append(list(texts))
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        if "bad" in texts:
            raise ValueError("bad")
        return np.array([[len(text)] for text in texts], dtype=np.float32)


def ask_while_one_is_computed(slow: Slow, texts: list[str]) -> list[float | str]:
    """Ask for "first", and for texts as soon as that is being computed."""
    gathering = Gathering(slow)
    come = threading.Semaphore(0)

    def one(text: str) -> float | str:
        come.release()
        try:
            return float(gathering.vector(text)[0])
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(texts) + 1) as pool:
        first = pool.submit(one, "first")
        assert slow.begun.wait(PATIENCE)
        others = [pool.submit(one, text) for text in texts]
        for _ in range(len(texts) + 1):
            assert come.acquire(timeout=PATIENCE)
        while len(gathering._waiting) <= len(texts):  # noqa: SLF001 - nothing else tells that all wait
            pass
        slow.go_on.set()
        return [first.result(PATIENCE), *(other.result(PATIENCE) for other in others)]


def test_what_comes_meanwhile_is_computed_together() -> None:
    slow = Slow()
    texts = ["x" * n for n in range(2, 9)]
    assert ask_while_one_is_computed(slow, texts) == [5, *range(2, 9)]
    assert [sorted(batch) for batch in slow.batches] == [["first"], texts]


def test_no_batch_grows_beyond_what_the_first_of_it_can_wait_for() -> None:
    slow = Slow()
    assert ask_while_one_is_computed(slow, ["x"] * 40) == [5, *[1] * 40]
    assert [len(batch) for batch in slow.batches] == [1, 16, 16, 8]


def test_a_text_that_cannot_be_computed_fails_alone() -> None:
    assert ask_while_one_is_computed(Slow(), ["one", "bad", "three"]) == [5, 3, "bad", 5]


def test_after_a_failure_others_are_computed() -> None:
    slow = Slow()
    slow.go_on.set()
    gathering = Gathering(slow)
    with pytest.raises(ValueError, match="bad"):
        gathering.vector("bad")
    assert gathering.vector("good")[0] == 4


class Counting(HashingEmbedder):
    """Notes which questions it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_query(self, text: str) -> NDArray[np.float32]:
        self.asked.append(text)
        return super().embed_query(text)


def test_a_question_asked_lately_is_not_embedded_again_and_the_oldest_is_forgotten() -> None:
    model = Counting()
    remembering = Remembering(model, 2)
    for question in ("one", "two", "one", "three", "one", "two"):
        assert np.array_equal(remembering.embed_query(question), HashingEmbedder().embed_query(question))
    assert model.asked == ["one", "two", "three", "two"]
    assert remembering.fingerprint == model.fingerprint
    assert not remembering.embed_query("one").flags.writeable


def test_nothing_is_remembered_where_nothing_may_be() -> None:
    model = Counting()
    remembering = Remembering(model, 0)
    for _ in range(2):
        remembering.embed_query("one")
    assert model.asked == ["one", "one"]
