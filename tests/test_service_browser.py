"""The pages in a real browser: every way through them, by keyboard alone too, and what hostile briefs come to there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from briefqa.keys import KeyFile
from briefqa.service.addresses import addressing
from briefqa.service.guarding import Guard
from browsing import REQUIRED, follow, missing, painted, served, tab_to
from proxying import proxied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import BrowserContext, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing()) and not REQUIRED, reason=missing() or "all is there"),
]

SAMPLES = Path(__file__).parent.parent / "docs_in" / "samples"
QUESTION = "What did the engineer's 2019 report say about silt in the Wendle Main Drain?"
ASKED = f"/?q={quote(QUESTION)}"
FIRST_PAGE_BYTES = 100_000
MOST_MS_TO_PAINT = 1000

ARABIC = (
    "# تكلفة السدود\n\nارتفعت أقساط التأمين على السدود بنسبة كبيرة في أربع سنوات.[^1]\n\n[^1]: معهد المد، الأقساط.\n"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("browser")
    docs_in = home / "docs_in"
    shutil.copytree(SAMPLES, docs_in / "samples")
    (docs_in / "arabic.md").write_text(ARABIC, encoding="utf-8")
    with served(docs_in, home / "index") as address:
        yield address


def hit_url(page: Page) -> str:
    page.goto(ASKED)
    return page.locator(".hit h2 a").first.get_attribute("href") or ""


EVERY_RULE = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def barriers(page: Page, rules: Sequence[str] = EVERY_RULE, but: Sequence[str] = ()) -> list[tuple[str, list[Any]]]:
    """What axe finds against WCAG 2.2 AA and good practice, by rule. rules: to look at; but: those to leave out."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only where there is a browser

    options = {"runOnly": list(rules), "rules": {rule: {"enabled": False} for rule in but}}
    found = Axe().run(page, options=options).response
    assert found["passes"]
    return [(item["id"], [node["target"] for node in item["nodes"]]) for item in found["violations"]]


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
    follow(page.locator("nav.turn a[rel=next]").first, "**page=2")
    follow(page.get_by_role("link", name="previous").first, "**page=1")

    page.get_by_role("searchbox", name="Find in this brief").fill("COTTER’S   sluice")
    page.keyboard.press("Enter")
    page.wait_for_url("**find=*")
    follow(page.locator(".found a").first, "**#passage")
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
    follow(page.locator(".briefs .title", has_text="Residual Market Report 2023"), "**/sources/*")
    page.get_by_text("Cite", exact=True).click()
    assert page.locator("dt", has_text="Chicago").is_visible()
    follow(page.get_by_role("link", name="p. 1").first, "**/briefs/*page=1*#passage")
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
    follow(page.locator(".hit h2 a").first, "**/briefs/*#passage")
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
    follow(page.locator(".plot a").last, "**year=2024*")
    assert page.locator(".briefs li").count() == 2
    page.locator("select[name=year]").select_option("")
    page.locator("select[name=author]").select_option("Vesper Water Forum")
    follow(page.get_by_role("button", name="Show"), "**author=Vesper*")
    follow(page.get_by_role("link", name="Metering the Vesper Basin"), "**/briefs/*")
    assert "Vesper" in page.locator("h1").inner_text()
    follow(page.get_by_role("link", name="Notes (7)"), "**view=notes")
    assert page.locator(".notes > li").count() == 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
def test_no_page_has_a_barrier(context_of: Callable[..., BrowserContext], scheme: str, size: tuple[int, int]) -> None:
    page = context_of(color_scheme=scheme, viewport={"width": size[0], "height": size[1]}).new_page()
    brief = hit_url(page)
    whole = brief.split("?")[0]
    page.goto("/sources")
    source = page.locator(".briefs .title").first.get_attribute("href") or ""
    page.goto("/briefs?author=Vesper+Water+Forum")
    text = page.locator(".briefs .title").first.get_attribute("href") or ""
    for path in (
        "/",
        ASKED,
        "/?q=zzz+qqq",
        brief,
        whole,
        f"{whole}?view=notes",
        f"{whole}?page=1&find=drain",
        "/briefs",
        text,
        "/admin",
        "/sources",
        source,
        "/login",
        "/none",
        "/briefs/none",
        "/briefs?sheet=x",
    ):
        page.goto(path)
        page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
        # In the dark, colours alone are others.
        assert (path, barriers(page, EVERY_RULE if scheme == "light" else ["color-contrast"])) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways"


def test_the_viewer_of_the_api_has_no_barriers(page: Page) -> None:
    page.goto("/docs")
    page.locator("#operations-search-search_v1_search_post").wait_for()
    assert barriers(page) == []


def test_the_first_page_is_light(page: Page) -> None:
    sizes: dict[str, int] = {}
    page.on("response", lambda response: sizes.update({response.url: len(response.body())}))
    page.goto("/", wait_until="networkidle")

    assert len(sizes) >= 3
    assert sum(sizes.values()) <= FIRST_PAGE_BYTES


def test_results_are_painted_soon_after_the_server_has_answered(page: Page) -> None:
    page.goto("/")
    page.goto("/?q=dykes")
    # Milliseconds; benchmarks/bench_pages.py has the figures, this fails where something slow was put before the paint.
    assert min(painted(page)["largest"] for _ in range(3) if page.goto(ASKED)) < MOST_MS_TO_PAINT


