"""The lists of an inverted file, taken over from the generation before, so that few new rows cost little.

What lists there are is learned from the rows, which takes far longer than to put rows into them. It is learned anew
when so many rows are new since then that they may lie elsewhere. Beside `vectors` and `vector_building` the only
importer of faiss.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LEARNED = "lists.json"
# Such a part of the rows may be new since the lists were learned.
_MOST_NEW = 0.1


@dataclass(frozen=True, slots=True)
class Learned:
    """From how many rows the lists were learned, and how many have come since."""

    rows: int
    since: int


@dataclass(frozen=True, slots=True)
class Staying:
    """The rows of an index that stay. file: of the index. rows: theirs, which become 0, 1, … in this order."""

    file: Path
    rows: NDArray[np.int64]


def taken_over(template: Any, before: Staying, count: int) -> tuple[Any, Learned] | None:
    """Give an index like template with the rows that stay in it; None where its lists are to be learned anew.

    count: how many rows there will be.
    """
    import faiss  # noqa: PLC0415 - a fifth of a second

    about = before.file.with_name(LEARNED)
    if not isinstance(template, faiss.IndexIVF) or not about.is_file():
        return None
    learned = Learned(**json.loads(about.read_bytes()))
    since = learned.since + count - len(before.rows)
    if since > _MOST_NEW * learned.rows or count < (1 - _MOST_NEW) * learned.rows:
        return None
    index: Any = faiss.read_index(str(before.file))
    if (type(index), index.nlist, index.code_size) != (type(template), template.nlist, template.code_size):
        return None
    place = np.full(index.ntotal, -1, dtype=np.int64)
    place[before.rows] = np.arange(len(before.rows))
    _keep(index, place)
    return index, Learned(learned.rows, since)


def write_learned(file: Path, learned: Learned) -> None:
    """Put down beside an index from what its lists were learned."""
    file.with_name(LEARNED).write_text(json.dumps(asdict(learned)), encoding="ascii")


def _keep(index: Any, place: NDArray[np.int64]) -> None:
    """Leave in the lists of an index what has a place, at its place."""
    import faiss  # noqa: PLC0415 - as above

    old = index.invlists
    new: Any = faiss.ArrayInvertedLists(index.nlist, index.code_size)
    for number in range(index.nlist):
        size = old.list_size(number)
        if not size:
            continue
        ids = place[faiss.rev_swig_ptr(old.get_ids(number), size)]
        codes = faiss.rev_swig_ptr(old.get_codes(number), size * index.code_size).reshape(size, index.code_size)
        stay = ids >= 0
        ids, codes = np.ascontiguousarray(ids[stay]), np.ascontiguousarray(codes[stay])
        if len(ids):
            new.add_entries(number, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes))
    index.replace_invlists(new, True)  # noqa: FBT003 - faiss's own signature: it is the owner now
    new.this.disown()
    index.ntotal = int((place >= 0).sum())
