"""What every test has: Hypothesis without a deadline (the first example imports slow libraries), goldens, a browser."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

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


# Playwright keeps an event loop running in this thread: it ends with the module, for those tests that run their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    from browsing import chromium  # noqa: PLC0415 - only where there is a browser

    with chromium() as browser:
        yield browser


@pytest.fixture
def context_of(browser: Browser, address: str) -> Iterator[Callable[..., BrowserContext]]:
    """Make contexts whose pages may ask the server alone, and have nothing to complain of when the test ends.

    A violation of the pages' Content-Security-Policy is an error in the console. address: a fixture of the module.
    """
    allowed = address
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def guard(route: Route) -> None:
        if route.request.url.startswith((allowed, "data:", "chrome")):  # chrome: the viewer of PDFs
            route.continue_()
        else:
            complaints.append(f"asked {route.request.url}")
            route.abort()

    def heard(message: ConsoleMessage) -> None:
        # That a page itself is answered with 404, or has no picture, is what a test of it wants.
        url = message.location["url"]
        its_own = (message.page and url == message.page.url) or url.endswith(".png")
        if message.type == "error" and not (its_own and "Failed to load resource" in message.text):
            complaints.append(message.text)

    def make(at: str = address, **options: Any) -> BrowserContext:
        nonlocal allowed
        allowed = at
        context = browser.new_context(base_url=at, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        context.route("**/*", guard)
        context.on("console", heard)
        context.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(context_of: Callable[..., BrowserContext]) -> Page:
    """A page as wide as a desktop's."""
    return context_of(viewport={"width": 1280, "height": 900}).new_page()
