"""Ask through a running Open WebUI, in its page, and check that its sources are the citations of the answer.

    pip install open-webui playwright                (Open WebUI in an environment of its own; it is large)
    OPENAI_API_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none ENABLE_OLLAMA_API=False WEBUI_AUTH=False \
        ENABLE_TITLE_GENERATION=False ENABLE_TAGS_GENERATION=False ENABLE_FOLLOW_UP_GENERATION=False \
        open-webui serve --port 8080
    python clients/open_webui.py http://127.0.0.1:8080 briefqa "Who is liable?" shot.png

Exits with 1 where the page shows fewer links than the answer has citations, or one of them cannot be opened.
"""

from __future__ import annotations

import re
import sys
import urllib.request

from playwright.sync_api import sync_playwright


def main() -> int:
    """Ask, take a picture, and open every link to a brief."""
    address, model, question, picture = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.goto(f"{address}/?models={model}")
        page.wait_for_timeout(5000)
        welcome = page.get_by_text("Okay, Let's Go!")
        if welcome.count():
            welcome.first.click()
        box = page.locator("#chat-input")
        box.click()
        box.type(question)
        page.keyboard.press("Enter")
        sources = page.get_by_text(re.compile(r"^\d+ Sources?$")).first
        sources.wait_for(timeout=180_000)
        shown = int(sources.inner_text().split()[0])
        links = page.locator("a[href*='/briefs/']").evaluate_all("all => all.map(one => one.href)")
        page.screenshot(path=picture)
        browser.close()
    different = list(dict.fromkeys(links))
    for link in different:
        with urllib.request.urlopen(link) as opened:  # noqa: S310 - the server's own addresses
            print(f"{opened.status} {link}")
    print(f"Open WebUI counts {shown} sources; {len(different)} different links open.")
    return int(not different or shown != len(different))


if __name__ == "__main__":
    sys.exit(main())
