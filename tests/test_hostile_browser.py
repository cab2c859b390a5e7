"""What hostile briefs, and a model that repeats them, come to in a browser: text, on every page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from briefqa.briefs import Problem
from briefqa.catalog import FileRecord
from briefqa.embedding import HashingEmbedder
from briefqa.generation import CitedSource, NotesWanted, Portion, SourcesWanted, StoredNote
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.shapes import sendable
from browsing import REQUIRED, missing, served, serving
from fakes import MemoryIndex
from hostile import TEXTS, hostile_brief, hostile_briefs, question_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing()) and not REQUIRED, reason=missing() or "all is there"),
]

# What analysts may find in a folder that others write to. Each one would say "owned" in the page's title.
OWNED = "document.title='owned'"
SCRIPT = f"<script>{OWNED}</script>"
HOSTILE = {
    "script.md": f"# A {SCRIPT} title\n\nDykes {SCRIPT} hold.[^1]\n\n[^1]: <b onclick=x>Note</b>.\n",
    "image.md": f'# Pictures\n\nDykes <img src=x onerror="{OWNED}"> ![x](https://evil.example/p.png) hold.\n',
    "link.md": f"# Links\n\nDykes [hold](javascript:{OWNED}).[^1]\n\n[^1]: Holt. javascript:{OWNED}.\n",
    "quote.md": f'# Quotes " onload="{OWNED}\n\nDykes \' onmouseover=\'{OWNED}\' hold {{{{ 7*7 }}}} {{% raw %}}.\n',
    "close.txt": f"Dykes </div></main></body>{SCRIPT}\n\n<iframe src=/></iframe> <base href=//evil.example>\n",
    "svg.html": f"<html><body><h1>Dykes</h1><p>hold <svg onload={OWNED}></svg></p><style>*{{color:red}}</style></body>",
    "turned.txt": "Dykes \u202e dloh \u202c and \u2066 never \u2069 fail \u0000 \u001b[31m red.\n",
    "refresh.html": "<html><head><meta http-equiv=refresh content='0;url=//evil.example'></head><p>Dykes hold.</p>",
    'na"me<img src=x onerror=x>.txt': "Dykes hold in a file of an ill name.\n",
}  # fmt: skip

HARM = """(html) => {
    const page = html ? new DOMParser().parseFromString(html, "text/html") : document;
    const harm = [];
    const base = location.origin === "null" ? "http://own.invalid/" : location.href;
    for (const node of page.querySelectorAll("*")) {
        const name = node.tagName.toLowerCase();
        if (["iframe", "frame", "base", "object", "embed", "style", "textarea"].includes(name)) harm.push(name);
        if (node.matches("meta[http-equiv]")) harm.push("meta");
        for (const { name: key, value } of node.attributes) {
            if (/^on|^style$|^srcdoc$/.test(key)) harm.push(`${name} ${key}`);
            if (["href", "src", "action", "formaction"].includes(key)) {
                const url = new URL(value, base);
                const away = name === "a" && node.rel.includes("noopener") && /^https?:$/.test(url.protocol);
                if (url.origin !== new URL(base).origin && !away) harm.push(`${name} ${key} ${value}`);
            }
        }
    }
    if (page.scripts.length !== 1) harm.push(`${page.scripts.length} scripts`);
    return harm;
}"""
"""Everything on a page that runs, reports or leads where nothing should; empty where all is well."""


def test_harm_is_seen_where_there_is_some(page: Page) -> None:
    # The check can fail: read as markup, which does not run there, the attacks are found.
    page.goto("about:blank")  # which has no policy that would complain
    harm = {told for text in TEXTS.values() for told in page.evaluate(HARM, sendable(text))}
    assert {"iframe", "img onerror", "base", "svg onload", "meta", "form action https://evil.example/"} <= harm


class Parrot:
    """A model that says what hostile briefs say, which is verified: it stands in the passage."""

    name = "<b>parrot</b>"
    seconds = 30.0

    def write(self, turns: Sequence[dict[str, str]], until: float) -> str:
        return "".join(self.stream(turns, until))

    def stream(self, turns: Sequence[dict[str, str]], until: float) -> Iterator[str]:
        assert until
        asked = turns[1]["content"].rpartition("The question: ")[2]
        name = asked.removeprefix("By how much did the harbour dues of ").partition(" rise?")[0]
        yield f"The harbour dues of {name} rose by 12 percent [1]. {TEXTS[name]} "
        yield f"[1]. The quay of {name} is paid from dues [1]."


@dataclass
class HostileIndex(MemoryIndex):
    """An index in which every brief has its own source, failure and doubts."""

    def sources(self, where: SourcesWanted, *, limit: int, offset: int = 0) -> Portion[CitedSource]:
        assert where
        return Portion(len(self.stored), tuple(self.source(brief.id) for brief in self.stored[offset : offset + limit]))

    def source(self, source_id: str) -> CitedSource:
        _, brief = self.brief(source_id)
        return CitedSource(source_id, {"id": source_id, **brief.notes[0].sources[0].csl}, 2, 2, 1)

    def citing(self, source_id: str, *, limit: int, offset: int = 0) -> Portion[StoredNote]:
        return self.notes(NotesWanted(brief=source_id), limit=limit, offset=offset)

    def files(self) -> list[FileRecord]:
        return [FileRecord(text, 1, 1, "", None, text) for text in TEXTS.values()]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    briefs = [
        replace(brief, problems=(Problem(brief.id, 1, f"{brief.title} leads to no note."),))
        for brief in hostile_briefs()
    ]
    live = Live(lambda: HostileIndex(briefs), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    app = app_over(live, docs_in=tmp_path_factory.mktemp("docs_in"), limits=Limits())
    app.state.writer = Parrot()
    with serving(app) as address:
        yield address


@pytest.mark.parametrize("part", range(4))
def test_every_attack_in_every_place_of_a_brief_stays_text(page: Page, address: str, part: int) -> None:
    streamed = 0
    for name in list(TEXTS)[part::4]:
        brief = hostile_brief(name)
        page.goto(f"/?q={quote(question_for(name))}")
        page.get_by_text("The answer is written.").or_(page.locator(".answer:not(:has(#write))")).wait_for()
        streamed += page.locator(".said", has_text=f"The quay of {name} is paid").count()
        assert (name, page.evaluate(HARM)) == (name, [])
        whole = f"/briefs/{brief.id}"
        for path in (
            f"{whole}?page=1&passage={brief.id}-0",
            whole,
            f"/sources/{brief.id}",
        ):
            page.goto(path)
            assert (name, path, page.evaluate(HARM)) == (name, path, [])
        assert page.url.startswith(address)
    assert streamed > len(TEXTS) / 4 / 2  # most of what the parrot says stands in its brief, and is shown


@pytest.mark.parametrize("path", ["/", "/briefs", "/briefs?sheet=2", "/sources", "/sources?sheet=2", "/admin"])
def test_lists_show_all_attacks_as_text(page: Page, path: str) -> None:
    page.goto(path)
    assert page.evaluate(HARM) == []


@pytest.mark.parametrize(
    "path", ["/?q={}", "/?q=dues&author={}", "/briefs?author={}", "/sources?find={}", "/login?next={}", "/none/{}"]
)
def test_what_an_address_says_stays_text(page: Page, path: str) -> None:
    for name in ("script", "break-attribute", "break-textarea", "javascript-url", "template", "base"):
        page.goto(path.format(quote(TEXTS[name], safe="")) if "find" not in path else path.format(quote(TEXTS[name])))
        assert (name, page.evaluate(HARM)) == (name, [])


def test_files_that_are_out_to_harm_are_only_text(context_of: Callable[..., BrowserContext], tmp_path: Path) -> None:
    docs_in = tmp_path / "docs_in"
    docs_in.mkdir()
    for name, text in HOSTILE.items():
        (docs_in / name).write_text(text, encoding="utf-8")
    with served(docs_in, tmp_path / "index") as address:
        page = context_of(address).new_page()
        page.goto("/briefs")
        links = [link.get_attribute("href") or "" for link in page.locator(".briefs .title").all()]
        assert len(links) == len(HOSTILE)
        for path in (*links, "/?q=dykes+hold", "/admin"):
            page.goto(path, wait_until="networkidle")
            assert page.title() != "owned"
            assert page.url == f"{address}{path}"
            assert (path, page.evaluate(HARM)) == (path, [])
        page.context.close()
