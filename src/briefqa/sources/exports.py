"""Sources as other programs read them: CSL-JSON, BibTeX and RIS.

Formats: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html, https://www.bibtex.org/Format/,
https://en.wikipedia.org/wiki/RIS_(file_format). Items without an "id" are numbered.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Csl = dict[str, Any]

_BIBTEX_TYPES = {
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "book": "book",
    "chapter": "incollection",
    "report": "techreport",
}
_BIBTEX_FIELDS = (
    ("title", "title"),
    ("publisher", "publisher"),
    ("publisher-place", "address"),
    ("edition", "edition"),
    ("volume", "volume"),
    ("issue", "number"),
    ("number", "number"),
    ("page", "pages"),
    ("DOI", "doi"),
    ("URL", "url"),
)
_RIS_TYPES = {
    "article-journal": "JOUR",
    "article-magazine": "MGZN",
    "article-newspaper": "NEWS",
    "book": "BOOK",
    "chapter": "CHAP",
    "hearing": "HEAR",
    "legal_case": "CASE",
    "legislation": "STAT",
    "report": "RPRT",
    "standard": "STAND",
    "webpage": "ELEC",
}
_RIS_FIELDS = (
    ("title", "TI"),
    ("container-title", "T2"),
    ("publisher", "PB"),
    ("publisher-place", "CY"),
    ("edition", "ET"),
    ("volume", "VL"),
    ("issue", "IS"),
    ("number", "M1"),
    ("section", "SE"),
    ("DOI", "DO"),
    ("URL", "UR"),
)
# In one pass, so that no replacement is replaced again.
_BIBTEX_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
_RANGE = re.compile(r"(?<=\w)\s?[–-]\s?(?=\w)")


def to_csl_json(items: Sequence[Csl]) -> str:
    """Write a CSL-JSON list, each item with an id."""
    named = [{"id": key, **item} for key, item in _keyed(items)]
    return json.dumps(named, ensure_ascii=False, indent=2) + "\n"


def to_bibtex(items: Sequence[Csl]) -> str:
    """Write BibTeX entries, UTF-8, with what is special to TeX escaped (but not in `url` and `doi`)."""
    return "".join(_bibtex(key, item) for key, item in _keyed(items))


def to_ris(items: Sequence[Csl]) -> str:
    """Write RIS records, lines ended by CR LF."""
    return "".join(f"{line}\r\n" for _, item in _keyed(items) for line in _ris(item))


def _keyed(items: Sequence[Csl]) -> Iterator[tuple[str, Csl]]:
    """Give each item a key of its own, such as quill2019 and quill2019-1."""
    taken: set[str] = set()
    for number, item in enumerate(items, 1):
        stem = str(item.get("id") or _stem(item) or f"source{number}")
        key, more = stem, 0
        while key in taken:
            more += 1
            key = f"{stem}-{more}"
        taken.add(key)
        yield key, item


def _stem(item: Csl) -> str:
    names = item.get("author") or item.get("editor") or [{}]
    name = names[0].get("family") or names[0].get("literal") or item.get("title", "").split(":")[0]
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    word = re.sub(r"[^a-z0-9]", "", plain.split()[0] if plain.split() else "")
    return f"{word}{_parts(item)[0]}" if word and _parts(item) else word


def _parts(item: Csl, key: str = "issued") -> list[int]:
    parts: list[int] = item.get(key, {}).get("date-parts", [[]])[0]
    return parts


def _bibtex(key: str, item: Csl) -> str:
    fields: dict[str, str] = {}
    for role in ("author", "editor"):
        if item.get(role):
            fields[role] = " and ".join(_bibtex_name(name) for name in item[role])
    for source, field in _BIBTEX_FIELDS:
        if source in item and field not in fields:
            value = str(item[source])
            fields[field] = value if field in ("url", "doi") else value.translate(_BIBTEX_ESCAPES)
    kind = _BIBTEX_TYPES.get(item["type"], "misc")
    if "container-title" in item:
        place = {"article": "journal", "incollection": "booktitle"}.get(kind, "howpublished")
        fields[place] = item["container-title"].translate(_BIBTEX_ESCAPES)
    if kind == "techreport" and "publisher" in fields:
        fields["institution"] = fields.pop("publisher")
    if "pages" in fields:
        fields["pages"] = _RANGE.sub("--", fields["pages"])
    for field, part in zip(("year", "month", "day"), _parts(item), strict=False):
        fields[field] = str(part)
    if "accessed" in item:
        fields["urldate"] = "-".join(f"{part:02}" for part in _parts(item, "accessed"))
    body = "".join(f"  {field} = {{{' '.join(value.split())}}},\n" for field, value in fields.items())
    return f"@{kind}{{{key},\n{body}}}\n"


def _bibtex_name(name: Csl) -> str:
    if "literal" in name:
        return "{" + str(name["literal"]).translate(_BIBTEX_ESCAPES) + "}"
    parts = [name["family"], name.get("suffix"), name.get("given")]
    return ", ".join(part.translate(_BIBTEX_ESCAPES) for part in parts if part)


def _ris(item: Csl) -> Iterator[str]:
    yield f"TY  - {_RIS_TYPES.get(item['type'], 'GEN')}"
    for role, tag in (("author", "AU"), ("editor", "ED")):
        for name in item.get(role, ()):
            parts = [name.get("literal") or name["family"], name.get("given"), name.get("suffix")]
            yield f"{tag}  - {_line(', '.join(part for part in parts if part))}"
    for key, tag in _RIS_FIELDS:
        if key in item:
            yield f"{tag}  - {_line(str(item[key]))}"
    if "page" in item:
        start, *end = _RANGE.split(str(item["page"]), maxsplit=1)
        yield f"SP  - {_line(start)}"
        if end:
            yield f"EP  - {_line(end[0])}"
    for key, tag in (("issued", "DA"), ("accessed", "Y2")):
        parts = _parts(item, key)
        if parts:
            yield f"{tag}  - " + "/".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:]), "", "", ""][:4])
    if _parts(item):
        yield f"PY  - {_parts(item)[0]:04}"
    yield "ER  - "


def _line(text: str) -> str:
    """One line: a line break would begin a new field."""
    return " ".join(text.split())
