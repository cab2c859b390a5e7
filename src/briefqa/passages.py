"""A brief's body cut into passages: whole paragraphs and sentences, sized in the model's own tokens.

The steps: paragraphs (a heading sticks to the one below it), those that are too long cut by sentence, clause, word
and, if nothing else helps, character (langchain-text-splitters), neighbours packed up to the wished size, and at last
every passage counted as it will be embedded, so that the model never cuts one off in silence.

Tokens are counted once for each distinct word and added up: tokenizers of words (WordPiece, SentencePiece) part a text
at its spaces first, so that the sum is exact for them. For any other the final count corrects it.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.briefs import Brief, Mark, Passage
from briefqa.errors import EmbeddingError
from briefqa.sentences import CLAUSE_END, PARAGRAPH_END, SENTENCE_END

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    CountTokens = Callable[[Sequence[str]], list[int]]

_PARAGRAPH_END = re.compile(PARAGRAPH_END)
_ATOM = re.compile(r"[^\s。！？]+[。！？]*|[。！？]+")
_SEPARATORS = [r"\n+", SENTENCE_END, CLAUSE_END, r"\s+", ""]

# Text that the model knows no words of (base64, a table's ruled line) counts as one token however long it is: a
# word is worth at least a token for this many characters, so that no passage grows past what a person can read.
_CHARACTERS_PER_TOKEN = 16
# Bounds the memory of a long run; a collection has fewer words than this, a broken one has any number.
_WORDS_REMEMBERED = 500_000
# A piece smaller than this part of the wished size is joined to a neighbour, beyond the wished size if need be.
_CRUMB = 1 / 6
# A heading opens a new passage when the one before it is filled to this part.
_FILLED = 1 / 3


def split(brief: Brief, count_tokens: CountTokens, *, max_tokens: int, window: int) -> tuple[Passage, ...]:
    """Cut brief's body into passages that cover it; only white space lies between them.

    count_tokens: tokens of each text as the model counts, its special tokens and its prompt included.
    max_tokens: the wished size of a passage's text. window: the limit for `embedded_text` of every passage, as
    count_tokens counts. Raises EmbeddingError where the window is too small to hold anything.
    """
    return Splitter(count_tokens, max_tokens=max_tokens, window=window).split(brief)


class Splitter:
    """Cuts one brief after another, and remembers the words that it has counted. Arguments as in `split`."""

    def __init__(self, count_tokens: CountTokens, *, max_tokens: int, window: int) -> None:
        self._count_tokens = count_tokens
        self._window = window
        self._sizes = _Sizes(count_tokens)
        room = window - self._sizes.overhead
        if room < 1:
            raise EmbeddingError(f"A window of {window} tokens leaves no room for text: choose another model.")
        self._for_context = min(room // 4, max(room - max_tokens, room // 8))
        self._limit = room - self._for_context
        self._budget = max(1, min(max_tokens, self._limit))

    def split(self, brief: Brief) -> tuple[Passage, ...]:
        """Cut a brief's body into passages."""
        self._sizes.learn(brief.body)
        contexts = _Contexts(brief, self._sizes, self._for_context)
        pieces = _pack(_pieces(brief, self._sizes, self._budget), self._budget, self._limit)
        spans = _trimmed(brief.body, ((piece.start, piece.end) for piece in pieces))
        spans = _within_window(brief.body, spans, contexts, self._count_tokens, self._window)
        return tuple(_passages(brief, spans, contexts))


def passage_id(brief_id: str, text: str, repeat: int = 1) -> str:
    """Name a passage by its brief and its words, so that the name holds as long as the words stand.

    text: without white space that means nothing. repeat: the how-manieth it is in its brief that says just this.
    """
    said = text if repeat == 1 else f"{text}\0{repeat}"
    return f"{brief_id}-{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def embedded_text(passage: Passage) -> str:
    """Return what the model sees of a passage: its context, then its text."""
    return with_context(passage.context, passage.text)


def with_context(context: str, text: str) -> str:
    """Put a passage's context before its text, which is freed of the white space that a mark may stand in."""
    return f"{context}\n\n{text.strip()}" if context else text.strip()


@dataclass(frozen=True, slots=True)
class _Piece:
    """body[start:end], never to be cut again. opens: it begins with a heading."""

    start: int
    end: int
    size: int
    opens: bool = False


