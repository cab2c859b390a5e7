"""Walks the text of a Word file, or of one of its notes, and tells a `FlowWriter` what it meets.

Tracked insertions and moves are read as accepted, deletions as gone. Element names are those of ECMA-376 part 1, §17.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.reading.docx_package import Element, attribute, child, is_deleted, local
from briefqa.reading.flow_writer import FlowWriter, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.briefs import NoteKind
    from briefqa.reading.docx_notes import NoteParts
    from briefqa.reading.docx_styles import Styles

_GONE = frozenset({"pPr", "rPr", "del", "moveFrom", "sdtPr", "sdtEndPr", "tblPr", "rt", "delText", "delInstrText"})
_SPACES = frozenset({"tab", "br", "cr", "ptab"})
_BETWEEN = frozenset({"proofErr", "bookmarkStart", "bookmarkEnd"})
_REFERENCES: dict[str, NoteKind] = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_DRAWN = frozenset({"drawing", "pict", "object"})
# "*", "†", "1a", "(a)": what an author types for a mark.
_SYMBOLS = re.compile(r"[*∗†‡§¶‖#]{1,4}")
_CUSTOM = re.compile(rf"\s*({_SYMBOLS.pattern}|\S{{1,8}}(?=\s|\Z))")
_LONGEST_LABEL = 3
_FIELD_LINK = re.compile(r'\s*HYPERLINK\s+"([^"]+)"', re.IGNORECASE)
_FIELD_NOTE = re.compile(r"\s*NOTEREF\s+(\S+)(.*)", re.IGNORECASE | re.DOTALL)


class _Field:
    """A field being read: its instruction first, what Word last showed for it second."""

    __slots__ = ("instruction", "shown")

    def __init__(self) -> None:
        self.instruction = ""
        self.shown = False


class TextWalker:
    """Reads blocks into a writer. notes: None inside a note. links: relationship id → address.

    title: the paragraph in the style "Title", once it has been met.
    """

    def __init__(self, writer: FlowWriter, styles: Styles, links: dict[str, str], notes: NoteParts | None) -> None:
        self.title = ""
        self._writer = writer
        self._styles = styles
        self._links = links
        self._notes = notes
        self._fields: list[_Field] = []
        self._boxes: list[Element] = []  # text boxes anchored in the paragraph, read behind it
        self._label_run: Element | None = None  # holds nothing but the mark of the note that was just met
        self._runs_on = False  # the end of the paragraph before was deleted

    def blocks(self, parent: Element) -> None:
        """Read the paragraphs and tables of the body, a cell, a text box or a note."""
        for block in parent:
            name = local(block)
            if name == "p":
                self._paragraph(block)
            elif name == "tbl":
                self._table(block)
            elif name == "AlternateContent":
                self.blocks(_chosen(block))
            elif name not in _GONE:
                self.blocks(block)

    def _paragraph(self, paragraph: Element) -> None:
        properties = child(paragraph, "pPr")
        style = self._styles.name(attribute(child(properties, "pStyle"), "val"))
        if style.startswith("toc "):
            return  # a table of contents: the headings come again where they stand
        level = self._styles.level(properties)
        if style == "title" and not self.title:
            self.title = self._plain(paragraph)
        if level:
            with self._writer.heading(level):
                self._inside(paragraph)
        else:
            if not self._runs_on:
                self._writer.paragraph()
            self._inside(paragraph)
        self._runs_on = child(properties, "rPr", "del") is not None
        if not self._runs_on:
            self._writer.paragraph()
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self.blocks(box)
            self._writer.paragraph()
        if self._notes and child(properties, "sectPr") is not None:
            self._notes.end_section()

    def _plain(self, paragraph: Element) -> str:
        writer = FlowWriter(single=True)
        TextWalker(writer, self._styles, {}, None)._inside(paragraph)  # noqa: SLF001 - its own kind
        return writer.note_text()

    def _table(self, table: Element) -> None:
        rows = [list(_grid(row, "tc")) for row in _grid(table, "tr")]
        framed = all(len(row) <= 1 for row in rows)  # one cell a row: a frame around text
        self._writer.paragraph()
        for row in rows:
            self._writer.row()
            for number, cell in enumerate(row):
                if framed:
                    self.blocks(cell)
                else:
                    with self._writer.cell(first=number == 0):
                        self.blocks(cell)
        self._writer.paragraph()

    def _inside(self, parent: Element) -> None:
        """Read the runs of a paragraph, and whatever else holds runs."""
        for inner in parent:
            name = local(inner)
            if name == "r":
                if inner is not self._label_run:
                    self._run(inner)
            elif name == "AlternateContent":
                self._inside(_chosen(inner))
            elif name == "t":
                self._writer.text(inner.text or "")
            elif name not in _GONE:
                self._inside(inner)
                if name == "hyperlink":
                    self._writer.link(web_address(self._links.get(attribute(inner, "id"), "")))

    def _run(self, run: Element) -> None:
        properties = child(run, "rPr")
        hidden = self._styles.is_hidden(properties)
        superior = self._styles.is_superior(properties)
        pieces = list(run)
        for number, piece in enumerate(pieces):
            name = local(piece)
            if name == "fldChar":
                self._field(attribute(piece, "fldCharType"))
            elif name == "instrText" and self._fields:
                self._fields[-1].instruction += piece.text or ""
            elif hidden or any(not field.shown for field in self._fields):
                continue
            elif name in _REFERENCES and self._notes:
                behind = self._refer(self._notes, piece, run, "".join(map(_typed, pieces[number + 1 :])))
                if behind is not None:
                    self._show(behind, superior=superior)
                    return
            elif name in _DRAWN or name == "AlternateContent":
                self._boxes += _text_boxes(piece)
                if name == "AlternateContent":
                    self._show("".join(_typed(inner) for inner in _chosen(piece)), superior=superior)
            elif name in _SPACES:
                self._writer.space()
            else:
                self._show(_typed(piece), superior=superior)

    def _refer(self, notes: NoteParts, reference: Element, run: Element, typed: str) -> str | None:
        """Meet a mark. Gives what is typed behind it in the same run where its label is too, and None elsewhere."""
        custom = _is_on(reference, "customMarkFollows")
        own = _CUSTOM.match(typed) if custom else None
        label = own[1] if own else self._label_in_next(run) if custom else ""
        self._writer.mark(*notes.refer(_REFERENCES[local(reference)], attribute(reference, "id"), label))
        return typed[own.end() :] if own else None

    def _label_in_next(self, run: Element) -> str:
        """The label that the author typed, where it is a run of its own."""
        following = next((other for other in run.itersiblings() if local(other) not in _BETWEEN), None)
        if following is None or local(following) != "r":
            return ""
        text = "".join(map(_typed, following)).strip()
        superior = self._styles.is_superior(child(following, "rPr"))
        if not _SYMBOLS.fullmatch(text) and not (superior and len(text) <= _LONGEST_LABEL):
            return ""
        self._label_run = following
        return text

    def _show(self, text: str, *, superior: bool) -> None:
        noted = _FIELD_NOTE.match(self._fields[-1].instruction) if self._fields and self._notes else None
        note_id = self._notes.note_at(noted[1]) if noted and self._notes else None
        # Without superscript a NOTEREF is text that speaks of a note: "see note 5".
        if noted and note_id and text.strip() and (superior or "\\f" in noted[2]):
            self._writer.mark(text.strip(), note_id)
        elif superior:
            self._writer.superior(text)
        else:
            self._writer.text(text)

    def _field(self, step: str) -> None:
        if step == "begin":
            self._fields.append(_Field())
        elif step == "separate" and self._fields:
            self._fields[-1].shown = True
        elif step == "end" and self._fields:
            link = _FIELD_LINK.match(self._fields.pop().instruction)
            if link:
                self._writer.link(web_address(link[1]))


def _typed(piece: Element) -> str:
    """The text of one piece of a run."""
    name = local(piece)
    if name == "t":
        return piece.text or ""
    if name == "noBreakHyphen":
        return "-"
    if name == "sym":
        code = attribute(piece, "char")
        # Fonts of symbols keep theirs in the private use area, where a character means nothing without the font.
        if code.upper() == "F02A" and attribute(piece, "font") == "Symbol":
            return "*"
        number = int(code, 16) if re.fullmatch(r"[0-9A-Fa-f]{4}", code) else 0
        return chr(number) if 0x20 <= number < 0xD800 else ""
    return ""


def _grid(parent: Element, name: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, also those inside content controls."""
    for inner in parent:
        if local(inner) == name:
            if not is_deleted(inner):
                yield inner
        elif local(inner) in {"sdt", "sdtContent", "customXml", "ins"}:
            yield from _grid(inner, name)


def _chosen(alternate: Element) -> Element:
    """The alternative to read of the same content in several forms: the first that holds text."""
    for choice in alternate:
        if any(local(inner) in {"t", "txbxContent"} for inner in choice.iter()):
            return choice
    return alternate[0] if len(alternate) else alternate


def _text_boxes(element: Element) -> Iterator[Element]:
    if local(element) == "txbxContent":
        yield element
    elif local(element) == "AlternateContent":
        if len(element):
            yield from _text_boxes(_chosen(element))
    else:
        for inner in element:
            yield from _text_boxes(inner)


def _is_on(element: Element, name: str) -> bool:
    """Whether an on/off attribute is set."""
    return attribute(element, name).lower() in {"1", "true", "on"}
