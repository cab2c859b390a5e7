"""How notes refer to earlier ones, in the manners of several languages and trades, as patterns.

Groups: `who` is whatever stands before the label of a note; `given`, `family` and `second` are names, `title` a short
title, `same` stands for "the same author", `page` and `section` are the place in the work. A label is in one of
`LABELS`.
"""

from __future__ import annotations

import re

_SIGNAL = (
    r"(?:(?:But\s|And\s)?(?:[Ss]ee|[Cc]fr?\.|[Vv]oir|[Vv]gl\.|[Ss]iehe|[Vv]éase|[Vv]edi|[Ss]o)"
    r"(?:\s(?:also|generally|aussi|auch|dazu|también|anche))?(?:,?\s(?:e\.\s?g\.|for\sexample|z\.\s?B\.),?)?\s)?"
)
# "S. ebd.", "V. supra note 3": before a name, the same letters are an initial.
_BARE_SIGNAL = rf"(?:[SsVv]\.\s(?:a\.\s|aussi\s|auch\s)?|{_SIGNAL})"
_PAGES = r"\d{1,5}(?:\s?[–-]\s?\d{1,5})?(?:,\s\d{1,5}(?:\s?[–-]\s?\d{1,5})?)*"
_AT = r"(?:at\s)?(?:pp?\.?\s?|S\.\s?|Seiten?\s|págs?\.\s?)?"
_PLACE = rf"(?:,?\s{_AT}(?P<page>{_PAGES})(?![\w%])|,?\s(?:at\s)?§{{1,2}}\s?(?P<section>\d[\w.()-]*))?"
_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'-]+"
_GIVEN = rf"(?:[A-ZÀ-Þ]\.[\s-]?|{_NAME}\s){{0,3}}"
_NAMES = (
    rf"(?P<given>{_GIVEN})(?P<family>(?:(?:van|von|de)\s)?{_NAME})(?:,?(?:\s[A-ZÀ-Þ]\.){{1,3}}(?=,))?"
    rf"(?:\s(?:and|&|et|und|y|e)\s{_GIVEN}(?P<second>{_NAME})|\set\sal\.)?"
)
_SAME_AUTHOR = r"(?P<same>[Dd](?:ers|ies)\.|[Dd](?:er|ie)selben?|I[Dd]\.|Idem)"
_BACK = r"(?:[Ss]upra|[Aa]bove|[Oo]ben|[Cc]i-dessus|[Pp]lus\shaut|[Mm]ás\sarriba)"
_CITED = (
    r"(?:(?:[Oo]p|[Ll]oc|[Oo]b|[Aa]rt)\.\s?(?:cit|préc)\.|[Aa]\.\s?a\.\s?O\.|[Pp]réc\.|[Pp]récitée?s?\b|[Cc]it\.|"
    r"(?:[Oo]uvr|[Aa]rt)\.\s?citée?\b)"
)
LABELS = ("behind", "ahead", "bracketed")


def _note(group: str) -> str:
    """The label of one note; "notes 3–5" and "note 3–5" are several."""
    word = r"(?:[Ff]ootnote|[Nn]ot[ae]|[Nn]\.?|[Ff]n\.?|Anm\.|Fußnote|Fußn\.)"
    return rf"{word}\s?(?P<{group}>\d{{1,4}})(?!\w|\s?[–-]\s?\d)"


