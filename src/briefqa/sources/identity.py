"""By what a source is known again when another note cites it in other words.

A name is a text that two citations of the same work have in common: its DOI, its address, the place of a decision in
the reports, title and author and year. Stronger names come first. Where none is sure enough, a source has none.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from briefqa.sources.addresses import doi_of

Csl = dict[str, Any]

DOI, ADDRESS, LAW, TITLE = 1, 2, 3, 4

_ARCHIVE = re.compile(r"https?://web\.archive\.org/web/\d+(?:[a-z]{2}_)?/(?=https?://)", re.IGNORECASE)
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|sessionid|jsessionid", re.IGNORECASE)
_START_PAGE = re.compile(r"/(?:index|default|home)\.(?:html?|php|aspx?|jsp)\Z", re.IGNORECASE)
_NO_WORD = re.compile(r"[\W_]+")
_LONG_TITLE = 6  # words: two works of the same year do not share so long a title by chance
_ARTICLES = ("article-journal", "article-magazine", "article-newspaper", "chapter")


class Name(NamedTuple):
    """A text that a source is known by, and how sure it is: DOI, ADDRESS, LAW or TITLE."""

    strength: int
    text: str


class Identity(NamedTuple):
    """What decides whether two sources may be one. Texts are folded; "" and empty sets where the note is silent.

    title: without, full: with the subtitle. people: family names of authors; date: year, month and day of publication,
    as far as they are known; ageless: its editions of other years are the same work.
    """

    names: tuple[Name, ...]
    doi: str
    title: str
    full: str
    people: frozenset[str]
    date: tuple[int, ...]
    ageless: bool


def identify(csl: Csl) -> Identity:
    """Tell what a source is known by."""
    doi, url = _doi(csl), address_key(str(csl.get("URL", "")))
    full, title = _titles(str(csl.get("title", "")))
    people = frozenset(folded(name["family"]) for name in csl.get("author", ()) if name.get("family"))
    year = _year(csl)
    names = [Name(DOI, f"doi:{doi}")] if doi else []
    if url and not url.startswith("doi.org/"):
        names.append(Name(ADDRESS, f"url:{url}"))
    names += _law_names(csl) or _title_names(csl, title, year)
    ageless = csl["type"] == "book" and bool(people)
    return Identity(tuple(names), doi, title, full, people, _date(csl), ageless)


def may_be_one(one: Identity, other: Identity, name: Name) -> bool:
    """Whether two sources that have a name in common may be one work: nothing else that is known of them differs."""
    if one.doi and other.doi:
        return one.doi == other.doi
    if name.strength == ADDRESS:
        return _may_share_address(one, other, name)
    return name.strength == LAW or not (_differ_in_people_or_date(one, other) or _differ_in_title(one, other))


def _may_share_address(one: Identity, other: Identity, name: Name) -> bool:
    if "/" not in name.text and "?" not in name.text:  # the front page of a site stands for many works
        return one.full == other.full
    return not (one.title and other.title) or _alike(one.full, other.full)


def _differ_in_people_or_date(one: Identity, other: Identity) -> bool:
    if bool(one.people and other.people) and one.people.isdisjoint(other.people):
        return True
    dated = bool(one.date and other.date) and not (one.ageless and other.ageless)
    return dated and not _may_be_one_day(one, other)


def _may_be_one_day(one: Identity, other: Identity) -> bool:
    """Whether two dates may be of one work, as far as both are known.

    Daily briefings share title and speaker, and a newspaper prints the day after what it has put on the web.
    """
    known = min(len(one.date), len(other.date))
    first, second = one.date[:known], other.date[:known]
    if first == second or known < 3:
        return first == second
    days = abs((date(*first) - date(*second)).days)
    return days == 1 and bool(one.people & other.people) and len(one.full.split()) >= _LONG_TITLE


def _differ_in_title(one: Identity, other: Identity) -> bool:
    """Whether they do, a subtitle that only one of them gives left aside."""
    return bool(one.full and other.full) and one.full not in (other.full, other.title) and one.title != other.full


def address_key(url: str) -> str:
    """Write a web address the one way that all its spellings share: no scheme, no "www.", no tracking; "" for none.

    What an archive keeps goes by the address that it was kept from.
    """
    url = _ARCHIVE.sub("", url.strip())
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    path = _START_PAGE.sub("/", unquote(parts.path)).rstrip("/")
    asked = [(key, value) for key, value in parse_qsl(parts.query) if not _TRACKING.fullmatch(key)]
    where = f":{port}" if port not in (None, 80, 443) else ""
    return f"{host}{where}{path}" + (f"?{urlencode(sorted(asked))}" if asked else "")


def folded(text: str) -> str:
    """Words without case, accents and punctuation, parted by single spaces."""
    text = text.replace("&", " and ")
    if not text.isascii():
        text = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return _NO_WORD.sub(" ", text).strip().casefold()


def words_of(csl: Csl) -> str:
    """Return what a source may be looked for by, folded: title, people, publisher …; address and DOI a line each."""
    people = [
        " ".join(str(name[part]) for part in ("given", "family", "literal") if name.get(part))
        for role in ("author", "editor")
        for name in csl.get(role, ())
    ]
    said = [str(csl[key]) for key in ("title", "container-title", "publisher", "number") if csl.get(key)]
    year = [_year(csl)] if _year(csl) else []
    addresses = [text for text in (address_key(str(csl.get("URL", ""))), _doi(csl)) if text]
    return "\n".join([folded(" ".join([*said, *people, *year])), *(text.casefold() for text in addresses)])


def words_sought(text: str) -> list[str]:
    """Return the words of a search as `words_of` writes them: all must be found in it. Addresses and DOIs are whole."""
    sought: list[str] = []
    for word in text.split():
        doi = _doi({"DOI": word} if re.match(r"(?:doi:)?10\.\d{4,9}/", word, re.IGNORECASE) else {"URL": word})
        if doi:
            sought.append(doi)
        elif re.match(r"https?://|www\.", word, re.IGNORECASE):
            sought.append(address_key(word).casefold())
        elif "/" in word and "." in word.partition("/")[0]:
            sought.append(word.casefold().rstrip("/"))
        else:
            sought += folded(word).split()
    return sought


def _doi(csl: Csl) -> str:
    doi = str(csl.get("DOI") or doi_of(str(csl.get("URL", ""))) or "")
    return re.sub(r"\A(?:https?://(?:dx\.)?doi\.org/|doi:\s?)", "", unquote(doi).casefold()).rstrip(".,;/")


def _year(csl: Csl) -> str:
    parts = csl.get("issued", {}).get("date-parts", [[]])[0]
    return str(parts[0]) if parts else ""


def _date(csl: Csl) -> tuple[int, ...]:
    """The date of publication; of what is no date of the calendar, the year alone."""
    parts = csl.get("issued", {}).get("date-parts", [[]])[0][:3]
    known = tuple(int(part) for part in parts if str(part).isdecimal())
    try:
        date(*known, *(1,) * (3 - len(known)))
    except ValueError:
        return known[:1]
    return known


def _titles(title: str) -> tuple[str, str]:
    """Return the title whole and without the subtitle, where what stays says enough."""
    full, main = folded(title), title.partition(":")[0]
    short = folded(main) if len(main) < len(title) else full
    return full, short if " " in short else full


def _creator(csl: Csl) -> str:
    for name in csl.get("author", ()):
        if name.get("family") or name.get("literal"):
            return folded(str(name.get("family") or name["literal"])).removeprefix("the ")
    return ""


def _law_names(csl: Csl) -> list[Name]:
    kind, reports = csl["type"], folded(str(csl.get("container-title", "")))
    if kind == "legal_case":
        place = [str(csl[key]) for key in ("volume", "page") if csl.get(key)]
        return [Name(LAW, f"case:{reports}:{':'.join(place)}")] if reports and len(place) == 2 else []
    if kind in ("legislation", "bill", "regulation"):
        part = [str(csl[key]).casefold() for key in ("volume", "number", "section") if csl.get(key)]
        said = [text for text in (reports, folded(str(csl.get("title", "")))) if text]
        return [Name(LAW, f"law:{':'.join([*said, *part])}")] if said and part else []
    if kind == "standard" and csl.get("number"):
        return [Name(LAW, f"standard:{folded(str(csl['number']))}")]
    return []


def _title_names(csl: Csl, title: str, year: str) -> list[Name]:
    words, creator, names = len(title.split()), _creator(csl), []
    by_people = any(name.get("family") for name in csl.get("author", ()))
    if creator and year and (words > 1 or csl["type"] == "book") and title:
        names.append(f"title:{title}:{creator}:{year}")
    if creator and by_people and csl["type"] == "book" and title:
        names.append(f"book:{title}:{creator}")
    if csl["type"] in _ARTICLES and words > 2 and csl.get("container-title"):
        names.append(f"article:{title}:{folded(str(csl['container-title'])).removeprefix('the ')}")
    if words >= _LONG_TITLE and year:
        names.append(f"long:{title}:{year}")
    return [Name(TITLE, name) for name in names]


def _alike(one: str, other: str) -> bool:
    """Whether two titles that stand at one address are wordings of one."""
    if one.startswith(other) or other.startswith(one):
        return True
    first, second = set(one.split()), set(other.split())
    return 2 * len(first & second) >= len(first | second)
