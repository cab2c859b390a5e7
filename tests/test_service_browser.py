"""The pages in a real browser: every way through them, by keyboard alone too, and what hostile briefs come to there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from briefqa.embedding import HashingEmbedder
from briefqa.keys import KeyFile
from briefqa.service.addresses import addressing
from briefqa.service.app import app_over
from briefqa.service.guarding import Guard
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from browsing import REQUIRED, chromium, missing, served, serving
from fakes import MemoryIndex
from hostile import hostile_briefs
from proxying import proxied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Route

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing()) and not REQUIRED, reason=missing() or "all is there"),
]

SAMPLES = Path(__file__).parent.parent / "docs_in" / "samples"
QUESTION = "What did the engineer's 2019 report say about silt in the Wendle Main Drain?"
ASKED = f"/?q={quote(QUESTION)}"
FIRST_PAGE_BYTES = 100_000

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
ARABIC = (
    "# تكلفة السدود\n\nارتفعت أقساط التأمين على السدود بنسبة كبيرة في أربع سنوات.[^1]\n\n[^1]: معهد المد، الأقساط.\n"
)


# Playwright keeps an event loop running in this thread: it ends with the module, for those tests that run their own.
@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("browser")
    docs_in = home / "docs_in"
    shutil.copytree(SAMPLES, docs_in / "samples")
    (docs_in / "hostile").mkdir()
    for name, text in HOSTILE.items():
        (docs_in / "hostile" / name).write_text(text, encoding="utf-8")
    (docs_in / "arabic.md").write_text(ARABIC, encoding="utf-8")
    with served(docs_in, home / "index") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def context_of(browser: Browser, address: str) -> Iterator[Callable[..., BrowserContext]]:
    """Make contexts whose pages may ask the server alone, and have nothing to complain of when the test ends."""
    allowed = address
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def guard(route: Route) -> None:
        if route.request.url.startswith((allowed, "data:")):
            route.continue_()
        else:
            complaints.append(f"asked {route.request.url}")
            route.abort()

    def make(at: str = address, **options: Any) -> BrowserContext:
        nonlocal allowed
        allowed = at
        context = browser.new_context(base_url=at, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        context.route("**/*", guard)
        context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        context.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(context_of: Callable[..., BrowserContext]) -> Page:
    return context_of(viewport={"width": 1280, "height": 900}).new_page()


def hit_url(page: Page) -> str:
    page.goto(ASKED)
    return page.locator(".hit h2 a").first.get_attribute("href") or ""


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))


def test_a_question_is_asked_and_its_source_is_checked_without_a_mouse(page: Page) -> None:
    page.goto("/")
    page.keyboard.type(QUESTION)  # the box has the focus
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    assert "silt filled 44 per cent" in page.locator(".hit mark").first.inner_text()

    mark = page.locator(".hit sup a", has_text="8").first
    mark.focus()
    page.keyboard.press("Enter")
    note = page.locator("li:target")
    assert "Condition of the Wendle Main Drain" in note.inner_text()
    page.keyboard.press("Tab")
    assert 'class="label"' in focused(page) or "back to its mark" in focused(page)
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#" + (mark.get_attribute("id") or "")

    page.locator(".hit h2 a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/briefs/*page=2*#passage")
    assert page.locator("#passage").count() == 1


def test_the_page_is_shown_as_printed_with_the_passage_where_it_stands(page: Page) -> None:
    page.goto(hit_url(page))
    page.wait_for_load_state("networkidle")
    picture = page.locator(".print img")

    assert picture.evaluate("image => image.naturalWidth") > 1000
    print_box = picture.bounding_box()
    lit = page.locator("rect.lit")
    assert lit.count() > 3
    for number in range(lit.count()):
        box = lit.nth(number).bounding_box()
        assert box
        assert print_box
        assert print_box["x"] <= box["x"] < box["x"] + box["width"] <= print_box["x"] + print_box["width"] + 1
        assert print_box["y"] <= box["y"] < box["y"] + box["height"] <= print_box["y"] + print_box["height"] + 1
    # Ink below the boxes: what the first one covers is not white.
    share = page.evaluate(
        """() => {
            const image = document.querySelector(".print img"), rect = document.querySelector("rect.lit");
            const canvas = document.createElement("canvas");
            canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
            const context = canvas.getContext("2d"); context.drawImage(image, 0, 0);
            const scale = image.naturalWidth / image.getAttribute("width");
            const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => rect.getAttribute(name) * scale);
            const pixels = context.getImageData(x, y, w, h).data;
            let dark = 0;
            for (let at = 0; at < pixels.length; at += 4) dark += pixels[at] < 128;
            return dark / (pixels.length / 4);
        }"""
    )
    assert 0.05 < share < 0.5


def test_a_mark_on_the_picture_leads_to_its_note(page: Page) -> None:
    page.goto(hit_url(page).split("#")[0])
    page.wait_for_load_state("networkidle")
    page.locator(".boxes a:has(rect.mark)").first.click()

    assert page.locator("li:target").count() == 1
    assert page.locator(".boxes .gone-to").count() >= 1


def test_pages_are_turned_and_words_are_found(page: Page) -> None:
    page.goto(hit_url(page).split("?")[0] + "?page=1")
    page.locator("nav.turn a[rel=next]").first.click()
    page.wait_for_url("**page=2")
    page.get_by_role("link", name="previous").first.click()
    page.wait_for_url("**page=1")

    page.get_by_role("searchbox", name="Find in this brief").fill("COTTER’S   sluice")
    page.keyboard.press("Enter")
    page.wait_for_url("**find=*")
    page.locator(".found a").first.click()
    page.wait_for_load_state("networkidle")
    assert page.locator("rect.found").count() >= 1
    assert page.locator(".read mark").first.inner_text() == "Cotter’s Sluice"


def test_keyboard_shortcuts_can_be_turned_off(page: Page) -> None:
    page.goto(ASKED)
    page.keyboard.press("/")
    assert 'id="question"' in focused(page)
    page.get_by_label("Press / to ask").uncheck()
    page.reload()
    page.keyboard.press("/")
    assert 'id="question"' not in focused(page)


def test_the_answer_leads_to_its_passages_and_back(page: Page) -> None:
    page.goto("/?q=How+did+the+evening+speed+of+low-orbit+satellite+internet+change+as+neighbours+subscribed%3F")
    number = page.locator(".answer .said a.number").first
    number.click()
    cited = page.locator(".cited li:target")
    assert cited.count() == 1
    cited.locator("a.number").click()
    assert page.evaluate("location.hash").startswith("#claim-")
    cited = page.locator(".cited li").first
    cited.get_by_role("link", name="passage").click()
    assert page.locator(".hit:target").count() == 1


def test_a_source_shows_who_cites_it(page: Page) -> None:
    page.goto("/sources?find=actuary+residual")
    page.locator(".briefs .title", has_text="Residual Market Report 2023").click()
    page.wait_for_url("**/sources/*")
    page.get_by_text("Cite", exact=True).click()
    assert page.locator("dt", has_text="Chicago").is_visible()
    page.get_by_role("link", name="p. 1").first.click()
    page.wait_for_url("**/briefs/*page=1*#passage")
    assert page.locator("#passage").count() == 1


def test_a_citation_is_copied(context_of: Callable[..., BrowserContext]) -> None:
    context = context_of(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/?q=How+many+homes+does+the+Coastal+Residual+Market+Pool+insure%3F")
    details = page.locator("li", has_text="Residual Market Report 2023").locator(".cite").first
    details.locator("summary").click()
    for name, part in (("BibTeX", "@"), ("Chicago", "Residual Market Report 2023"), ("APA", "(2024")):
        details.get_by_role("button", name=f"Copy {name}").click()
        page.get_by_text("Copied.").wait_for()
        assert part in page.evaluate("navigator.clipboard.readText()")


def test_a_permalink_works_without_scripts(context_of: Callable[..., BrowserContext]) -> None:
    page = context_of(java_script_enabled=False).new_page()
    page.goto(ASKED)

    assert page.locator(".hit").count() == 5
    page.locator(".hit sup a").first.click()
    assert page.locator("li:target").count() == 1
    page.locator(".hit h2 a").first.click()
    assert page.locator(".print img").count() == 1


def test_filters_narrow_down_and_stay_chosen(page: Page) -> None:
    page.goto("/")
    page.get_by_text("Narrow down").click()
    page.get_by_label("Collection").select_option("samples")
    page.get_by_label("From").fill("2024")
    page.get_by_role("searchbox", name="Question").fill("How much does it cost?")
    page.keyboard.press("Enter")
    page.wait_for_url("**published_from=2024*")

    assert {text[:4] for text in page.locator(".hit time").all_inner_texts() if text} >= {"2024"}
    assert page.locator(".hit .where", has_text="2023").count() == 0
    assert page.get_by_label("From").input_value() == "2024"


def test_briefs_are_browsed_by_year_and_author(page: Page) -> None:
    page.goto("/briefs")
    page.locator(".plot a").last.click()
    page.wait_for_url("**year=2024*")
    assert page.locator(".briefs li").count() == 2
    page.locator("select[name=year]").select_option("")
    page.locator("select[name=author]").select_option("Vesper Water Forum")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Metering the Vesper Basin").click()
    assert "Vesper" in page.locator("h1").inner_text()
    page.get_by_role("link", name="Notes (7)").click()
    page.wait_for_url("**view=notes")
    assert page.locator(".notes > li").count() == 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
def test_no_page_has_a_barrier(context_of: Callable[..., BrowserContext], scheme: str, size: tuple[int, int]) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only where there is a browser

    page = context_of(color_scheme=scheme, viewport={"width": size[0], "height": size[1]}).new_page()
    brief = hit_url(page)
    whole = brief.split("?")[0]
    axe = Axe()
    for path in (
        "/",
        ASKED,
        "/?q=zzz+qqq",
        brief,
        whole,
        f"{whole}?view=notes",
        f"{whole}?page=1&find=drain",
        "/briefs",
        "/admin",
        "/sources",
    ):
        page.goto(path)
        page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
        found = axe.run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        barriers = [(item["id"], [node["target"] for node in item["nodes"]]) for item in found.response["violations"]]
        assert (path, barriers) == (path, [])
        assert len(found.response["passes"]) > 10
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways"


def test_the_first_page_is_light(page: Page) -> None:
    sizes: dict[str, int] = {}
    page.on("response", lambda response: sizes.update({response.url: len(response.body())}))
    page.goto("/", wait_until="networkidle")

    assert len(sizes) >= 3
    assert sum(sizes.values()) <= FIRST_PAGE_BYTES


def test_an_earlier_generation_is_made_live_again(context_of: Callable[..., BrowserContext], tmp_path: Path) -> None:
    docs_in, index = tmp_path / "docs_in", tmp_path / "index"
    docs_in.mkdir()
    (docs_in / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    for text in ("Dykes hold.\n", "Dykes hold no more.\n"):
        (docs_in / "dykes.txt").write_text(text, encoding="utf-8")
        with served(docs_in, index) as address:
            page = context_of(address).new_page()
            page.goto("/admin")
            assert "broken.pdf is not a readable PDF" in page.locator("main").inner_text()
            if text != "Dykes hold.\n":
                page.get_by_role("button", name="Make live").press("Enter")
                page.wait_for_url("**/admin?done=*")
                assert page.locator("tr:has(strong) code").inner_text() in page.url
            page.context.close()


def test_hostile_briefs_are_only_text(page: Page) -> None:
    page.goto("/briefs?folder=hostile")
    links = [link.get_attribute("href") or "" for link in page.locator(".briefs .title").all()]
    assert len(links) == len(HOSTILE)
    for path in (
        *links,
        "/?q=dykes+hold",
        "/?q=%3Cscript%3Edocument.title%3D%27owned%27%3C/script%3E",
        "/briefs?author=%22%3E%3Cimg%20src=x%3E",
    ):
        page.goto(path, wait_until="networkidle")
        assert page.evaluate("document.title") != "owned"
        assert page.locator("iframe, base, img, object, embed, style, meta[http-equiv]").count() == 0
        assert page.locator("script").count() == 1
        handlers = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter(
                (node) => node.getAttributeNames().some((name) => /^on|^style$/.test(name))).length"""
        )
        assert handlers == 0
        for link in page.locator("a").all():
            assert not (link.get_attribute("href") or "").lower().startswith(("javascript:", "data:"))