# "Ibid., 93", "Id. at 12", "A.a.O., S. 4": the source of the note before. "Id cards" are none.
IBID = re.compile(
    rf"{_BARE_SIGNAL}(?:(?:[Ii]b[ií]d(?:em)?|[Ee]bd|[Ee]benda)\b\.?|(?:[Ii]d\.|[IiÍí]dem\b\.?)(?=[\s,;:)]|\Z)|"
    rf"[Ii]vi(?=,\s(?:pp?\.|n\.)|\.?\Z)|(?:[Oo]p|[Ll]oc|[Oo]b)\.\s?cit\.|[Aa]\.\s?a\.\s?O\.)(?!,?\s\(?{_note('other')})"
    rf"{_PLACE}"
)
# "Id." can also name an author, or begin a sentence: what follows it tells.
IDEM = re.compile(rf"{_BARE_SIGNAL}[IiÍí]d(?:\.|em\b)")
OTHER_IDEM = re.compile(
    rf",\s(?:“[^”]{{1,200}}”,?\s|«[^»]{{1,200}}»,?\s)?{_CITED}|,\s[“«A-ZÀ-Þ].{{0,200}}\b(?:1[5-9]|20)\d\d\b"
    r"|\s(?!(?:at|and|pp?|et|und|as|in|but|cited|citing|quoting)\b)[a-zß-ÿ]{2,}\b"
)
# "Lund, supra note 12, at 5", "Lund (n 12) 5", "n 12 above", "Lund, préc., note 12", "Voss, a.a.O. (Fn. 12), S. 4".
NUMBERED = re.compile(
    rf"(?:{_BARE_SIGNAL}|(?:{_SAME_AUTHOR}|(?P<who>[A-ZÀ-Þ“‘«][^;()]{{1,120}}?)),?\s)"
    rf"(?:\(?(?:(?:{_BACK}|{_CITED})[,.]?\s\(?(?:{_BACK},?\s)?{_note(LABELS[0])}|{_note(LABELS[1])},?\s{_BACK})\)?"
    rf"|\({_note(LABELS[2])}\)){_PLACE}"
)
# "Siehe Fn. 12": the word alone would mean a note under a table in other languages.
FOOTNOTE = re.compile(
    rf"(?:[Vv]gl\.|[Ss]iehe|[Ss]\.)\s(?:auch\s|dazu\s)?(?:Fn\.|Fußn\.|Fußnote)\s?(?P<{LABELS[0]}>\d{{1,4}})(?![\w–-]){_PLACE}"
    r"(?=\.?\Z)"
)
# "Smith, op. cit., p. 3", "Smith, “Canals,” op. cit.", "Rossi, Canali, cit., p. 3", "Ders., a.a.O., S. 4".
OP_CIT = re.compile(
    rf"(?:{_SAME_AUTHOR}|{_NAMES})(?:,\s(?:“(?P<quoted>[^”]{{1,200}}?),?”|(?P<title>[A-ZÀ-Þ][^,;:()“”]{{3,120}})),?)?"
    rf",?\s\(?{_CITED}\)?(?!,?\s\(?{_note('other')}){_PLACE}"
)
# "Smith v. Brown, 512 U.S. at 43", "Smith, 512 U.S., at 43."
REPORTED = re.compile(
    r"(?:(?P<who>[A-ZÀ-Þ][^;()“”]{1,80}?),\s)?(?P<volume>\d{1,4})\s(?P<reporter>[A-Z][\w.’' ]{0,24}?)(?=,?\sat\s)"
    rf"{_PLACE}"
)
# "Smith, 177."
SHORT = re.compile(rf"{_NAMES},(?=\s{_AT}\d){_PLACE}\.?(?=\s|\Z)")
# "Copyright Law Revision, 116": a title, or the part of it before the colon, that was cited before.
TITLE = re.compile(rf"(?P<title>[A-ZÀ-Þ][^;:“”]{{5,200}}?)(?:,|(?=\sat\s))(?=\s{_AT}\d){_PLACE}")
NAMES = re.compile(_NAMES)

# "Based on a chart in Smith, p. 178"; what leads to the name is looked for near the beginning only.
LEADS_TO = re.compile(
    r"\b(?:in|de|from|by|bei|nach|aus|[Cc]ompare|[Cc]ontra|[Aa]ccord|[Ss]ee|[Vv]oir|[Ss]iehe|[Vv]éase|[Vv]edi|[Vv]gl\.|[Cc]fr?\.)"
    rf"(?:\s(?:also|generally|aussi|auch|dazu|también|anche))?(?:,?\s(?:e\.\s?g\.|for\sexample|z\.\s?B\.),?)?\s(?={_NAME})"
)
# "supra note 3 and accompanying text" means the text; "note 1 above the table" a table.
NO_NOTE = re.compile(
    r"\)?,?\s(?:and|&|und|et)\s(?:the\s)?(?:accompanying|related|surrounding|text)|\s(?:the|this|of|to|that)\s"
)
# A second reference in one breath: which of the two a later "ibid." means cannot be told.
REFERENCE = re.compile(
    rf"\b(?:{_BACK},?\s{_note('a')}|{_note('b')},?\s{_BACK}|[Ii]b[ií]d(?:em)?\b|[Ee]bd\.|[Oo]p\.\s?cit\.|[Ll]oc\.\s?cit\."
    rf"|[Aa]\.\s?a\.\s?O\.)|\({_note('c')}\)"
)
# Behind "ibid." without a page: no other place in the work, such as ", vol. 2" or "¶ 12".
SAME_PLACE = re.compile(r"[.;:)]*(?:\Z|\s(?![\d§¶]))")
