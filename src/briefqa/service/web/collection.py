"""What there is to browse: the briefs that a reader may see, once a generation, in the orders that pages want."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from briefqa.errors import BriefqaError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import Brief
    from briefqa.generation import BriefRecord, Index
    from briefqa.service.access import Reader

# Briefs whose headings examples are made from.
_EXAMPLES = 4
_MOST_KNOWN = 8
_ALL = 10_000_000


@dataclass(frozen=True)
class Collection:
    """All briefs of an index, by path. examples: (title of a brief, a heading of it or "")."""

    briefs: list[BriefRecord]
    examples: list[tuple[str, str]]

    @cached_property
    def collections(self) -> dict[str, int]:
        """How many briefs there are in each folder, by name."""
        return dict(sorted(Counter(brief.collection for brief in self.briefs if brief.collection).items()))

    @cached_property
    def authors(self) -> dict[str, int]:
        """How many briefs each author has, by name."""
        return dict(sorted(Counter(author for brief in self.briefs for author in brief.authors).items()))

    @cached_property
    def years(self) -> dict[int, int]:
        """How many briefs are from each year, from the first to the last, those without any included."""
        counted = Counter(int(brief.published[:4]) for brief in self.briefs if brief.published[:4].isdigit())
        if not counted:
            return {}
        return {year: counted[year] for year in range(min(counted), max(counted) + 1)}


class Collections:
    """What readers may see, found out once a generation for all who may see the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, frozenset[str] | None], Collection] = OrderedDict()

    def of(self, reader: Reader) -> Collection | None:
        """Give what this reader may see, None where nothing is served yet.

        Raises NotFound, or Gone, where the generation that is asked for is not kept.
        """
        try:
            with reader.index() as index, self._lock:
                key = index.info().generation, reader.collections
                if key not in self._known:
                    self._known[key] = read_collection(index)
                    if len(self._known) > _MOST_KNOWN:
                        self._known.popitem(last=False)
                return self._known[key]
        except NotFound:
            raise
        except BriefqaError:
            return None


def read_collection(index: Index) -> Collection:
    """List the briefs of an index, and find headings to make questions of."""
    briefs = index.briefs(limit=_ALL)
    step = max(1, len(briefs) // _EXAMPLES)
    chosen = briefs[::step][:_EXAMPLES]
    return Collection(briefs, [(record.title or record.path, _heading(index, record)) for record in chosen])


def _heading(index: Index, record: BriefRecord) -> str:
    _, brief = index.brief(record.id)
    return max(_headings(brief), key=len, default="")


def _headings(brief: Brief) -> Iterator[str]:
    """Headings that say something: some words, no number in front, not the title again."""
    for section in brief.sections:
        words = section.title.split()
        if 2 <= len(words) <= 7 and section.title[:1].isupper() and section.title.casefold() != brief.title.casefold():
            yield section.title
