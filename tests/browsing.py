"""A server over a folder of briefs, and Debian's Chromium to look at it: for tests and screenshots."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from briefqa.embedding import HashingEmbedder
from briefqa.reindex import reindex
from briefqa.service.app import create_app
from briefqa.service.limits import Limits
from briefqa.service.server import listen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = "/usr/bin/chromium"
REQUIRED = os.environ.get("BRIEFQA_REQUIRE_BROWSER") == "1"
# Nothing that asks anybody else for anything.
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def missing() -> str:
    """What a browser needs and is not there, "" if all is."""
    return "" if shutil.which(CHROMIUM) else f"{CHROMIUM} is not installed (Debian: apt install chromium)"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def painted(page: Page) -> dict[str, float]:
    """Milliseconds from the end of the server's answer until the page's first text and its largest were painted."""
    found: dict[str, float] = page.evaluate(
        """() => new Promise((done) => {
            new PerformanceObserver((list) => {
                const largest = list.getEntries().at(-1).startTime;
                const first = performance.getEntriesByName("first-contentful-paint")[0].startTime;
                const answered = performance.getEntriesByType("navigation")[0].responseEnd;
                done({ first: first - answered, largest: largest - answered });
            }).observe({ type: "largest-contentful-paint", buffered: true });
        })"""
    )
    return found


def follow(link: Locator, leads_to: str) -> None:
    """Click a link and be there: a click does not wait, and the next one might still meet the page before."""
    link.click()
    link.page.wait_for_url(leads_to)


def tab_to(page: Page, what: str) -> None:
    """Go on with the Tab key until what a selector names has the focus, and can be seen to have it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"{what} is not reached: {page.url}")


@contextmanager
def served(docs_in: Path, index: Path, **options: Any) -> Iterator[str]:
    """Index a folder without a model, serve it, and give the address. options: further ones of `create_app`."""
    reindex(
        docs_in,
        index,
        load=HashingEmbedder,
        embedder_key="hashing",
        passage_tokens=120,
        faiss_factory="Flat",
        keep=2,
        max_bytes=10**8,
        max_pages=1000,
        limits=None,
    )
    with serving(create_app(index, load=HashingEmbedder, docs_in=docs_in, limits=Limits(), **options)) as address:
        yield address


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port, and give the address."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=5, proxy_headers=False)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
