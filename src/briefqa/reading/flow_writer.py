"""Writes a `Flow` piece by piece: what the readers of formats with notes of their own (DOCX, HTML, Markdown) share.

A reader walks its tree and tells the writer what it meets; the writer owns white space, separators and offsets.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from briefqa.briefs import Flow, Mark, Note, Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Invisible: control characters, soft hyphens, zero-width spaces and joiners, byte order marks, direction marks.
_INVISIBLE = dict.fromkeys(
    [*range(9), *range(14, 32), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF]
)
_CLOSING = frozenset(",.;:!?)]}»”’")
_SEPARATORS = re.compile(r"[\s,;·&–-]*")
_CELL, _ROW, _PARAGRAPH = " | ", "\n", "\n\n"
MAX_ADDRESS = 2000


class FlowWriter:
    """Collects text, marks and sections. Paragraphs are parted by a blank line, white space in them is squeezed.

    single: everything goes into one paragraph, as in a note.
    """

    def __init__(self, *, single: bool = False) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._gap = ""  # the white space owed before the next text
        self._bars = 0  # the cell borders owed before the next text
        self._inline = int(single)  # inside a heading, a cell or a note a new paragraph is only a space
        self._waiting: list[tuple[str, str | None]] = []  # marks before the first word of a paragraph
        self._after_mark = False
        self._marks: list[Mark] = []
        self._headings: list[tuple[int, str, int]] = []  # level, title, start
        self._links: list[tuple[int, str]] = []

    @property
    def empty(self) -> bool:
        """Whether no text has been written yet."""
        return not self._length

    @property
    def first_heading(self) -> str:
        """The heading that the text opens with, or ""."""
        return self._headings[0][1] if self._headings and self._headings[0][2] == 0 else ""

    def text(self, piece: str) -> None:
        """Add running text."""
        piece = piece.translate(_INVISIBLE)
        words = piece.split()
        if not words:
            if piece:
                self._owe(" ")
            return
        if piece[0].isspace():
            self._owe(" ")
        if self._after_mark and self._gap == " " and words[0][0] in _CLOSING:
            self._gap = ""  # "word <mark>, next": the space stood before the mark only
        self._put(" ".join(words))
        if piece[-1].isspace():
            self._owe(" ")

    def superior(self, piece: str) -> None:
        """Add superscript text. What merely parts two marks, such as a comma, is no text."""
        if (
            self._marks
            and self._marks[-1].offset == self._length
            and not self._waiting
            and _SEPARATORS.fullmatch(piece)
        ):
            return
        self.text(piece)

    def mark(self, label: str, note_id: str | None) -> None:
        """Put a mark right behind the text so far, or in front of a paragraph that has no text yet."""
        if self._gap not in {"", " "} or self._bars or not self._length:
            self._waiting.append((label, note_id))
        else:
            self._marks.append(Mark(label, self._length, 0, note_id))
            self._after_mark = self._gap == " "

    def space(self) -> None:
        """Part words without text, as a line break does."""
        self._owe(" ")

    def paragraph(self) -> None:
        """End the paragraph, if one is open, and begin another."""
        if not self._inline:
            self._settle_marks()
        self._owe(_PARAGRAPH)

    def row(self) -> None:
        """End a row of a table and begin another."""
        if not self._inline:
            self._settle_marks()
            self._bars = 0
        self._owe(_ROW)

    @contextmanager
    def cell(self, *, first: bool) -> Iterator[None]:
        """Everything within goes into one cell of the row. A table inside a cell is read as plain words."""
        if self._inline:
            self._owe(" ")
        elif not first:
            self._bars += 1
        self._inline += 1
        try:
            yield
        finally:
            self._inline -= 1
            if self._inline:
                self._owe(" ")

    @contextmanager
    def heading(self, level: int) -> Iterator[None]:
        """Everything within is one paragraph that heads a section. level: 1 is the highest."""
        self.paragraph()
        before, number = self._length, len(self._parts)
        self._inline += 1
        try:
            yield
        finally:
            self._inline -= 1
            written = "".join(self._parts[number:])
            title = written.strip()
            if title and not self._inline:
                self._headings.append((level, title, before + len(written) - len(written.lstrip())))
            self.paragraph()

    def link(self, address: str) -> None:
        """The text so far ends with the text of a link to this address."""
        if address.startswith(("http://", "https://")) and len(address) <= MAX_ADDRESS:
            self._links.append((self._length, "".join(address.split())))

    def flow(self, notes: Sequence[Note]) -> Flow:
        """What was written, with the notes that its marks lead to."""
        self._settle_marks()
        return Flow("".join(self._parts), tuple(self._marks), tuple(notes), tuple(self._sections()))

    def note_text(self) -> str:
        """What was written, as a note: with the addresses of its links where the text does not spell them out."""
        text = "".join(self._parts)
        spelled = bare(text)
        for end, address in reversed(self._links):
            if bare(address) not in spelled:
                text = f"{text[:end]} {address}{text[end:]}"
                spelled += " " + bare(address)
        return text.strip()

    def _owe(self, gap: str) -> None:
        """Owe white space before the next text; the widest that was owed wins."""
        if self._inline and gap != " ":
            gap = " "
        if self._length and len(gap) + gap.count("\n") > len(self._gap) + self._gap.count("\n"):
            self._gap = gap

    def _put(self, words: str) -> None:
        if self._bars:
            gap = self._gap if "\n" in self._gap else ""
            self._write(
                gap + (_CELL * self._bars).replace("  ", " ").removeprefix(" " if gap or not self._length else "")
            )
        else:
            self._write(self._gap)
        self._gap, self._bars, self._after_mark = "", 0, False
        self._settle_marks()
        self._write(words)

    def _write(self, piece: str) -> None:
        if piece:
            self._parts.append(piece)
            self._length += len(piece)

    def _settle_marks(self) -> None:
        self._marks += [Mark(label, self._length, 0, note_id) for label, note_id in self._waiting]
        self._waiting.clear()

    def _sections(self) -> Iterator[Section]:
        """Each heading rules to the next of the same or a higher level."""
        ends: list[int] = []
        following: list[tuple[int, int]] = []  # level and start of the headings behind, of falling level
        for level, _, start in reversed(self._headings):
            while following and following[-1][0] > level:
                following.pop()
            ends.append(following[-1][1] if following else self._length)
            following.append((level, start))
        for (_, title, start), end in zip(self._headings, reversed(ends), strict=True):
            yield Section(title, start, end)


def bare(text: str) -> str:
    """Text or an address with nothing that two spellings of one address differ in."""
    text = unquote(text).casefold()
    text = re.sub(r"https?://|\bwww\.|\bdx\.|\bdoi\.org/", "", text)
    return re.sub(r"[\s\u00ad\u200b]+", "", text).rstrip("/")


def web_address(target: str) -> str:
    """A link's target if it leads to the web, else ""."""
    target = target.strip()
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    return target if parts.scheme.lower() in {"http", "https"} and parts.netloc else ""
