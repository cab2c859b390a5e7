"""Sources as other programs read them. All sources here are invented."""

from __future__ import annotations

import json
from typing import Any

from briefqa.sources import to_bibtex, to_csl_json, to_ris

ARTICLE: dict[str, Any] = {
    "type": "article-journal",
    "author": [{"family": "Müller", "given": "Ola"}, {"literal": "Ministry of Ports & Quays"}],
    "title": "Costs rose 5% {again}: A_B\\C",
    "container-title": "Port & Law Review",
    "volume": "12",
    "issue": "3",
    "page": "45–67",
    "issued": {"date-parts": [[2019, 5, 6]]},
    "URL": "https://example.org/a_b?c=%20&d#e",
}


def test_bibtex_escapes_text_and_leaves_addresses() -> None:
    assert to_bibtex([ARTICLE]) == (
        "@article{muller2019,\n"
        "  author = {Müller, Ola and {Ministry of Ports \\& Quays}},\n"
        "  title = {Costs rose 5\\% \\{again\\}: A\\_B\\textbackslash{}C},\n"
        "  volume = {12},\n"
        "  number = {3},\n"
        "  pages = {45--67},\n"
        "  url = {https://example.org/a_b?c=%20&d#e},\n"
        "  journal = {Port \\& Law Review},\n"
        "  year = {2019},\n"
        "  month = {5},\n"
        "  day = {6},\n"
        "}\n"
    )


def test_ris_has_one_field_a_line() -> None:
    lines = to_ris([ARTICLE | {"title": "Two\nlines"}]).split("\r\n")
    assert lines == [
        "TY  - JOUR",
        "AU  - Müller, Ola",
        "AU  - Ministry of Ports & Quays",
        "TI  - Two lines",
        "T2  - Port & Law Review",
        "VL  - 12",
        "IS  - 3",
        "UR  - https://example.org/a_b?c=%20&d#e",
        "SP  - 45",
        "EP  - 67",
        "DA  - 2019/05/06/",
        "PY  - 2019",
        "ER  - ",
        "",
    ]


def test_csl_json_items_have_ids_of_their_own() -> None:
    ids = [item["id"] for item in json.loads(to_csl_json([ARTICLE, ARTICLE, {"type": "webpage"}]))]
    assert ids == ["muller2019", "muller2019-1", "source3"]


def test_a_source_of_an_uncommon_type_is_still_written() -> None:
    law = {"type": "legislation", "container-title": "U.S.C.", "volume": "33", "section": "12"}
    assert to_bibtex([law]).startswith("@misc{source1,\n")
    assert to_ris([law]).startswith("TY  - STAT\r\n")
    assert to_bibtex([]) == to_ris([]) == ""
