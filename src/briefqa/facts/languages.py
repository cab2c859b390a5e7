"""Which language a text is in: by its script where that decides, else by a vote of the commonest small words.

Twelve languages with an alphabet of their own words' making need no model: a page holds hundreds of these words, and
the share of another language's among them is small. Measured by tests/test_facts.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_SCRIPTS = {
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "CYRILLIC": "ru",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "DEVANAGARI": "hi",
    "THAI": "th",
}
# Letters that Ukrainian and Persian have and their neighbours lack.
_TELLTALES = (("ru", "uk", "іїєґ"), ("ar", "fa", "پچژگ"))
_WORDS = {
    "en": "the of and to in that is was for it with as his on be at by had not are but from or have an they which",
    "de": "der die und das den von zu mit sich des auf für ist im dem nicht ein eine als auch es werden aus hat dass",
    "fr": "le la les des et du en une que est pour qui dans par sur pas plus au sont avec ce il ne se aux ces cette",
    "es": "el los las que y en del se por con una para es como más su al lo pero sus este ha entre cuando muy sin",
    "it": "il di che la un per è una sono con non del si da dei nel alla come più anche della gli delle ha dal",
    "pt": "o os que e do da em um para com não uma no se na por mais as dos como mas foi ao ele das tem seu sua",
    "nl": "de het een van en dat die in te is niet op voor met zijn aan er ook als bij door naar maar worden om",
    "pl": "i w na z się do nie jest że to o jak po za od przez przy dla są oraz ale jego tym które który co",
    "sv": "och att det som en på är av för den med till inte har ett om de var jag vi han men så från kan sig",
    "da": "og at det er en på til af den med for de ikke der som har et men om var fra kan sig blev efter også",
    "fi": "ja on että ei se oli hän mutta ovat myös kun tai joka sen kuin niin jos ole mukaan sekä vain ovat",
    "tr": "ve bir bu için ile da de olarak çok daha olan gibi ne kadar sonra en her ama değil var o ki ise",
}
_OF_WORD: dict[str, list[str]] = {}
for _language, _listed in _WORDS.items():
    for _word in set(_listed.split()):
        _OF_WORD.setdefault(_word, []).append(_language)
_SAMPLE = 20_000
_MIN_WORDS = 3


def language_of(text: str) -> tuple[str, float]:
    """Return the ISO 639-1 code of the text's language and a confidence from 0 to 1, or ("", 0)."""
    text = text[:_SAMPLE]
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return "", 0.0
    step = max(1, len(letters) // 1000)
    scripts: Counter[str] = Counter()
    for char, count in Counter(letters[::step]).items():
        scripts[_script_of(char)] += count
    scripts += Counter({"HIRAGANA": 5 * scripts["HIRAGANA"]})  # Japanese writes its nouns in Chinese characters
    script, count = scripts.most_common(1)[0]
    if script != "LATIN":
        return _by_script(_SCRIPTS.get(script, ""), text, count / scripts.total())
    votes = dict.fromkeys(_WORDS, 0.0)
    words = re.findall(r"[^\W\d_]+", text.casefold())
    for word in words:
        languages = _OF_WORD.get(word, ())
        for language in languages:
            votes[language] += 1 / len(languages)
    ranked = sorted(votes.items(), key=lambda vote: -vote[1])[:2]
    if ranked[0][1] < _MIN_WORDS or ranked[0][1] < 0.06 * len(words):
        return "", 0.0
    best, rest = ranked[0][1], ranked[1][1]
    return ranked[0][0], round(min(0.99, best / (best + rest)), 2)


def _script_of(char: str) -> str:
    return unicodedata.name(char, "").split(" ", 1)[0].split("-")[0]


def _by_script(language: str, text: str, share: float) -> tuple[str, float]:
    for usual, other, letters in _TELLTALES:
        if language == usual and sum(char in letters for char in text.casefold()) > 0.01 * len(text):
            language = other
    return language, round(share, 2) if language else 0.0
