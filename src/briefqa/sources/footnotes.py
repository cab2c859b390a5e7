"""A source as a footnote to paste: a note after The Chicago Manual of Style, or an entry of APA's reference list.

Forms: https://www.chicagomanualofstyle.org/tools_citationguide/citation-guide-1.html,
https://apastyle.apa.org/style-grammar-guidelines/references/examples. Plain text, so without italics. What a note did
not say is left out instead of guessed: no "n.p.", and "n.d." only where APA wants a date to stand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Csl = dict[str, Any]
Style = Literal["chicago", "apa"]

_MONTHS = "January February March April May June July August September October November December".split()
_LAW = ("legal_case", "legislation", "regulation", "bill")
_ARTICLES = ("article-journal", "article-magazine", "article-newspaper")
_QUOTED = (*_ARTICLES, "chapter", "webpage", "post", "post-weblog", "entry-encyclopedia", "speech", "hearing")
_MOST_NAMES = {"chicago": 3, "apa": 20}


def footnote(csl: Csl, style: Style) -> str:
    """Write a CSL-JSON item as one line that ends with a full stop, or with an address."""
    if csl["type"] in _LAW:
        return _closed(_law(csl))
    return _chicago(csl) if style == "chicago" else _apa(csl)


def _chicago(csl: Csl) -> str:
    names = _listed([_given_first(name) for name in csl.get("author", ())], "chicago", "and")
    title, kind = str(csl.get("title", "")), csl["type"]
    if title and kind in _QUOTED:
        title = f"“{_inner(title)}”"
    parts = [part for part in (names, title) if part]
    container = str(csl.get("container-title", ""))
    if kind in _ARTICLES:
        parts += _periodical(csl, container)
    elif kind == "chapter":
        editors = _listed([_given_first(name) for name in csl.get("editor", ())], "chicago", "and")
        place = [f"in {container}"] if container else []
        parts += _imprinted([*parts[-1:], *place, *([f"ed. {editors}"] if editors else [])], csl)[1:]
        parts += _page(csl)
    elif kind in ("webpage", "post", "post-weblog"):
        publisher = str(csl.get("publisher", ""))
        where = [text for text in (container, publisher) if text and text != names]
        parts += [*where, *([_date(csl["issued"])] if _date(csl.get("issued", {})) else []), *_page(csl)]
    else:
        edition = [_edition(csl)] if csl.get("edition") else []
        number = [str(csl["number"])] if csl.get("number") else []
        parts = _imprinted([*parts, *([container] if container else []), *number, *edition], csl) + _page(csl)
    if not csl.get("issued") and csl.get("accessed") and _date(csl["accessed"]):
        parts.append(f"accessed {_date(csl['accessed'])}")
    return _closed(_joined([*parts, *_address(csl)]))


def _periodical(csl: Csl, container: str) -> list[str]:
    """Write `Review 12, no. 3 (May 2019): 45–67` of a journal, `Gazette, May 6, 2019` of a newspaper."""
    when = _date(csl.get("issued", {}))
    if not csl.get("volume"):
        issue = [f"no. {csl['issue']}"] if csl.get("issue") else []
        return [text for text in (container, *issue, when) if text] + _page(csl)
    issue_of = f", no. {csl['issue']}" if csl.get("issue") else ""
    dated = f" ({when})" if when else ""
    pages = f": {_range(csl['page'])}" if csl.get("page") else ""
    return [f"{container} {csl['volume']}{issue_of}{dated}{pages}".strip()]


def _imprinted(parts: list[str], csl: Csl) -> list[str]:
    """Put `(Leeds: Harbour Press, 1999)` behind the last part."""
    when = _date(csl.get("issued", {}))
    house = ": ".join(str(csl[key]) for key in ("publisher-place", "publisher") if csl.get(key))
    imprint = ", ".join(text for text in (house, when) if text)
    if imprint and parts:
        return [*parts[:-1], f"{parts[-1]} ({imprint})"]
    return [*parts, imprint] if imprint else parts


def _apa(csl: Csl) -> str:
    kind, title = csl["type"], str(csl.get("title", ""))
    names = _listed([_family_first(name) for name in csl.get("author", ())], "apa", "&")
    dated = f"({_apa_date(csl)})"
    if kind in ("book", "report", "document", "standard"):
        details = [f"No. {csl['number']}"] if csl.get("number") and kind == "report" else []
        details += [_edition(csl)] if csl.get("edition") else []
        title += f" ({', '.join(details)})" if title and details else ""
    head = [names, dated, title] if names else [title, dated]
    parts = [_sentence(text) for text in head if text]
    if kind in _ARTICLES:
        issue = f"({csl['issue']})" if csl.get("issue") else ""
        volume = f"{csl['volume']}{issue}" if csl.get("volume") else issue
        pages = _range(csl["page"]) if csl.get("page") else ""
        parts.append(_sentence(", ".join(filter(None, (str(csl.get("container-title", "")), volume, pages)))))
    elif kind == "chapter":
        parts.append(_sentence(_apa_book_around(csl)))
    elif csl.get("container-title"):
        parts.append(_sentence(str(csl["container-title"])))
    publisher = str(csl.get("publisher", ""))
    if publisher and kind not in _ARTICLES and publisher.casefold() != names.rstrip(".").casefold():
        parts.append(_sentence(publisher))
    return _closed(" ".join([*filter(None, parts), *_address(csl)]))


def _apa_book_around(csl: Csl) -> str:
    editors = [_given_first(name, initials=True) for name in csl.get("editor", ())]
    by = f"{_listed(editors, 'apa', '&')} ({'Ed.' if len(editors) == 1 else 'Eds.'}), " if editors else ""
    pages = f" (pp. {_range(csl['page'])})" if csl.get("page") else ""
    return f"In {by}{csl.get('container-title', '')}{pages}".strip()


def _law(csl: Csl) -> str:
    """Write a case or statute as both manuals do, after The Bluebook."""
    reports = str(csl.get("container-title", ""))
    section = str(csl.get("section", ""))
    part = (section if section.startswith("§") else f"§ {section}") if section else ""
    first = str(csl.get("page", "")) if csl["type"] == "legal_case" else ""
    place = " ".join(text for text in (str(csl.get("volume", "")), reports, first, part) if text)
    pin = [str(csl["locator"])] if csl.get("locator") else []
    number = [str(csl["number"])] if csl.get("number") else []
    year = _year(csl)
    court = f"{csl['authority']} " if csl.get("authority") else ""
    said = _joined([text for text in (str(csl.get("title", "")), *number, place, *pin) if text])
    return f"{said} ({court}{year})" if year else said


def _listed(names: Sequence[str], style: Style, joint: str) -> str:
    if len(names) > _MOST_NAMES[style]:
        return f"{names[0]} et al." if style == "chicago" else f"{', '.join(names[:19])}, . . . {names[-1]}"
    if len(names) < 2:
        return "".join(names)
    comma = "," if style == "apa" or len(names) > 2 else ""
    return f"{', '.join(names[:-1])}{comma} {joint} {names[-1]}"


def _given_first(name: Csl, *, initials: bool = False) -> str:
    given = _initials(name.get("given", "")) if initials else name.get("given", "")
    said = " ".join(text for text in (given, name.get("family", ""), name.get("literal", "")) if text)
    return f"{said}, {name['suffix']}" if name.get("suffix") else said


def _family_first(name: Csl) -> str:
    said = [name.get("family") or name.get("literal", ""), _initials(name.get("given", "")), name.get("suffix", "")]
    return ", ".join(text for text in said if text)


def _initials(given: str) -> str:
    """Write J. Q. for "Jane Q." and J.-P. for "Jean-Pierre"."""
    return " ".join(
        "-".join(f"{part[0]}." for part in word.split("-") if part) for word in re.findall(r"[\w’'-]+", given)
    )


def _apa_date(csl: Csl) -> str:
    parts = _parts(csl.get("issued", {}))
    if not parts:
        return "n.d."
    if csl["type"] in ("article-journal", "book", "chapter") or len(parts) == 1:
        return str(parts[0])
    return f"{parts[0]}, {_MONTHS[parts[1] - 1]}" + (f" {parts[2]}" if len(parts) > 2 else "")


def _date(date: Csl) -> str:
    """Write `May 6, 2019`, as exactly as known."""
    parts = _parts(date)
    if len(parts) > 2:
        return f"{_MONTHS[parts[1] - 1]} {parts[2]}, {parts[0]}"
    return f"{_MONTHS[parts[1] - 1]} {parts[0]}" if len(parts) > 1 else "".join(map(str, parts))


def _parts(date: Csl) -> list[int]:
    parts = [int(part) for part in date.get("date-parts", [[]])[0]]
    return parts[:1] if len(parts) > 1 and not 1 <= parts[1] <= 12 else parts


def _year(csl: Csl) -> str:
    return "".join(map(str, _parts(csl.get("issued", {}))[:1]))


def _edition(csl: Csl) -> str:
    said = str(csl["edition"])
    if not said.isdecimal():
        return said if "ed" in said.casefold() else f"{said} ed."
    ending = "th" if said[-2:] in ("11", "12", "13") else {"1": "st", "2": "nd", "3": "rd"}.get(said[-1], "th")
    return f"{said}{ending} ed."


def _page(csl: Csl) -> list[str]:
    return [_range(csl["page"])] if csl.get("page") else []


def _range(pages: Any) -> str:
    return re.sub(r"(?<=\w)\s?[-–]\s?(?=\w)", "–", str(pages))


def _address(csl: Csl) -> list[str]:
    if csl.get("DOI"):
        return [f"https://doi.org/{csl['DOI']}"]
    return [str(csl["URL"])] if csl.get("URL") else []


def _inner(title: str) -> str:
    return title.replace("“", "‘").replace("”", "’")


def _joined(parts: Sequence[str]) -> str:
    """Join by commas; one goes inside a closing quotation mark, and none stands after a question."""
    said = ""
    for part in parts:
        if not said:
            said = part
        elif said.endswith(("?”", "!”", "?", "!")):
            said = f"{said} {part}"
        elif said.endswith("”"):
            said = f"{said[:-1]},” {part}"
        elif part.startswith("("):
            said = f"{said} {part}"
        else:
            said = f"{said}, {part}"
    return said


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def _closed(text: str) -> str:
    """End with a full stop, inside a closing quotation mark; an address stays without, so that it can be copied."""
    text = " ".join(text.split())
    if not text or text.endswith((".", "?", "!", ".”", "?”", "!”")) or re.search(r"https?://\S+\Z", text):
        return text
    return f"{text[:-1]}.”" if text.endswith("”") else f"{text}."
