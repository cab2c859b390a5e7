"""What is known of languages: their stemmers (Snowball, by PyStemmer) and stop words (bm25s)."""

from __future__ import annotations

import threading
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

DEFAULT = "en"

# By ISO 639-1 code: Snowball's name of it, and bm25s's of its list of stop words where there is one.
_LANGUAGES: dict[str, tuple[str, str]] = {
    "ar": ("arabic", ""),
    "da": ("danish", "DANISH"),
    "de": ("german", "GERMAN"),
    "el": ("greek", ""),
    "en": ("english", "EN"),
    "es": ("spanish", "SPANISH"),
    "fi": ("finnish", ""),
    "fr": ("french", "FRENCH"),
    "hu": ("hungarian", ""),
    "it": ("italian", "ITALIAN"),
    "nl": ("dutch", "DUTCH"),
    "no": ("norwegian", "NORWEGIAN"),
    "pt": ("portuguese", "PORTUGUESE"),
    "ro": ("romanian", ""),
    "ru": ("russian", "RUSSIAN"),
    "sv": ("swedish", "SWEDISH"),
    "tr": ("turkish", "TURKISH"),
}
_OTHER_CODES = {"nb": "no", "nn": "no"}
# A brief's language is told by its most frequent words where nothing says it; so many words are enough, …
_WORDS_LOOKED_AT = 2000
# … and so large a part of them has to be stop words.
_TELLING_PART = 0.3
# They are counted in one number for all languages, in which each has its place: sixteen bits hold as many as are read.
_PLACES = {code: 16 * place for place, code in enumerate(code for code, (_, stops) in _LANGUAGES.items() if stops)}
_TALLY = 0xFFFF

# A stemmer keeps a cache that is not safe for several threads.
_local = threading.local()


def stems(words: list[str], code: str, *, kept: bool = True) -> list[str]:
    """Stem folded words in a language. kept: whether the stemmer is to remember them, as words that come again."""
    made: dict[str, Any] = _local.__dict__
    name = code if kept else f"{code} once"
    if name not in made:
        import Stemmer  # noqa: PLC0415 - not before there is something to stem

        made[name] = Stemmer.Stemmer(_LANGUAGES[code][0], **({} if kept else {"maxCacheSize": 0}))
    stemmed: list[str] = made[name].stemWords(words)
    return stemmed


@cache
def stop_words(code: str) -> frozenset[str]:
    """Words of a language, folded, that say nothing by themselves."""
    return _listed(_LANGUAGES[code][1])


@cache
def function_words(code: str) -> frozenset[str]:
    """Words of a language, folded, that ask, bind or stand for others: its stop words, and in English many more."""
    return stop_words(code) | _listed(f"{_LANGUAGES[code][1]}_PLUS")


def _listed(name: str) -> frozenset[str]:
    from briefqa.lexical.analysis import words  # noqa: PLC0415 - it imports this module

    entries: tuple[str, ...] = getattr(_lists(), f"STOPWORDS_{name}", ())
    return frozenset(word for entry in entries for word in words(entry))


@cache
def _lists() -> ModuleType:
    """Load bm25s's stop words alone: with the whole package comes scipy, a quarter of the imports of a cold search."""
    package = find_spec("bm25s")
    file = Path(package.origin if package and package.origin else "bm25s").with_name("stopwords.py")
    spec = spec_from_file_location("briefqa_stopwords", file)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'bm25s.stopwords'")
    lists = module_from_spec(spec)
    spec.loader.exec_module(lists)
    return lists


def language_of(stated: str, text: str) -> str:
    """Choose the language to analyse text in; see `known_language`."""
    from briefqa.lexical.analysis import words  # noqa: PLC0415 - it imports this module

    return _stated_language(stated) or known_language("", words(text))


def known_language(stated: str, words: list[str]) -> str:
    """Choose the language to analyse in: what is stated ("en-GB"), if it is known, else what the words tell.

    words: folded. English where nothing tells.
    """
    if code := _stated_language(stated):
        return code
    looked_at = words[:_WORDS_LOOKED_AT]
    telling = sum(filter(None, map(_tallies().get, looked_at)))
    if not telling:
        return DEFAULT
    counts = {code: telling >> place & _TALLY for code, place in _PLACES.items()}
    best = max(counts, key=lambda code: (counts[code], code == DEFAULT, code))
    return best if counts[best] > _TELLING_PART * len(looked_at) else DEFAULT


@cache
def _tallies() -> dict[str, int]:
    """For each stop word a number that has a 1 at the place of each language that it is one of: sums of them count."""
    found: dict[str, int] = {}
    for code, place in _PLACES.items():
        for word in stop_words(code):
            found[word] = found.get(word, 0) + (1 << place)
    return found


def _stated_language(stated: str) -> str:
    """Its code, "" if it is not one of those that are known."""
    code = stated.replace("_", "-").split("-")[0].lower()
    code = _OTHER_CODES.get(code, code)
    return code if code in _LANGUAGES else ""
