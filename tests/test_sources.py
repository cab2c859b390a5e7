"""What notes cite. All sources here are invented."""

from __future__ import annotations

import time
from typing import Any

import pytest

from briefqa.sources import parse_sources


def only(text: str) -> dict[str, Any]:
    (source,) = parse_sources(text)
    return source.csl


def test_news_story_with_address() -> None:
    csl = only(
        "Mara Quill, “Ferry Talks Stall Again”, Harbour Herald, published on May 6, 2019. https://example.org/a-b"
    )
    assert csl == {
        "type": "article-newspaper",
        "author": [{"family": "Quill", "given": "Mara"}],
        "title": "Ferry Talks Stall Again",
        "container-title": "Harbour Herald",
        "issued": {"date-parts": [[2019, 5, 6]]},
        "URL": "https://example.org/a-b",
    }


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.org/tides.", "https://example.org/tides"),
        ("(see https://example.org/a_(b)).", "https://example.org/a_(b)"),
        ("See “https://example.org/q?x=1;y=2#p”;", "https://example.org/q?x=1;y=2#p"),
        ("Tide Tables available at: www.example.org/tables, last visited May 3, 2020.", "www.example.org/tables"),
    ],
)
def test_address_is_exact(text: str, url: str) -> None:
    assert only(text)["URL"] == url


def test_doi() -> None:
    assert (
        only("Ann Ode, “Tidal Locks,” Canal Studies 4 (2011): 3. doi:10.5555/12345.678")["DOI"] == "10.5555/12345.678"
    )
    assert only("https://doi.org/10.5555/abc-1.")["DOI"] == "10.5555/abc-1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The figures are rounded to the nearest thousand.",
        "This estimate excludes “dormant” berths (about 40), which were closed in May 2012.",
        "Above, p. 49.",
        "Ed. 1 reads “them.”",
    ],
)
def test_an_explanation_has_no_source(text: str) -> None:
    assert parse_sources(text) == ()


def test_spans_point_into_the_note() -> None:
    note = (
        "Rents rose. See Ola Berg, “Quays,” Port Review 3 (2001): 7; Ivo Lund, Sluices (Oslo: Fjord Press, 1999), 12."
    )
    first, second = parse_sources(note)
    assert note[first.start : first.end] == "Ola Berg, “Quays,” Port Review 3 (2001): 7"
    assert note[second.start : second.end] == "Ivo Lund, Sluices (Oslo: Fjord Press, 1999), 12."


@pytest.mark.parametrize(
    "unit", ["(", "“", "a, ", "See A. ", "1 U.S. 1, ", "https://a", "Act of ", "A v. ", "; ", "A & B, ", '"']
)
def test_hostile_notes_are_read_in_linear_time(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    start = time.process_time()
    parse_sources(text)
    assert time.process_time() - start < 1
