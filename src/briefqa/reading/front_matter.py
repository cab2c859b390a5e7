"""What stands at the top of a Markdown file about the whole of it: YAML between dashes, or pandoc's three % lines."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from briefqa.reading.dates import iso_date

_YAML = re.compile(r"\s*---[ \t]*\n(.{0,60000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_PERCENT = re.compile(r"\s*%((?:.*\n(?: +.*\n)*))(?:%(.*\n(?: +.*\n)*)(?:%(.*\n))?)?")
_PLAIN = re.compile(r"^(\w[\w -]*?):[ \t]+(.+)$", re.MULTILINE)


class FrontMatter(NamedTuple):
    """The metadata of a file, "" where not given; end: where the text begins."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    language: str = ""
    end: int = 0


def front_matter(text: str) -> FrontMatter:
    """Read the metadata block that a text may begin with. What is not well-formed YAML is read line by line."""
    percent = _PERCENT.match(text)
    if percent:
        title, authors, date = (part or "" for part in percent.groups())
        names = (name for line in authors.split("\n") for name in line.split(";"))
        return FrontMatter(_plain(title), tuple(filter(None, map(_plain, names))), iso_date(date), "", percent.end())
    block = _YAML.match(text)
    fields = _fields(block[1]) if block else None
    if block is None or fields is None:
        return FrontMatter()
    return FrontMatter(
        _plain(fields.get("title")),
        tuple(filter(None, map(_plain, _listed(fields.get("author") or fields.get("authors"))))),
        iso_date(_plain(fields.get("date") or fields.get("published"))),
        _plain(fields.get("lang") or fields.get("language")),
        block.end(),
    )


def _fields(block: str) -> dict[str, Any] | None:
    """The fields of a block; None where it is text between two rules."""
    try:
        # Every scalar stays a string: no dates that cannot be, no "no" for Norway, nothing built from tags.
        loaded = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - the base loader makes strings, lists and dicts only
    except (yaml.YAMLError, RecursionError, ValueError):
        loaded = dict(_PLAIN.findall(block))  # as in "title: Dykes: a history"
    if not isinstance(loaded, dict) or not loaded:
        return None
    return {str(key).casefold(): value for key, value in loaded.items()}


def _listed(value: object) -> list[object]:
    """The authors of a value: a name, a list of names, or a list of people with a name each."""
    found = value if isinstance(value, list) else [value]
    return [person.get("name") if isinstance(person, dict) else person for person in found]


def _plain(value: object) -> str:
    return " ".join(value.strip().strip("\"'").split()) if isinstance(value, str) else ""
