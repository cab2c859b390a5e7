from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from briefqa.embedding import Embedder, HashingEmbedder
from briefqa.errors import (
    BriefqaError,
    CorruptGeneration,
    EmbeddingError,
    IncompatibleGeneration,
    NoGeneration,
    NotReady,
)
from briefqa.service.live import Live
from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Home:
    """An index folder in memory: what CURRENT names, and how it opens."""

    def __init__(self, *generations: MemoryIndex) -> None:
        self.generations: dict[str, MemoryIndex | Exception] = {one.generation: one for one in generations}
        self.current: str | None = next(iter(self.generations), None)
        self.opened: list[str | None] = []

    def publish(self, name: str, what: MemoryIndex | Exception) -> None:
        self.generations[name] = what
        self.current = name

    def open(self) -> MemoryIndex:
        self.opened.append(self.current)
        if self.current is None:
            raise NoGeneration("Nothing has been indexed yet: run `briefqa reindex` first.")
        found = self.generations[self.current]
        if isinstance(found, Exception):
            raise found
        return found

    def live(self, load: Callable[[], Embedder] = HashingEmbedder, patience: float = 5.0) -> Live:
        return Live(self.open, lambda: self.current, load, interval=0.01, patience=patience, reload=(0.02, 0.05))


@pytest.fixture
def started() -> Iterator[Callable[[Live], Live]]:
    running: list[Live] = []

    def start(live: Live) -> Live:
        live.start()
        running.append(live)
        return live

    yield start
    for live in running:
        live.stop()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 seconds"
        time.sleep(0.005)


def generation_of(live: Live) -> str:
    with live.index() as index:
        return index.info().generation


def index_of(name: str, body: str = LEVEE) -> MemoryIndex:
    return MemoryIndex([make_brief(body)], generation=name)


def test_a_new_generation_is_served_and_the_old_one_closed(started: Callable[[Live], Live]) -> None:
    old = index_of("g1")
    home = Home(old)
    live = started(home.live())
    with live.searcher() as searcher:
        assert searcher.search("levee", 1).generation == "g1"

    home.publish("g2", index_of("g2", SCHOOL))
    until(lambda: generation_of(live) == "g2")

    assert old.closed


def test_a_request_keeps_its_generation_open_until_it_ends(started: Callable[[Live], Live]) -> None:
    old = index_of("g1")
    home = Home(old)
    live = started(home.live())
    with live.searcher() as searcher:
        home.publish("g2", index_of("g2"))
        until(lambda: generation_of(live) == "g2")
        assert not old.closed
        assert searcher.search("levee", 1).generation == "g1"
    assert old.closed


def test_a_damaged_new_generation_leaves_the_old_one_serving(
    started: Callable[[Live], Live], caplog: pytest.LogCaptureFixture
) -> None:
    home = Home(index_of("g1"))
    live = started(home.live())
    with live.searcher():
        pass
    home.publish("g2", CorruptGeneration("vectors.faiss is damaged."))
    until(lambda: "g2" in home.opened)
    time.sleep(0.1)

    assert generation_of(live) == "g1"
    assert home.opened.count("g2") == 1, "a damaged generation is not opened over and over"
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "Cannot serve generation g2, generation g1 goes on: vectors.faiss is damaged."
    ]

    home.publish("g3", index_of("g3"))
    until(lambda: generation_of(live) == "g3")


def test_any_fault_while_opening_leaves_the_old_one_serving(started: Callable[[Live], Live]) -> None:
    home = Home(index_of("g1"))
    live = started(home.live())
    with live.searcher():
        pass
    home.publish("g2", OSError("too many open files"))
    until(lambda: "g2" in home.opened)
    assert generation_of(live) == "g1"
    home.publish("g3", index_of("g3"))
    until(lambda: generation_of(live) == "g3")


def test_a_new_generation_of_another_model_leaves_the_old_one_serving(started: Callable[[Live], Live]) -> None:
    home = Home(index_of("g1"))
    live = started(home.live())
    with live.searcher():
        pass
    other = index_of("g2")
    other.fingerprint = "other"
    home.publish("g2", other)
    until(lambda: other.closed)

    assert generation_of(live) == "g1"


