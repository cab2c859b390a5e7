"""Whether two indexes of the same folder hold the same, however each of them came about.

Compared is all that they hold and not a sample: every row of every table of the catalogs, every vector bit for bit, and
of BM25 every word, and what each word and each pair of words is worth in each passage and each brief, bit for bit.
What may differ is the order of rows, the numbers that words have, and what an index with a past knows of that past.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa import generation as g
from briefqa.lexical import Lexical
from briefqa.lexical.writing import NONE, key_of
from briefqa.vector_files import open_embeddings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Of what has vectors all but the place, which is where each index has put them. Revisions are a past.
_COLUMNS = {
    "passages": "id, brief, ordinal, begins, ends, text, context, section, pages, digest",
    "noted": "brief, passage, note, digest",
}
_PAST = {"revisions"}
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def assert_same(one: Path, other: Path, near: float = 0.0) -> dict[str, int]:
    """Fail where two index folders differ in what is live; returns how much of each kind was the same.

    near: how far a number of a vector may be from the other one's, for vectors that were not computed in the same
    company: what a model makes of a text depends in the last bits on what it was padded to.
    """
    folders = [g.generation_folder(index, g.current_id(index) or "") for index in (one, other)]
    same = _same_tables(*folders)
    orders = [_order(folder) for folder in folders]
    same["vectors"] = _same_vectors(folders, orders, near)
    lexical = [Lexical.open(folder / g.LEXICAL) for folder in folders]
    words = [sorted(set(index.parts.words) - {NONE}) for index in lexical]
    # An index with a past may know stop words of texts that are gone: they stand in no column.
    stand = [_standing(index, known) for index, known in zip(lexical, words, strict=True)]
    assert stand[0] == stand[1], "the words of BM25 differ"
    same["words"] = len(stand[0])
    for kind in (0, 1):
        places = [_places(index, order, kind) for index, order in zip(lexical, orders, strict=True)]
        same["worths"] = same.get("worths", 0) + _same_worths(lexical, places, kind, sorted(stand[0]))
    return same


def _same_tables(one: Path, other: Path) -> dict[str, int]:
    """Compare the catalogs row by row; returns the number of rows of each table."""
    counts = {}
    with closing(_opened(one)) as left, closing(_opened(other)) as right:
        schemas = [
            connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
            for connection in (left, right)
        ]
        assert schemas[0] == schemas[1], "the schemas differ"
        for table in sorted(name for kind, name, _ in schemas[0] if kind == "table" and name not in _PAST):
            columns = _COLUMNS.get(table, "*")
            width = len(left.execute(f"SELECT {columns} FROM {table} LIMIT 0").description)  # noqa: S608
            ordered = ", ".join(str(number + 1) for number in range(width))
            query = f"SELECT {columns} FROM {table} ORDER BY {ordered}"  # noqa: S608
            for number, rows in enumerate(zip_longest(left.execute(query), right.execute(query)), 1):
                assert rows[0] == rows[1], f"{table} differ: {rows[0]} and {rows[1]}"
                counts[table] = number
    return counts


def _opened(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder / g.CATALOG}?mode=ro&immutable=1", uri=True)


def _order(folder: Path, rows_of: str = "passages ORDER BY id") -> NDArray[np.int64]:
    """Rows of the passages in the order of their ids, or of what else has vectors."""
    with closing(_opened(folder)) as connection:
        rows = connection.execute(f"SELECT position FROM {rows_of}").fetchall()  # noqa: S608
    return np.array([row for (row,) in rows], dtype=np.int64)


def _same_vectors(folders: list[Path], orders: list[NDArray[np.int64]], near: float) -> int:
    """Compare the vectors of passages, of briefs and of notes, bit for bit or nearly."""
    passages, briefs, notes = [], [], []
    for folder, order in zip(folders, orders, strict=True):
        passages.append(open_embeddings(folder / g.EMBEDDINGS)[order])
        brief_of = Lexical.open(folder / g.LEXICAL).brief_of[order]
        briefs.append(open_embeddings(folder / g.BRIEF_VECTORS)[brief_of])
        cited = _order(folder, "noted ORDER BY brief, passage, note")
        notes.append(open_embeddings(folder / g.NOTED_EMBEDDINGS)[cited])
        ranks = np.argsort(order)  # of each passage's id among all
        notes.append(ranks[np.load(folder / g.NOTED)[cited]])
    for what, (one, other) in (
        ("passages", passages), ("briefs", briefs), ("notes", notes[::2]), ("noted passages", notes[1::2]),
    ):  # fmt: skip
        same = one.tobytes() == other.tobytes() or (
            near and one.shape == other.shape and np.abs(one - other).max() <= near
        )
        assert same, f"the vectors of {what} differ"
    return len(passages[0])


def _standing(index: Any, words: list[str]) -> set[str]:
    """Those of an index's words that stand in a column."""
    numbers = index.parts.terms.numbers(words)
    assert len(numbers) == len(words), "some words are not found by their digests"
    columns = index.parts.terms.columns(np.array(list(map(key_of, numbers.values())), dtype=np.uint64))
    return {word for word, column in zip(numbers, columns.tolist(), strict=True) if column >= 0}


def _places(index: Lexical, order: NDArray[np.int64], kind: int) -> NDArray[np.uint64]:
    """For each row of a matrix (0: passages, 1: briefs) its place in an order that both indexes have."""
    places = np.zeros(len(index.parts.matrices[kind].lengths), dtype=np.uint64)
    if kind == 0:
        places[order] = np.arange(len(order), dtype=np.uint64)
    else:  # a brief is where the first of its passages is
        briefs, first = np.unique(index.brief_of[order], return_index=True)
        places[briefs] = first.astype(np.uint64)
    return places


def _same_worths(lexical: list[Lexical], places: list[NDArray[np.uint64]], kind: int, words: list[str]) -> int:
    """Compare what every term is worth in every row; returns how many worths there are.

    Each column becomes one number, made of all its rows and worths. Columns of words are compared word by word. Those
    of pairs are named by the numbers of their words, which differ: both must have the same columns, each as often.
    """
    signed = []
    for index, place in zip(lexical, places, strict=True):
        matrix = index.parts.matrices[kind]
        lengths = np.empty(len(place), dtype=np.int32)
        lengths[np.argsort(np.argsort(place))] = matrix.lengths
        signs = _signs(matrix, place)
        numbers = index.parts.terms.numbers(words)
        keys = np.array([key_of(numbers[word]) for word in words], dtype=np.uint64)
        of_words = signs[np.searchsorted(matrix.keys, keys)] if words else signs[:0]
        signed.append((lengths, of_words, np.sort(signs)))
    for said, one, other in zip(("lengths", "worths of words", "worths of pairs"), *signed, strict=True):
        assert np.array_equal(one, other), f"the {said} of BM25 differ"
    return len(lexical[0].parts.matrices[kind].data)


def _signs(matrix: Any, place: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One number for each column: the sum of numbers that are spread over 64 bits, one for each row and worth."""
    data, indices, indptr = (np.asarray(part) for part in (matrix.data, matrix.indices, matrix.indptr))
    mixed = (place[indices] << np.uint64(32)) | data.view(np.uint32).astype(np.uint64)
    for shift in (30, 27, 31):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * _SPREAD
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    signs: NDArray[np.uint64] = sums[indptr[1:]] - sums[indptr[:-1]]
    return signs
