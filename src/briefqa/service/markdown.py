"""An answer as Markdown, for chat front-ends. What a brief says is shown as text, whatever markup it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from briefqa.shapes import page_label, sendable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.answer import Answer, Citation
    from briefqa.shapes import Links

_MARKUP = re.compile(r"[\\`*_\[\]<>~|$]|&(?=#?\w+;)|!(?=\[)|^(?:[#+-]|\d+(?=[.)]))|(?<=\w)(?=://)", re.MULTILINE)
# Control characters, and what turns the direction of the text around it.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Linked:
    """A citation in a text: text[start:end] is the link to url."""

    start: int
    end: int
    citation: Citation
    url: str

    @property
    def title(self) -> str:
        """The brief and the page, for people."""
        return title_of(self.citation)


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as text in parts, to be joined as they are, and the citations in it."""

    parts: tuple[str, ...]
    linked: tuple[Linked, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.parts)


def written(answer: Answer, links: Links) -> Written:
    """Write an answer: a part for each sentence, its citations linked, and one for the sources and their notes."""
    if not answer.sentences:
        return Written((plain(answer.reason),), ())
    cited = {citation.ordinal: citation for citation in answer.citations}
    parts: list[str] = []
    linked: list[Linked] = []
    length = 0
    for sentence in answer.sentences:
        part = (" " if parts else "") + plain(sentence.text)
        if not sentence.supported:
            part += " *(not borne out by the briefs)*"
        for number in sentence.citations:
            url = safe_url(links.quoted(cited[number].stored.passage, cited[number].quote))
            part += " "
            link = f"[[{number}]]({url})"
            linked.append(Linked(length + len(part), length + len(part) + len(link), cited[number], url))
            part += link
        parts.append(part)
        length += len(part)
    parts.append("\n\n" + "\n".join(_sources(answer, links)))
    if answer.notices:
        parts.append("\n\n" + "\n".join(f"*{plain(notice)}*" for notice in answer.notices))
    return Written(tuple(parts), tuple(linked))


def plain(text: str) -> str:
    """Text that Markdown shows as it stands: on one line, its markup escaped, what is invisible left out."""
    shown = _INVISIBLE.sub("", " ".join(str(sendable(text)).split()))
    return _MARKUP.sub(lambda found: _escaped(found.group()), shown)


def _escaped(found: str) -> str:
    if found.isdigit():
        return f"{found}\\"  # "1." at the beginning would open a list
    return f"\\{found}"


def title_of(citation: Citation) -> str:
    """Name the brief and the page that a citation stands on."""
    brief = citation.stored.brief
    page = page_label(citation.pages)
    title = _INVISIBLE.sub("", " ".join(str(sendable(brief.title or brief.path)).split()))
    return f"{title}, {page}" if page else title


def safe_url(url: str) -> str:
    """Escape what would end a link early."""
    return quote(url, safe=":/?#[]@!$&'*+,;=%-._~")


def _sources(answer: Answer, links: Links) -> Iterator[str]:
    for citation in answer.citations:
        url = safe_url(links.quoted(citation.stored.passage, citation.quote))
        yield f"{citation.ordinal}. [{plain(title_of(citation))}]({url})"
        notes = {cited.note.id: cited.note for cited in citation.notes}
        for note in notes.values():
            yield f"    - note {plain(note.label)}: {plain(note.text)}"
