"""What the briefs cite: every source once, and who cites it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request, Response

from briefqa.catalog import SourcesWanted
from briefqa.errors import BriefqaError
from briefqa.service.access import ReaderOf  # noqa: TC001 - FastAPI looks at it
from briefqa.service.web.links import page_links, source_path
from briefqa.service.web.plots import rows
from briefqa.service.web.showing import shown_csl, web_address
from briefqa.shapes import page_label

if TYPE_CHECKING:
    from fastapi import APIRouter

    from briefqa.catalog import CitedSource, StoredNote
    from briefqa.service.web.collection import Collections
    from briefqa.service.web.links import PageLinks
    from briefqa.service.web.site import Site

_PER_PAGE = 50
_LARGEST_PAGE = 1_000_000
_MOST_CITED = 10
_LONGEST_SOUGHT = 200

Sheet = Annotated[int, Query(ge=1, le=_LARGEST_PAGE)]


def add_citing(router: APIRouter, site: Site, collections: Collections) -> None:
    """Add the list of sources, and the page of each."""

    @router.get("/sources")
    def list_sources(
        request: Request, reader: ReaderOf, find: str = "", folder: str = "", sheet: Sheet = 1
    ) -> Response:
        sought = find.strip()[:_LONGEST_SOUGHT]
        first = (sheet - 1) * _PER_PAGE
        try:
            with reader.index() as index:
                found = index.sources(SourcesWanted(collection=folder, text=sought), limit=_PER_PAGE, offset=first)
        except BriefqaError as error:
            return site.refusal(request, error)
        links = page_links(request)
        shown = [shown_work(item, links) for item in found.items]
        most_cited = [work for work in shown if work["briefs"] > 1 or work["notes"] > 1][:_MOST_CITED]

        def address(sheet: int) -> str:
            return links.to("/sources", find=sought, folder=folder, sheet=sheet)

        return site.page(
            request,
            "sources.html",
            collection=collections.of(reader),
            chosen={"find": sought, "folder": folder},
            total=found.total,
            sources=shown,
            plot=rows([(work["title"], work["url"], work["notes"]) for work in most_cited]) if sheet == 1 else None,
            previous=address(sheet - 1) if sheet > 1 else "",
            following=address(sheet + 1) if first + _PER_PAGE < found.total else "",
        )

    @router.get("/sources/{source_id}")
    def one_source(request: Request, reader: ReaderOf, source_id: str, sheet: Sheet = 1) -> Response:
        first = (sheet - 1) * _PER_PAGE
        try:
            with reader.index() as index:
                source = index.source(source_id)
                citing = index.citing(source_id, limit=_PER_PAGE, offset=first)
        except BriefqaError as error:
            return site.refusal(request, error)
        links = page_links(request)
        work = shown_work(source, links)

        def address(sheet: int) -> str:
            return links.to(source_path(source_id), sheet=sheet)

        return site.page(
            request,
            "source.html",
            source=work,
            cited=shown_csl(source.csl, web_address(source.csl.get("URL")) or ""),
            total=citing.total,
            notes=[shown_citing(note, links) for note in citing.items],
            previous=address(sheet - 1) if sheet > 1 else "",
            following=address(sheet + 1) if first + _PER_PAGE < citing.total else "",
        )


def shown_work(source: CitedSource, links: PageLinks) -> dict[str, Any]:
    """Show a source in a list: what it is called, and how often it is cited."""
    csl = source.csl
    names = [
        " ".join(str(name[part]) for part in ("given", "family", "literal") if name.get(part))
        for name in csl.get("author", ())
    ]
    web = web_address(csl.get("URL")) or ""
    shown = shown_csl(csl, web)
    return {
        "title": str(
            csl.get("title") or csl.get("container-title") or csl.get("number") or csl.get("URL") or source.id
        ),
        "authors": names,
        "url": links.source(source.id),
        "web": web,
        "host": shown.host,
        "publisher": shown.publisher,
        "date": shown.date,
        "briefs": source.briefs,
        "notes": source.notes,
    }


def shown_citing(stored: StoredNote, links: PageLinks) -> dict[str, Any]:
    """Show a note that cites a source: its brief, its words, and the passages that its marks stand in."""
    brief, note = stored.brief, stored.note
    return {
        "title": brief.title or brief.path,
        "brief": links.brief(brief.id),
        "published": brief.published,
        "label": note.label,
        "text": note.text,
        "passages": [
            (page_label(passage.pages), passage.section, links.passage(passage)) for passage in stored.passages
        ],
    }
