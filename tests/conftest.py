"""What every test has: Hypothesis without a deadline (the first example imports slow libraries), and goldens."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable

EXPECTED = Path(__file__).parent / "expected"

# A shell that runs the tests in the background has them ignore Ctrl-C, and the programs that they start would too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("briefqa", deadline=None, max_examples=60)
settings.load_profile("briefqa")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate",
        action="store_true",
        help="write tests/expected anew from what comes out today; then review the difference",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name in tests/expected, or store it there under --regenerate."""

    def check(name: str, text: str) -> None:
        file = EXPECTED / name
        if request.config.getoption("--regenerate"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"No golden yet: run pytest --regenerate, and review {file}."
        assert text == file.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="session")
def packaged_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packaged model converted, which takes ten seconds, once for all tests."""
    from briefqa.embedding import PACKAGED_MODEL, load_embedder  # noqa: PLC0415 - not for every run of a few tests

    models = tmp_path_factory.mktemp("converted")
    load_embedder(PACKAGED_MODEL, converted=models)
    return models
