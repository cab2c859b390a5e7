"""Notes that mean an earlier note: "Ibid., 93", "Smith, supra note 12, at 5", "Smith, op. cit., p. 3", "Smith, 177".

Wrong is worse than missing: where more than one source could be meant, none is taken.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from briefqa.briefs import Note, Source
from briefqa.sources.parsing import parse_sources

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_SIGNALS = (
    r"(?:(?:But\s)?(?:[Ss]ee|[Cc]f\.|[Vv]oir|[Vv]gl\.|[Ss]iehe)(?:\s(?:also|aussi|auch))?"
    r"(?:,?\s(?:e\.g\.|for\sexample),?)?\s)?"
)
_PAGES = r"\d{1,5}(?:\s?[–-]\s?\d{1,5})?(?:,\s\d{1,5}(?:\s?[–-]\s?\d{1,5})?)*"
_PLACE = (
    rf"(?:,?\s(?:at\s|pp?\.\s?|S\.\s?|Seite\s)?(?P<page>{_PAGES})(?![\w%])|,?\s§{{1,2}}\s?(?P<section>\d[\w.()-]*))?"
)
_IBID = re.compile(rf"{_SIGNALS}(?:[Ii]bid(?:em)?|[Ii]d(?:em)?|[Ee]bd|[Ee]benda)\b\.?{_PLACE}")
_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'-]+"
_GIVEN = rf"(?:[A-Z]\.\s?|{_NAME}\s){{0,3}}"
_NAMES = (
    rf"{_GIVEN}(?P<family>(?:(?:van|von|de)\s)?{_NAME})"
    rf"(?:\s(?:and|&|et|und)\s{_GIVEN}{_NAME}|\set\sal\.)?"
)
# "Based on a chart in Smith, p. 178"; what leads to the name is looked for near the beginning only.
_LEADS_TO = re.compile(rf"\b(?:in|de|from|by|bei|nach|aus|[Ss]ee|[Vv]oir|[Ss]iehe|[Vv]gl\.|[Cc]f\.)\s(?={_NAME})")
_NEAR = 80
_OP_CIT = re.compile(rf"{_NAMES},\s(?:“[^”]{{1,200}},?”\s)?(?:op\.\s?cit\.|loc\.\s?cit\.|a\.\s?a\.\s?O\.){_PLACE}")
_SUPRA = re.compile(
    rf"(?:{_NAMES},?\s)?\(?(?:supra,?\s(?:note|n\.|fn\.)\s?(?P<after>\d{{1,4}})"
    rf"|(?:note|n\.?|fn\.|Anm\.|Fn\.|Fußn\.)\s?(?P<before>\d{{1,4}}),?\s(?:supra|above|oben|ci-dessus))\)?{_PLACE}"
)
# "Copyright Law Revision, 116": a title, or the part of it before the colon, that was cited before.
_TITLE = re.compile(rf"(?P<title>[A-ZÀ-Þ][^;:“”]{{5,200}}?)(?:,|(?=\sat\s))(?=\s(?:at\s|pp?\.\s?|S\.\s?)?\d){_PLACE}")
_SHORT = re.compile(rf"{_NAMES},(?=\s(?:at\s|pp?\.\s?|S\.\s?)?\d){_PLACE}\.?(?=\s|\Z)")

# A source that has one of these is cited in full, and not by a short form.
_TELLING = frozenset(("issued", "publisher", "container-title"))


class _Cited(NamedTuple):
    """A source, and the place of the note in the sequence that cites it."""

    at: int
    source: Source


# Works by a key (an author's family name, or a title), each once: by its title and authors.
_Works = defaultdict[str, dict[tuple[str, ...], _Cited]]


def resolve(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Parse every note; where it refers to an earlier one, set `refers_to` and bring that one's source along."""
    known = _Known([], defaultdict(dict), defaultdict(dict), defaultdict(list), {})
    for note in notes:
        known.take(known.refer(replace(note, sources=parse_sources(note.text), refers_to=None)))
    return tuple(known.notes)


