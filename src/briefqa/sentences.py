"""Where paragraphs, sentences and clauses end: regular expressions, found good enough without a model.

Each matches the white space (or nothing, in scripts that use none) after the end, so that what lies between two
matches, the white space put to the one before, adds up to the text.
"""

from __future__ import annotations

import re

# A full stop after one of these, or after a single capital ("U.S.", "J. Smith"), ends no sentence.
_ABBREVIATIONS = """
Mr Mrs Ms Dr Prof St Jr Sr Gov Sen Rep Gen Hon Inc Ltd Co Corp No Nos Art Arts Sec Secs Fig Figs Vol Vols Ch Para Paras
Eq Tab App Cir Ct Cal Stat Reg Rev Fed Supp art sec no nos fig figs vol vols ch para paras eq tab app ed eds al cf viz
vs v p pp n nn ca approx e.g i.e E.g I.e
"""
_NOT_ABBREVIATED = "".join(rf"(?<!\b{re.escape(short)}\.)" for short in _ABBREVIATIONS.split())

PARAGRAPH_END = r"\n[^\S\n]*\n\s*"
SENTENCE_END = (
    r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’»)\]]))"  # an end, quotes and brackets closed …
    rf"{_NOT_ABBREVIATED}(?<!\b[A-Z]\.)"
    r"[^\S\n]+(?=[^\sa-z])"  # … and after it nothing that goes on in lower case
    r"|(?<=[。！？])(?=\S)"
)
CLAUSE_END = r"(?<=[;:,–—，；、])\s+"

# What SENTENCE_END and PARAGRAPH_END match, with the sign that ends the sentence: an expression that begins with one of
# a few characters is quickly searched for, one that looks behind itself is tried everywhere.
_END = re.compile(
    r"[\n.!?…。！？](?:"
    r"(?<=\n)[^\S\n]*\n\s*"
    rf"|(?<=[.!?…])[\"'”’»)\]]?(?=[^\S\n]){_NOT_ABBREVIATED}(?<!\b[A-Z]\.)[^\S\n]+(?=[^\sa-z])"
    r"|(?<=[。！？])(?=\S))"
)


def sentence_ends(text: str) -> list[int]:
    """Where sentences and paragraphs end in a text, ascending, the white space after them counted to them."""
    return [match.end() for match in _END.finditer(text)]
