"""The sources of the documents in tests/briefs/pdf: prose with its notes in place, and what has to be found in it.

A source (`*.brief`) opens with TOML between `+++` lines: the producer, the phenomenon in words, and what the producer
needs (see the `as_*` modules). Blocks are parted by blank lines. Their first sign says what they are:

    # and ##      headings                        - and +   items of a bulleted and of a numbered list, one a line
    |             rows of a table, one a line     >         a block quotation
    @caption      a caption                       @note L   a note that stands just here, with its label
    @notes TITLE  the endnotes up to here         @page     a new page
    @raw          lines for the producer alone    @body     lines of the body that came by @raw

Inside a line: `{^1 The note.}` is a mark and its footnote, `{~1 The note.}` a mark and its endnote, `{^1}` a mark
alone, `{=1 The note.}` a footnote alone; ` // ` parts the note's paragraphs. `{sup th}`, `{sub 2}` and `{em word}` are
what they say; `{skip words}` are printed and not to be found, `{only words}` the other way round. A mark alone leads to
the next note of its label, or else to the last one; "3, 4" and "3–5" to several.

Of the head, `body_differs` says why the body cannot be known from the source.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OPENING = re.compile(r"\{(?:([\^~=])([^\s{},]+(?:, [^\s{},]+)*)|(sup|sub|em|skip|only))(?: |(?=\}))")
_TAIL = 12


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words."""

    text: str


@dataclass(frozen=True, slots=True)
class Styled:
    """Words that are raised ("sup"), lowered ("sub") or in italics ("em"), or those of "skip" and "only"."""

    style: str
    inside: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A mark, a note, or both. paragraphs: of the note, none for a mark alone. kind: "^", "~" or "="."""

    kind: str
    label: str
    paragraphs: tuple[tuple[Inline, ...], ...]


Inline = Text | Styled | Anchor


@dataclass(frozen=True, slots=True)
class Block:
    """A block by its sign. lines: those it is made of, each a row's cells; raw: its text as it stands."""

    sign: str
    lines: tuple[tuple[tuple[Inline, ...], ...], ...]
    raw: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A source: what its head says, and its blocks."""

    name: str
    head: dict[str, Any]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What has to be found: a mark after these letters of the body, and the text that it leads to."""

    label: str
    before: str
    note: str


def load(file: Path) -> AnnotatedText:
    """Read a source."""
    _, head, rest = re.split(r"^\+\+\+$", file.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
    blocks = tuple(_block(block) for block in re.split(r"\n\s*\n", rest.strip()))
    return AnnotatedText(file.stem, tomllib.loads(head), blocks)


def _block(text: str) -> Block:
    sign, _, rest = text.partition(" ")
    if sign.startswith(("@raw", "@body")):
        sign, _, rest = text.partition("\n")
        return Block(sign, ((inline(rest),),) if sign == "@body" else (), rest)
    if sign in {"-", "+"}:
        return Block(sign, tuple((inline(line[2:]),) for line in text.split("\n")))
    if sign == "|":
        rows = (line.strip(" |").split(" | ") for line in text.split("\n"))
        return Block(sign, tuple(tuple(inline(cell) for cell in row) for row in rows))
    label, _, note = rest.partition(" ")
    if sign == "@note":
        return Block(sign, ((inline(_one_line(note)),),), label=label)
    known = sign in {"#", "##", ">", "@caption", "@notes", "@page"}
    return Block(sign if known else "", ((inline(_one_line(rest if known else text)),),))


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text)


def inline(text: str) -> tuple[Inline, ...]:
    """The parts of a line."""
    nodes, rest = _inline(text)
    if rest:
        raise ValueError(f"a brace too many before {rest!r}")
    return nodes


