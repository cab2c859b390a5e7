"""Bytes of a web page → a tree of elements: the encoding sniffed, the markup repaired, nothing fetched."""

from __future__ import annotations

import codecs
import re
from typing import TypeAlias

from lxml import etree

from briefqa.errors import NoTextLayer, ReadingError, TooLarge
from briefqa.reading.text import refuse_other_formats

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no public name for the type of its elements

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DECLARED = re.compile(
    rb"""<(?:meta\b[^>]{0,200}?\bcharset|\?xml\b[^>]{0,100}?\bencoding)\s*=\s*["']?\s*([\w.:-]{2,30})""", re.IGNORECASE
)
# Codecs of text only: Python also has punycode and the like, which take for ever.
_TEXT_CODEC = re.compile(
    r"utf-?8|(?:us-)?ascii|latin-?1|iso-8859-\d{1,2}|(?:windows-|cp)\d{3,4}|koi8-[ru]|macintosh|gb(?:2312|k|18030)|big5"
    r"|shift[_-]jis|euc-(?:jp|kr)|iso-2022-jp"
)
_TOO_DEEP = "Excessive depth"


def parse(data: bytes, name: str) -> Element:
    """Parse a page. Raises ReadingError for what is no text, NoTextLayer for nothing, TooLarge for absurd nesting."""
    refuse_other_formats(data, name)
    text = decoded_html(data)
    if text.count("\0") > 0.01 * len(text) + 2:
        raise ReadingError(f"{name} is not a web page, though its name says so: check the file, or save it as UTF-8.")
    # libxml2 keeps text of any length and 2048 levels with huge_tree; below the last level it would drop everything.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser)
    except etree.LxmlError as error:
        raise NoTextLayer(f"{name} holds no text ({error}): check that it is the right file.") from error
    if root is None:
        raise NoTextLayer(f"{name} holds no text: check that it is the right file.")
    if any(_TOO_DEEP in entry.message for entry in parser.error_log):
        raise TooLarge(
            f"{name} nests its elements thousands deep, and would not be read whole: save the text by itself."
        )
    return root


def decoded_html(data: bytes) -> str:
    """Decode a page by its byte order mark, its own declaration, or what its bytes can be, in this order."""
    for mark, codec in _BOMS.items():
        if data.startswith(mark):
            return data.decode(codec, "replace")
    found = _DECLARED.search(data[:8192])
    declared = found[1].decode("ascii").lower() if found else ""
    if declared in {"iso-8859-1", "latin1", "latin-1", "ascii", "us-ascii"}:
        declared = "cp1252"  # as browsers do
    for codec in (declared, "utf-8"):
        if _TEXT_CODEC.fullmatch(codec):
            try:
                return data.decode(codec)
            except (UnicodeDecodeError, LookupError):
                continue
    return data.decode("utf-8" if declared in {"utf-8", "utf8"} else "cp1252", "replace")


def tag(element: Element) -> str:
    """Return an element's name in lower case, "" for what is none."""
    return element.tag.lower() if isinstance(element.tag, str) else ""


def classes(element: Element) -> set[str]:
    """Return the class names of an element in lower case."""
    return set((element.get("class") or "").lower().split())


def roles(element: Element) -> set[str]:
    """Return what an element says that it is: its ARIA roles, without "doc-", and its EPUB types."""
    said = f"{element.get('role') or ''} {element.get('epub:type') or ''}".lower()
    return {role.removeprefix("doc-") for role in said.split()}


def words(element: Element) -> str:
    """Return the text of an element, white space squeezed."""
    return " ".join("".join(map(str, element.itertext())).split())
