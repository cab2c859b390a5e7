"""Footnoted documents of real producers, one a phenomenon: what has to be found in each is known from its source."""

from __future__ import annotations

from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from briefqa.notes import understand
from briefqa.reading import read
from briefs.annotated import body, links, load, paragraphs, squash

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefqa.briefs import Brief
    from briefs.annotated import AnnotatedText, Link

DOCUMENTS = Path(__file__).parent / "briefs" / "pdf"
# A link: its label, the letters before it, the words of its note.
Claim = tuple[str, str, list[str]]
NAMES = sorted(file.stem for file in DOCUMENTS.glob("*.brief"))


@cache
def found_in(name: str) -> Brief:
    document = read(DOCUMENTS / f"{name}.pdf", f"{name}.pdf", max_bytes=1_000_000, max_pages=10)
    return understand(document, name)


@cache
def source_of(name: str) -> AnnotatedText:
    return load(DOCUMENTS / f"{name}.brief")


def claimed(brief: Brief) -> list[Claim]:
    """Every link that briefqa makes."""
    texts = {note.id: note.text for note in brief.notes}
    return [
        (mark.label, squash(brief.body[max(0, mark.offset - 60) : mark.offset])[-12:], words(texts[mark.note_id]))
        for mark in brief.marks
        if mark.note_id is not None
    ]


def as_claimed(link: Link) -> Claim:
    return (link.label, link.before, words(link.note))


def words(text: str) -> list[str]:
    """What stands between white space, but for bullets and dashes."""
    return [word for word in text.split() if any(char.isalnum() for char in word)]


def as_text(brief: Brief) -> str:
    """For the golden: marks as [^1] in the body, its notes below."""
    text = brief.body
    for mark in reversed(brief.marks):
        text = f"{text[: mark.offset]}[^{mark.label}]{text[mark.offset :]}"
    notes = "".join(f"[^{note.label}] page {note.page}, {note.kind}: {note.text}\n" for note in brief.notes)
    problems = "".join(f"problem, page {problem.page}: {problem.message}\n" for problem in brief.problems)
    return "\n\n".join(part for part in (text, notes.rstrip(), problems.rstrip()) if part) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_finds_every_link_and_claims_no_other(name: str) -> None:
    assert claimed(found_in(name)) == [as_claimed(link) for link in links(source_of(name))]


@pytest.mark.parametrize("name", NAMES)
def test_body_is_the_running_text_and_nothing_else(name: str) -> None:
    source = source_of(name)
    if "body_differs" in source.head:
        pytest.skip(source.head["body_differs"])
    assert words(found_in(name).body) == words(body(source))


@pytest.mark.parametrize("name", NAMES)
def test_paragraphs_are_those_of_the_source(name: str) -> None:
    source = source_of(name)
    if "body_differs" in source.head:
        pytest.skip(source.head["body_differs"])
    must, may = paragraphs(source)
    text = squash(found_in(name).body)
    ends = set(accumulate(len(squash(paragraph)) for paragraph in found_in(name).body.split("\n\n")))
    assert [text[end - 12 : end] for end in sorted(ends - may)] == []
    assert [text[end - 12 : end] for end in sorted(must - ends)] == []


@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"notes/{name}.txt", as_text(found_in(name)))


def test_every_document_has_a_source_and_every_source_a_document() -> None:
    assert sorted(file.stem for file in DOCUMENTS.glob("*.pdf")) == NAMES
