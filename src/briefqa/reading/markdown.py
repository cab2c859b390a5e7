"""Markdown → `Document`: CommonMark with tables, and footnotes as pandoc writes them (`[^1]`, `^[…]`)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from briefqa.briefs import Document, Note
from briefqa.errors import NoTextLayer, TooLarge
from briefqa.reading.flow_writer import FlowWriter, web_address
from briefqa.reading.front_matter import front_matter
from briefqa.reading.text import decoded_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

# A megabyte takes a second, and no brief has ten.
_MAX_BYTES = 10_000_000
_MAX_INLINE_NOTE = 10_000
_REFERENCE = re.compile(r"\[\^([^\]\s]{1,200})\]")
# The number of a list item opens the paragraph that follows, which must therefore not begin another.
_PARAGRAPHS = frozenset({"paragraph_close", "table_open", "table_close", "hr"})
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z][^<>]*>|<[!?][^<>]*>", re.DOTALL)


def read_markdown(file: Path, name: str) -> Document:
    """Read a Markdown file. Raises ReadingError for one that is not text, NoTextLayer for an empty one, TooLarge."""
    if file.stat().st_size > _MAX_BYTES:
        raise TooLarge(f"{name} has more than {_MAX_BYTES:,} bytes of Markdown: split it.")
    text = decoded_text(file.read_bytes(), name)
    about = front_matter(text)
    walker = _Walker(_parser())
    walker.read(text[about.end :])
    flow = walker.writer.flow(walker.notes())
    if not flow.text:
        raise NoTextLayer(f"{name} holds no text that would be printed: check that it is the right file.")
    return Document(
        path=name,
        pages=(),
        title=about.title or walker.writer.first_heading,
        authors=about.authors,
        published=about.published,
        language=about.language,
        flow=flow,
    )


@cache
def _parser() -> MarkdownIt:
    """Build a parser with the plugin's definitions of notes, and marks of our own. Once: it keeps nothing of a text.

    The plugin's rules for marks look for their end up to the end of the paragraph, again for each "[^" and "^[": a
    minute for 40 kB of those. They also drop notes that no mark leads to.
    """
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False, move_to_end=False)
    parser.disable("footnote_ref")
    parser.inline.ruler.before("link", "note_reference", _note_reference)
    parser.inline.ruler.before("link", "note_inline", _note_inline)
    return parser


def _note_reference(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser calls it so
    """Match `[^label]`, where such a note is defined or the label is a number."""
    found = _REFERENCE.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    defined = f":{found[1]}" in state.env.get("footnotes", {}).get("refs", {})
    if not defined and not found[1].isdecimal():
        return False
    if not silent:
        state.push("note_reference", "", 0).meta = {"label": found[1]}
    state.pos = found.end()
    return True


def _note_inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser calls it so
    """Match `^[text of the note]`, brackets inside paired and no other note inside."""
    if not state.src.startswith("^[", state.pos):
        return False
    begin = state.pos + 2
    depth, end = 1, begin
    limit = min(state.posMax, begin + _MAX_INLINE_NOTE)
    while end < limit and depth:
        char = state.src[end]
        if char == "\\":
            end += 1
        elif char == "[":
            if state.src[end - 1] == "^":
                return False
            depth += 1
        elif char == "]":
            depth -= 1
        end += 1
    if depth or end > limit:
        return False
    if not silent:
        state.push("note_inline", "", 0).meta = {"text": state.src[begin : end - 1]}
    state.pos = end
    return True


class _Walker:
    """Reads the tokens of a text into a writer, and sets aside the notes that it finds defined among them."""

    def __init__(self, parser: MarkdownIt) -> None:
        self.writer = FlowWriter()
        self._parser = parser
        self._defined: dict[str, list[Token]] = {}
        self._numbers: dict[str, int] = {}  # by label; an inline note has its number for label, behind a space

    def read(self, text: str) -> None:
        """Read a whole text."""
        tokens = self._parser.parse(text)
        body: list[Token] = []
        note = body
        for token in tokens:
            if token.type == "footnote_reference_open":
                # Of two notes by one name the first is meant, as in pandoc; the second is not lost but has no mark.
                label = token.meta["label"]
                note = self._defined.setdefault(label if label not in self._defined else f"{label} ", [])
            elif token.type == "footnote_reference_close":
                note = body
            else:
                note.append(token)
        self._blocks(body, self.writer)

    def notes(self) -> list[Note]:
        """All notes in the order of their marks, and behind them those without one."""
        unmarked = [label for label in self._defined if label not in self._numbers]
        found = []
        for label in [*self._numbers, *unmarked]:
            if label not in self._defined:
                continue
            writer = FlowWriter(single=True)
            self._blocks(self._defined[label], writer)
            printed = str(self._numbers.get(label, label.strip()))
            found.append(Note(label, printed, "footnote", 0, writer.note_text()))
        return found

    def _blocks(self, tokens: Sequence[Token], writer: FlowWriter) -> None:
        position, first = 0, True  # first: of the cells in a row
        while position < len(tokens):
            token = tokens[position]
            if token.type in {"heading_open", "th_open", "td_open"}:
                with writer.heading(int(token.tag[1:])) if token.tag[1:].isdecimal() else writer.cell(first=first):
                    self._inline(tokens[position + 1], writer)
                first = False
                position += 2  # what opens is followed by one inline token, and by what closes
            elif token.type == "tr_open":
                first = True
                writer.row()
            elif token.type == "inline":
                self._inline(token, writer)
            elif token.type in {"fence", "code_block", "html_block"}:
                writer.paragraph()
                writer.text(_TAG.sub(" ", token.content) if token.type == "html_block" else token.content)
                writer.paragraph()
            elif token.type == "list_item_open":
                writer.paragraph()
                writer.text(f"{token.info}{token.markup} " if token.info else "")
            elif token.type in _PARAGRAPHS:
                writer.paragraph()
            position += 1

    def _inline(self, inline: Token, writer: FlowWriter) -> None:
        pieces = inline.children or []
        targets: list[str] = []
        for piece in pieces:
            if piece.type in {"text", "code_inline"}:
                writer.text(piece.content)
            elif piece.type in {"softbreak", "hardbreak"}:
                writer.space()
            elif piece.type == "image" and len(pieces) == 1:
                writer.text(piece.content)  # a figure: what describes it is printed below it
            elif piece.type == "html_inline" and piece.content.lower().startswith("<br"):
                writer.space()
            elif piece.type == "link_open":
                targets.append(str(piece.attrGet("href") or ""))
            elif piece.type == "link_close" and targets:
                writer.link(web_address(targets.pop()))
            elif piece.type == "note_reference" and writer is self.writer:
                self._mark(piece.meta["label"])
            elif piece.type == "note_inline" and writer is self.writer:
                label = f" {len(self._numbers) + 1}"
                self._defined[label] = self._parser.parseInline(piece.meta["text"])
                self._mark(label)

    def _mark(self, label: str) -> None:
        if label in self._defined:
            number = self._numbers.setdefault(label, len(self._numbers) + 1)
            self.writer.mark(str(number), label)
        else:
            self.writer.mark(label, None)