def test_every_attack_in_every_place_of_a_brief_stays_text(
    context_of: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    briefs = hostile_briefs()
    live = Live(lambda: MemoryIndex(briefs), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    with serving(app_over(live, docs_in=tmp_path, limits=Limits())) as address:
        page = context_of(address, viewport={"width": 1280, "height": 900}).new_page()
        for brief in briefs:
            for path in (f"/briefs/{brief.id}", f"/briefs/{brief.id}?view=notes"):
                page.goto(path)
                assert page.locator("script, iframe, base, embed, object, style, [style], [onload], img").count() == 1
        for path in ("/briefs", "/?q=harbour+dues", "/"):
            page.goto(path)
            assert page.locator("script").count() == 1
        page.context.close()


@pytest.mark.parametrize("tells", [True, False], ids=["the proxy tells", "public_url tells"])
def test_all_pages_work_below_a_prefix(
    context_of: Callable[..., BrowserContext], tmp_path: Path, *, tells: bool
) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    secret = keys.create("operator", rights=["read", "admin"])[1]
    known = addressing("" if tells else "http://briefs.example.org/library", "127.0.0.1" if tells else "", "127.0.0.1")
    with (
        served(SAMPLES, tmp_path / "index", guard=Guard(keys=keys, required=True), known=known) as upstream,
        proxied(upstream, "/library", tells=tells) as address,
    ):
        context = context_of(f"{address}/")
        page = context.new_page()
        sought = "/sources?find=residual+market"
        page.goto(f"{address}{sought}")
        page.wait_for_url(f"{address}/login?next={quote(sought, safe='')}")
        page.get_by_label("Your key").fill(secret)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}{sought}")
        assert {cookie["path"] for cookie in context.cookies()} == {"/library/"}

        page.locator(".briefs .title").first.click()
        page.get_by_role("link", name="p. 1").first.click()
        page.wait_for_load_state("networkidle")
        assert page.locator(".print img").evaluate("image => image.naturalWidth") > 1000
        page.locator("nav.turn a[rel=next]").first.click()
        page.get_by_role("searchbox", name="Find in this brief").fill("the")
        page.keyboard.press("Enter")
        page.locator(".found a").first.click()
        page.get_by_role("link", name="Notes (").click()
        page.locator(".notes a.elsewhere").first.click()
        page.get_by_role("link", name="Ask", exact=True).click()
        page.locator(".examples a").first.click()
        page.locator(".hit h2 a").first.click()
        page.get_by_role("link", name="Briefs", exact=True).click()
        page.locator(".plot a").first.click()
        page.get_by_role("link", name="show all").click()
        page.get_by_role("link", name="Operate").click()
        page.get_by_role("link", name="API").click()
        page.locator("#operations-search-search_v1_search_post").wait_for()
        page.go_back()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{address}/login")
        assert context.cookies() == []
        page.goto(f"{address}/none/such")
        assert page.url.startswith(f"{address}/login?next=")
        context.close()


def test_a_brief_that_reads_from_right_to_left_is_shown_so(page: Page) -> None:
    page.goto("/briefs")
    page.get_by_role("link", name="تكلفة السدود").click()

    assert page.locator(".text").evaluate("text => getComputedStyle(text).direction") == "rtl"
    assert page.locator(".notes bdi").first.evaluate("note => getComputedStyle(note).direction") == "rtl"


def test_in_print_only_what_is_to_be_read_is_left(page: Page) -> None:
    page.goto(ASKED)
    page.emulate_media(media="print")

    assert not page.locator("form.ask").is_visible()
    assert page.locator(".hit .notes").first.is_visible()
