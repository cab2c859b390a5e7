"""Take the screenshots of docs/screenshots: every page of the samples, light and dark, on a desktop and on a telephone.

    .venv/bin/python samples/take_screenshots.py       what `make screenshots` runs

Needs Debian's Chromium, and Pillow to write them small. The samples are indexed with the default model into a temporary
folder and served from there, so that the pictures show what `make run` shows.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from PIL import Image

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tests"))

from browsing import chromium  # noqa: E402 - the tests' browser

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCREENSHOTS = PROJECT / "docs" / "screenshots"
PORT = 8754
QUESTION = "What did the engineer's 2019 report say about silt in the Wendle Main Drain?"
SIZES = {"desktop": (1200, 860), "phone": (390, 800)}


def main() -> None:
    """Index, serve, and take them all."""
    SCREENSHOTS.mkdir(exist_ok=True)
    briefqa = str(Path(sys.executable).with_name("briefqa"))
    with tempfile.TemporaryDirectory() as index:
        subprocess.run([briefqa, "reindex", "--index", index], check=True, cwd=PROJECT)
        server = subprocess.Popen([briefqa, "serve", "--index", index, "--port", str(PORT)], cwd=PROJECT)
        try:
            wait_until_ready()
            with chromium() as browser:
                for scheme in ("light", "dark"):
                    for size, (width, height) in SIZES.items():
                        context = browser.new_context(
                            base_url=f"http://127.0.0.1:{PORT}",
                            color_scheme=scheme,
                            viewport={"width": width, "height": height},
                        )
                        take(context.new_page(), f"{size}-{scheme}")
                        context.close()
        finally:
            server.terminate()
            server.wait()
    taken = sorted(SCREENSHOTS.glob("*.webp"))
    print(f"{len(taken)} screenshots, {sum(file.stat().st_size for file in taken) / 1000:.0f} kB")


def wait_until_ready() -> None:
    """Wait until the server answers searches."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz"):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server does not become ready.")


def take(page: Page, kind: str) -> None:
    """Take every page as it is first seen."""
    page.goto(f"/?q={quote(QUESTION)}")
    passage = page.locator(".hit h2 a").first.get_attribute("href") or ""
    brief = passage.split("?")[0]
    page.goto("/sources")
    source = page.locator(".briefs .title").first.get_attribute("href") or ""
    pages = {
        "ask": "/",
        "hits": f"/?q={quote(QUESTION)}",
        "page": passage.split("#")[0],
        "find": f"{brief}?page=1&find=drain",
        "whole": brief,
        "notes": f"{brief}?view=notes",
        "briefs": "/briefs",
        "sources": "/sources",
        "source": source,
        "missing": "/briefs/none",
        "admin": "/admin",
        "abstained": "/?q=Who+won+the+1998+football+world+cup%3F",
    }
    for name, address in pages.items():
        page.goto(address, wait_until="networkidle")
        picture = Image.open(io.BytesIO(page.screenshot()))
        picture.convert("RGB").save(SCREENSHOTS / f"{name}-{kind}.webp", quality=60, method=6)


if __name__ == "__main__":
    main()
