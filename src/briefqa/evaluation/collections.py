"""Collections in BEIR's format (https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from briefqa.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# BEIR puts the judgments of a split into a folder; a collection with one split needs none.
_QRELS = ("qrels.tsv", "qrels/test.tsv")


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """What to index, what to ask, and what is right. qrels: query id → entry id → grade; above 0 is relevant."""

    name: str
    entries: tuple[Entry, ...]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]

    @property
    def judged(self) -> dict[str, str]:
        """The queries that there are judgments for: the others cannot be measured."""
        return {query_id: text for query_id, text in self.queries.items() if query_id in self.qrels}


def load_collection(folder: Path) -> Collection:
    """Read corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv).

    Raises EvaluationError that names the file and line that cannot be read.
    """
    qrels_file = next((folder / name for name in _QRELS if (folder / name).is_file()), folder / _QRELS[0])
    entries = tuple(
        Entry(_id(line, place), line.get("title") or "", _text(line, "text", place))
        for place, line in read_jsonl(folder / "corpus.jsonl")
    )
    queries = {_id(line, place): _text(line, "text", place) for place, line in read_jsonl(folder / "queries.jsonl")}
    collection = Collection(folder.resolve().name, entries, queries, _qrels(qrels_file))
    if not collection.judged:
        raise EvaluationError(f"{qrels_file} judges none of the queries of {folder / 'queries.jsonl'}.")
    return collection


def read_jsonl(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the objects of a file of JSON lines, each with its place as a person would name it."""
    for number, line in _lines(file):
        place = f"{file}, line {number}"
        try:
            value = json.loads(line)
        except ValueError as error:
            raise EvaluationError(f"{place}: this is not JSON ({error}).") from error
        if not isinstance(value, dict):
            raise EvaluationError(f"{place}: an object is wanted, {{…}}.")
        yield place, value


def _qrels(file: Path) -> dict[str, dict[str, int]]:
    """Read query, entry and grade, parted by tabs; a first line without a number is the heading.

    TREC's own form has a fourth field, of no meaning, in second place.
    """
    qrels: dict[str, dict[str, int]] = {}
    for number, line in _lines(file):
        fields = line.split("\t")
        try:
            query_id, entry_id, said = fields if len(fields) == 3 else (fields[0], *fields[2:])
            grade = int(said.removesuffix(".0"))
        except (IndexError, ValueError) as error:
            if number == 1:
                continue
            raise EvaluationError(f"{file}, line {number}: wanted are query, entry and a whole number.") from error
        qrels.setdefault(query_id, {})[entry_id] = grade
    return qrels


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise EvaluationError(
            f"{file} cannot be read ({reason}): a collection is a folder with corpus.jsonl, queries.jsonl "
            "and qrels.tsv."
        ) from error


def _id(line: dict[str, Any], place: str) -> str:
    """Return the id of a line; some collections number theirs."""
    value = line.get("_id")
    return str(value) if type(value) is int else _text(line, "_id", place)


def _text(line: dict[str, Any], key: str, place: str) -> str:
    value = line.get(key)
    if not isinstance(value, str):
        raise EvaluationError(f'{place}: "{key}" is missing or not a text.')
    return value
