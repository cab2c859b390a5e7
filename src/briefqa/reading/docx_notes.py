"""Footnotes and endnotes of a Word file: which part holds them, and the labels that Word would print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from briefqa.reading.docx_package import Element, Package, attribute, child, children, is_deleted, local
from briefqa.reading.numerals import numeral

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import NoteKind

_KINDS: tuple[NoteKind, ...] = ("footnote", "endnote")
_REFERENCES = frozenset(f"{kind}Reference" for kind in _KINDS)


class Reference(NamedTuple):
    """A mark as met in the text. note_id is None where the file has no such note."""

    label: str
    note_id: str | None


class NoteElement(NamedTuple):
    """A note of the file, not yet read. custom: its label was typed by the author; links: relationship id → address."""

    id: str
    label: str
    kind: NoteKind
    custom: bool
    element: Element
    links: dict[str, str]


@dataclass(slots=True)
class _Numbering:
    """How the notes of one kind are numbered, and how far it has come."""

    style: str
    start: int
    each_section: bool
    next: int


class NoteParts:
    """The notes of a file. Labels are given in the order in which `refer` meets them."""

    def __init__(self, package: Package, parts: dict[str, str], body: Element) -> None:
        settings = package.part(parts.get("settings", ""))
        self._elements: dict[str, Element] = {}
        self._links: dict[NoteKind, dict[str, str]] = {}
        self._labels: dict[str, str] = {}
        self._custom: set[str] = set()
        self._numbering: dict[NoteKind, _Numbering] = {}
        for kind in _KINDS:
            path = parts.get(f"{kind}s", "")
            for element in children(package.part(path), kind):
                # The others are the rules that Word draws above notes.
                if attribute(element, "type") in {"", "normal"}:
                    self._elements[f"{kind}-{attribute(element, 'id')}"] = element
            related = package.related(path) if path else {}
            self._links[kind] = {key: target for key, (_, target, outside) in related.items() if outside}
            self._numbering[kind] = _numbering(kind, body, settings)
        self._bookmarks = _bookmarked_notes(body)
        for note_id in _deleted_notes(body):
            self._elements.pop(note_id, None)

    def refer(self, kind: NoteKind, number: str, custom: str = "") -> Reference:
        """Meet a reference to the note with this w:id. custom: the mark typed by the author, which is not counted."""
        note_id = f"{kind}-{number}"
        label = custom or self._labels.get(note_id)
        if label is None:
            numbering = self._numbering[kind]
            label = numeral(numbering.next, numbering.style)
            numbering.next += 1
        if custom:
            self._custom.add(note_id)
        self._labels.setdefault(note_id, label)
        return Reference(label, note_id if note_id in self._elements else None)

    def end_section(self) -> None:
        """Start anew where notes are numbered by section. Pages cannot be told without a layout."""
        for numbering in self._numbering.values():
            if numbering.each_section:
                numbering.next = numbering.start

    def note_at(self, bookmark: str) -> str | None:
        """The note whose mark a bookmark stands around."""
        return self._bookmarks.get(bookmark)

    def inside(self) -> Iterator[NoteElement]:
        """All notes that the text has referred to, in that order, and behind them those it has not."""
        referred = [note_id for note_id in self._labels if note_id in self._elements]
        for note_id in [*referred, *(other for other in self._elements if other not in self._labels)]:
            kind: NoteKind = "endnote" if note_id.startswith("endnote") else "footnote"
            label = self._labels.get(note_id, "")
            yield NoteElement(note_id, label, kind, note_id in self._custom, self._elements[note_id], self._links[kind])


def _numbering(kind: NoteKind, body: Element, settings: Element | None) -> _Numbering:
    """Word keeps the format with the sections, other programs with the settings of the document."""
    last = child(body, "sectPr", f"{kind}Pr")
    first = next(
        (found for paragraph in body if (found := child(paragraph, "pPr", "sectPr", f"{kind}Pr")) is not None), None
    )
    places = [place for place in (first, last, child(settings, f"{kind}Pr")) if place is not None]

    def setting(name: str, default: str) -> str:
        return next((value for place in places if (value := attribute(child(place, name), "val"))), default)

    style = setting("numFmt", "lowerRoman" if kind == "endnote" else "decimal")
    begin = setting("numStart", "1")
    start = int(begin) if begin.isascii() and begin.isdecimal() and len(begin) <= 6 else 1
    return _Numbering(style, start, setting("numRestart", "") == "eachSect", start)


def _bookmarked_notes(body: Element) -> dict[str, str]:
    """Which note a bookmark stands around: what a NOTEREF field, a second mark to one note, goes by."""
    found: dict[str, str] = {}
    opened: dict[str, str] = {}
    for element in body.iter():
        name = local(element)
        if name == "bookmarkStart":
            opened[attribute(element, "id")] = attribute(element, "name")
        elif name == "bookmarkEnd":
            opened.pop(attribute(element, "id"), None)
        elif opened and name in _REFERENCES:
            found.update(dict.fromkeys(opened.values(), _note_id(element)))
            opened.clear()
    return found


def _deleted_notes(body: Element) -> set[str]:
    """The notes whose marks are all in tracked deletions: Word keeps their text until the change is accepted."""
    marks = [element for element in body.iter() if local(element) in _REFERENCES]
    gone = {element for element in marks if any(map(is_deleted, element.iterancestors()))}
    return {_note_id(element) for element in gone} - {_note_id(element) for element in marks if element not in gone}


def _note_id(reference: Element) -> str:
    return f"{local(reference).removesuffix('Reference')}-{attribute(reference, 'id')}"
