"""Every word of the pages can be translated: under a language that brackets what it translates, none stands outside."""

from __future__ import annotations

import gettext
import io
import re
import struct
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from briefqa.embedding import HashingEmbedder
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.web.site import Site, installed_translations, wanted_languages
from briefqa.service.web.strings import catalog, pot, values_in, wording
from fakes import LEVEE, MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

BRIEF = make_brief(LEVEE)
# What the brief says, and names that are the same in every language.
SAID = re.compile(r"briefqa|BibTeX|RIS|Chicago|APA|p\. iv|\(iv\)|g1\b")


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


def compiled(strings: dict[str, str]) -> bytes:
    """A catalog as gettext reads it (.mo): two tables of lengths and places, and the texts, in order of the first."""
    pairs = [(said.encode() + b"\0", meant.encode() + b"\0") for said, meant in sorted(strings.items())]
    places, at = [], 28 + 16 * len(pairs)
    for side in (0, 1):
        for pair in pairs:
            places += [len(pair[side]) - 1, at]
            at += len(pair[side])
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + struct.pack(f"<{len(places)}I", *places) + b"".join(pair[side] for side in (0, 1) for pair in pairs)


BRACKETED = gettext.GNUTranslations(
    io.BytesIO(
        compiled(
            {"": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n != 1;\n"}
            | {"\0".join(one): "\0".join(f"⟦{text}⟧" for text in one) for one in catalog()}
        )
    )
)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    live = Live(lambda: MemoryIndex([BRIEF]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    app: FastAPI = app_over(live, docs_in=tmp_path, limits=Limits(), site=Site(lambda _: BRACKETED))
    with TestClient(app) as client:
        client.post("/v1/search", json={"query": "wait until the model is there"})
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?q=levee",
        "/?q=zzz",
        "/?q=%00",
        f"/briefs/{BRIEF.id}?view=notes",
        f"/briefs/{BRIEF.id}?page=1",
        "/briefs",
        "/briefs/zz",
        "/briefs?sheet=x",
        "/none",
        "/admin",
        "/sources",
        "/login",
    ],
)
def test_no_string_of_a_page_is_left_untranslated(client: TestClient, path: str) -> None:
    own = " ".join(
        [BRIEF.body, BRIEF.title, BRIEF.notes[0].text, *BRIEF.authors, BRIEF.collection, "What households pay"]
    )
    left = []
    page = client.get(path, headers={"Accept": "text/html"}).text
    for said in Words(page).said:
        outside = SAID.sub("", re.sub(r"⟦.*?⟧", "", said, flags=re.DOTALL)).strip(" \n·,():↗←→0123456789-")
        if re.search(r"[A-Za-z]{2}", outside) and outside not in own:
            left.append(said)

    assert left == []
    assert page.count("⟦") > 5


def test_languages_are_wanted_in_the_order_of_their_weights() -> None:
    assert wanted_languages("de;q=0.5, fr-CH, en;q=0.8, ../../etc, *;q=0.1, xx") == ["fr_CH", "en", "de"]
    assert wanted_languages("") == []
    assert wanted_languages("de;q=x") == ["de"]


def test_without_a_translation_the_pages_are_english() -> None:
    assert installed_translations(["xx", "en"]).gettext("Briefs") == "Briefs"


def test_what_was_put_into_a_sentence_is_kept_in_its_translation() -> None:
    worded = wording(BRACKETED)

    assert worded("There is no picture of this page.") == "⟦There is no picture of this page.⟧"
    assert worded("This brief has no page {7}: it has 3.") == "⟦This brief has no page {7}: it has 3.⟧"
    assert worded("Nobody has foreseen this.") == "Nobody has foreseen this."
    assert worded("a.pdf is empty: put the whole file in its place.").startswith("⟦a.pdf is empty")


def test_values_are_found_between_literals_only() -> None:
    assert values_in("a 1 b 2 c", ["a ", " b ", " c"]) == ["1", "2"]
    assert values_in("a 1 b 2", ["a ", " b ", " c"]) is None
    assert values_in("ab", ["ab", "b"]) is None
    assert values_in("a" * 100_000, ["a"] * 20) is not None  # in a time that grows with the text alone


def test_the_catalog_can_be_read_by_whoever_translates() -> None:
    said = pot([("Briefs",), ("%(num)s “brief”", "%(num)s\n briefs")])
    assert 'msgid "Briefs"\nmsgstr ""' in said
    assert 'msgid_plural "%(num)s\\n briefs"' in said
