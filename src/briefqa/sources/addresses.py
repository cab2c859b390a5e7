"""Web addresses and DOIs in a note."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

_URL = re.compile(r"(?:\bhttps?://|\bftp://|\bwww\.)[^\s<>\"“”«»]{3,2000}", re.IGNORECASE)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s<>\"“”«»]{1,300}")
_DOI_HOST = re.compile(r"https?://(?:dx\.|www\.)?doi\.org/(?=10\.\d)", re.IGNORECASE)
_BRACKETS = {")": "(", "]": "[", "}": "{"}


class Address(NamedTuple):
    """A web address at text[start:end], whole and without the punctuation of the sentence around it."""

    url: str
    start: int
    end: int


def find_addresses(text: str) -> list[Address]:
    """Find all web addresses, in order."""
    return [
        Address(text[match.start() : end], match.start(), end)
        for match in _URL.finditer(text)
        for end in [_end(text, match.start(), match.end())]
    ]


def find_doi(text: str) -> str | None:
    """Find the first DOI, bare, after "doi:", or as an address of doi.org."""
    match = _DOI.search(text)
    return text[match.start() : _end(text, match.start(), match.end())] if match else None


def doi_of(url: str) -> str | None:
    """Give the DOI that an address of doi.org resolves, or None."""
    match = _DOI_HOST.match(url)
    return unquote(url[match.end() :]) if match else None


def without_doi(text: str) -> str:
    """Drop bare DOIs with their label."""
    return re.sub(r"(?:\bdoi:?\s?)?\b10\.\d{4,9}/[^\s<>\"“”«»]{1,300}", "", text, flags=re.IGNORECASE)


def _end(text: str, start: int, end: int) -> int:
    """Leave off what belongs to the sentence: final punctuation, and a bracket that was opened before."""
    while end > start:
        last = text[end - 1]
        if last in _BRACKETS:
            stray = text.count(last, start, end) > text.count(_BRACKETS[last], start, end)
        else:
            stray = last in ".,;:!?'’…*"
        if not stray:
            break
        end -= 1
    return end
