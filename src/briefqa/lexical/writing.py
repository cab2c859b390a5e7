"""Writing a lexical index, in one pass over the passages and with little in memory: the distinct words."""

from __future__ import annotations

import hashlib
import json
from array import array
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from briefqa.lexical.acronyms import Definitions
from briefqa.lexical.analysis import PAIR, analysed, tokens
from briefqa.lexical.languages import language_of
from briefqa.lexical.matrix import Growing, Postings, files_of, write_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.lexical.acronyms import Found

ABOUT, WORDS, ACRONYMS, KEYS = "lexical.json", "words.json", "acronyms.json", "keys.npy"
WORD_DIGESTS, WORD_NUMBERS = "word_digests.npy", "word_numbers.npy"
BRIEF_OF, LANGUAGE_OF = "brief_of.npy", "language_of.npy"
FILES = (
    LANGUAGE_OF,
    ABOUT,
    WORDS,
    WORD_DIGESTS,
    WORD_NUMBERS,
    ACRONYMS,
    KEYS,
    BRIEF_OF,
    *(name for kind in ("passages", "briefs") for name in files_of(kind)),
)
"""All files of a lexical index."""

NONE = PAIR
"""Stands for no word where a number is free."""

_ALL_BITS = (1 << 64) - 1
# Terms that are sorted at a time.
_AT_ONCE = 1_000_000
# Postings that are held in memory for each matrix, of some 15 bytes.
_MOST_HELD = 4_000_000
# A brief's language shows within so many characters.
_TELLING = 20_000


class Entry(Protocol):
    """What is counted of one passage. The passages of a brief come one after another."""

    @property
    def brief_id(self) -> str:
        """The brief that the passage is from."""

    @property
    def language(self) -> str:
        """The brief's language, as it says itself, or ""."""

    @property
    def heading(self) -> str:
        """What the whole brief is about: counted for each passage, and once for the brief."""

    @property
    def text(self) -> str:
        """The passage and all that belongs to it, such as the notes that it cites."""


@dataclass(frozen=True, slots=True)
class About:
    """passages, briefs: how many rows. languages: those of the briefs, in the order of their codes."""

    passages: int
    briefs: int
    languages: tuple[str, ...]


def write_lexical(folder: Path, entries: Iterable[Entry], *, most_held: int = _MOST_HELD) -> None:
    """Write an index over entries, the first being row 0. most_held: postings of each matrix to hold in memory."""
    folder.mkdir()
    taken = take(folder, entries, Vocabulary(), most_held)
    with Growing(folder / KEYS, np.uint64) as file:
        for part in write_matrix(folder, "passages", taken.passages.parts(), taken.passages.lengths()):
            file.append(part)
    for _ in write_matrix(folder, "briefs", taken.briefs.parts(), taken.briefs.lengths()):  # the same keys
        pass
    write_about(folder, listed(taken.vocabulary.numbers), taken.defined.found, taken.brief_of, taken.languages)


@dataclass(frozen=True, slots=True)
class Taken:
    """Entries, counted. brief_of: for each the row of its brief. languages: of each brief."""

    vocabulary: Vocabulary
    passages: Rows
    briefs: Rows
    defined: Definitions
    brief_of: NDArray[np.int32]
    languages: list[str]


def take(folder: Path, entries: Iterable[Entry], vocabulary: Vocabulary, most_held: int = _MOST_HELD) -> Taken:
    """Count entries, the first being row 0. folder: for what is not held in memory."""
    passages, briefs = Rows(folder, "passages", most_held), Rows(folder, "briefs", most_held)
    defined = Definitions()
    brief_of = array("i")
    languages: list[str] = []
    for group in _by_brief(entries):
        language = language_of(group[0].language, _beginning(group))
        defined.read(len(languages), (entry.text for entry in group))
        languages.append(language)
        heading = vocabulary.learn(group[0].heading, language)
        bodies = [vocabulary.learn(entry.text, language) for entry in group]
        brief_of.extend([briefs.count] * len(group))
        for body in bodies:
            passages.add(heading, body)
        briefs.add(heading, *bodies)
    return Taken(vocabulary, passages, briefs, defined, np.array(brief_of, dtype=np.int32), languages)


def write_about(
    folder: Path, words: list[str], acronyms: Found, brief_of: NDArray[np.int32], languages: list[str]
) -> None:
    """Write all but the matrices and their keys. words: in the order of their numbers. languages: of each brief."""
    (folder / WORDS).write_text(json.dumps(words), encoding="ascii")
    there = np.array([number for number, word in enumerate(words) if word != NONE], dtype=np.int64)
    digests = digests_of(words)[there]
    order = np.argsort(digests)
    np.save(folder / WORD_DIGESTS, digests[order])
    np.save(folder / WORD_NUMBERS, (there[order] + 1).astype(np.int32))
    (folder / ACRONYMS).write_text(json.dumps(acronyms, sort_keys=True), encoding="ascii")
    np.save(folder / BRIEF_OF, brief_of)
    codes = sorted(set(languages))
    np.save(folder / LANGUAGE_OF, np.array([codes.index(language) for language in languages], dtype=np.int32))
    about = About(len(brief_of), len(languages), tuple(codes))
    (folder / ABOUT).write_text(json.dumps(asdict(about)), encoding="ascii")


def listed(numbers: Mapping[str, int]) -> list[str]:
    """Words in the order of their numbers, `NONE` where a number is free."""
    words = [NONE] * max(numbers.values(), default=0)
    for word, number in numbers.items():
        words[number - 1] = word
    return words


