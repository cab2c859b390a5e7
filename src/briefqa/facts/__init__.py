"""What a document is called, who wrote it, when it appeared and in which language, each with a confidence.

Metadata is believed as far as the first page bears it out, the first page as far as it is unmistakable. A wrong fact
is worse than none: what is below `BELIEVED` is not claimed. For the title the file's name is the last resort.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from briefqa.facts.dating import date_of
from briefqa.facts.fact import Fact
from briefqa.facts.head import head_of
from briefqa.facts.languages import language_of
from briefqa.facts.people import authors_of
from briefqa.facts.titles import title_of

if TYPE_CHECKING:
    from briefqa.briefs import Brief, Document

__all__ = ["BELIEVED", "Fact", "Facts", "facts_of", "with_facts"]

BELIEVED = 0.5
# A vote of small words as clear as this outweighs metadata, which often names the language of the program.
_CLEAR = 0.7


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one document. published: ISO 8601, as exact as known; language: ISO 639-1; "" where unknown."""

    title: Fact[str]
    authors: Fact[tuple[str, ...]]
    published: Fact[str]
    language: Fact[str]


def facts_of(document: Document, brief: Brief) -> Facts:
    """What the document and the text that was understood of it say about themselves. Never raises."""
    head = head_of(document)
    return Facts(
        title_of(document.title, head, document.path),
        authors_of(document.authors, head),
        date_of(document.published, document.created, head, brief),
        _language(document.language, brief.body),
    )


def with_facts(document: Document, brief: Brief) -> Brief:
    """The brief with the facts that are believed."""
    facts = facts_of(document, brief)
    return replace(
        brief,
        title=facts.title.value,
        authors=facts.authors.value if facts.authors.confidence >= BELIEVED else (),
        published=facts.published.value if facts.published.confidence >= BELIEVED else "",
        language=facts.language.value if facts.language.confidence >= BELIEVED else "",
    )


def _language(declared: str, text: str) -> Fact[str]:
    """The text's own language where it is clear, else the one that metadata declares."""
    found, confidence = language_of(text)
    if found and confidence >= _CLEAR:
        return Fact(found, confidence, "text")
    code = declared.replace("_", "-").split("-", 1)[0].casefold()
    if len(code) in {2, 3} and code.isalpha() and code not in {"und", "zxx", "mul"}:
        return Fact(code, 0.6, "metadata")
    return Fact(found, confidence, "text" if found else "")
