from __future__ import annotations

import threading

import pytest

from briefqa.generation.beside import begun


def test_a_call_goes_on_while_its_caller_does_something_else() -> None:
    reached = threading.Event()

    def call() -> str:
        reached.set()
        return threading.current_thread().name

    ended = begun(call)
    assert reached.wait(10)
    assert ended() != threading.current_thread().name


def test_what_no_thread_has_come_to_is_called_there_and_then() -> None:
    let_go = threading.Event()
    others = [begun(lambda: let_go.wait(10)) for _ in range(256)]
    try:
        assert begun(lambda: threading.current_thread().name)() == threading.current_thread().name
    finally:
        let_go.set()
    assert all(other() for other in others)


def test_what_a_call_raises_is_raised_where_it_is_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        begun(lambda: 1 // 0)()