def test_a_server_that_starts_on_an_index_of_another_model_says_so(started: Callable[[Live], Live]) -> None:
    other = index_of("g1")
    other.fingerprint = "other"
    live = started(Home(other).live())

    with pytest.raises(IncompatibleGeneration, match="briefqa reindex"), live.searcher():
        pass


def test_nothing_indexed_yet_is_said_and_then_noticed(started: Callable[[Live], Live]) -> None:
    home = Home()
    live = started(home.live())
    with pytest.raises(NoGeneration), live.searcher():
        pass

    home.publish("g1", index_of("g1"))
    until(lambda: outcome(live.check) is None)
    assert live.check() == "g1"


def test_searches_wait_for_the_model_and_the_briefs_do_not(started: Callable[[Live], Live]) -> None:
    let_go = threading.Event()

    def load() -> Embedder:
        let_go.wait(5)
        return HashingEmbedder()

    live = started(Home(index_of("g1")).live(load))
    assert generation_of(live) == "g1"
    with pytest.raises(NotReady):
        live.check()
    threading.Timer(0.05, let_go.set).start()
    with live.searcher() as searcher:
        assert searcher.search("levee", 1).hits


def test_the_wait_for_the_model_ends(started: Callable[[Live], Live]) -> None:
    let_go = threading.Event()

    def load() -> Embedder:
        let_go.wait(5)
        return HashingEmbedder()

    live = started(Home(index_of("g1")).live(load, patience=0.01))
    assert generation_of(live) == "g1"
    with pytest.raises(NotReady, match="still being loaded"), live.searcher():
        pass
    let_go.set()


@pytest.mark.parametrize("fault", [EmbeddingError("no such model"), RuntimeError("out of memory")])
def test_a_model_that_cannot_be_loaded_is_reported(started: Callable[[Live], Live], fault: Exception) -> None:
    def load() -> Embedder:
        raise fault

    live = started(Home(index_of("g1")).live(load))
    with pytest.raises(EmbeddingError), live.searcher():
        pass
    assert generation_of(live) == "g1"


def test_a_model_that_could_not_be_loaded_is_tried_again(started: Callable[[Live], Live]) -> None:
    attempts: list[float] = []

    def load() -> Embedder:
        attempts.append(time.monotonic())
        if len(attempts) < 4:
            raise EmbeddingError("the disk is full")
        return HashingEmbedder()

    live = started(Home(index_of("g1")).live(load))
    until(lambda: len(attempts) == 4)
    until(lambda: live.check() == "g1")
    with live.searcher() as searcher:
        assert searcher.search("levee", 1).hits
    time.sleep(0.1)
    assert len(attempts) == 4, "what is loaded stays"
    assert attempts[2] - attempts[1] >= 0.04, "it waits longer each time"


def test_many_threads_across_many_swaps_never_meet_a_closed_index(started: Callable[[Live], Live]) -> None:
    home = Home(MemoryIndex([make_brief(LEVEE, path="g0.txt")], generation="g0"))
    live = started(home.live())
    stop = threading.Event()
    seen: list[str] = []
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            while not stop.is_set():
                with live.searcher() as searcher:
                    ranking = searcher.search("levee", 1)
                    assert ranking.hits[0].stored.brief.path == f"{ranking.generation}.txt"
                    seen.append(ranking.generation)
        except BaseException as error:  # noqa: BLE001 - a thread's failure has to reach the test
            faults.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 20):
        name = f"g{number}"
        home.publish(name, MemoryIndex([make_brief(LEVEE, path=f"{name}.txt")], generation=name))
        until(lambda name=name: generation_of(live) == name)  # type: ignore[misc]
    stop.set()
    for thread in threads:
        thread.join()

    assert not faults
    assert len(set(seen)) > 1
    old = [one for name, one in home.generations.items() if name != "g19"]
    assert all(isinstance(one, MemoryIndex) and one.closed for one in old)


def outcome(call: Callable[[], object]) -> type[BriefqaError] | None:
    """The class of the error that the call raises, None if it raises none."""
    try:
        call()
    except BriefqaError as error:
        return type(error)
    return None
