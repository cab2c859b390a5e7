"""The answer that appears while a model writes it: in a browser, over a model's real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from briefqa.answer import RemoteModel
from briefqa.embedding import HashingEmbedder
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.web.writing import event
from browsing import REQUIRED, chromium, missing, serving
from fakes import LEVEE, MemoryIndex, make_brief
from hostile import TEXTS, harm_in
from writers import Script, model_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from playwright.sync_api import Browser

QUESTION = "By how much did levee premiums rise in four years?"
FIRST = "In four years levee premiums rose by 31 percent [1]. "
SECOND = "Nobody had planned for levee premiums [1]."


def app_with(url: str, docs_in: Path) -> FastAPI:
    live = Live(lambda: MemoryIndex([make_brief(LEVEE)]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    app = app_over(live, docs_in=docs_in, limits=Limits())
    app.state.writer = RemoteModel(url, "scripted-1", "", seconds=10, retries=0, concurrency=1)
    return app


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def spoken() -> Script:
    return Script()


@pytest.fixture(scope="module")
def client(spoken: Script, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with model_server(spoken) as url, TestClient(app_with(url, tmp_path_factory.mktemp("docs_in"))) as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        yield client


def names(told: str) -> list[str]:
    return [line.removeprefix("event: ") for line in told.splitlines() if line.startswith("event: ")]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([FIRST, SECOND], ["sentence", "sentence", "end"]),
        (["NO ANSWER"], ["instead"]),
        ([" "], ["instead"]),
        (["Premiums fell by 99 percent [1]."], ["instead"]),
        # What follows a sentence that does not stand waits until it is known what becomes of that.
        ([FIRST, "Premiums fell by 99 percent [1]. ", SECOND], ["sentence", "sentence", "end"]),
    ],
)
def test_what_is_sent_of_an_answer(client: TestClient, spoken: Script, parts: list[str], expected: list[str]) -> None:
    spoken.parts = parts
    told = client.get("/answer", params={"q": QUESTION})

    assert told.status_code == 200
    assert told.headers["content-type"].startswith("text/event-stream")
    assert names(told.text) == expected


def test_who_has_no_model_or_no_question_is_told_so(client: TestClient) -> None:
    assert client.get("/answer", params={"q": "x" * 3000}).status_code == 422
    assert client.get("/answer", params={"q": QUESTION, "generation": "none"}).status_code == 404
    app: FastAPI = client.app  # type: ignore[assignment]
    writer, app.state.writer = app.state.writer, None
    assert client.get("/answer", params={"q": QUESTION}).status_code == 404
    app.state.writer = writer


@pytest.mark.parametrize("name", list(TEXTS))
def test_nothing_that_a_model_says_becomes_markup_or_an_event(client: TestClient, spoken: Script, name: str) -> None:
    spoken.parts = [f"{FIRST}Levee premiums rose by 31 percent in four years {TEXTS[name]} [1]. ", SECOND]
    told = client.get("/answer", params={"q": QUESTION}).text

    assert set(names(told)) <= {"sentence", "end", "instead"}
    assert told.isascii()
    assert harm_in(told.encode().decode("unicode_escape")) == []


def test_an_event_cannot_be_broken_open() -> None:
    assert event("end", html="a\rdata: b\n\nevent: instead\u2028").count("\n") == 3


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.browser
@pytest.mark.skipif(bool(missing()) and not REQUIRED, reason=missing() or "all is there")
def test_each_sentence_appears_when_it_is_verified_and_leads_to_its_source(
    browser: Browser, script: Script, tmp_path: Path
) -> None:
    script.parts = [FIRST, "Nobody had", "| planned for levee premiums [1]."]
    with model_server(script) as url, serving(app_with(url, tmp_path)) as address:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"/?q={quote(QUESTION)}")
        said, told = page.locator(".answer .said"), page.locator(".answer [role=status]")
        said.get_by_text("In four years levee premiums rose by 31 percent.").wait_for()
        assert "Nobody" not in said.inner_text()
        assert told.inner_text() == "The answer is being written …"
        said.locator("a.number").click()
        assert page.locator(".cited li:target").count() == 1
        page.locator(".cited li").get_by_role("link", name="passage 1").click()
        assert page.locator(".hit:target").count() == 1

        script.go_on.set()
        said.get_by_text("Nobody had planned for levee premiums.").wait_for()
        page.get_by_text("The answer is written.").wait_for()
        assert "Written by scripted-1" in page.locator(".answer").inner_text()
        assert "Word for word" not in page.locator(".answer").inner_text()
        assert said.locator("a.number").count() == 2
        assert page.locator(".cited li").count() == 2
        assert not page.locator("#write").is_visible()
        context.close()

        script.parts = [FIRST, SECOND]
        plain = browser.new_context(base_url=address, java_script_enabled=False)
        page = plain.new_page()
        page.goto(f"/?q={quote(QUESTION)}")
        assert "Word for word" in page.locator(".answer").inner_text()
        page.locator("#write").click()
        assert "Written by scripted-1" in page.locator(".answer").inner_text()
        plain.close()
        assert complaints == []


@pytest.mark.browser
@pytest.mark.skipif(bool(missing()) and not REQUIRED, reason=missing() or "all is there")
def test_where_the_model_fails_the_briefs_own_words_stay(browser: Browser, script: Script, tmp_path: Path) -> None:
    script.parts = [" "]
    with model_server(script) as url, serving(app_with(url, tmp_path)) as address:
        page = browser.new_page(base_url=address)
        page.goto(f"/?q={quote(QUESTION)}")
        page.get_by_text("gave no text").wait_for()
        assert "Levee premiums rose by 31 percent in four years." in page.locator(".answer .said").inner_text()
        page.close()