def test_a_brief_is_browsed_and_checked_with_the_keyboard_alone(page: Page) -> None:
    def go(what: str, leads_to: str) -> None:
        tab_to(page, what)
        page.keyboard.press("Enter")
        page.wait_for_url(leads_to)

    page.goto("/")
    tab_to(page, "a.skip, nav a")
    go("nav a[href='/briefs']", "**/briefs")
    go(".briefs a.title[href*='page=1']", "**/briefs/*?page=1")
    go("nav.turn a[rel=next]", "**?page=2")
    tab_to(page, "input[name=find]")
    page.keyboard.type("the")
    page.keyboard.press("Enter")
    page.wait_for_url("**find=the")
    go(".found a", "**#passage")
    tab_to(page, ".text sup a")
    page.keyboard.press("Enter")
    assert page.locator("li:target").count() == 1
    tab_to(page, ".cite summary")
    page.keyboard.press("Enter")
    assert page.locator(".cite[open] pre").first.is_visible()
    tab_to(page, "button.copy")
    go("nav.views a[href*='view=notes']", "**view=notes")
    go(".notes a.elsewhere", "**#mark-*")
    page.goto("/sources")
    tab_to(page, "input[name=find]")
    page.keyboard.type("actuary")
    page.keyboard.press("Enter")
    page.wait_for_url("**find=actuary*")
    go(".briefs a.title", "**/sources/*")
    go(".where a[href*='passage=']", "**#passage")


def test_a_question_is_narrowed_down_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.type(QUESTION)
    tab_to(page, ".filters summary")
    page.keyboard.press("Enter")
    tab_to(page, "select[name=folder]")
    page.keyboard.type("samples")
    tab_to(page, "input[name=published_from]")
    page.keyboard.type("2023")
    tab_to(page, "input[name=notes]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**folder=samples*published_from=2023*notes=1*")
    assert "Wendle Main Drain" in page.locator(".hit").first.inner_text()


def test_a_pdf_opens_in_the_browsers_own_viewer_though_it_is_in_a_sandbox(page: Page) -> None:
    file = hit_url(page).split("?")[0] + "/file"
    assert "sandbox" in page.request.get(file).headers["content-security-policy"]
    page.goto(file)
    page.wait_for_timeout(500)
    assert any(frame.url.startswith("chrome-extension:") for frame in page.frames)


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
                tab_to(page, "form[action*='/admin/rollback'] button")
                page.keyboard.press("Enter")
                page.wait_for_url("**/admin?done=*")
                assert page.locator("tr:has(strong) code").inner_text() in page.url
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
        page.keyboard.type(secret)  # the field has the focus
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}{sought}")
        assert {cookie["path"] for cookie in context.cookies()} == {"/library/"}
        assert barriers(page) == []

        follow(page.locator(".briefs .title").first, f"{address}/sources/*")
        follow(page.get_by_role("link", name="p. 1").first, f"{address}/briefs/*page=1*#passage")
        page.wait_for_load_state("networkidle")
        assert page.locator(".print img").evaluate("image => image.naturalWidth") > 1000
        follow(page.locator("nav.turn a[rel=next]").first, f"{address}/briefs/*page=2*")
        page.get_by_role("searchbox", name="Find in this brief").fill("the")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/briefs/*find=the")
        follow(page.locator(".found a").first, f"{address}/briefs/*#passage")
        follow(page.get_by_role("link", name="Notes ("), f"{address}/briefs/*view=notes")
        follow(page.locator(".notes a.elsewhere").first, f"{address}/briefs/*#mark-*")
        follow(page.get_by_role("link", name="Ask", exact=True), f"{address}/")
        follow(page.locator(".examples a").first, f"{address}/?q=*")
        follow(page.locator(".hit h2 a").first, f"{address}/briefs/*#passage")
        follow(page.get_by_role("link", name="Briefs", exact=True), f"{address}/briefs")
        follow(page.locator(".plot a").first, f"{address}/briefs?year=*")
        follow(page.get_by_role("link", name="show all"), f"{address}/briefs")
        follow(page.get_by_role("link", name="Operate"), f"{address}/admin")
        follow(page.get_by_role("link", name="API"), f"{address}/docs")
        page.locator("#operations-search-search_v1_search_post").wait_for()
        page.go_back()
        page.wait_for_url(f"{address}/admin")
        tab_to(page, "form[action$='/logout'] button")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/login")
        assert context.cookies() == []
        page.goto(f"{address}/none/such")
        assert page.url.startswith(f"{address}/login?next=")
        context.close()


def test_a_brief_that_reads_from_right_to_left_is_shown_so(page: Page) -> None:
    page.goto("/briefs")
    follow(page.get_by_role("link", name="تكلفة السدود"), "**/briefs/*")

    assert page.locator(".text").evaluate("text => getComputedStyle(text).direction") == "rtl"
    assert page.locator(".notes bdi").first.evaluate("note => getComputedStyle(note).direction") == "rtl"


def test_in_print_only_what_is_to_be_read_is_left(page: Page) -> None:
    page.goto(ASKED)
    page.emulate_media(media="print")

    assert not page.locator("form.ask").is_visible()
    assert page.locator(".hit .notes").first.is_visible()
