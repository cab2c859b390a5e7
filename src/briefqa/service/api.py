"""The JSON endpoints. Handlers are plain functions, run in threads, so that a search never holds up /healthz."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from briefqa import cited, shapes
from briefqa.errors import NotFound
from briefqa.filters import parse_filter
from briefqa.generation import BriefRecord
from briefqa.search import Wanted, cited_notes
from briefqa.service import wire
from briefqa.service.access import ReaderOf
from briefqa.service.addresses import links_of
from briefqa.service.exporting import EXPORTS, WantedFormat, export
from briefqa.service.limits import Limits, allowed
from briefqa.service.live import Live
from briefqa.service.sending import sent
from briefqa.service.straight import StraightRoute

_LARGEST_OFFSET = 2**31 - 1
_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"model": wire.ProblemDetails, "description": "Nothing is indexed yet, or the server is still starting"}
}


def make_router(live: Live, docs_in: Path, limits: Limits) -> APIRouter:
    """Make the endpoints over a live index. docs_in: where the briefs' files lie."""
    router = APIRouter(route_class=StraightRoute)
    _add_search(router, limits)
    _add_briefs(router, limits, docs_in)
    _add_health(router, live)
    return router


def _add_search(router: APIRouter, limits: Limits) -> None:
    @router.post("/v1/search", response_model=wire.SearchResponse, responses=EXPORTS, tags=["search"])
    def search(wanted: wire.SearchRequest, request: Request, reader: ReaderOf, form: WantedFormat) -> Response:
        """Find the passages that answer to a question, with the notes that they cite; in a format, what these cite."""
        k = allowed(limits, "query", wanted.query, wanted.k)
        where = None if wanted.filters is None else parse_filter(wanted.filters)
        reader = reader.as_of(wanted.generation)
        with reader.searcher() as searcher:
            found = searcher.search(wanted.query, k, Wanted(where, wanted.rerank, wanted.expand))
        if form:
            return export(form, cited.works_of_ranking(found))
        steps = found.timings
        took = (
            f"embed;dur={steps.embed:.1f}, search;dur={steps.search:.1f}, fetch;dur={steps.fetch:.1f}, "
            f"rerank;dur={steps.rerank:.1f}"
        )
        return sent(shapes.ranking(found, links_of(request, reader)), {"Server-Timing": took})

    @router.get(
        "/v1/passages/{passage_id}",
        response_model=wire.PassageResponse,
        responses=EXPORTS,
        tags=["briefs"],
    )
    def one_passage(passage_id: str, request: Request, reader: ReaderOf, form: WantedFormat) -> Any:
        """Give one passage, with the notes that it cites; in a format, what these cite."""
        with reader.index() as index:
            stored = index.fetch([passage_id])[0]
            generation = index.info().generation
        if form:
            return export(form, cited.works_of((stored.brief.id, note) for note in stored.notes))
        return {"generation": generation, **shapes.passage(stored, cited_notes(stored), links_of(request, reader))}


def _add_briefs(router: APIRouter, limits: Limits, docs_in: Path) -> None:
    @router.get("/v1/briefs", response_model=wire.BriefList, tags=["briefs"])
    def list_briefs(
        request: Request,
        reader: ReaderOf,
        limit: Annotated[int, Query(ge=1, le=limits.max_hits, description="How many at most.")] = limits.max_hits,
        offset: Annotated[int, Query(ge=0, le=_LARGEST_OFFSET, description="How many to pass over.")] = 0,
    ) -> dict[str, Any]:
        """List the briefs, by path."""
        with reader.index() as index:
            records = index.briefs(limit=limit, offset=offset)
            info = index.info()
        links = links_of(request, reader)
        return {
            "generation": info.generation,
            "total": info.briefs,
            "limit": limit,
            "offset": offset,
            "briefs": [shapes.brief_summary(record, links) for record in records],
        }

    @router.get(
        "/v1/briefs/{brief_id}",
        response_model=wire.WholeBrief,
        tags=["briefs"],
    )
    def one_brief(brief_id: str, request: Request, reader: ReaderOf) -> dict[str, Any]:
        """Give a whole brief: its body, pages, sections, marks, notes, and what could not be understood."""
        with reader.index() as index:
            record, brief = index.brief(brief_id)
            generation = index.info().generation
        return {"generation": generation, **shapes.whole_brief(record, brief, links_of(request, reader))}

    @router.get("/briefs/{brief_id}/file", response_class=FileResponse, include_in_schema=False)
    @router.get(
        "/v1/briefs/{brief_id}/file",
        response_class=FileResponse,
        tags=["briefs"],
    )
    def brief_file(
        brief_id: str,
        reader: ReaderOf,
        download: Annotated[bool, Query(description="Whether a PDF is to be saved instead of shown.")] = False,  # noqa: FBT002
    ) -> FileResponse:
        """Give the file that the brief was read from, whole or a range of it: a PDF to be shown, others to be saved."""
        with reader.index() as index:
            record, _ = index.brief(brief_id)
        file = file_of(record, docs_in, reader.generation)
        shown = file.suffix.lower() == ".pdf" and not download
        return FileResponse(
            file,
            # A brief may be anything, also a page with scripts: never shown as part of this site.
            media_type="application/pdf" if shown else "application/octet-stream",
            filename=file.name.encode("utf-8", "replace").decode(),
            content_disposition_type="inline" if shown else "attachment",
            headers={
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
                "Cache-Control": "private, no-cache",
            },
        )


def _add_health(router: APIRouter, live: Live) -> None:
    @router.get("/healthz", response_model=wire.Healthy, tags=["health"])
    async def healthz() -> dict[str, Any]:
        """Say that the process is alive. It needs no index and no model."""
        return {"alive": True}

    @router.get("/readyz", response_model=wire.Ready, responses=_NOT_READY, tags=["health"])
    async def readyz() -> dict[str, Any]:
        """Say whether searches are answered, and if not, why."""
        return {"ready": True, "generation": live.check()}


def file_of(record: BriefRecord, docs_in: Path, generation: str | None = None) -> Path:
    """Find the brief's file in docs_in. The catalog names it; a link that leads out of docs_in is not followed.

    generation: the one that names it, if not the live one: its file may be another's by now, and is then not given.
    """
    root = docs_in.resolve()
    for place in (record.path, *record.places):
        with suppress(ValueError):  # what no file can be called
            file = (root / place).resolve()
            if file.is_relative_to(root) and file.is_file() and (generation is None or _holds(file, record.id)):
                return file
    if generation is not None:
        raise NotFound(f"The folder of briefs holds the file of brief {record.id} no more, as {generation} had it.")
    raise NotFound(f"The file of brief {record.id} is no longer in the folder of briefs: run `briefqa reindex`.")


def _holds(file: Path, brief_id: str) -> bool:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest().startswith(brief_id)