def digests_of(words: Iterable[str]) -> NDArray[np.uint64]:
    """Digest words, eight bytes each: of a million and a half, two are alike once in fifteen million indexes."""
    each = (hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest() for word in words)
    return np.frombuffer(b"".join(each), dtype="<u8").astype(np.uint64)


def key_of(second: int, first: int = 0) -> int:
    """Return the key of a word, or of the pair of first and second, from their numbers: `keys_of` for one of them."""
    mixed = first << 32 | second
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & _ALL_BITS
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & _ALL_BITS
    return (mixed ^ (mixed >> 31)) & ~1 | (first > 0)


class Terms(NamedTuple):
    """The terms of a text: the keys of its words and of its pairs, as often as they stand there."""

    words: NDArray[np.uint64]
    pairs: NDArray[np.uint64]


class Vocabulary:
    """Numbers words from 1, as they come, and makes the terms of a text as `analysis.terms` does, by numbers."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        """known: words in the order of their numbers; `NONE` where a number is free, to be taken first."""
        self.numbers = {word: number for number, word in enumerate(known, 1) if word != NONE}
        self._free = [number for number, word in enumerate(known, 1) if word == NONE]
        self._of_language: dict[str, _Codes] = {}

    def learn(self, text: str, language: str) -> Terms:
        """Make the terms of a text, each as a key."""
        codes = self._of_language.setdefault(language, _Codes(language, self._number))
        found = tokens(text)
        sequence = np.fromiter(map(codes.__getitem__, found), dtype=np.int64, count=len(found))
        beside: list[int] = []
        if (sequence < 0).any():
            whole: list[int] = []
            for code in sequence.tolist():
                if code >= 0:
                    whole.append(code)
                else:
                    whole += codes.compounds[~code][0]
                    beside += codes.compounds[~code][1]
            sequence = np.array(whole, dtype=np.int64)
        stops, numbers = (sequence & 1).astype(bool), (sequence >> 1).astype(np.uint64)
        pairs = (numbers[:-1] << np.uint64(32)) | numbers[1:]
        single = np.concatenate([numbers[~stops], np.array(beside, dtype=np.uint64)])
        return Terms(keys_of(single, 0), keys_of(pairs[~(stops[:-1] & stops[1:])], 1))

    def _number(self, stem: str) -> int:
        if stem not in self.numbers:
            self.numbers[stem] = self._free.pop() if self._free else len(self.numbers) + 1
        return self.numbers[stem]


class _Codes(dict[str, int]):
    """Tokens of a language as numbers: twice that of the word, and 1 more of a stop word.

    A token of several words, or none, is ~ of its place in `compounds`: the codes of its words, and the numbers of
    what it is beside them.
    """

    def __init__(self, language: str, number: Callable[[str], int]) -> None:
        super().__init__()
        self.compounds: list[tuple[list[int], list[int]]] = []
        self._language = language
        self._number = number

    def __missing__(self, token: str) -> int:
        sequence, beside, _ = analysed(token, self._language)
        codes = [self._number(stem) << 1 | stops for stem, stops in sequence]
        if len(codes) == 1 and not beside:
            self[token] = codes[0]
        else:
            self.compounds.append((codes, [self._number(stem) for stem in beside]))
            self[token] = ~(len(self.compounds) - 1)
        return self[token]


class Rows:
    """The rows of one matrix, as they come."""

    def __init__(self, folder: Path, kind: str, most_held: int) -> None:
        self._postings = Postings(folder, kind, most_held)
        self._lengths = array("i")
        self._sorted = self._waiting_terms = 0
        self._waiting: list[tuple[Terms, ...]] = []

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._lengths)

    def add(self, *texts: Terms) -> None:
        """Add a row that holds these texts."""
        length = sum(len(text.words) + len(text.pairs) for text in texts)
        self._lengths.append(length)
        self._waiting.append(texts)
        self._waiting_terms += length
        if self._waiting_terms >= _AT_ONCE:
            self._sort()

    def parts(self) -> Iterator[NDArray[Any]]:
        """Give the postings, in parts, as `Postings.parts` does."""
        self._sort()
        return self._postings.parts()

    def lengths(self) -> NDArray[np.int32]:
        """How many terms each row has."""
        return np.array(self._lengths, dtype=np.int32)

    def _sort(self) -> None:
        rows = np.arange(self._sorted, len(self._lengths), dtype=np.int32)
        for pairs in (False, True):
            keys = [[text.pairs if pairs else text.words for text in row] for row in self._waiting]
            sizes = [sum(map(len, row)) for row in keys]
            if any(sizes):
                self._postings.add(np.concatenate([*chain.from_iterable(keys)]), np.repeat(rows, sizes))
        self._sorted = len(self._lengths)
        self._waiting.clear()
        self._waiting_terms = 0


def keys_of(numbers: NDArray[np.uint64], pair: int) -> NDArray[np.uint64]:
    """Spread numbers evenly over what 63 bits hold, by the finalizer of SplitMix64; pair, 0 or 1, is the last bit.

    Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
    """
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    keys: NDArray[np.uint64] = (mixed ^ (mixed >> np.uint64(31))) & ~np.uint64(1) | np.uint64(pair)
    return keys


def _beginning(group: list[Entry]) -> str:
    said, length = [], 0
    for entry in group:
        said.append(entry.text)
        length += len(entry.text)
        if length > _TELLING:
            break
    return "\n".join(said)[:_TELLING]


def _by_brief(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    group: list[Entry] = []
    for entry in entries:
        if group and group[-1].brief_id != entry.brief_id:
            yield group
            group = []
        group.append(entry)
    if group:
        yield group
