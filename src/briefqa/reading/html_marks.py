"""Which links of a page are marks of notes, and which elements they lead to.

No standard rules this, so the habits of many producers are known here: roles of DPUB-ARIA and EPUB, pandoc and other
Markdown processors, MediaWiki, Word, LibreOffice, Google Docs, WordPress, Substack, Project Gutenberg.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefqa.reading.html_source import Element, classes, roles, tag, words

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK_CLASSES = frozenset(
    "footnote-ref footnoteref footnote-reference footnote-anchor footnotecall noteref note-ref fn-ref fnref fnanchor "
    "sdfootnoteanc sdendnoteanc endnote-ref endnoteref endnote-reference".split()
)
_BACK_CLASSES = frozenset(
    "footnote-back footnote-backref footnotebackref footnote-backlink footnote-return footnote-number backlink "
    "back-link backref reversefootnote footnoteback data-footnote-backref sdfootnotesym sdendnotesym "
    "mw-cite-backlink".split()
)
_NUMBER = (
    r"\d{1,4}|[ivxlc]{1,6}|[IVXLC]{1,6}|[a-zA-Z]|[*∗†‡§¶‖#]{1,4}|(?:nb|note|fn|n|lower-alpha|upper-alpha)\.? ?\d{1,3}"
)
_LABEL = re.compile(rf"[\[(]?\s*({_NUMBER})\s*[\])]?\.?")
# Identifiers that notes are given: fn1, _ftn1, ftnt2, edn3, cite_note-4, Footnote_5, sdfootnote6sym, note7, ref8, bib9.
_NOTE_ID = re.compile(
    r"(?:^|[^a-z])_?(?:user-content-)?(?:sd)?(?:foot|end|side|cite[-_]?)?(?:notes?|fn|ftn|ftnt|edn|en|cite|reference|ref|bib)"
    r"[a-z]{0,4}[-_:.]*(?:[a-z_]*[-_:.])?\d",
    re.IGNORECASE,
)
_ENDNOTE_ID = re.compile(r"(?:^|[^a-z])_?(?:sd)?(?:edn|endnote)", re.IGNORECASE)
_NO_NOTE = frozenset(
    {
        "section",
        "article",
        "main",
        "figure",
        "table",
        "thead",
        "tbody",
        "caption",
        "img",
        "nav",
        "body",
        "html",
        "figcaption",
    }
    | {f"h{level}" for level in range(1, 7)}
)
_BACK_TEXT = re.compile(
    r"[\s↩↵⤴⤶⏎⮐↑⬆▲^←⇑\ufe0e\ufe0f]*(?:(?:back|return|jump up|go back)\b.{0,30})?", re.IGNORECASE | re.DOTALL
)


class Outline:
    """Where the elements of a page stand: identifiers, and places in the order of the document."""

    def __init__(self, root: Element) -> None:
        self.order: dict[Element, int] = {}
        self.last: dict[Element, int] = {}
        self.ids: dict[str, Element] = {}
        elements = list(root.iter())
        for number, element in enumerate(elements):
            self.order[element] = self.last[element] = number
            for name in (element.get("id"), element.get("name") if tag(element) == "a" else None):
                if name:
                    self.ids.setdefault(name, element)
        for element in reversed(elements):
            parent = element.getparent()
            if parent is not None:
                self.last[parent] = max(self.last[parent], self.last[element])
        addresses = [link.get("href") or "" for link in root.iter("link") if link.get("rel") == "canonical"]
        addresses += [meta.get("content") or "" for meta in root.iter("meta") if meta.get("property") == "og:url"]
        self._own_pages = {""}.union(*({address, address.rpartition("/")[2]} for address in addresses))

    def within(self, element: Element, outer: Element) -> bool:
        """Whether outer holds element, or is it."""
        return self.order[outer] <= self.order[element] <= self.last[outer]

    def goal(self, link: Element) -> tuple[str, Element | None]:
        """Where on this page a link leads: the fragment, "" for a link elsewhere, and the element of that name."""
        page, _, fragment = (link.get("href") or "").strip().partition("#")
        if not fragment or page not in self._own_pages:
            return "", None
        return fragment, self.ids.get(fragment)


def marks(root: Element, outline: Outline) -> Iterator[tuple[Element, str, Element | None]]:
    """Yield the links that mark notes, in order: the link, its label ("" where CSS would count), the target or None.

    A link back from a note looks the same as a mark; but it leads upwards, and a mark down.
    """
    for link in root.iter("a"):
        fragment, target = outline.goal(link)
        if not fragment or fragment.startswith("cmnt") or is_way_back(link):
            continue
        text = words(link)
        named = "noteref" in roles(link) or bool(_MARK_CLASSES & (classes(link) | _classes_above(link)))
        label = _LABEL.fullmatch(text)
        if not label and not (named and len(text) <= 12):
            continue
        strong = named or _is_bracketed(link) or is_superior(link) or _NOTE_ID.search(fragment)
        if target is None:
            if named or (is_superior(link) and _NOTE_ID.search(fragment)):
                yield link, label[1] if label else text, None
        elif strong and tag(target) not in _NO_NOTE and (named or outline.order[target] > outline.order[link]):
            yield link, label[1] if label else text, target


def is_way_back(link: Element) -> bool:
    """Whether a link says of itself that it leads from a note back to its mark."""
    if "backlink" in roles(link) or _BACK_CLASSES & classes(link) or link.get("rev") == "footnote":
        return True
    text = words(link)
    return bool(text) and _BACK_TEXT.fullmatch(text) is not None


def is_superior(link: Element) -> bool:
    """Whether a link stands in superscript, or holds nothing but superscript."""
    parents = [link.getparent(), *(parent.getparent() for parent in [link.getparent()] if parent is not None)]
    if any(parent is not None and tag(parent) == "sup" for parent in parents):
        return True
    return any(words(inner) == words(link) for inner in link.iter("sup"))


def _is_bracketed(link: Element) -> bool:
    """Whether a link's text stands in brackets of its own. Round ones around the link are as often a formula's."""
    text, before = words(link), link.getprevious()
    if (text[:1], text[-1:]) in {("[", "]"), ("(", ")")}:
        return True
    parent = link.getparent()
    leading = before.tail if before is not None else parent.text if parent is not None else ""
    return (leading or "").rstrip().endswith("[") and (link.tail or "").lstrip().startswith("]")


def is_endnote(target: Element, fragment: str) -> bool:
    """Whether the page calls a note an endnote."""
    place: Element | None = target
    while place is not None:
        if roles(place) & {"endnote", "endnotes", "rearnote", "rearnotes"}:
            return True
        place = place.getparent()
    return _ENDNOTE_ID.search(fragment) is not None


def _classes_above(link: Element) -> set[str]:
    parent = link.getparent()
    return classes(parent) if parent is not None and tag(parent) in {"sup", "span"} else set()
