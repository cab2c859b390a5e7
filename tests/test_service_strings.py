"""Every word of the pages can be translated: under a language that brackets what it translates, none stands outside."""

from __future__ import annotations

import gettext
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from briefqa.embedding import HashingEmbedder
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.web.site import Site, installed_translations, wanted_languages
from fakes import LEVEE, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

BRIEF = make_brief(LEVEE)
# What the brief says, and names that are the same in every language.
SAID = re.compile(r"briefqa|BibTeX|RIS|Chicago|APA|p\. iv|g1\b")


class Bracketed(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


class Words(HTMLParser):
    """The texts of a page that a reader meets: text, and the attributes that are read out or shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.own = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.own += tag in {"bdi", "pre", "time", "mark", "option", "title", "sup"} or ("class", "text") in attrs
        self.said += [value or "" for name, value in attrs if name in {"aria-label", "alt", "title", "data-copied"}]

    def handle_endtag(self, tag: str) -> None:
        self.own -= tag in {"bdi", "pre", "time", "mark", "option", "title", "sup"}

    def handle_data(self, data: str) -> None:
        if not self.own:
            self.said.append(data)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    live = Live(lambda: MemoryIndex([BRIEF]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    app: FastAPI = app_over(live, docs_in=tmp_path, limits=Limits(), site=Site(lambda _: Bracketed()))
    with TestClient(app) as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        yield client


@pytest.mark.parametrize(
    "path",
    ["/", "/?q=levee", "/?q=zzz", f"/briefs/{BRIEF.id}?view=notes", "/briefs", "/briefs/zz", "/admin", "/sources"],
)
def test_no_string_of_a_page_is_left_untranslated(client: TestClient, path: str) -> None:
    own = " ".join(
        [BRIEF.body, BRIEF.title, BRIEF.notes[0].text, *BRIEF.authors, BRIEF.collection, "What households pay"]
    )
    left = []
    for said in Words(client.get(path).text).said:
        outside = SAID.sub("", re.sub(r"⟦.*?⟧", "", said, flags=re.DOTALL)).strip(" \n·,():↗←→0123456789-")
        if re.search(r"[A-Za-z]{2}", outside) and outside not in own and "There is no brief" not in outside:
            left.append(said)

    assert left == []
    assert client.get(path).text.count("⟦") > 5


def test_languages_are_wanted_in_the_order_of_their_weights() -> None:
    assert wanted_languages("de;q=0.5, fr-CH, en;q=0.8, ../../etc, *;q=0.1, xx") == ["fr_CH", "en", "de"]
    assert wanted_languages("") == []
    assert wanted_languages("de;q=x") == ["de"]


def test_without_a_translation_the_pages_are_english() -> None:
    assert installed_translations(["xx", "en"]).gettext("Briefs") == "Briefs"
