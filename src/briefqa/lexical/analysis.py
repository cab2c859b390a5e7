"""Text into terms: what has to be equal for a word of the question to meet a word of a passage.

Accents and case are folded. A hyphenated word counts as its parts and as one ("Sputnik-V": sputnik, v, sputnikv), so
that every way of writing it meets the others. Pairs of neighbours are terms, too: they reward passages that say what
the question says in its own order, names above all.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from briefqa.lexical.languages import stems, stop_words

if TYPE_CHECKING:
    from collections.abc import Iterable

_HYPHENS = r"\-\u2010\u2011"
# Scripts that put no space between words: each character is a word, and its pairs do the rest.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(
    rf"[{_UNSPACED}]"
    r"|(?:[^\W\d_]\.)+[^\W\d_]\b\.?"  # U.S., e.g.
    r"|\d+(?:[.,]\d+)+(?!\w)"  # 1,000 and 3.5
    rf"|[^\W{_UNSPACED}]+(?:['’{_HYPHENS}][^\W{_UNSPACED}]+)*"
)
_APOSTROPHE = re.compile(r"['’](?:s\b)?")
_HYPHEN = re.compile(f"[{_HYPHENS}]")
_SOFT = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")

PAIR = " "
"""Stands between the two words of a pair: no word holds it."""


def fold(text: str) -> str:
    """Text without accents, case and invisible characters."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_SOFT))
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def words(text: str) -> list[str]:
    """Split text into folded words, the parts of hyphenated ones each for itself."""
    return [part for compound in _compounds(text) for part in compound]


def terms(text: str, language: str) -> tuple[list[str], list[str]]:
    """Make the terms of text in a language: words, and pairs of neighbours. Stemmed, stop words left out of both.

    A pair is left out only where both of its words are stop words ("to the", but not "The Hague").
    """
    stops = stop_words(language)
    compounds = _compounds(text)
    sequence = [part for compound in compounds for part in compound]
    stemmed = stems(sequence, language)
    joined = stems(["".join(compound) for compound in compounds if len(compound) > 1], language)
    single = [stem for word, stem in zip(sequence, stemmed, strict=True) if word not in stops]
    pairs = [
        f"{stemmed[place - 1]}{PAIR}{stemmed[place]}"
        for place in range(1, len(sequence))
        if sequence[place] not in stops or sequence[place - 1] not in stops
    ]
    return single + joined, pairs


def variants(word: str, alphabet: Iterable[str] = "abcdefghijklmnopqrstuvwxyz") -> set[str]:
    """All that one slip of the typist makes of a folded word: a letter dropped, doubled, wrong, or two swapped.

    After Norvig, https://norvig.com/spell-correct.html.
    """
    letters = tuple(alphabet)
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    dropped = {left + right[1:] for left, right in cuts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    wrong = {left + letter + right[1:] for left, right in cuts if right for letter in letters}
    inserted = {left + letter + right for left, right in cuts for letter in letters}
    return (dropped | swapped | wrong | inserted) - {word}


def _compounds(text: str) -> list[list[str]]:
    """Words of a text, each with its parts where it is hyphenated."""
    found = []
    for match in _WORD.finditer(fold(text)):
        word = match.group()
        if word.isalnum():  # nearly all, so that they are spared what follows
            found.append([word])
        elif word[0].isdigit() and "," in word:
            found.append([word.replace(",", "")])
        elif "." in word and not word[0].isdigit():
            found.append([word.replace(".", "")])
        else:
            found.append([part for part in _HYPHEN.split(_APOSTROPHE.sub("", word)) if part])
    return found
