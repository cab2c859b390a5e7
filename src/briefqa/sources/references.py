"""Notes that mean an earlier note: "Ibid., 93", "Smith, supra note 12, at 5", "Smith, op. cit., p. 3", "Smith, 177".

Wrong is worse than missing: where more than one source could be meant, none is taken.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from briefqa.briefs import Note, Source
from briefqa.sources import reference_forms as forms
from briefqa.sources.linked import with_addresses
from briefqa.sources.parsing import parse_sources

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

# What leads to a name is looked for near the beginning of a note only.
_NEAR = 80
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
        sources = with_addresses(note, parse_sources(note.text))
        known.take(known.refer(replace(note, sources=sources, refers_to=None, links=())))
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
        ibid = forms.IBID.match(note.text)
        if ibid and not _goes_on(note, ibid):
            return self._ibid(note, ibid)
        starts = [0, *(lead.end() for lead in forms.LEADS_TO.finditer(note.text, 0, _NEAR))]
        pointed = [(forms.NUMBERED, self._numbered), (forms.FOOTNOTE, self._numbered), (forms.OP_CIT, self._op_cit)]
        short = [(forms.REPORTED, self._reported), (forms.SHORT, self._op_cit), (forms.TITLE, self._titled)]
        for pattern, find in pointed if note.sources else pointed + short:
            for match in filter(None, (pattern.match(note.text, start) for start in starts)):
                if any(source.start < match.end() and _is_full(source) for source in note.sources):
                    continue
                cited = find(note, match)
                if cited:
                    return self._with(note, cited, match)
                if (pattern, find) in pointed:  # "Berg (n 3), 12" is no title
                    note = replace(note, sources=_behind(note, match))
        return self._again(note)

    def _ibid(self, note: Note, match: re.Match[str]) -> Note:
        """The source of the note before, if it has just one and speaks of no other."""
        before = self._before(note)
        if before is None:
            return replace(note, sources=_behind(note, match))
        return self._with(note, before, match, stays=True)

    def _before(self, note: Note) -> _Cited | None:
        at = self.last.get(note.kind)
        if at is None or len(self.notes[at].sources) != 1:
            return None
        (source,) = self.notes[at].sources
        # Where the note itself refers to another, that reference is the source's own.
        text, own = self.notes[at].text, source.end if self.notes[at].refers_to else 0
        return None if forms.REFERENCE.search(text, own) else _Cited(at, source)

    def _numbered(self, note: Note, match: re.Match[str]) -> _Cited | None:
        """The source of the note with that label: the only one, or the only one that answers to the name."""
        groups = match.groupdict()
        label = next(filter(None, map(groups.get, forms.LABELS)))
        places = self.by_label.get((note.kind, label), [])
        if len(places) != 1 or forms.NO_NOTE.match(note.text, match.end()):
            return None
        cited = [_Cited(places[0], source) for source in self.notes[places[0]].sources]
        if groups.get("same"):
            before = self._before(note)
            same = _families(before.source) if before else set()
            return _only([work for work in cited if same and _families(work.source) == same])
        who = groups.get("who")
        if not who:
            return None if groups.get("bracketed") else _only(cited)
        named = forms.NAMES.fullmatch(who)
        by_name = [work for work in cited if named and _is_by(work.source, named)]
        return _only(by_name or [work for work in cited if _speaks_of(self.notes[work.at], work.source, who)])

    def _op_cit(self, note: Note, match: re.Match[str]) -> _Cited | None:
        """The only work by that author so far; with a title, the only one that has it."""
        groups = match.groupdict()
        if groups.get("same"):
            before = self._before(note)
            families = _families(before.source) if before else set()
            works = [
                work
                for family in sorted(families)[:1]
                for work in self.by_family.get(family, {}).values()
                if _families(work.source) == families
            ]
        else:
            works = list(self.by_family.get(_folded(match["family"]), {}).values())
            # Somebody else of that name makes the name no less clear where an initial stands before it.
            works = [work for work in works if _is_by(work.source, match)]
        title = _folded(groups.get("quoted") or groups.get("title") or "")
        return _only([work for work in works if _folded(work.source.csl.get("title", "")).startswith(title)])

    def _titled(self, _: Note, match: re.Match[str]) -> _Cited | None:
        """The only work so far whose title is this, or begins with it."""
        return _only(self.by_title.get(_folded(match["title"]), {}).values())

    def _reported(self, _: Note, match: re.Match[str]) -> _Cited | None:
        """The only case in that volume, or the only one there by that name."""
        cases = self.by_title.get(_folded(f"{match['volume']} {match['reporter']}"), {}).values()
        return _only([case for case in cases if _speaks_of(self.notes[case.at], case.source, match["who"] or "")])

    def _again(self, note: Note) -> Note:
        """A note whose only source is the short form of one cited before: "Smith, Canals, 40"."""
        if len(note.sources) != 1:
            return note
        (own,) = note.sources
        if "issued" in own.csl or own.csl["type"] not in ("book", "document"):
            return note
        families = _families(own)
        works = self.by_title.get(_folded(own.csl.get("title", "")), {}).values()
        full = _only([work for work in works if _is_full(work.source) and families <= _families(work.source)])
        if full is None:
            return note
        csl = {key: value for key, value in full.source.csl.items() if key != "page"}
        csl |= {key: own.csl[key] for key in ("page", "volume") if key in own.csl}
        return replace(note, refers_to=self._target(full.at), sources=(replace(own, csl=csl),))

    def _with(self, note: Note, cited: _Cited, match: re.Match[str], *, stays: bool = False) -> Note:
        """Bring a source along, with the page that this note gives. stays: without one, the page is the same."""
        csl = dict(cited.source.csl)
        place: dict[str, Any] = {key: match[key] for key in ("page", "section") if match[key]}
        where = ["locator"] if csl["type"] == "legal_case" else ["page", "section"]
        if place or not stays or not forms.SAME_PLACE.match(note.text, match.end()):
            for key in where:
                csl.pop(key, None)
        if "locator" in where:  # the page of a case is the one on which its report begins
            place = {"locator": match["page"]} if match["page"] else {}
        source = Source(csl | place, match.start(), match.end())
        return replace(note, refers_to=self._target(cited.at), sources=(source, *_behind(note, match)))

    def _target(self, at: int) -> str:
        """Follow "ibid." after "ibid." to the note that names the source."""
        return self.notes[at].refers_to or self.notes[at].id


def _goes_on(note: Note, match: re.Match[str]) -> bool:
    """Whether "Id." begins a sentence or names an author: "Idem est", "Id., op. cit.", "Id., Piers (Oslo, 2001), 3"."""
    return bool(forms.IDEM.match(note.text) and forms.OTHER_IDEM.match(note.text, match.end()))


def _behind(note: Note, match: re.Match[str]) -> tuple[Source, ...]:
    return tuple(source for source in note.sources if source.start >= match.end())


def _is_full(source: Source) -> bool:
    return bool(source.csl.keys() & _TELLING)


def _only(works: Collection[_Cited]) -> _Cited | None:
    return next(iter(works)) if len(works) == 1 else None


def _is_by(source: Source, match: re.Match[str]) -> bool:
    """Whether a source is by the people that a note names: the family names, and the first one's initial."""
    families = _families(source)
    if _folded(match["family"]) not in families or (match["second"] and _folded(match["second"]) not in families):
        return False
    given = [name.get("given", "") for name in _named(source) if _folded(_family(name)) == _folded(match["family"])]
    initial = match["given"][:1].casefold()
    return not initial or any(not name or name[0].casefold() == initial for name in given)


def _speaks_of(note: Note, source: Source, who: str) -> bool:
    """Whether a source has all the words of a short name: "Harbour Trust", "Dyke Report"."""
    said = _folded(note.text[source.start : source.end]) + " " + _folded(source.csl.get("title", ""))
    return set(_folded(who).split()) <= set(said.split())


def _named(source: Source) -> Iterator[dict[str, str]]:
    yield from source.csl.get("author", ())


def _family(name: dict[str, str]) -> str:
    return name.get("family", name.get("literal", ""))


def _families(source: Source) -> set[str]:
    return {_folded(_family(name)) for name in _named(source)}


def _titles(source: Source) -> set[str]:
    """The title, and its main part; of a case also the volume that reports it."""
    csl = source.csl
    title = csl.get("title", "")
    volume = f"{csl.get('volume', '')} {csl.get('container-title', '')}" if csl["type"] == "legal_case" else ""
    return {_folded(title), _folded(title.split(":")[0]), _folded(volume)} - {""}


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()
