"""Sources as footnotes to paste. All sources here are invented; the forms are those of the manuals' own pages."""

from __future__ import annotations

from typing import Any

import pytest

from briefqa.sources import footnote

CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "article": (
        {
            "type": "article-journal",
            "author": [{"family": "Müller", "given": "O. Jean-Marc"}, {"family": "Quill", "given": "Ada"}],
            "title": "Costs Rose",
            "container-title": "Port Review",
            "volume": "12",
            "issue": "3",
            "page": "45-67",
            "issued": {"date-parts": [[2019, 5]]},
            "DOI": "10.5555/1",
            "URL": "https://example.org/costs",
        },
        "O. Jean-Marc Müller and Ada Quill, “Costs Rose,” Port Review 12, no. 3 (May 2019): 45–67, https://doi.org/10.5555/1",
        "Müller, O. J.-M., & Quill, A. (2019). Costs Rose. Port Review, 12(3), 45–67. https://doi.org/10.5555/1",
    ),
    "newspaper": (
        {
            "type": "article-newspaper",
            "title": "Who Pays?",
            "container-title": "The Ledger",
            "issued": {"date-parts": [[2024, 1, 4]]},
        },
        "“Who Pays?” The Ledger, January 4, 2024.",
        "Who Pays? (2024, January 4). The Ledger.",
    ),
    "book": (
        {
            "type": "book",
            "author": [{"family": "Quill", "given": "Ada"}],
            "title": "Canals: A History",
            "edition": "2",
            "publisher": "Harbour Press",
            "publisher-place": "Leeds",
            "issued": {"date-parts": [[1999]]},
            "page": "33",
        },
        "Ada Quill, Canals: A History, 2nd ed. (Leeds: Harbour Press, 1999), 33.",
        "Quill, A. (1999). Canals: A History (2nd ed.). Harbour Press.",
    ),
    "chapter": (
        {
            "type": "chapter",
            "author": [{"family": "Brack", "given": "O."}],
            "title": "Silt",
            "container-title": "Rivers",
            "editor": [{"family": "Quill", "given": "Ada"}],
            "publisher": "Weir",
            "issued": {"date-parts": [[2001]]},
            "page": "3–9",
        },
        "O. Brack, “Silt,” in Rivers, ed. Ada Quill (Weir, 2001), 3–9.",
        "Brack, O. (2001). Silt. In A. Quill (Ed.), Rivers (pp. 3–9). Weir.",
    ),
    "report by its publisher": (
        {
            "type": "report",
            "author": [{"literal": "Tidewater Institute"}],
            "title": "Premiums",
            "number": "TN-31",
            "publisher": "Tidewater Institute",
            "issued": {"date-parts": [[2030]]},
            "URL": "https://example.org/premiums",
        },
        "Tidewater Institute, Premiums, TN-31 (Tidewater Institute, 2030), https://example.org/premiums",
        "Tidewater Institute. (2030). Premiums (No. TN-31). https://example.org/premiums",
    ),
    "page on the web": (
        {
            "type": "webpage",
            "title": "Rules on “Silt”",
            "publisher": "Drainage Board",
            "accessed": {"date-parts": [[2020, 2, 3]]},
            "URL": "https://example.org/rules",
        },
        "“Rules on ‘Silt’,” Drainage Board, accessed February 3, 2020, https://example.org/rules",
        "Rules on “Silt”. (n.d.). Drainage Board. https://example.org/rules",
    ),
    "case": (
        {
            "type": "legal_case",
            "title": "Orrin v. Board",
            "volume": "347",
            "container-title": "U.S.",
            "page": "483",
            "locator": "490",
            "issued": {"date-parts": [[1954]]},
        },
        "Orrin v. Board, 347 U.S. 483, 490 (1954).",
        "Orrin v. Board, 347 U.S. 483, 490 (1954).",
    ),
    "statute": (
        {"type": "legislation", "volume": "33", "container-title": "U.S.C.", "section": "12"},
        "33 U.S.C. § 12.",
        "33 U.S.C. § 12.",
    ),
    "an address alone": (
        {"type": "webpage", "URL": "https://example.org/x"},
        "https://example.org/x",
        "(n.d.). https://example.org/x",
    ),
    "four authors": (
        {"type": "book", "title": "Weirs", "author": [{"family": name} for name in ("Ash", "Birk", "Cole", "Dorn")]},
        "Ash et al., Weirs.",
        "Ash, Birk, Cole, & Dorn. (n.d.). Weirs.",
    ),
    "three authors": (
        {"type": "book", "title": "Weirs", "author": [{"family": name} for name in ("Ash", "Birk", "Cole")]},
        "Ash, Birk, and Cole, Weirs.",
        "Ash, Birk, & Cole. (n.d.). Weirs.",
    ),
    "a month that is none": (
        {"type": "report", "title": "Weirs", "issued": {"date-parts": [[2001, 21]]}},
        "Weirs (2001).",
        "Weirs. (2001).",
    ),
}


@pytest.mark.parametrize(("csl", "chicago", "apa"), CASES.values(), ids=CASES)
def test_a_source_reads_as_the_manuals_write_it(csl: dict[str, Any], chicago: str, apa: str) -> None:
    assert footnote(csl, "chicago") == chicago
    assert footnote(csl, "apa") == apa
