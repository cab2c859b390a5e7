"""What templates show of hits, notes and sources: plain values, in the order in which a reader meets them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from briefqa.shapes import page_label
from briefqa.sources import footnote, to_bibtex, to_ris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from briefqa.answer import Answer, Citation
    from briefqa.briefs import Brief, Mark, Note
    from briefqa.search import Hit
    from briefqa.service.web.links import PageLinks


class Reference(NamedTuple):
    """A mark to show: where it stood, its label, the anchor of its note on the page ("" if none), and its own."""

    offset: int
    label: str
    anchor: str
    id: str = ""


class Piece(NamedTuple):
    """A stretch of text to show, highlighted or not, a heading or not, and the marks that stand right after it."""

    text: str
    lit: bool
    references: tuple[Reference, ...]
    heading: bool = False


class Back(NamedTuple):
    """A way from a note back to a mark. page: its label where that is another page, else ""."""

    href: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class ShownSource:
    """What a note cites. url: "" if no browser may be sent there. forms: to cite it by, (name, text)."""

    url: str
    host: str
    publisher: str
    date: str
    forms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note to show below a text: before, a link to its source ("" if it has none on the web), after.

    matched: it is what answers the question. page: of the brief, 0 where it stands on the page that is shown.
    """

    anchor: str
    label: str
    before: str
    url: str
    after: str
    backs: tuple[Back, ...] = ()
    source: ShownSource | None = None
    matched: bool = False
    page: str = ""


def pieces(
    text: str,
    references: Sequence[Reference],
    lit: Sequence[tuple[int, int]],
    headings: Sequence[tuple[int, int]] = (),
) -> Iterator[Piece]:
    """Cut text where marks stand and where highlights and headings begin and end; each is in order of offset."""
    edges = {edge for span in (*lit, *headings) for edge in span}
    cuts = sorted({0, len(text), *(item.offset for item in references), *edges})
    waiting, is_lit, is_heading = list(reversed(references)), _within(lit), _within(headings)
    for start, end in zip([0, *cuts], cuts, strict=False):
        here = []
        while waiting and waiting[-1].offset <= end:
            here.append(waiting.pop())
        yield Piece(text[start:end], is_lit(start, end), tuple(here), is_heading(start, end))


def _within(spans: Sequence[tuple[int, int]]) -> Callable[[int, int], bool]:
    """Whether a stretch lies in one of spans; to be asked from left to right."""
    left = list(reversed(spans))

    def within(start: int, end: int) -> bool:
        while left and left[-1][1] <= start:
            left.pop()
        return start < end and bool(left) and left[-1][0] <= start

    return within


def headings_of(brief: Brief, start: int, end: int) -> list[tuple[int, int]]:
    """Where headings stand in body[start:end], counted from start."""
    found = []
    for section in brief.sections:
        stop = section.start + len(section.title)
        if (
            start <= section.start
            and stop <= end
            and " ".join(brief.body[section.start : stop].split()) == section.title
        ):
            found.append((section.start - start, stop - start))
    return found


def web_address(url: str | None) -> str | None:
    """Give url back if a browser may be sent there: http or https, with a host. Anything else is None."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def shown_note(note: Note, anchor: str, *, cited: bool = True) -> ShownNote:
    """Show a note. cited: with its source for other programs, too."""
    url = next(filter(None, (web_address(source.url) for source in note.sources)), "")
    before, found, after = note.text.partition(url) if url else (note.text, "", "")
    source = shown_csl(note.sources[0].csl, url) if cited and note.sources else None
    return ShownNote(anchor, note.label, before if found else f"{note.text} ", url, after, source=source)


def shown_csl(csl: dict[str, Any], url: str) -> ShownSource:
    """Show a source, and how to cite it. url: where a browser may be sent for it, or ""."""
    return ShownSource(
        url=url,
        host=_host(url),
        publisher=str(csl.get("publisher") or csl.get("container-title") or ""),
        date=date_of(csl.get("issued")),
        forms=(
            ("Chicago", footnote(csl, "chicago")),
            ("APA", footnote(csl, "apa")),
            ("BibTeX", to_bibtex([csl]).strip()),
            ("RIS", to_ris([csl]).strip()),
        ),
    )


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def date_of(date: Any) -> str:
    """A CSL date as ISO 8601, as exact as it is known; "" for anything else."""
    try:
        parts = [int(part) for part in date["date-parts"][0]]
    except (TypeError, KeyError, IndexError, ValueError):
        return ""
    return "-".join(f"{part:02d}" for part in parts[:3])


def shown_hit(hit: Hit, links: PageLinks) -> dict[str, Any]:
    """Show a hit with its marks and notes, which lead to each other."""
    prefix = f"hit-{hit.rank}"
    anchors = {cited.note.id: f"{prefix}-note-{cited.note.id}" for cited in hit.notes}
    references = [
        Reference(cited.offset, cited.note.label, anchors[cited.note.id], f"{prefix}-mark-{number}")
        for number, cited in enumerate(hit.notes, start=1)
    ]
    section = hit.stored.passage.section
    heading = [(0, len(section))] if section and hit.stored.passage.text.startswith(f"{section}\n") else []
    notes: dict[str, ShownNote] = {}
    for cited, reference in zip(hit.notes, references, strict=True):
        note = notes.get(cited.note.id) or shown_note(cited.note, reference.anchor)
        backs = (*note.backs, Back(f"#{reference.id}"))
        notes[cited.note.id] = replace(note, backs=backs, matched=note.matched or cited.matched)
    return {
        "rank": hit.rank,
        "brief": hit.stored.brief,
        "url": links.passage(hit.stored.passage),
        "section": section,
        "pages": page_label(hit.stored.passage.pages),
        "pieces": list(pieces(hit.stored.passage.text, references, hit.highlights, heading)),
        "notes": list(notes.values()),
        "also_in": [(record.title or record.path, links.brief(record.id)) for record in hit.also_in],
    }


def shown_answer(answer: Answer, links: PageLinks) -> dict[str, Any]:
    """Show an answer: its sentences, each with its citations, and these with where they stand."""
    return {
        "sentences": answer.sentences,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "written_by": "" if answer.written_by == "briefs" else answer.written_by,
        "notices": answer.notices,
        "hits": len(answer.ranking.hits),
        "citations": [_shown_citation(citation, answer, links) for citation in answer.citations],
    }


def _shown_citation(citation: Citation, answer: Answer, links: PageLinks) -> dict[str, Any]:
    passage = citation.stored.passage
    rank = next((hit.rank for hit in answer.ranking.hits if hit.stored.passage.id == passage.id), 0)
    claims = (
        f"claim-{sentence.citations.index(citation.ordinal)}-{place}"
        for place, sentence in enumerate(answer.sentences)
        if citation.ordinal in sentence.citations
    )
    claim = next(claims, "answer")
    return {
        "ordinal": citation.ordinal,
        "title": citation.stored.brief.title or citation.stored.brief.path,
        "url": links.passage(passage),
        "pages": page_label(citation.pages),
        "rank": rank,
        "claim": claim,
        "notes": list({cited.note.label: f"hit-{rank}-note-{cited.note.id}" for cited in citation.notes}.items()),
    }


def linked_marks(marks: Iterable[tuple[int, Mark]], start: int, end: int) -> list[Reference]:
    """The references of marks, each with its number in the brief, for the text that is body[start:end]."""
    return [
        Reference(
            min(max(mark.offset - start, 0), end - start),
            mark.label,
            f"note-{mark.note_id}" if mark.note_id else "",
            f"mark-{number}",
        )
        for number, mark in marks
    ]
