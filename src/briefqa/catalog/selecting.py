"""A filter as SQL: which passages it lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.filters import All, Is, Not

if TYPE_CHECKING:
    from briefqa.filters import Filter

# Conditions on a passage p of a brief b; each ? is the value.
_CITED = (
    "EXISTS (SELECT 1 FROM marks m JOIN notes n ON n.brief = m.brief AND n.id = m.note "
    "LEFT JOIN sources s ON s.brief = n.brief AND s.note = n.id "
    "WHERE m.brief = p.brief AND m.passage = p.ordinal AND ({}))"
)
_CONDITIONS = {
    "collection": "?1 IN (SELECT CAST(substr(path, 1, max(instr(path, '/') - 1, 0)) AS TEXT) FROM "
    "(SELECT b.path AS path UNION SELECT f.path FROM files f WHERE f.brief = b.id))",
    "brief": "b.id = ?",
    "author": "EXISTS (SELECT 1 FROM json_each(b.authors) WHERE instr(lower(value), lower(?)) > 0)",
    # Compared as far as both are exact: up to "2021" lets "2021-04-07" through. No date, no way through.
    "published_from": "(b.published <> '' AND b.published >= ?)",
    "published_to": "(b.published <> '' AND substr(b.published, 1, {length}) <= ?)",
    "language": "(lower(b.language) = lower(?1) OR lower(b.language) LIKE lower(?1) || '-%')",
    "has_notes": "EXISTS (SELECT 1 FROM marks m "
    "WHERE m.brief = p.brief AND m.passage = p.ordinal AND m.note IS NOT NULL)",
}


def condition(where: Filter) -> tuple[str, list[str]]:
    """Return SQL on a passage p of a brief b, and the values of its question marks."""
    if isinstance(where, Not):
        text, values = condition(where.part)
        return f"NOT {text}", values
    if isinstance(where, Is):
        return _one(where)
    parts = [condition(part) for part in where.parts]
    joined = (" AND " if isinstance(where, All) else " OR ").join(text for text, _ in parts)
    return f"({joined or 'TRUE'})", [value for _, values in parts for value in values]


def _one(where: Is) -> tuple[str, list[str]]:
    if where.field == "has_notes":
        return ("" if where.values[0] else "NOT ") + _CONDITIONS["has_notes"], []
    texts, values = [], []
    for value in map(str, where.values):
        text, its = _cites(value) if where.field == "cites" else _plain(where.field, value)
        texts.append(text)
        values += its
    return f"({' OR '.join(texts)})", values


def _plain(field: str, value: str) -> tuple[str, list[str]]:
    text = _CONDITIONS[field].replace("{length}", str(len(value)))
    asked = text.count("?1") or 1
    return text.replace("?1", "?"), [value] * asked


def _cites(value: str) -> tuple[str, list[str]]:
    """Return the condition that the passage cites an address, a DOI, or a title with all these words."""
    words = value.split()
    title = " AND ".join("instr(lower(json_extract(s.csl, '$.title')), lower(?)) > 0" for _ in words) or "FALSE"
    is_doi = "lower(json_extract(s.csl, '$.DOI')) = lower(?)"
    is_address = "json_extract(s.csl, '$.URL') = ? OR (instr(?, '://') > 0 AND instr(n.text, ?) > 0)"
    doi = value.removeprefix("https://doi.org/").removeprefix("doi:")
    return _CITED.format(f"{is_address} OR {is_doi} OR ({title})"), [value, value, value, doi, *words]
