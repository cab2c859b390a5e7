"""The works that many notes cite, each once: citations of one work put together, however each of them words it.

Precision comes first: two citations are one work where they share a name (`identity`) and nothing else that is known of
them differs.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from briefqa.sources.identity import Identity, Name, identify, may_be_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Csl = dict[str, Any]

# So many works that share a name are looked through; more are made by machines, or by mistake.
_MOST_HOLDERS = 20
_UNNAMED = 9
_PINPOINTS = frozenset(("page", "locator", "section"))
_PARTS = ("article-journal", "article-magazine", "article-newspaper", "chapter")
_LAW = ("legislation", "bill", "regulation")


class Cited(NamedTuple):
    """What becomes of one citation: the number of its work, and the ids that the work goes by because of it.

    ids: with their strength, the strongest (lowest) first.
    """

    work: int
    ids: tuple[tuple[int, str], ...]


def merge(citations: Iterable[tuple[str, Csl]]) -> list[Cited]:
    """Find out which citations are of the same work. citations: a place that is theirs alone, and the CSL-JSON item.

    Works are numbered from 0 in the order in which they come first.
    """
    places: list[str] = []
    known: list[Identity] = []
    kept: dict[Identity, Identity] = {}  # most citations repeat another, word for word
    for place, csl in citations:
        identity = identify(csl)
        places.append(place)
        known.append(kept.setdefault(identity, identity))
    groups = _Groups(known)
    owned = _joined_by_name(groups, known)
    numbers: dict[int, int] = {}
    return [
        Cited(numbers.setdefault(groups.root(at), len(numbers)), _ids(owned.get(at, ()), place))
        for at, place in enumerate(places)
    ]


def name_keys(csl: Csl) -> list[int]:
    """Number the names of a source, in 64 bits with a sign.

    What `merge` says of citations holds among any others, if no other shares a number with one of them.
    """
    texts = {name.text for name in identify(csl).names}
    return sorted(int.from_bytes(_digest(text)[:8], "big", signed=True) for text in texts)


def _joined_by_name(groups: _Groups, known: Sequence[Identity]) -> dict[int, list[Name]]:
    """Join what shares a name, the strongest names first; say which names lead to each citation's work alone."""
    owned: dict[int, list[Name]] = defaultdict(list)
    held: dict[Name, list[int]] = defaultdict(list)
    named = [(name.strength, at, name) for at, identity in enumerate(known) for name in identity.names]
    for _, at, name in sorted(named):
        holders = held[name]
        found = next((holder for holder in holders[:_MOST_HOLDERS] if groups.join(holder, at, name)), None)
        if found is None:
            holders.append(at)
            found = at
        if found == holders[0]:  # else another work holds the name, and this one goes by its others
            owned[at].append(name)
    return owned


def fullness(csl: Csl) -> int:
    """How much a citation says of its work: more is higher, and a title, an author and a date are what counts most."""
    said = sum(key not in _PINPOINTS for key in csl)
    main = sum(weight for key, weight in (("title", 4), ("author", 2), ("issued", 1)) if csl.get(key))
    return main * 1_000_000 + said * 1_000 + min(len(str(csl.get("title", ""))), 999)


def summary(citations: Iterable[Csl]) -> Csl:
    """Describe a work by the fullest of its citations, and by the address and DOI of others where that one has none.

    Pages that a note points to are left out; those that an article fills stay.
    """
    items = sorted(citations, key=fullness, reverse=True)
    best = dict(items[0])
    for key in ("DOI", "URL"):
        found = next((item[key] for item in items if item.get(key)), None)
        if found and key not in best:
            best[key] = found
    pages = str(best.get("page", ""))
    if not (best["type"] == "legal_case" or (best["type"] in _PARTS and re.search("[–-]", pages))):
        best.pop("page", None)
    if best["type"] not in _LAW:
        best.pop("section", None)
    best.pop("locator", None)
    return best


def _ids(names: Sequence[Name], place: str) -> tuple[tuple[int, str], ...]:
    said = names or [Name(_UNNAMED, f"place:{place}")]
    return tuple((name.strength, _digest(name.text).hex()[:16]) for name in said)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class _Groups:
    """Citations in groups, one a work (union-find). A group remembers its members, for what speaks against more."""

    def __init__(self, known: Sequence[Identity]) -> None:
        self._known = known
        self._parent = list(range(len(known)))
        self._members: dict[int, list[int]] = {at: [at] for at in range(len(known))}

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def join(self, one: int, other: int, name: Name) -> bool:
        """Make two groups one if no member of either speaks against it. Says whether they are one now."""
        first, second = self.root(one), self.root(other)
        if first == second:
            return True
        if not self._agree(first, second, name):
            return False
        keep, lose = min(first, second), max(first, second)
        self._parent[lose] = keep
        self._members[keep] += self._distinct(keep, self._members.pop(lose))
        return True

    def _agree(self, first: int, second: int, name: Name) -> bool:
        return all(
            may_be_one(self._known[one], self._known[other], name)
            for one in self._members[first]
            for other in self._members[second]
        )

    def _distinct(self, group: int, new: Sequence[int]) -> list[int]:
        """Those of new that would say something else than the members that a group remembers."""
        said = {self._known[at][1:] for at in self._members[group]}
        return [at for at in new if self._known[at][1:] not in said]
