"""Citations in the manners of other countries and trades. All sources here are invented."""

from __future__ import annotations

from typing import Any

import pytest

from briefqa.sources import parse_sources

STYLES: dict[str, dict[str, Any]] = {
    # German: names turned round, "in:", and a title with a full stop in it
    "Vgl. Quill, Mara; Berg, Ola: Häfen am Rand. Ein Bild, in: Zeitschrift für Häfen 12 (3), 2003, S. 24–43.": {
        "type": "article-journal",
        "author": [{"family": "Quill", "given": "Mara"}, {"family": "Berg", "given": "Ola"}],
        "title": "Häfen am Rand. Ein Bild",
        "container-title": "Zeitschrift für Häfen",
        "volume": "12",
        "issue": "3",
        "issued": {"date-parts": [[2003]]},
        "page": "24–43",
    },
    "Quill, Mara: Wer zahlt den Kai?, in: Der Hafenbote, 15.01.2017. Online: https://a.test/kai, Stand: 18.11.2019.": {
        "type": "article-newspaper",
        "author": [{"family": "Quill", "given": "Mara"}],
        "title": "Wer zahlt den Kai?",
        "container-title": "Der Hafenbote",
        "issued": {"date-parts": [[2017, 1, 15]]},
        "URL": "https://a.test/kai",
        "accessed": {"date-parts": [[2019, 11, 18]]},
    },
    "Quill, Mara: Die Schleusen, Lübeck: Kai Verlag, 2018, S. 112.": {
        "type": "book",
        "author": [{"family": "Quill", "given": "Mara"}],
        "title": "Die Schleusen",
        "publisher-place": "Lübeck",
        "publisher": "Kai Verlag",
        "issued": {"date-parts": [[2018]]},
        "page": "112",
    },
    "Lund, Das Recht der Schleusen, HZR 2020, 1025 (1028).": {
        "type": "article-journal",
        "author": [{"family": "Lund"}],
        "title": "Das Recht der Schleusen",
        "container-title": "HZR",
        "issued": {"date-parts": [[2020]]},
        "page": "1025",
    },
    # the year behind the names
    "Berg O, Lund AK, and Quill M (2019) Reading a Quay. (Harbour Institute, Wend, ND) HI Report (TR) TR 80-12.": {
        "type": "report",
        "author": [
            {"family": "Berg", "given": "O"},
            {"family": "Lund", "given": "AK"},
            {"family": "Quill", "given": "M"},
        ],
        "title": "Reading a Quay",
        "publisher": "Harbour Institute",
        "publisher-place": "Wend, ND",
        "genre": "TR",
        "number": "80-12",
        "issued": {"date-parts": [[2019]]},
    },
    "HARBOUR.TEST (2024) Tides: A Guide. Available at https://a.test/tides/latest.": {
        "type": "webpage",
        "author": [{"literal": "HARBOUR.TEST"}],
        "title": "Tides: A Guide",
        "issued": {"date-parts": [[2024]]},
        "URL": "https://a.test/tides/latest",
    },
    "Quill, M. (2011) Quays. Lübeck: Kai Verlag.": {
        "type": "book",
        "author": [{"family": "Quill", "given": "M."}],
        "title": "Quays",
        "publisher-place": "Lübeck",
        "publisher": "Kai Verlag",
        "issued": {"date-parts": [[2011]]},
    },
    # no quotation marks, but an address
    "Berg & Lund, Consulting Engineers, The Old Quay, report to the board (June 2019), 17. https://a.test/quay": {
        "type": "report",
        "author": [{"literal": "Berg & Lund"}],
        "title": "The Old Quay",
        "issued": {"date-parts": [[2019, 6]]},
        "page": "17",
        "URL": "https://a.test/quay",
    },
    "Wend County Council, Regulation on Ferries, as amended 14 June 2022, section 8(2). https://a.test/ferries": {
        "type": "legislation",
        "title": "Regulation on Ferries",
        "authority": "Wend County Council",
        "section": "8(2)",
        "issued": {"date-parts": [[2022, 6, 14]]},
        "URL": "https://a.test/ferries",
    },
    # courts
    "BGH, HZR 1991, 529 (530) – Schleusenwärter –.": {
        "type": "legal_case",
        "authority": "BGH",
        "container-title": "HZR",
        "issued": {"date-parts": [[1991]]},
        "page": "529",
        "title": "Schleusenwärter",
    },
    "EuGH, Urt. v. 29. Oktober 2015 (C-999/14), Rn. 17.": {
        "type": "legal_case",
        "authority": "EuGH",
        "issued": {"date-parts": [[2015, 10, 29]]},
        "number": "C-999/14",
    },
    "Quill v Berg [2015] UKSC 99.": {
        "type": "legal_case",
        "title": "Quill v Berg",
        "container-title": "UKSC",
        "page": "99",
        "issued": {"date-parts": [[2015]]},
    },
    # parts that full stops part
    "Quill, M. and Berg, O. “Paying for the Quay.” Harbour Studies, vol. 42, no. 1, 2023, pp. 88–103.": {
        "type": "article-journal",
        "author": [{"family": "Quill", "given": "M."}, {"family": "Berg", "given": "O."}],
        "title": "Paying for the Quay",
        "container-title": "Harbour Studies",
        "volume": "42",
        "issue": "1",
        "issued": {"date-parts": [[2023]]},
        "page": "88–103",
    },
    "QUILL, Mara de Brito. Curso de portos. 4. ed. Lisboa: Cais, 2011. p. 33.": {
        "type": "book",
        "author": [{"family": "QUILL", "given": "Mara de Brito"}],
        "title": "Curso de portos",
        "edition": "4",
        "publisher-place": "Lisboa",
        "publisher": "Cais",
        "issued": {"date-parts": [[2011]]},
        "page": "33",
    },
    # American law, set in capitals, with a copy in an archive
    "MARA QUILL, PIERS AND POWERS: A HISTORY 76–87 (Harbour Univ. Press 2013).": {
        "type": "book",
        "author": [{"family": "QUILL", "given": "MARA"}],
        "title": "PIERS AND POWERS: A HISTORY",
        "page": "76–87",
        "publisher": "Harbour Univ. Press",
        "issued": {"date-parts": [[2013]]},
    },
    "Mara Quill, Ferries Stall, HARB. POST (June 2, 2023), https://example.org/f [https://perma.cc/AB12-CD34].": {
        "type": "article-newspaper",
        "author": [{"family": "Quill", "given": "Mara"}],
        "title": "Ferries Stall",
        "container-title": "HARB. POST",
        "issued": {"date-parts": [[2023, 6, 2]]},
        "URL": "https://example.org/f",
    },
    # theses and preprints
    "Mara Quill, “The Price of a Berth” (PhD diss., University of Lund, 2010), 33.": {
        "type": "thesis",
        "author": [{"family": "Quill", "given": "Mara"}],
        "title": "The Price of a Berth",
        "genre": "PhD diss.",
        "publisher": "University of Lund",
        "issued": {"date-parts": [[2010]]},
        "page": "33",
    },
    "Mara Quill and Ola Berg, “Learning the Tides,” arXiv:2010.12345 (2020).": {
        "type": "article",
        "author": [{"family": "Quill", "given": "Mara"}, {"family": "Berg", "given": "Ola"}],
        "title": "Learning the Tides",
        "publisher": "arXiv",
        "number": "2010.12345",
        "issued": {"date-parts": [[2020]]},
    },
}


@pytest.mark.parametrize(("text", "csl"), STYLES.items(), ids=[text[:40] for text in STYLES])
def test_style(text: str, csl: dict[str, Any]) -> None:
    (source,) = parse_sources(text)
    assert source.csl == csl


def test_the_number_of_an_issue_is_no_page() -> None:
    found = parse_sources("Harbour Quarterly 35, 2, 1990, S. 342–369")
    assert not any(source.csl.get("page") == "1990" for source in found)
