"""The OpenAPI is what the service does: whatever is sent, no 5xx, and every answer as declared."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok

from briefqa.embedding import HashingEmbedder
from briefqa.keys import KeyFile
from briefqa.service.app import create_app
from briefqa.service.guarding import Guard
from briefqa.service.server import listen
from test_generation import publish
from test_within import HIDDEN, OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI


PATIENCE = 120  # seconds: what is tested is what is said, and not how soon on a machine that does other things
LONGER = int(os.environ.get("BRIEFQA_FUZZ_EXAMPLES", "0"))
"""How many requests to make up for an operation, anew each time; 0: few, and always the same ones."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    home = tmp_path_factory.mktemp("home")
    publish(home / "index", [*OPEN, *HIDDEN])
    return create_app(home / "index", load=HashingEmbedder, docs_in=home)


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port of this machine; its address."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    # What the server imports late is in before anything else is: pytest rewrites the modules of its plugins, such as
    # anyio and schemathesis, and two threads that parse at once break each other in CPython 3.11.
    httpx2.get(f"http://127.0.0.1:{listener.getsockname()[1]}/healthz")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def try_all(app: FastAPI, check: Callable[[schemathesis.Case[Any], str], None], examples: int) -> int:
    """Send made-up requests to every operation, those that are right by the OpenAPI and those that are not."""
    tried = 0
    operations = list(schemathesis.openapi.from_dict(app.openapi()).get_all_operations())
    with running(app) as address:
        for found in operations:
            assert isinstance(found, Ok)
            operation = found.ok()
            if operation.path in {"/healthz", "/readyz"} and examples < 5:
                continue
            tried += 1
            for mode in schemathesis.GenerationMode:

                @settings(
                    max_examples=LONGER or examples,
                    derandomize=not LONGER,
                    suppress_health_check=list(HealthCheck),
                    database=None,
                )
                @given(operation.as_strategy(mode))
                def try_it(case: schemathesis.Case[Any]) -> None:
                    check(case, address)

                with suppress(Unsatisfiable):  # nothing can be wrong with a request that has no parameters
                    try_it()
    return tried


def test_every_answer_is_as_declared(app: FastAPI) -> None:
    def check(case: schemathesis.Case[Any], address: str) -> None:
        # Not all that makes a question or a filter senseless can be said in a schema.
        excluded = [schemathesis.checks.positive_data_acceptance]
        case.call_and_validate(base_url=address, excluded_checks=excluded, timeout=PATIENCE)

    assert try_all(app, check, 20) >= 8


def test_it_says_that_keys_may_be_wanted_and_how_each_refusal_looks(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    for path, declared in paths.items():
        for operation in declared.values():
            is_open = path in {"/healthz", "/readyz"}
            assert is_open == ("security" not in operation)
            assert is_open or {"401", "403", "429", "503"} <= set(operation["responses"])


def test_refusals_are_as_declared(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    keys.create("first")
    app = create_app(tmp_path, load=HashingEmbedder, docs_in=tmp_path, guard=Guard(keys=keys))

    def check(case: schemathesis.Case[Any], address: str) -> None:
        # Without a key, good data is not taken, and bad data refused for the key.
        excluded = [schemathesis.checks.positive_data_acceptance, schemathesis.checks.negative_data_rejection]
        answer = case.call_and_validate(base_url=address, excluded_checks=excluded, timeout=PATIENCE)
        assert answer.status_code in {401, 404, 405}

    assert try_all(app, check, 2) >= 6
