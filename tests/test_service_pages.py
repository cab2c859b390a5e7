from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from briefqa.briefs import Note, Source
from briefqa.embedding import HashingEmbedder
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.web.links import PageLinks
from briefqa.service.web.showing import Reference, pieces, web_address
from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from briefqa.briefs import Brief

OURS: dict[str, str | None] = {"src": PageLinks("").asset("briefqa.js"), "defer": None}
HOSTILE = '</div><script>alert("x")</script>" onload="x'


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.tags if attribute in attributes]


@pytest.fixture
def client_over(tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    clients: list[TestClient] = []

    def make(*briefs: Brief) -> TestClient:
        live = Live(
            lambda: MemoryIndex(briefs, generation=NAME), lambda: NAME, HashingEmbedder, interval=60, patience=5
        )
        client = TestClient(app_over(live, docs_in=tmp_path, limits=Limits(max_query_chars=100)))
        client.__enter__()
        client.post("/v1/search", json={"query": "wait until the model is there"})
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


NAME = "20301124T093000000Z-00000001"
LEVEES = make_brief(LEVEE)
MEALS = make_brief(SCHOOL, path="meals.txt", title="School Meals")


def test_the_first_visit_shows_a_form(client_over: Callable[..., TestClient]) -> None:
    page = Page(client_over(LEVEES).get("/").text)

    assert ("form", {"class": "ask", "action": "/", "method": "get", "role": "search"}) in page.tags
    assert "article" not in [tag for tag, _ in page.tags]


def test_hits_show_title_page_and_notes_that_the_marks_lead_to(client_over: Callable[..., TestClient]) -> None:
    page = Page(client_over(LEVEES).get("/", params={"q": "levee premiums"}).text)

    assert "Insuring the Coast" in page.text
    assert "p. iv" in page.text
    assert "rose by 31 percent in four years.12 Nobody" in page.text
    targets = [href[1:] for href in page.all("href") if href.startswith("#hit-1-")]
    assert targets[-3:] == ["hit-1-note-n12", "hit-1-note-n12", "hit-1-mark-1"]
    assert {page.all("id").count(target) for target in targets} == {1}
    link = next(attributes for tag, attributes in page.tags if attributes.get("href") == "https://example.org/premiums")
    assert "noopener" in (link["rel"] or "")


def test_links_inside_the_site_lead_somewhere(client_over: Callable[..., TestClient]) -> None:
    client = client_over(LEVEES)
    page = Page(client.get("/", params={"q": "levee premiums"}).text)
    inside = [href for href in page.all("href") if href.startswith(("/", "?"))]

    assert any(href.startswith("/briefs/") for href in inside)
    for href in inside:
        assert client.get(href).status_code == 200


def test_who_looks_at_a_generation_is_told_so_and_stays_there(client_over: Callable[..., TestClient]) -> None:
    client = client_over(LEVEES)
    for path in ("/?q=levee+premiums", f"/briefs/{LEVEES.id}?page=1", "/briefs?order=title", "/sources"):
        page = Page(client.get(path, params={"generation": NAME, **dict(parse_qsl(urlsplit(path).query))}).text)
        assert f"as they were on 2030-11-24 09:30 UTC, in generation {NAME}" in page.text
        inside = [href for href in page.all("href") if href.startswith("/") and not href.startswith("/static/")]
        left = [href for href in inside if f"generation={NAME}" not in href]
        assert left == [path]  # the way back to what is live
        forms = [attributes for tag, attributes in page.tags if tag == "form"]
        carried = [attributes for tag, attributes in page.tags if attributes.get("name") == "generation"]
        assert len(carried) == len(forms)
    assert "as they were on" not in client.get("/?q=levee").text


def test_the_page_of_a_brief_highlights_the_passage_and_holds_its_notes(client_over: Callable[..., TestClient]) -> None:
    client = client_over(LEVEES, MEALS)
    hit = client.post("/v1/search", json={"query": "levee premiums", "k": 1}).json()["hits"][0]
    path, _, anchor = hit["passage"]["url"].partition("#")
    page = Page(client.get(path).text)

    assert page.all("id").count(anchor) == 1
    assert hit["notes"][0]["url"].partition("#")[2] in page.all("id")
    assert "The mark 13 leads to no note." in page.text


def test_a_brief_that_is_not_there_gets_a_page(client_over: Callable[..., TestClient]) -> None:
    response = client_over(LEVEES).get("/briefs/none")

    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("question", ["x" * 101, "levee\0"])
def test_a_question_that_is_refused_gets_a_page_that_says_why(
    client_over: Callable[..., TestClient], question: str
) -> None:
    response = client_over(LEVEES).get("/", params={"q": question})

    assert response.status_code == 422
    assert "alert" in Page(response.text).all("role")


def test_whatever_a_brief_or_a_question_holds_stays_text(client_over: Callable[..., TestClient]) -> None:
    note = Note(
        f"n{HOSTILE}",
        HOSTILE,
        "footnote",
        1,
        HOSTILE,
        (Source({"type": "report", "title": HOSTILE, "URL": f"https://example.org/{HOSTILE}"}, 0, 9),),
    )
    brief = make_brief(f"Levee {HOSTILE}. More.", title=HOSTILE, path=f"{HOSTILE}/x.pdf")
    marks = tuple(replace(mark, note_id=note.id, label=HOSTILE) for mark in brief.marks)
    brief = replace(brief, notes=(note,), marks=marks, authors=(HOSTILE,), published=HOSTILE)
    client = client_over(brief)
    quiet = client_over(replace(MEALS, path="school/meals.txt"))

    for path, plain in ((f"/?q={HOSTILE}", "/?q=x"), (f"/briefs/{brief.id}", f"/briefs/{MEALS.id}")):
        page = Page(client.get(path).text)
        assert [attributes for tag, attributes in page.tags if tag == "script"] == [OURS]
        assert "onload" not in {name for _, attributes in page.tags for name in attributes}
        assert {tag for tag, _ in page.tags} <= {tag for tag, _ in Page(quiet.get(plain).text).tags} | {"mark"}


@pytest.mark.parametrize("path", ["/", "/?q=levee", "/briefs/none"])
def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(
    client_over: Callable[..., TestClient], path: str
) -> None:
    response = client_over(LEVEES).get(path)
    page = Page(response.text)

    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style" not in {tag for tag, _ in page.tags}
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [OURS]
    assert "style" not in {name for _, attributes in page.tags for name in attributes}


@pytest.mark.parametrize("asset", ["/static/style.css", "/static/icon.svg", "/static/briefqa.js"])
def test_what_the_pages_need_is_served(client_over: Callable[..., TestClient], asset: str) -> None:
    assert client_over(LEVEES).get(asset).status_code == 200


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a-b", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https:", False),
        ("http://[", False),
        ("www.example.org", False),
        ("", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_become_links(url: str | None, kept: bool) -> None:  # noqa: FBT001
    assert web_address(url) == (url if kept else None)


@given(st.text(max_size=30), st.data())
def test_pieces_keep_every_character_and_every_mark(text: str, data: st.DataObject) -> None:
    offset = st.integers(0, len(text))
    offsets = sorted(data.draw(st.lists(offset, max_size=5)))
    edges = sorted(data.draw(st.lists(offset, max_size=6, unique=True)))
    lit = list(zip(edges[::2], edges[1::2], strict=False))
    cut = list(pieces(text, [Reference(offset, str(n), "") for n, offset in enumerate(offsets)], lit))

    assert "".join(piece.text for piece in cut) == text
    position, placed, shown = 0, [], ""
    for piece in cut:
        position += len(piece.text)
        placed += [(position, reference.label) for reference in piece.references]
        shown += ("1" if piece.lit else "0") * len(piece.text)
    assert placed == [(offset, str(n)) for n, offset in enumerate(offsets)]
    assert shown == "".join("1" if any(a <= i < b for a, b in lit) else "0" for i in range(len(text)))


class Echo:
    """A model that writes one cited sentence."""

    name = "echo-1"
    seconds = 5.0

    def write(self, turns: Sequence[dict[str, str]], until: float) -> str:
        assert turns
        assert until
        return "Levee premiums rose by 31 percent in four years [1]."

    def stream(self, turns: Sequence[dict[str, str]], until: float) -> Iterator[str]:
        yield self.write(turns, until)


def test_a_model_is_asked_only_where_its_answer_is_shown(client_over: Callable[..., TestClient]) -> None:
    client = client_over(LEVEES)
    asked = {"q": "How much did levee premiums rise in four years?"}
    assert "written=1" not in client.get("/", params=asked).text
    client.app.state.writer = Echo()  # type: ignore[attr-defined]
    page = client.get("/", params=asked).text
    link = Page(page).all("href")

    assert "Word for word from the briefs." in page
    written = client.get(next(href for href in link if "written=1" in href)).text
    assert "Written by echo-1" in written
    assert "31 percent in four years" in written