class _Known(NamedTuple):
    """What has been cited up to a note. last: the place of the latest note of each kind."""

    notes: list[Note]
    by_family: _Works
    by_title: _Works
    by_label: defaultdict[tuple[str, str], list[int]]
    last: dict[str, int]

    def take(self, note: Note) -> None:
        """Remember a note and what it cites, but not what it only refers to."""
        at = len(self.notes)
        for source in note.sources if note.refers_to is None else ():
            cited, families = _Cited(at, source), _families(source)
            work = (_folded(source.csl.get("title", "")), *sorted(families))
            for family in families:
                self.by_family[family].setdefault(work, cited)
            for title in _titles(source):
                self.by_title[title].setdefault(work, cited)
        self.by_label[note.kind, note.label].append(at)
        self.last[note.kind] = at
        self.notes.append(note)

    def refer(self, note: Note) -> Note:
        """Complete a note that refers to an earlier one; give back any other as it is."""
        ibid = _IBID.match(note.text)
        if ibid:
            return self._ibid(note, ibid)
        if note.sources:
            return self._again(note)
        starts = [0, *(lead.end() for lead in _LEADS_TO.finditer(note.text, 0, _NEAR))]
        ways = ((_SUPRA, self._supra), (_OP_CIT, self._op_cit), (_SHORT, self._op_cit), (_TITLE, self._titled))
        for pattern, find in ways:
            for match in filter(None, (pattern.match(note.text, start) for start in starts)):
                cited = find(note, match)
                if cited:
                    return self._with(note, cited, match)
        return note

    def _ibid(self, note: Note, match: re.Match[str]) -> Note:
        """The source of the note before, if it has just one."""
        at = self.last.get(note.kind)
        if at is None or len(self.notes[at].sources) != 1:
            return note
        return self._with(note, _Cited(at, self.notes[at].sources[0]), match, stays=True)

    def _supra(self, note: Note, match: re.Match[str]) -> _Cited | None:
        """The source of the note with that label: the only one, or the only one by that author."""
        places = self.by_label.get((note.kind, match["after"] or match["before"]), [])
        if len(places) != 1:
            return None
        sources = self.notes[places[0]].sources
        if match["family"] and any(_families(source) for source in sources):
            sources = tuple(source for source in sources if _folded(match["family"]) in _families(source))
        return _Cited(places[0], sources[0]) if len(sources) == 1 else None

    def _op_cit(self, _: Note, match: re.Match[str]) -> _Cited | None:
        """The only work by that author so far."""
        return _only(self.by_family.get(_folded(match["family"]), {}).values())

    def _titled(self, _: Note, match: re.Match[str]) -> _Cited | None:
        """The only work so far whose title is this, or begins with it."""
        return _only(self.by_title.get(_folded(match["title"]), {}).values())

    def _again(self, note: Note) -> Note:
        """A note whose only source is the short form of one cited before: "Smith, Canals, 40"."""
        if len(note.sources) != 1:
            return note
        (own,) = note.sources
        if "issued" in own.csl or own.csl["type"] not in ("book", "document"):
            return note
        families = _families(own)
        works = self.by_title.get(_folded(own.csl.get("title", "")), {}).values()
        full = [work for work in works if work.source.csl.keys() & _TELLING and families <= _families(work.source)]
        if len(full) != 1:
            return note
        csl = {key: value for key, value in full[0].source.csl.items() if key != "page"}
        csl |= {key: own.csl[key] for key in ("page", "volume") if key in own.csl}
        return replace(note, refers_to=self._target(full[0].at), sources=(replace(own, csl=csl),))

    def _with(self, note: Note, cited: _Cited, match: re.Match[str], *, stays: bool = False) -> Note:
        """Bring a source along, with the page that this note gives. stays: without one, the page is the same."""
        csl = dict(cited.source.csl)
        place: dict[str, Any] = {key: match[key] for key in ("page", "section") if match[key]}
        where = ["locator"] if csl["type"] == "legal_case" else ["page", "section"]
        if place or not stays:
            for key in where:
                csl.pop(key, None)
        if "locator" in where:  # the page of a case is the one on which its report begins
            place = {"locator": match["page"]} if match["page"] else {}
        source = Source(csl | place, match.start(), match.end())
        others = tuple(other for other in note.sources if other.start >= match.end())
        return replace(note, refers_to=self._target(cited.at), sources=(source, *others))

    def _target(self, at: int) -> str:
        """Follow "ibid." after "ibid." to the note that names the source."""
        return self.notes[at].refers_to or self.notes[at].id


def _only(works: Collection[_Cited]) -> _Cited | None:
    return next(iter(works)) if len(works) == 1 else None


def _families(source: Source) -> set[str]:
    return {_folded(name.get("family", name.get("literal", ""))) for name in source.csl.get("author", ())}


def _titles(source: Source) -> set[str]:
    """The title, and its main part."""
    title = source.csl.get("title", "")
    return {_folded(title), _folded(title.split(":")[0])} - {""}


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()
