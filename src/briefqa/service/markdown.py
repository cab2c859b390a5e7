"""An answer as Markdown, for chat front-ends. What a brief says is shown as text, whatever markup it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from briefqa.shapes import page_label, sendable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.answer import Answer, Citation
    from briefqa.briefs import Note, Source
    from briefqa.shapes import Links

_MARKUP = re.compile(r"[\\`*_\[\]<>~|$]|&(?=#?\w+;)|!(?=\[)|^(?:[#+-]|\d+(?=[.)]))|(?<=\w)(?=://)", re.MULTILINE)
_HOST = re.compile(r"(?!.*xn--)[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
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


class Writing:
    """Writes an answer, whole or while it grows: a text in parts, to be joined as they are, and the citations in it."""

    def __init__(self, links: Links) -> None:
        self.text = ""
        self.linked: list[Linked] = []
        self._links = links
        self._before: Answer | None = None

    def grown(self, answer: Answer) -> Iterator[str]:
        """Write the sentences that an answer has more than before, each with its citations linked."""
        if self._goes_on(answer):
            done = len(self._before.sentences) if self._before else 0
            self._before = answer
            yield from self._sentences(answer, done)

    def ended(self, answer: Answer) -> Iterator[str]:
        """Write the rest of the whole answer: missing sentences, the sources with their notes, what is to be known.

        What was sent cannot be taken back: sentences that come in the place of others stand below them.
        """
        before = self._before
        if before is None or self._goes_on(answer):
            yield from self.grown(answer)
            whole, notices = answer, answer.notices
        else:
            whole, notices = answer.behind(before), ()
            yield self.said("".join(f"\n\n*{plain(notice)}*" for notice in answer.notices) + "\n\n")
            yield from self._sentences(whole, len(before.sentences))
        if not answer.sentences:
            yield self.said(plain(answer.reason))
        if whole.citations:
            yield self.said("\n\n" + "\n".join(_sources(whole, self._links)))
        if notices:
            yield self.said("\n\n" + "\n".join(f"*{plain(notice)}*" for notice in notices))
        self.answer = whole

    def _goes_on(self, answer: Answer) -> bool:
        sent = self._before.sentences if self._before else ()
        return answer.sentences[: len(sent)] == sent

    def _sentences(self, answer: Answer, done: int) -> Iterator[str]:
        cited = {citation.ordinal: citation for citation in answer.citations}
        for sentence in answer.sentences[done:]:
            part = (" " if self.text and not self.text.endswith("\n") else "") + plain(sentence.text)
            if not sentence.supported:
                part += " *(not borne out by the briefs)*"
            for number in sentence.citations:
                url = safe_url(self._links.quoted(cited[number].stored.passage, cited[number].quote))
                link = f"[[{number}]]({url})"
                start = len(self.text) + len(part) + 1
                self.linked.append(Linked(start, start + len(link), cited[number], url))
                part += f" {link}"
            yield self.said(part)

    def said(self, part: str) -> str:
        """Add a part to the text, as it is."""
        self.text += part
        return part


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
        passage = citation.stored.passage
        yield f"{citation.ordinal}. [{plain(title_of(citation))}]({safe_url(links.quoted(passage, citation.quote))})"
        notes = {cited.note.id: cited.note for cited in citation.notes}
        for note in notes.values():
            here = safe_url(links.note(passage.brief_id, note.id))
            yield f"    - [note {plain(note.label)}]({here}): {with_links(note)}"


def with_links(note: Note) -> str:
    """The text of a note, the addresses of its sources linked where they stand in it, else named behind it."""
    said = plain(note.text)
    for host, url in dict.fromkeys(outside(source) for source in note.sources):
        shown = plain(url)
        if host and shown in said:
            said = said.replace(shown, f"[{shown}]({safe_url(url)})", 1)
        elif host:
            said += f" ([{host}]({safe_url(url)}))"
    return said


def outside(source: Source) -> tuple[str, str]:
    """Where on the web a source is: its host, which is what a reader is shown, and its address; "" and "" for nowhere.

    A brief may be out to mislead: nothing is linked whose host could be taken for another.
    """
    doi = str(source.csl.get("DOI") or "")
    url = source.url or (f"https://doi.org/{doi}" if doi else "")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    plain_host = _HOST.fullmatch(host) and parts.scheme in {"http", "https"} and "@" not in parts.netloc
    return (host.removeprefix("www."), url) if plain_host and url.isprintable() else ("", "")
