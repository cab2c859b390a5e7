"""Dates: every way of writing one meets the others ("26 August 2021", "Aug. 26th, 2021", "2021-08-26", "26.8.2021").

A month is one term in all languages and however it is written; days and years are plain numbers.
"""

from __future__ import annotations

import re

# Folded, in the order of the year; abbreviations that are words of their own ("mar", "sun") are left out.
_NAMES = {
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "de": "januar|janner|jan februar|feb marz april|apr mai juni|jun juli|jul august|aug september|sept oktober|okt "
    "november|nov dezember|dez",
    "en": "january|jan february|feb march april|apr may june july august|aug september|sept|sep october|oct "
    "november|nov december|dec",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre",
    "fr": "janvier|janv fevrier|fevr mars avril|avr mai juin juillet aout septembre|sept octobre|oct novembre|nov "
    "decembre|dec",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}
_MONTHS = {
    language: {name: f"#{number}" for number, names in enumerate(of_year.split(), 1) for name in names.split("|")}
    for language, of_year in _NAMES.items()
}

NUMERIC = r"\d{4}-\d\d?-\d\d?(?![\w-])|\d\d?(?:\.\d\d?\.|/\d\d?/)\d{4}(?!\w)"
"""A date in figures."""

_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")


def months(language: str) -> dict[str, str]:
    """Give what the names of months of a language, folded, are counted as."""
    return _MONTHS.get(language, {})


def month_or_day(word: str, language: str) -> str:
    """Return what a folded word is counted as: a month of the language as "#8", "26th" as "26", others as they are."""
    if word[0].isdigit():
        ordinal = _ORDINAL.fullmatch(word)
        return ordinal[1] if ordinal else word
    return months(language).get(word, word)


def date_parts(token: str) -> tuple[list[str], list[str]]:
    """Return the words of a date in figures, and beside them what they may mean: "7/8/2021" is of July or August.

    Nothing where no calendar has it.
    """
    first, second, third = (part.lstrip("0") or "0" for part in re.split(r"[-./]", token))
    if "-" in token:
        first, third = third, first
        if int(second) > 12 or int(first) > 31:
            return [], []
        return [first, f"#{second}", third], []
    if int(first) > 31 or int(second) > 31 or min(int(first), int(second)) > 12:
        return [], []
    if int(second) > 12:
        return [f"#{first}", second, third], []
    if int(first) > 12 or "." in token:
        return [first, f"#{second}", third], []
    return [first, second, third], [f"#{first}", f"#{second}"]
