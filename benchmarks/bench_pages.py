"""How soon an answer is seen: milliseconds from the end of the server's answer until the browser has painted it.

    python benchmarks/bench_pages.py --rounds 40

Debian's Chromium, headless and drawing by software, asks the samples' questions one after the other: in one tab, as a
reader does ("warm"), or each in a browser that has seen no page before ("empty"). Painted is what the browser says: the
first text of the page ("first-contentful-paint") and the largest piece of the results ("largest-contentful-paint"). The
server runs on the same cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from conditions import quantile, spread, stated, table

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tests"))

from browsing import chromium, missing, painted, served  # noqa: E402 - the tests' browser and server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUESTIONS = [
    json.loads(line)["question"] for line in (PROJECT / "samples" / "questions.jsonl").read_text("utf-8").splitlines()
]


def main() -> None:
    """Ask, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    if missing():
        print(f"bench_pages: skipped, {missing()}.")
        return
    lines = []
    with stated("Pages", None, ["briefqa", "playwright"]), tempfile.TemporaryDirectory() as home, chromium() as browser:
        print(f"browser   Chromium {browser.version}")
        with served(PROJECT / "docs_in" / "samples", Path(home) / "index") as address:
            for cache, kept in (("empty", False), ("warm", True)):
                for what, values in measured(browser, address, rounds, kept=kept).items():
                    lines.append([cache, what, spread(values, 1), f"{quantile(values, 0.95):.1f}"])
    table(["browser's cache", "painted", "ms after the answer", "p95"], lines)


def measured(browser: Browser, address: str, rounds: int, *, kept: bool) -> dict[str, list[float]]:
    """Times in ms by what was painted. kept: whether all is in one tab."""
    times: dict[str, list[float]] = {"first": [], "largest": []}
    page = browser.new_page(base_url=address)
    page.goto("/")
    for number in range(rounds):
        if not kept:
            page.close()
            page = browser.new_page(base_url=address)
        page.goto(f"/?q={quote(QUESTIONS[number % len(QUESTIONS)])}")
        for what, value in painted(page).items():
            times[what].append(value)
    page.close()
    return times


if __name__ == "__main__":
    main()
