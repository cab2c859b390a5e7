"""Which citations are held to be of one work. All sources here are invented."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.sources import merge, summary, words_of, words_sought
from briefqa.sources.identity import address_key

REPORT: dict[str, Any] = {
    "type": "report",
    "author": [{"literal": "Tidewater Institute"}],
    "title": "Premiums and Protection: Five Coasts Compared",
    "issued": {"date-parts": [[2030, 4]]},
    "publisher": "Tidewater Institute",
    "URL": "https://www.example.org/premiums/?utm_source=letter",
    "page": "14",
}
BOOK: dict[str, Any] = {
    "type": "book",
    "author": [{"family": "Quill", "given": "Ada"}],
    "title": "Leviathan Drains",
    "issued": {"date-parts": [[2011]]},
}


def works(*items: dict[str, Any]) -> list[int]:
    return [cited.work for cited in merge((f"b:{n}", item) for n, item in enumerate(items))]


def changed(item: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {key: value for key, value in (item | fields).items() if value is not None}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(changed(REPORT, page="88"), id="another page"),
        pytest.param(changed(REPORT, title=None, author=None, issued=None), id="the address alone"),
        pytest.param(changed(REPORT, URL="http://example.org/premiums"), id="the address written otherwise"),
        pytest.param(
            changed(REPORT, URL="https://web.archive.org/web/20310102030405/https://example.org/premiums"),
            id="the archived address",
        ),
        pytest.param(changed(REPORT, URL=None), id="no address"),
        pytest.param(changed(REPORT, URL=None, title="PREMIUMS & PROTECTION"), id="no subtitle, in capitals"),
        pytest.param(changed(REPORT, title="Premiums and Protection. Five Coasts", issued=None), id="title reworded"),
    ],
)
def test_wordings_of_one_work_are_one(other: dict[str, Any]) -> None:
    assert works(REPORT, other) == [0, 0]
    assert works(other, REPORT) == [0, 0]


NEWS: dict[str, Any] = {
    "type": "article-newspaper",
    "author": [{"family": "Voss", "given": "Clara"}],
    "title": "Harbour Board Was in Talks With Insurers, Auditor Says",
    "container-title": "Norra Courier",
    "issued": {"date-parts": [[2016, 11, 10]]},
}


@pytest.mark.parametrize(
    ("item", "issued", "one"),
    [
        pytest.param(NEWS, [2016, 11, 10], True, id="the same day"),
        pytest.param(NEWS, [2016, 11, 11], True, id="on the web the day before"),
        pytest.param(NEWS, [2016, 11], True, id="the month alone"),
        pytest.param(NEWS, [2016, 12], False, id="another month"),
        pytest.param(NEWS, [2016, 11, 14], False, id="another day"),
        pytest.param(changed(NEWS, title="Daily Harbour Briefing"), [2016, 11, 11], False, id="a daily briefing"),
        pytest.param(changed(NEWS, author=None), [2016, 11, 11], False, id="by nobody"),
        pytest.param(changed(NEWS, issued={"date-parts": [[2016, 2, 31]]}), [2016, 11, 10], True, id="no such day"),
    ],
)
def test_what_is_of_another_day_is_another_work(item: dict[str, Any], issued: list[int], one: bool) -> None:  # noqa: FBT001 - a table
    assert works(item, changed(item, issued={"date-parts": [issued]})) == [0, 0 if one else 1]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(changed(REPORT, URL=None, issued={"date-parts": [[2031]]}), id="the report of another year"),
        pytest.param(changed(REPORT, URL=None, title="Premiums and Protection: Annex"), id="another subtitle"),
        pytest.param(changed(REPORT, title="Dredging Costs", issued=None), id="another title at the address"),
        pytest.param(changed(REPORT, URL=None, author=[{"literal": "Drainage Board"}]), id="another institution"),
    ],
)
def test_what_differs_in_something_that_is_known_is_not_one(other: dict[str, Any]) -> None:
    assert works(REPORT, other) == [0, 1]


def test_a_doi_decides_both_ways() -> None:
    item = {"type": "article-journal", "title": "Silt", "DOI": "10.5555/Silt.1"}
    assert works(item, {"type": "webpage", "URL": "https://doi.org/10.5555/silt.1"}) == [0, 0]
    assert works(changed(REPORT, DOI="10.5555/1"), changed(REPORT, DOI="10.5555/2")) == [0, 1]


def test_a_front_page_does_not_join_what_stands_on_the_site() -> None:
    site = {"type": "webpage", "URL": "https://www.example.org/"}
    assert works(site | {"title": "Wages"}, site | {"title": "Rents"}, site, site | {"title": "Wages"}) == [0, 1, 2, 0]


def test_editions_of_a_book_by_a_person_are_one_and_years_of_a_report_are_not() -> None:
    later = changed(BOOK, edition="2", issued={"date-parts": [[2019]]})
    assert works(BOOK, later) == [0, 0]
    yearly = changed(BOOK, author=[{"literal": "Drainage Board"}], title="Annual Report")
    assert works(yearly, changed(yearly, issued={"date-parts": [[2012]]})) == [0, 1]


def test_decisions_and_statutes_go_by_their_place_in_the_reports() -> None:
    case = {
        "type": "legal_case",
        "title": "Orrin v. Board",
        "volume": "12",
        "container-title": "Cal. Rep.",
        "page": "34",
    }
    short = changed(case, title="Orrin", locator="40")
    act = {"type": "legislation", "volume": "7", "container-title": "C.S.C.", "section": "12"}
    assert works(case, short, changed(case, page="35"), act, changed(act, section="13")) == [0, 0, 1, 2, 3]


def test_citations_are_joined_by_a_third_that_has_the_names_of_both() -> None:
    by_address, by_title = changed(REPORT, title=None, issued=None, author=None), changed(REPORT, URL=None)
    assert works(by_address, by_title) == [0, 1]
    assert works(by_address, by_title, REPORT) == [0, 0, 0]


def test_an_id_stays_when_a_surer_name_becomes_known() -> None:
    (before,) = merge([("b:1", changed(REPORT, URL=None))])
    after = merge([("b:1", changed(REPORT, URL=None)), ("b:2", REPORT)])
    assert before.ids[0][1] in {name for cited in after for _, name in cited.ids}
    assert min(name for cited in after for name in cited.ids)[1] != before.ids[0][1]


CITATIONS = st.fixed_dictionaries(
    {"type": st.sampled_from(["book", "report", "webpage", "article-journal"])},
    optional={
        "title": st.sampled_from(["Silt and Sand", "Silt and Sand: A Survey", "Annual Report"]),
        "author": st.sampled_from([[{"family": "Quill"}], [{"family": "Brack"}], [{"literal": "Board"}]]),
        "issued": st.sampled_from([{"date-parts": [[2001]]}, {"date-parts": [[2002]]}]),
        "URL": st.sampled_from(["https://example.org/a", "https://example.org/b?x=1", "https://example.org"]),
        "DOI": st.sampled_from(["10.5555/1", "10.5555/2"]),
        "container-title": st.just("Drainage Review"),
    },
)


@given(st.lists(CITATIONS, max_size=12))
def test_no_work_has_two_dois_and_no_id_two_works(items: list[dict[str, Any]]) -> None:
    found = merge((f"b:{n}", item) for n, item in enumerate(items))
    dois: dict[int, set[str]] = {}
    owner: dict[str, int] = {}
    for cited, item in zip(found, items, strict=True):
        dois.setdefault(cited.work, set()).update([item["DOI"]] if "DOI" in item else [])
        for _, name in cited.ids:
            assert owner.setdefault(name, cited.work) == cited.work
    assert all(len(of_work) <= 1 for of_work in dois.values())
    assert {cited.work for cited in found} == set(owner.values())


def test_a_work_is_described_by_its_fullest_citation_without_the_page_of_a_note() -> None:
    bare = {"type": "webpage", "URL": "https://example.org/premiums"}
    without = changed(REPORT, URL=None)
    assert summary([bare, without]) == changed(REPORT, page=None, URL="https://example.org/premiums")
    article = {"type": "article-journal", "title": "Silt", "page": "5–19"}
    assert summary([article])["page"] == "5–19"


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("premiums PROTECTION", True),
        ("tidewater 2030", True),
        ("https://example.org/premiums?utm_medium=x", True),
        ("example.org/premiums", True),
        ("premiums 2031", False),
        ("https://example.org/other", False),
    ],
)
def test_a_source_is_looked_for_by_words_and_addresses(sought: str, *, found: bool) -> None:
    assert all(word in words_of(REPORT) for word in words_sought(sought)) is found


def test_a_source_is_looked_for_by_doi_however_it_is_written() -> None:
    words = words_of({"type": "book", "DOI": "10.5555/Silt.1"})
    for written in ("10.5555/silt.1", "doi:10.5555/SILT.1", "https://doi.org/10.5555/silt.1"):
        assert all(word in words for word in words_sought(written))


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.Example.org:80/Index.html", "example.org"),
        ("https://example.org/a%20b/?b=2&a=1#part", "example.org/a b?a=1&b=2"),
        ("https://example.org:8443/a", "example.org:8443/a"),
        ("https://[not-an-address/", ""),
        ("", ""),
    ],
)
def test_an_address_is_written_one_way(url: str, key: str) -> None:
    assert address_key(url) == key
