"""The web pages: a search page and a page a brief. They work without scripts, and trust nothing that a brief says."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from briefqa.briefs import Note
from briefqa.errors import BriefqaError, QueryError
from briefqa.search import Hit, Ranking
from briefqa.service.access import Reader, ReaderOf
from briefqa.service.api import Limits
from briefqa.service.problems import status_of
from briefqa.shapes import Links, page_label, sendable

PageNumber = Annotated[int | None, Query(alias="page")]
STATIC = Path(__file__).parent / "static"

_HEADERS = {
    # Nothing inline, nothing from elsewhere: whatever a brief smuggles into a page cannot run or report.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# Addresses on these pages are relative, so that they hold behind any proxy that keeps the path.
_LINKS = Links("")


class Reference(NamedTuple):
    """A mark to show: where it stood, its label, and the anchor of its note on the page ("" if it leads nowhere)."""

    offset: int
    label: str
    anchor: str


class Piece(NamedTuple):
    """A stretch of text to show, highlighted or not, and the marks that stand right after it."""

    text: str
    lit: bool
    references: tuple[Reference, ...]


class ShownNote(NamedTuple):
    """A note to show below a text: before, a link to its source ("" if it has none on the web), after."""

    anchor: str
    label: str
    before: str
    url: str
    after: str


def make_router(limits: Limits) -> APIRouter:
    """Make the web pages."""
    templates = Environment(
        loader=PackageLoader("briefqa.service"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip

    def page(name: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(sendable(templates.get_template(name).render(values)), status, _HEADERS)

    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def search_page(reader: ReaderOf, q: str = "") -> Response:
        shown: dict[str, Any] = {"question": q, "limit": limits.max_query_chars, "error": "", "ranking": None}
        if not q.strip():
            return page("search.html", **shown)
        try:
            found = _search(reader, limits, q)
        except BriefqaError as error:
            return page("search.html", status_of(error), **shown | {"error": str(error)})
        hits = [_shown_hit(hit) for hit in found.hits]
        return page("search.html", **shown | {"ranking": found, "hits": hits})

    @router.get("/briefs/{brief_id}")
    def brief_page(
        request: Request, reader: ReaderOf, brief_id: str, passage: str = "", page_number: PageNumber = None
    ) -> Response:
        try:
            with reader.index() as index:
                record, brief = index.brief(brief_id)
                found = index.fetch([passage])[0].passage if passage else None
                generation = index.info().generation
        except BriefqaError as error:
            return page("message.html", status_of(error), message=str(error))
        lit = [(found.start, found.end)] if found and found.brief_id == brief_id else []
        if not lit:  # a link to a page without a passage leads to where the page begins
            lit = [(span.start, span.end) for span in brief.pages if span.index == page_number]
        anchors = {note.id: f"note-{note.id}" for note in brief.notes}
        references = [Reference(mark.offset, mark.label, anchors.get(mark.note_id or "", "")) for mark in brief.marks]
        return page(
            "brief.html",
            record=record,
            generation=generation,
            pieces=list(pieces(brief.body, references, lit)),
            notes=[_shown_note(note, anchors[note.id]) for note in brief.notes],
            problems=brief.problems,
            file=str(request.app.url_path_for("brief_file", brief_id=brief_id)),
        )

    return router


def pieces(text: str, references: Sequence[Reference], lit: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """Cut text where marks stand and where highlights begin and end; references and lit are in order of offset."""
    cuts = sorted({0, len(text), *(item.offset for item in references), *(edge for span in lit for edge in span)})
    waiting, spans = list(reversed(references)), list(reversed(lit))
    for start, end in zip([0, *cuts], cuts, strict=False):
        while spans and spans[-1][1] <= start:
            spans.pop()
        here = []
        while waiting and waiting[-1].offset <= end:
            here.append(waiting.pop())
        lit_here = start < end and bool(spans) and spans[-1][0] <= start
        yield Piece(text[start:end], lit_here, tuple(here))


def web_address(url: str | None) -> str | None:
    """Give url back if a browser may be sent there: http or https, with a host. Anything else is None."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def _search(reader: Reader, limits: Limits, question: str) -> Ranking:
    if len(question) > limits.max_query_chars:
        raise QueryError(f"The question is too long: ask it in at most {limits.max_query_chars} characters.")
    with reader.searcher() as searcher:
        return searcher.search(question, limits.hits)


def _shown_hit(hit: Hit) -> dict[str, Any]:
    anchors = {cited.note.id: f"hit-{hit.rank}-note-{cited.note.id}" for cited in hit.notes}
    notes = {cited.note.id: cited.note for cited in hit.notes}
    references = [Reference(cited.offset, cited.note.label, anchors[cited.note.id]) for cited in hit.notes]
    return {
        "brief": hit.stored.brief,
        "url": _LINKS.passage(hit.stored.passage),
        "section": hit.stored.passage.section,
        "pages": page_label(hit.stored.passage.pages),
        "pieces": list(pieces(hit.stored.passage.text, references, hit.highlights)),
        "notes": [_shown_note(note, anchors[note.id]) for note in notes.values()],
    }


def _shown_note(note: Note, anchor: str) -> ShownNote:
    url = next(filter(None, (web_address(source.url) for source in note.sources)), "")
    before, found, after = note.text.partition(url) if url else (note.text, "", "")
    return ShownNote(anchor, note.label, before if found else f"{note.text} ", url, after)
