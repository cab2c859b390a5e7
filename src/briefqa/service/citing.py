"""The endpoints of notes and sources: listed, looked up from either side, exported."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from briefqa import cited
from briefqa.generation import NotesWanted, SourcesWanted
from briefqa.service import wire_cited as wire
from briefqa.service.access import ReaderOf
from briefqa.service.addresses import links_of
from briefqa.service.exporting import EXPORTS, WantedFormat, export

_MOST = 1000
_LONGEST = 500  # characters of a search
_LARGEST_OFFSET = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What all of these endpoints are told: by whom, for how much, in which format (None: JSON)."""

    request: Request
    reader: ReaderOf
    name: WantedFormat
    limit: Annotated[int, Query(ge=1, le=_MOST, description="How many at most.")] = 100
    offset: Annotated[int, Query(ge=0, le=_LARGEST_OFFSET, description="How many to pass over.")] = 0

    def portion(self, generation: str, total: int) -> dict[str, Any]:
        """Say which part of how much is given."""
        return {"generation": generation, "total": total, "limit": self.limit, "offset": self.offset}


@dataclass(frozen=True, slots=True)
class NotesAsked:
    """Which notes are asked for."""

    brief: Annotated[str, Query(description="The id of the brief.")] = ""
    collection: Annotated[str, Query(description="The folder.")] = ""
    label: Annotated[str, Query(description="The label as printed.")] = ""
    kind: Annotated[Literal["footnote", "endnote"] | None, Query()] = None
    text: Annotated[str, Query(max_length=_LONGEST, description="Words that the note holds, in any order.")] = ""


@dataclass(frozen=True, slots=True)
class SourcesAsked:
    """Which sources are asked for."""

    q: Annotated[str, Query(max_length=_LONGEST, description="Words of title or author, a year, a URL, a DOI.")] = ""
    brief: Annotated[str, Query(description="The id of a brief that cites it.")] = ""
    collection: Annotated[str, Query(description="A folder with a brief that cites it.")] = ""


def make_router() -> APIRouter:
    """Make the endpoints."""
    router = APIRouter(tags=["citing"])
    _add_notes(router)
    _add_sources(router)
    return router


def _add_notes(router: APIRouter) -> None:
    @router.get("/v1/notes", response_model=wire.NoteList, responses=EXPORTS)
    def notes(asked: Annotated[Asked, Depends()], where: Annotated[NotesAsked, Depends()]) -> Any:
        """List notes, with what they cite and the passages that cite them."""
        return _listed(asked, NotesWanted(where.brief, where.collection, where.label, where.kind or "", where.text))

    @router.get("/v1/briefs/{brief_id}/notes", response_model=wire.NoteList, responses=EXPORTS)
    def notes_of_brief(brief_id: str, asked: Annotated[Asked, Depends()]) -> Any:
        """List the notes of a brief, in their order."""
        return _listed(asked, NotesWanted(brief=brief_id))


def _listed(asked: Asked, where: NotesWanted) -> Any:
    with asked.reader.index() as index:
        if where.brief:
            index.brief(where.brief)  # raises where there is no such brief, or no more
        found = index.notes(where, limit=asked.limit, offset=asked.offset)
        generation = index.info().generation
    if asked.name:
        return export(asked.name, cited.exported(found.items))
    links = links_of(asked.request, asked.reader)
    return {**asked.portion(generation, found.total), "notes": [cited.note(stored, links) for stored in found.items]}


def _add_sources(router: APIRouter) -> None:
    @router.get("/v1/sources", response_model=wire.SourceList, responses=EXPORTS)
    def sources(asked: Annotated[Asked, Depends()], where: Annotated[SourcesAsked, Depends()]) -> Any:
        """List what notes cite: each source once, however it is worded and in how many briefs."""
        wanted = SourcesWanted(where.brief, where.collection, where.q)
        with asked.reader.index() as index:
            found = index.sources(wanted, limit=asked.limit, offset=asked.offset)
            generation = index.info().generation
        if asked.name:
            return export(asked.name, [item.csl for item in found.items])
        links = links_of(asked.request, asked.reader)
        shown = [cited.source(item, links) for item in found.items]
        return {**asked.portion(generation, found.total), "sources": shown}

    @router.get(
        "/v1/sources/{source_id}",
        response_model=wire.SourceWithNotes,
        responses=EXPORTS,
    )
    def one_source(source_id: str, asked: Annotated[Asked, Depends()]) -> Any:
        """Give one source, with the notes, briefs and passages that cite it."""
        with asked.reader.index() as index:
            found = index.source(source_id)
            citing = index.citing(source_id, limit=asked.limit, offset=asked.offset)
            generation = index.info().generation
        if asked.name:
            return export(asked.name, [found.csl])
        links = links_of(asked.request, asked.reader)
        notes = [cited.note(stored, links) for stored in citing.items]
        return {**asked.portion(generation, citing.total), **cited.source(found, links), "citing": notes}
