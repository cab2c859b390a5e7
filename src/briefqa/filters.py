"""Which passages a search looks at: conditions on briefs and passages, put together by and, or and not. Plain data.

    {"collection": "housing", "published_from": "2021", "not": {"author": "Hale"}}
    {"or": [{"language": ["de", "fr"]}, {"cites": "https://example.org/report"}]}

Several keys of one object hold together; a list of values is any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from briefqa.errors import QueryError

FIELDS = ("collection", "brief", "author", "published_from", "published_to", "language", "has_notes", "cites")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_DEEPEST = 10
_MOST = 100


@dataclass(frozen=True, slots=True)
class Is:
    """One condition. values: any of these; of has_notes, one bool.

    collection: the folder; brief: an id; author: a part of a name; published_from, published_to: ISO 8601 as exact as
    wished, both included; language: its code; has_notes: whether the passage cites any; cites: the address or DOI of a
    source that the passage cites, or words of its title.
    """

    field: str
    values: tuple[str | bool, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every one of the parts holds; of none, all passages."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the parts holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Filter


Filter = Is | All | AnyOf | Not


def parse_filter(said: Any, path: str = "filters", depth: int = 0) -> Filter:
    """Understand a filter from JSON. Raises QueryError that names the place, and the fields there are."""
    if not isinstance(said, dict):
        raise QueryError(f'{path}: an object is wanted, such as {{"collection": "housing"}}.')
    if depth > _DEEPEST or len(said) > _MOST:
        raise QueryError(f"{path}: the filter is nested too deeply or too long.")
    return All(tuple(_part(key, value, f"{path}.{key}", depth) for key, value in said.items()))


def _part(key: str, value: Any, path: str, depth: int) -> Filter:
    if key in {"and", "or"}:
        if not isinstance(value, list) or not value or len(value) > _MOST:
            raise QueryError(f"{path}: a list of filters is wanted.")
        parts = tuple(parse_filter(part, f"{path}.{n}", depth + 1) for n, part in enumerate(value))
        return All(parts) if key == "and" else AnyOf(parts)
    if key == "not":
        return Not(parse_filter(value, path, depth + 1))
    if key not in FIELDS:
        raise QueryError(f"{path}: there is no such field. The fields are {', '.join(FIELDS)}; and, or, not.")
    if key == "has_notes":
        if not isinstance(value, bool):
            raise QueryError(f"{path}: true or false is wanted.")
        return Is(key, (value,))
    values = value if isinstance(value, list) else [value]
    if not values or len(values) > _MOST or not all(isinstance(each, str) and _is_text(each) for each in values):
        raise QueryError(f"{path}: a text or a list of texts is wanted.")
    if key.startswith("published") and not (len(values) == 1 and _DATE.fullmatch(values[0])):
        raise QueryError(f'{path}: a date is wanted, such as "2021", "2021-04" or "2021-04-07".')
    return Is(key, tuple(values))


def _is_text(value: str) -> bool:
    return value.isprintable() and not any("\ud800" <= character <= "\udfff" for character in value)