class _Sizes:
    """Tokens of a text without the special ones: the sum over its words, each distinct word counted once."""

    def __init__(self, count_tokens: CountTokens) -> None:
        self._count = count_tokens
        self.overhead = count_tokens([""])[0]
        self._known: dict[str, int] = {}

    def learn(self, text: str) -> None:
        """Count the words of text that are new, all in one call."""
        if len(self._known) > _WORDS_REMEMBERED:
            self._known.clear()
        new = [atom for atom in dict.fromkeys(_ATOM.findall(text)) if atom not in self._known]
        for atom, count in zip(new, self._count(new) if new else (), strict=True):
            self._known[atom] = max(count - self.overhead, len(atom) // _CHARACTERS_PER_TOKEN, 1)

    def of(self, text: str) -> int:
        """Tokens of text."""
        atoms = _ATOM.findall(text)
        try:
            return sum(map(self._known.__getitem__, atoms))
        except KeyError:
            self.learn(text)
            return sum(map(self._known.__getitem__, atoms))


class _Contexts:
    """The context of a passage: title and section heading, trimmed to `room` tokens."""

    def __init__(self, brief: Brief, sizes: _Sizes, room: int) -> None:
        self._brief = brief
        self._sizes = sizes
        self._room = room
        self._made: dict[tuple[str, ...], str] = {}

    def at(self, start: int) -> str:
        """Make the context of a passage that begins at start. A heading that begins its text is not said twice."""
        section = self._brief.section_at(start)
        title = " ".join(self._brief.title.split())
        heading = " ".join(section.split())
        if heading == title or self._brief.body.startswith(section, start):
            heading = ""
        parts = tuple(part for part in (title, heading) if part)
        if parts not in self._made:
            self._made[parts] = self._fitting(parts)
        return self._made[parts]

    def _fitting(self, parts: tuple[str, ...]) -> str:
        """Parts, one a line, each cut at the end to an even share where they are too long together."""
        if sum(map(self._sizes.of, parts)) <= self._room:
            return "\n".join(parts)
        share = self._room // len(parts)
        return "\n".join(filter(None, (self._beginning(part, share) for part in parts)))

    def _beginning(self, text: str, room: int) -> str:
        kept: list[str] = []
        for word in text.split(" "):
            room -= self._sizes.of(word)
            if room < 0:
                break
            kept.append(word)
        return " ".join(kept)


def _paragraphs(body: str) -> Iterator[tuple[int, int]]:
    """Spans of the paragraphs, each with the white space after it; together the whole body."""
    ends = [match.end() for match in _PARAGRAPH_END.finditer(body)]
    bounds = sorted({0, *ends, len(body)})
    yield from pairwise(bounds)


def _blocks(brief: Brief) -> Iterator[tuple[int, int, int]]:
    """Paragraphs with the headings above them: (start, start of the paragraph itself, end)."""
    headings = {" ".join(section.title.split()) for section in brief.sections}
    starts = [section.start for section in brief.sections]
    opened: int | None = None
    for start, end in _paragraphs(brief.body):
        first = bisect_left(starts, start)
        heads = first < len(starts) and starts[first] < end
        if heads and end < len(brief.body) and " ".join(brief.body[start:end].split()) in headings:
            opened = start if opened is None else opened
            continue
        yield (start if opened is None else opened), start, end
        opened = None
    if opened is not None:
        yield opened, opened, len(brief.body)


def _pieces(brief: Brief, sizes: _Sizes, budget: int) -> Iterator[_Piece]:
    """Blocks, the long ones cut; the first cut of a block keeps its heading."""
    opening = {section.start for section in brief.sections}
    for start, inner, end in _blocks(brief):
        heading = sizes.of(brief.body[start:inner])
        if heading > budget // 2:
            yield from _cut(brief.body, start, inner, sizes, budget)
            start, heading = inner, 0  # noqa: PLW2901 - a heading this long is a paragraph like any other
        pieces = list(_cut(brief.body, inner, end, sizes, budget - heading))
        for number, piece in enumerate(pieces):
            if number == 0:
                opens = start < inner or start in opening
                yield replace(piece, start=start, size=piece.size + heading, opens=opens)
            else:
                yield piece


def _cut(body: str, start: int, end: int, sizes: _Sizes, budget: int) -> Iterator[_Piece]:
    """body[start:end] in pieces of at most budget tokens, about even, cut at the strongest separator there is."""
    text = body[start:end]
    size = sizes.of(text)
    if size <= budget:
        yield _Piece(start, end, size)
        return
    parts = -(-size // budget)
    cuts = _split_evenly(text, sizes, budget, -(-size // parts))
    if sizes.of(cuts[-1]) < budget * _CRUMB:
        cuts = _split_evenly(text, sizes, budget, -(-size // (parts + 1)))
    for cut in cuts:
        yield _Piece(start, start + len(cut), sizes.of(cut))
        start += len(cut)


def _split_evenly(text: str, sizes: _Sizes, budget: int, even: int) -> list[str]:
    """Cut text into pieces of about even tokens, of budget at most; together they are the text."""
    # Imported here because it costs a third of a second, and a short brief never gets here.
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415

    splitter = RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        is_separator_regex=True,
        keep_separator="end",
        strip_whitespace=False,
        chunk_size=max(1, min(budget, even * 6 // 5)),
        chunk_overlap=0,
        length_function=sizes.of,
    )
    return splitter.split_text(text)


def _pack(pieces: Iterable[_Piece], budget: int, limit: int) -> list[_Piece]:
    """Neighbours joined up to budget tokens; crumbs joined up to limit."""
    packed: list[_Piece] = []
    for piece in pieces:
        if packed and _belong_together(packed[-1], piece, budget, limit):
            last = packed[-1]
            packed[-1] = replace(last, end=piece.end, size=last.size + piece.size)
        else:
            packed.append(piece)
    return packed


def _belong_together(last: _Piece, piece: _Piece, budget: int, limit: int) -> bool:
    total = last.size + piece.size
    if min(last.size, piece.size) < budget * _CRUMB:
        return total <= (budget if piece.opens else limit)
    return total <= budget and not (piece.opens and last.size > budget * _FILLED)


def _trimmed(body: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans without the white space at their ends; those of nothing else are left out."""
    trimmed = []
    for start, end in spans:
        text = body[start:end]
        bare = text.strip()
        if bare:
            first = start + len(text) - len(text.lstrip())
            trimmed.append((first, first + len(bare)))
    return trimmed


def _within_window(
    body: str, spans: list[tuple[int, int]], contexts: _Contexts, count_tokens: CountTokens, window: int
) -> list[tuple[int, int]]:
    """Spans, counted as they will be embedded; what exceeds the window is halved until it fits."""
    fitting: list[tuple[int, int]] = []
    while spans:
        counts = count_tokens([with_context(contexts.at(start), body[start:end]) for start, end in spans])
        halves: list[tuple[int, int]] = []
        for (start, end), count in zip(spans, counts, strict=True):
            if count <= window:
                fitting.append((start, end))
            elif end - start == 1:
                raise EmbeddingError(f"A window of {window} tokens holds no passage at all: choose another model.")
            else:
                middle = start + _middle(body[start:end])
                halves += _trimmed(body, [(start, middle), (middle, end)])
        spans = halves
    return sorted(fitting)


def _middle(text: str) -> int:
    """Where to halve text: after the white space nearest its middle, else at the middle itself."""
    spaces = [match.end() for match in re.finditer(r"\s+", text)]
    half = len(text) // 2
    return min(spaces, key=lambda place: abs(place - half), default=half)


def _reaching_marks(spans: list[tuple[int, int]], marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Spans stretched over the white space behind (or, for the first, before) them as far as a mark stands in it."""
    reaching = list(spans)
    starts = [start for start, _ in spans]
    for mark in marks if spans else ():
        number = bisect_left(starts, mark.offset) - 1
        if number < 0:
            reaching[0] = (0, reaching[0][1])
        else:
            start, end = reaching[number]
            reaching[number] = (start, max(end, mark.offset))
    return reaching


def _passages(brief: Brief, spans: list[tuple[int, int]], contexts: _Contexts) -> Iterator[Passage]:
    marks = sorted((mark for mark in brief.marks if 0 <= mark.offset <= len(brief.body)), key=lambda mark: mark.offset)
    offsets = [mark.offset for mark in marks]
    repeats: Counter[str] = Counter()
    for ordinal, ((bare, _), (start, end)) in enumerate(zip(spans, _reaching_marks(spans, marks), strict=True)):
        first = 0 if start == 0 else bisect_left(offsets, start + 1)
        said = " ".join(brief.body[start:end].split())
        repeats[said] += 1
        yield Passage(
            id=passage_id(brief.id, said, repeats[said]),
            brief_id=brief.id,
            ordinal=ordinal,
            start=start,
            end=end,
            text=brief.body[start:end],
            context=contexts.at(bare),
            section=brief.section_at(bare),
            pages=brief.pages_of(start, end),
            marks=tuple(marks[first : bisect_left(offsets, end + 1)]),
        )
