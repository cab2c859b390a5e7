"""What notes cite. All sources here are invented."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.briefs import Brief, Note, NoteKind, PageSpan
from briefqa.sources import parse_sources, resolve, with_sources


def only(text: str) -> dict[str, Any]:
    (source,) = parse_sources(text)
    return source.csl


def person(given: str, family: str) -> dict[str, str]:
    return {"family": family, "given": given}


def on(*parts: int) -> dict[str, list[list[int]]]:
    return {"date-parts": [list(parts)]}


QUILL, BERG, LUND = person("Mara", "Quill"), person("Ola", "Berg"), person("Ivo", "Lund")

STYLES: dict[str, dict[str, Any]] = {
    # news
    "Mara Quill, “Ferry Talks Stall Again”, Harbour Herald, published on May 6, 2019. https://example.org/a-b": {
        "type": "article-newspaper",
        "author": [QUILL],
        "title": "Ferry Talks Stall Again",
        "container-title": "Harbour Herald",
        "issued": on(2019, 5, 6),
        "URL": "https://example.org/a-b",
    },
    "See, e.g., Mara Quill & Ola Berg, Ferry talks stall, minister says, Harbour Herald (Sept. 6, 2019) (quoted).": {
        "type": "article-newspaper",
        "author": [QUILL, BERG],
        "title": "Ferry talks stall, minister says",
        "container-title": "Harbour Herald",
        "issued": on(2019, 9, 6),
    },
    '"Harbour fees to double", Harbour Herald, 4 May 2017, B6.': {
        "type": "article-newspaper",
        "title": "Harbour fees to double",
        "container-title": "Harbour Herald",
        "issued": on(2017, 5, 4),
        "page": "B6",
    },
    # journals, in four styles
    "Ola Berg, “Who Owns the Quay?” Port Law Review 61:3 (1992): 424–31.": {
        "type": "article-journal",
        "author": [BERG],
        "title": "Who Owns the Quay?",
        "container-title": "Port Law Review",
        "volume": "61",
        "issue": "3",
        "page": "424–31",
        "issued": on(1992),
    },
    "Mara Quill, Sea Walls, Inland Rivers, 24 Coast. L. Rev. 222, 260 (2000).": {
        "type": "article-journal",
        "author": [QUILL],
        "title": "Sea Walls, Inland Rivers",
        "container-title": "Coast. L. Rev.",
        "volume": "24",
        "page": "222",
        "issued": on(2000),
    },
    "Berg, O. A., & Quill, M. (2018). Tides and taxes. Journal of Quays, 12(3), 45–67. https://doi.org/10.5555/a.1": {
        "type": "article-journal",
        "author": [person("O. A.", "Berg"), person("M.", "Quill")],
        "title": "Tides and taxes",
        "container-title": "Journal of Quays",
        "volume": "12",
        "issue": "3",
        "page": "45–67",
        "issued": on(2018),
        "URL": "https://doi.org/10.5555/a.1",
        "DOI": "10.5555/a.1",
    },
    "Ola Berg (2015), ‘Locks and keys’, Quay Studies, 4(2): 11–19.": {
        "type": "article-journal",
        "author": [BERG],
        "title": "Locks and keys",
        "container-title": "Quay Studies",
        "volume": "4",
        "issue": "2",
        "page": "11–19",
        "issued": on(2015),
    },
    # books and chapters
    "Ivo Lund and Ola Berg, Sluices of the North, 2nd ed. (Oslo: Fjord Press, 1999), 12–14.": {
        "type": "book",
        "author": [LUND, BERG],
        "title": "Sluices of the North",
        "edition": "2",
        "publisher-place": "Oslo",
        "publisher": "Fjord Press",
        "issued": on(1999),
        "page": "12–14",
    },
    "Ola Berg, ed., The Quay Reader (Oslo: Fjord Press, 2001).": {
        "type": "book",
        "editor": [BERG],
        "title": "The Quay Reader",
        "publisher-place": "Oslo",
        "publisher": "Fjord Press",
        "issued": on(2001),
    },
    "Ivo Lund, “Locks,” in Mara Quill and Ola Berg, eds., The Quay Reader (Oslo: Fjord Press, 2001), 5–9.": {
        "type": "chapter",
        "author": [LUND],
        "title": "Locks",
        "editor": [QUILL, BERG],
        "container-title": "The Quay Reader",
        "publisher-place": "Oslo",
        "publisher": "Fjord Press",
        "issued": on(2001),
        "page": "5–9",
    },
    "Quillon, Art of Ferries, 1753, vol. ii, pp. 53, 54.": {
        "type": "book",
        "author": [{"family": "Quillon"}],
        "title": "Art of Ferries",
        "issued": on(1753),
        "volume": "ii",
        "page": "53, 54",
    },
    # German and French
    "Vgl. Anna Weber, „Deiche von morgen“, Zeitschrift für Häfen, Bd. 12, Nr. 3, 12. März 2014, S. 33–41.": {
        "type": "article-journal",
        "author": [person("Anna", "Weber")],
        "title": "Deiche von morgen",
        "container-title": "Zeitschrift für Häfen",
        "volume": "12",
        "issue": "3",
        "issued": on(2014, 3, 12),
        "page": "33–41",
    },
    "Karl Voss: Gezeiten, 2. Aufl., Bremen 1998, S. 44 f.": {
        "type": "book",
        "author": [person("Karl", "Voss")],
        "title": "Gezeiten",
        "edition": "2",
        "publisher-place": "Bremen",
        "issued": on(1998),
        "page": "44",
    },
    "Voir Luc Moreau, « Les écluses », Revue des canaux, vol. 7, nº 2, 1er février 2009, p. 15-31.": {
        "type": "article-journal",
        "author": [person("Luc", "Moreau")],
        "title": "Les écluses",
        "container-title": "Revue des canaux",
        "volume": "7",
        "issue": "2",
        "issued": on(2009, 2, 1),
        "page": "15-31",
    },
    "Luc Moreau, Les digues, Paris, Éditions du Port, 2003, p. 9.": {
        "type": "book",
        "author": [person("Luc", "Moreau")],
        "title": "Les digues",
        "publisher-place": "Paris",
        "publisher": "Éditions du Port",
        "issued": on(2003),
        "page": "9",
    },
    # law
    "Lund v. City of Fjord, 512 U.S. 341, 350 (1994) (holding that quays are land), cert. denied, 99 U.S. 1 (1995).": {
        "type": "legal_case",
        "title": "Lund v. City of Fjord",
        "container-title": "U.S.",
        "volume": "512",
        "page": "341",
        "locator": "350",
        "issued": on(1994),
    },
    "In re Ferry Antitrust Litig., 88 F.3d 12, 15 n.3 (2d Cir. 1996).": {
        "type": "legal_case",
        "title": "In re Ferry Antitrust Litig.",
        "container-title": "F.3d",
        "volume": "88",
        "page": "12",
        "locator": "15 n.3",
        "issued": on(1996),
        "authority": "2d Cir.",
    },
    "United States v. Quill, No. 17-cr-232 (D. Fjord filed June 5, 2006).": {
        "type": "legal_case",
        "title": "United States v. Quill",
        "number": "No. 17-cr-232",
        "authority": "D. Fjord",
        "issued": on(2006, 6, 5),
    },
    "As defined in 33 U.S.C. § 1251(a).": {
        "type": "legislation",
        "container-title": "U.S.C.",
        "volume": "33",
        "section": "1251(a)",
    },
    "See 40 C.F.R. § 122.2.": {"type": "regulation", "container-title": "C.F.R.", "volume": "40", "section": "122.2"},
    "Clean Quays Act of 1999, Pub. L. No. 106-12, 113 Stat. 77 (May 4, 1999).": {
        "type": "legislation",
        "title": "Clean Quays Act of 1999",
        "number": "Pub. L. 106-12",
        "container-title": "Stat.",
        "volume": "113",
        "page": "77",
        "issued": on(1999, 5, 4),
    },
    "85 Fed. Reg. 12,345 (Mar. 3, 2020).": {
        "type": "regulation",
        "container-title": "Fed. Reg.",
        "volume": "85",
        "page": "12,345",
        "issued": on(2020, 3, 3),
    },
    "H.R. Rep. No. 104-12, at 5 (1995).": {
        "type": "report",
        "genre": "H.R. Rep.",
        "number": "104-12",
        "page": "5",
        "issued": on(1995),
    },
    "U.S. Const. art. II, § 3.": {
        "type": "legislation",
        "title": "U.S. Const.",
        "number": "art. II",
        "section": "3",
    },
    "Under 13 and 14 Car. II, c. 18, § 9.": {
        "type": "legislation",
        "title": "13 and 14 Car. II, c. 18",
        "section": "9",
    },
    # memoranda, reports, standards, hearings, records
    "OMB Memorandum M-31-14, “Berths and Moorings,” June 10, 2031.": {
        "type": "report",
        "genre": "Memorandum",
        "publisher": "OMB",
        "number": "M-31-14",
        "title": "Berths and Moorings",
        "issued": on(2031, 6, 10),
    },
    "GAO, Harbours: Costs Are Rising, GAO-19-123 (Washington, D.C.: Mar. 4, 2019).": {
        "type": "report",
        "author": [{"literal": "GAO"}],
        "title": "Harbours: Costs Are Rising",
        "number": "GAO-19-123",
        "publisher-place": "Washington, D.C.",
        "issued": on(2019, 3, 4),
    },
    "ISO/IEC 99147:2018, Information technology – Mooring techniques. §3.1": {
        "type": "standard",
        "number": "ISO/IEC 99147:2018",
        "title": "Information technology – Mooring techniques",
        "issued": on(2018),
    },
    "Dredging: Hearing Before the Committee on Ports, 97th Cong., 2nd sess. (1982): 65 (testimony of Ola Berg).": {
        "type": "hearing",
        "title": "Dredging: Hearing Before the Committee on Ports",
        "issued": on(1982),
        "page": "65",
    },
    "Berg 1/17/18 Memorandum, at 3–4.": {
        "type": "document",
        "title": "Berg 1/17/18 Memorandum",
        "issued": on(2018, 1, 17),
        "page": "3–4",
    },
    "Ministry of Ports, Annual Report on Dredging, March 2018.": {
        "type": "document",
        "author": [{"literal": "Ministry of Ports"}],
        "title": "Annual Report on Dredging",
        "issued": on(2018, 3),
    },
    "Ferry Commission, Five Years of Night Boats: A Review (2022), 19–23.": {
        "type": "report",
        "author": [{"literal": "Ferry Commission"}],
        "title": "Five Years of Night Boats: A Review",
        "issued": on(2022),
        "page": "19–23",
    },
    "Salt Quay Audit Office, The Cost of Empty Berths, Report 2022/6, paras 3.11–3.19.": {
        "type": "report",
        "author": [{"literal": "Salt Quay Audit Office"}],
        "title": "The Cost of Empty Berths",
        "genre": "Report",
        "number": "2022/6",
    },
    "See the review by the Harbour Institute, “Tides at Nine Gauges”, Technical Note 31 (2023), table 4.": {
        "type": "report",
        "author": [{"literal": "Harbour Institute"}],
        "title": "Tides at Nine Gauges",
        "genre": "Technical Note",
        "number": "31",
        "issued": on(2023),
    },
    "Interview with Ola Berg, 12 June 2015.": {
        "type": "interview",
        "title": "Interview with Ola Berg",
        "issued": on(2015, 6, 12),
    },
    "Tide Tables for Pilots available at: www.example.org/tables (last visited May 3, 2020).": {
        "type": "webpage",
        "title": "Tide Tables for Pilots",
        "URL": "www.example.org/tables",
        "accessed": on(2020, 5, 3),
    },
}


@pytest.mark.parametrize(("text", "csl"), STYLES.items(), ids=[text[:40] for text in STYLES])
def test_style(text: str, csl: dict[str, Any]) -> None:
    assert only(text) == csl


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.org/tides.", "https://example.org/tides"),
        ("(see https://example.org/a_(b)).", "https://example.org/a_(b)"),
        ("See “https://example.org/q?x=1;y=2#p”;", "https://example.org/q?x=1;y=2#p"),
        (
            "The harbour keeps a list, which is long and which nobody reads: http://example.org/l, and so on.",
            "http://example.org/l",
        ),
    ],
)
def test_address_is_exact(text: str, url: str) -> None:
    assert only(text) == {"type": "webpage", "URL": url}


def test_doi_that_is_no_address() -> None:
    csl = only("Ann Ode, “Tidal Locks,” Canal Studies 4 (2011): 3. doi:10.5555/12345.678.")
    assert (csl["DOI"], csl["title"], "URL" in csl) == ("10.5555/12345.678", "Tidal Locks", False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The figures are rounded to the nearest thousand.",
        "This estimate excludes “dormant” berths (about 40), which were closed in May 2012.",
        "Above, p. 49.",
        "Ed. 1 reads “them.”",
        "Mr. Quill, in July, 1919, estimated that the trade had halved.",
        "The minister said: “We will pay for it.” He did not.",
        "See Volume II, Section III.B.1, infra.",
        "Harbour Review, February 3, 1919, is quoted below.",
        "“The ferry is late and the bridge is closed,” as sailors say.",
    ],
)
def test_an_explanation_has_no_source(text: str) -> None:
    assert parse_sources(text) == ()


def test_a_note_is_cut_into_its_sources_and_spans_point_into_it() -> None:
    note = (
        "Rents rose. See Ola Berg, “Quays; Or, Walls,” Port Review 3 (2001): 7; Ivo Lund, Sluices (Oslo: Fjord Press, "
        "1999), 12. But see also Lund v. Berg, 88 F.3d 12 (2d Cir. 1996)."
    )
    spans = [note[source.start : source.end] for source in parse_sources(note)]
    assert spans == [
        "Ola Berg, “Quays; Or, Walls,” Port Review 3 (2001): 7",
        "Ivo Lund, Sluices (Oslo: Fjord Press, 1999), 12.",
        "Lund v. Berg, 88 F.3d 12 (2d Cir. 1996)",
    ]


def test_the_same_source_twice_is_one() -> None:
    assert len(parse_sources("See 33 U.S.C. § 12. Again, 33 U.S.C. § 12 says so.")) == 1


def test_no_author_is_made_of_a_title() -> None:
    csl = only("Statement on the Ferry Inquiry, Ministry of Ports (Oct. 7, 2016).")
    assert (csl["title"], csl["publisher"]) == ("Statement on the Ferry Inquiry", "Ministry of Ports")
    assert "author" not in csl


@pytest.mark.parametrize("impossible", ["99/99/18", "13/40/18"])
def test_an_impossible_date_stays_out(impossible: str) -> None:
    assert "issued" not in only(f"Berg {impossible} Memorandum, at 3.")


def notes(*texts: str, kind: NoteKind = "footnote") -> tuple[Note, ...]:
    return resolve([Note(f"n{n}", str(n), kind, 1, text) for n, text in enumerate(texts, 1)])


BOOK = "Ivo Lund, Sluices of the North (Oslo: Fjord Press, 1999), 12."


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("Ibid., 93.", "93"),
        ("Ibid.", "12"),
        ("See id. at 14–15.", "14–15"),
        ("Ebd., S. 40.", "40"),
        ("Lund, supra note 1, at 5.", "5"),
        ("Lund, n 1 above, p. 6.", "6"),
        ("Ivo Lund, op. cit., p. 7.", "7"),
        ("Lund, a.a.O., S. 8.", "8"),
        ("Based on a map in Lund, p. 9.", "9"),
        ("Lund, 10.", "10"),
        ("Lund, Sluices of the North, 11.", "11"),
        ("Sluices of the North, 13.", "13"),
    ],
)
def test_a_note_that_means_the_first(text: str, page: str) -> None:
    _, note = notes(BOOK, text)
    assert note.refers_to == "n1"
    assert note.sources[0].csl["title"] == "Sluices of the North"
    assert note.sources[0].csl["publisher"] == "Fjord Press"
    assert note.sources[0].csl["page"] == page
    assert text.startswith(note.text[: note.sources[0].end])


def test_ibid_after_ibid_means_the_note_that_names_the_source() -> None:
    *_, last = notes(BOOK, "Ibid., 93.", "Ibid.")
    assert (last.refers_to, last.sources[0].csl["page"]) == ("n1", "93")


def test_a_case_keeps_the_page_on_which_its_report_begins() -> None:
    _, note = notes("Lund v. Berg, 88 F.3d 12, 15 (2d Cir. 1996).", "Id. at 17.")
    assert (note.sources[0].csl["page"], note.sources[0].csl["locator"]) == ("12", "17")


def test_a_section_of_a_standard() -> None:
    _, note = notes("ISO 99147:2018, Mooring Techniques. §3.1", "Ibid., §3.5")
    assert (note.refers_to, note.sources[0].csl["section"]) == ("n1", "3.5")


@pytest.mark.parametrize(
    "texts",
    [
        ("Ibid.",),
        ("The quays are old.", "Ibid."),
        (f"{BOOK[:-1]}; Ola Berg, Piers (Oslo: Fjord Press, 2001), 3.", "Ibid., 4."),
        (BOOK, "Ivo Lund, Dams (Oslo: Fjord Press, 2004), 3.", "Lund, op. cit., p. 4."),
        (BOOK, "Berg, supra note 1, at 5."),
        (BOOK, "Berg, supra note 7, at 5."),
        (BOOK, "Oslo, 12 ferries sank."),
        (BOOK, "The ibidem rule is explained in part 3."),
    ],
)
def test_where_it_is_in_doubt_no_note_is_meant(texts: tuple[str, ...]) -> None:
    assert notes(*texts)[-1].refers_to is None


def test_ibid_keeps_to_notes_of_its_kind() -> None:
    listed = [
        Note("e1", "1", "endnote", 1, BOOK),
        Note("f1", "1", "footnote", 1, "The quays are old."),
        Note("e2", "2", "endnote", 1, "Ibid., 3."),
    ]
    assert [note.refers_to for note in resolve(listed)] == [None, None, "e1"]


def test_what_follows_ibid_is_a_source_of_its_own() -> None:
    _, note = notes(BOOK, "Ibid. See also Ola Berg, Piers (Oslo: Fjord Press, 2001), 3.")
    assert [source.csl["title"] for source in note.sources] == ["Sluices of the North", "Piers"]


def test_a_brief_is_completed() -> None:
    brief = Brief("b", "b.pdf", "B", "Text", (PageSpan(1, "1", 0, 4),), notes=(Note("n1", "1", "footnote", 1, BOOK),))
    completed = with_sources(brief)
    assert completed.notes[0].sources[0].csl["author"] == [LUND]
    assert completed.body == brief.body


HOSTILE = [
    "(",
    "“",
    "«",
    "„",
    "‘",
    '"',
    "a, ",
    "See A. ",
    "1 U.S. 1, ",
    "https://a",
    "Act of ",
    "A v. ",
    "; ",
    "A & B, ",
]
HOSTILE += [
    "A B, C D (E: F, 1999), ",
    "Ibid. ",
    "Aa ",
    "1",
    "(1999). ",
    "10.1234/",
    "et al. ",
    "Nos. 1 ",
    "A’s “",
    "No. 1 (",
    "x (a",
]
HOSTILE += [
    "Brief for A ",
    "1/1/11 ",
    "A 1/1/11 ",
    "M-11-11 ",
    "ISO ",
    "\u00a0",
    "p. 1, ",
    "vol. 1 ",
    "Jan. ",
    "A. ",
    "A, ",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_notes_take_time_in_proportion(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    start = time.process_time()
    notes(text, f"Lund, {text}", f"A {text}")
    # A second where it was written, at most; with the square of their length they would take minutes.
    assert time.process_time() - start < 3


def test_many_notes_take_time_in_proportion() -> None:
    start = time.process_time()
    notes(*[BOOK, "Lund, 3.", "Ibid.", "Lund, Sluices of the North, 9."] * 1_000)
    assert time.process_time() - start < 10


PIECES = st.sampled_from(
    [
        "“",
        "”",
        "(",
        ")",
        ", ",
        ". ",
        "; ",
        "See ",
        "Lund",
        "Ivo ",
        "v. ",
        "1999",
        " 12",
        "U.S. ",
        "Ibid.",
        "https://a.b/c",
        "«",
        "»",
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join))
def test_any_text_is_read_and_spans_lie_in_it(text: str) -> None:
    for note in notes(BOOK, text):
        for source in note.sources:
            assert 0 <= source.start < source.end <= len(note.text)
            assert source.csl["type"]
            assert all(value for value in source.csl.values())