def _inline(text: str) -> tuple[tuple[Inline, ...], str]:
    """The parts up to the brace that closes them, and what comes after it."""
    nodes: list[Inline] = []
    while text:
        found = _OPENING.search(text)
        close = text.find("}")
        if close >= 0 and (not found or close < found.start()):
            return (*nodes, *([Text(text[:close])] if close else [])), text[close + 1 :]
        if not found:
            return (*nodes, Text(text)), ""
        if found.start():
            nodes.append(Text(text[: found.start()]))
        inside, text = _inline(text[found.end() :])
        if found[3]:
            nodes.append(Styled(found[3], inside))
        else:
            nodes.append(Anchor(found[1], found[2], tuple(_paragraphs(inside))))
    return tuple(nodes), ""


def _paragraphs(nodes: tuple[Inline, ...]) -> Iterator[tuple[Inline, ...]]:
    current: list[Inline] = []
    for node in nodes:
        first, *others = node.text.split(" // ") if isinstance(node, Text) else [node]
        current.append(Text(first) if isinstance(first, str) else first)
        for other in others:
            yield tuple(current)
            current = [Text(str(other))]
    if current:
        yield tuple(current)


def plain(nodes: tuple[Inline, ...]) -> str:
    """The words of these parts, without marks and notes."""
    words = ""
    for node in nodes:
        if isinstance(node, Text):
            # A mark that stood apart takes its space with it.
            words = words.rstrip() if re.match(r"[\s.,;:]", node.text) else words
            words += node.text
        elif isinstance(node, Styled) and node.style != "skip":
            words += plain(node.inside)
    return words


def body(source: AnnotatedText) -> str:
    """The running text, a block a line."""
    return "\n".join(text for text, _ in _body_lines(source))


def _body_lines(source: AnnotatedText) -> Iterator[tuple[str, tuple[Inline, ...]]]:
    for block in source.blocks:
        if block.sign in {"@note", "@notes", "@raw", "@page"}:
            continue
        for number, line in enumerate(block.lines, start=1):
            numeral = f"{number}. " if block.sign == "+" else ""
            for cell in line:
                yield numeral + plain(cell), cell


def paragraphs(source: AnnotatedText) -> tuple[set[int], set[int]]:
    """Where the body must be parted and where it may be (between items and cells), as letters and figures before it."""
    must: set[int] = set()
    may: set[int] = set()
    letters = 0
    for block in source.blocks:
        for text, _ in _body_lines(replace(source, blocks=(block,))):
            for line in text.split("\n"):
                letters += len(squash(line))
                may.add(letters)
        if block.sign in {"", "#", "##", ">", "@caption"}:
            must.add(letters)
    return must, may


def links(source: AnnotatedText) -> list[Link]:
    """Every mark with the note that it leads to, in reading order."""
    places: list[tuple[str, str]] = []
    notes: list[tuple[int, str, str]] = []
    before = ""
    for block in source.blocks:
        if block.sign == "@note":
            notes.append((len(places), block.label, plain(block.lines[0][0])))
        if block.sign in {"@note", "@notes", "@raw"}:
            continue
        for nodes in (cell for line in block.lines for cell in line):
            for node in nodes:
                if not isinstance(node, Anchor):
                    before += plain((node,))
                    continue
                if node.paragraphs:
                    notes.append((len(places), node.label, " ".join(map(plain, node.paragraphs))))
                if node.kind != "=":
                    places += [(label, squash(before)[-_TAIL:]) for label in _single(node.label)]
            before += "\n"
    return [Link(label, tail, _note_of(label, place, notes)) for place, (label, tail) in enumerate(places)]


def _single(label: str) -> list[str]:
    """ "3, 4" and "3–5" as single labels."""
    if "–" in label:
        first, last = map(int, label.split("–"))
        return [str(number) for number in range(first, last + 1)]
    return label.split(", ")


def _note_of(label: str, place: int, notes: list[tuple[int, str, str]]) -> str:
    same = [(where, text) for where, other, text in notes if other == label]
    return next((text for where, text in same if where >= place), same[-1][1])


def squash(text: str) -> str:
    """Letters and figures only, in lower case."""
    return "".join(char for char in text.casefold() if char.isalnum())
