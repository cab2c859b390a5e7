"""The pages of a brief: one page as printed beside its text, the whole text, its notes; and the pictures of pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from briefqa.errors import BriefqaError, Gone, NotFound
from briefqa.geometry import unpacked
from briefqa.service.access import ReaderOf  # noqa: TC001 - FastAPI looks at it
from briefqa.service.api import file_of
from briefqa.service.web.links import brief_path, page_links
from briefqa.service.web.showing import Back, ShownNote, headings_of, linked_marks, pieces, shown_note
from briefqa.service.web.site import HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from fastapi import APIRouter

    from briefqa.briefs import Brief, Mark, PageGeometry, PageSpan
    from briefqa.generation import BriefRecord
    from briefqa.geometry import Rect
    from briefqa.service.web.links import PageLinks
    from briefqa.service.web.pictures import Pictures
    from briefqa.service.web.site import Site

    Here = Callable[..., str]  # gives the address of the brief's page, with an anchor and the fields of a query

PageNumber = Annotated[int | None, Query(alias="page")]
_MOST_FOUND = 200
_LONGEST_SOUGHT = 200
_AROUND = 60


class ShownBox(NamedTuple):
    """A box on a picture, from the upper left corner. kind: what it shows; anchor: where it leads, or ""."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A place where what was sought stands: the page, and the text around it."""

    page: PageSpan | None
    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show of a brief: a page by its index, what to highlight, what to look for."""

    page: int | None
    lit: tuple[tuple[int, int], ...]
    sought: str


def add_reading(router: APIRouter, site: Site, docs_in: Path, pictures: Pictures) -> None:
    """Add the pages of briefs. docs_in: where their files lie."""

    @router.get("/briefs/{brief_id}")
    def brief_page(  # noqa: PLR0913, PLR0917 - what an address may say
        request: Request,
        reader: ReaderOf,
        brief_id: str,
        passage: str = "",
        find: str = "",
        view: str = "",
        page_number: PageNumber = None,
    ) -> Response:
        try:
            with reader.index() as index:
                record, brief = index.brief(brief_id)
                found = index.fetch([passage])[0].passage if passage else None
                geometry = index.geometry(brief_id, [page_number]) if page_number else ()
                generation = index.info().generation
            if page_number is not None and page_number not in {page.index for page in brief.pages}:
                raise NotFound(f"This brief has no page {page_number}: it has {len(brief.pages)}.")
        except Gone as error:
            return standing(request, reader, passage) or site.refusal(request, error)
        except BriefqaError as error:
            return site.refusal(request, error)
        sought = find.strip()[:_LONGEST_SOUGHT]
        lit = ((found.start, found.end),) if found and found.brief_id == brief_id else ()
        places = tuple(places_of(sought, brief.body)) if sought else ()
        links = page_links(request)
        here = partial(links.to, brief_path(brief_id))
        shown = common(links, here, record, brief, generation) | {
            "find": sought,
            "found": list(found_places(brief, places)),
        }
        if view == "notes":
            return site.page(request, "notes.html", **shown, notes=list(all_notes(brief, here)))
        wanted = Wanted(page_number, places or lit, sought)
        if page_number is not None and brief.pages:
            return site.page(request, "page.html", **shown, **page_values(brief, wanted, geometry, here))
        return site.page(request, "whole.html", **shown, **whole_values(brief, wanted, here))

    @router.get("/briefs/{brief_id}/pages/{page_index}.png")
    def picture(request: Request, reader: ReaderOf, brief_id: str, page_index: int) -> Response:
        try:
            with reader.index() as index:
                record, brief = index.brief(brief_id)
            if page_index not in {page.index for page in brief.pages} or not record.path.lower().endswith(".pdf"):
                raise NotFound("There is no picture of this page.")
            png = pictures.page(file_of(record, docs_in), brief_id, page_index)
        except BriefqaError as error:
            return site.refusal(request, error)
        # A brief's id names its content: the picture of a page of it never changes.
        headers = HEADERS | {"Cache-Control": "private, max-age=86400, immutable"}
        return Response(png, media_type="image/png", headers=headers)


def standing(request: Request, reader: ReaderOf, passage: str) -> Response | None:
    """Lead to where a passage stands today whose brief was revised; None where it stands no more."""
    try:
        with reader.index() as index:
            found = index.fetch([passage])[0].passage
    except BriefqaError:
        return None
    return RedirectResponse(page_links(request).passage(found), HTTPStatus.FOUND, HEADERS)


def common(links: PageLinks, here: Here, record: BriefRecord, brief: Brief, generation: str) -> dict[str, Any]:
    """What every page of a brief shows."""
    return {
        "record": record,
        "generation": generation,
        "here": here,
        "file": links.to(f"{brief_path(record.id)}/file"),
        "printed": record.path.lower().endswith(".pdf"),
        "pages": brief.pages,
        "note_count": len(brief.notes),
    }


def whole_values(brief: Brief, wanted: Wanted, here: Here) -> dict[str, Any]:
    """The whole text with all notes."""
    references = linked_marks(enumerate(brief.marks), 0, len(brief.body))
    (
        (shown_note(note, f"note-{note.id}", cited=False), backs(brief.marks, note.id, None, here))
        for note in brief.notes
    )
    return {
        "pieces": list(pieces(brief.body, references, wanted.lit, headings_of(brief, 0, len(brief.body)))),
        "notes": [
            replace(
                shown_note(note, f"note-{note.id}", cited=False), backs=tuple(backs(brief.marks, note.id, None, here))
            )
            for note in brief.notes
        ],
        "problems": brief.problems,
    }


def page_values(brief: Brief, wanted: Wanted, geometry: Sequence[PageGeometry], here: Here) -> dict[str, Any]:
    """One page: its picture with boxes, its text, the notes that stand on it or that its marks lead to."""
    number = next(number for number, page in enumerate(brief.pages) if page.index == wanted.page)
    page = brief.pages[number]
    marks = [(n, mark) for n, mark in enumerate(brief.marks) if mark.page == page.index]
    lit = [(max(start, page.start), min(end, page.end)) for start, end in wanted.lit]
    lit = [(start, end) for start, end in lit if start < end]
    references = linked_marks(marks, page.start, page.end)
    headings = headings_of(brief, page.start, page.end)
    within = [(start - page.start, end - page.start) for start, end in lit]
    return {
        "page": page,
        "previous": brief.pages[number - 1] if number else None,
        "following": brief.pages[number + 1] if number + 1 < len(brief.pages) else None,
        "pieces": list(pieces(brief.body[page.start : page.end], references, within, headings)),
        "notes": list(notes_of_page(brief, page, [mark for _, mark in marks], here)),
        "problems": [problem for problem in brief.problems if problem.page == page.index],
        "geometry": geometry[0] if geometry else None,
        "boxes": list(boxes(brief, geometry[0], lit, "found" if wanted.sought else "lit")) if geometry else [],
    }


def boxes(brief: Brief, geometry: PageGeometry, lit: Iterable[tuple[int, int]], kind: str) -> Iterator[ShownBox]:
    """The boxes to draw on a page's picture: what is lit, then notes and marks, which lead to the text beside."""
    page = unpacked(geometry)
    for start, end in lit:
        yield from (box_of(kind, rect, page.height) for rect in page.boxes(start, end))
    for number, rect in page.notes:
        yield box_of("note", rect, page.height, f"note-{brief.notes[number].id}")
    for number, rect in page.marks:
        note_id = brief.marks[number].note_id
        yield box_of("mark", rect, page.height, f"note-{note_id}" if note_id else "")


def box_of(kind: str, rect: Rect, height: float, anchor: str = "") -> ShownBox:
    """A rectangle as SVG counts, with a little room around what it covers."""
    pad = 1.0
    x, y = round(rect.x0 - pad, 1), round(height - rect.y1 - pad, 1)
    return ShownBox(kind, x, y, round(rect.x1 - rect.x0 + 2 * pad, 1), round(rect.y1 - rect.y0 + 2 * pad, 1), anchor)


def notes_of_page(brief: Brief, page: PageSpan, marks: Sequence[Mark], here: Here) -> Iterator[ShownNote]:
    """The notes that marks of the page lead to, or that stand on it, in the order of the brief."""
    cited = {mark.note_id for mark in marks}
    for note in brief.notes:
        if note.page == page.index or note.id in cited:
            elsewhere = "" if note.page == page.index else label_of(brief, note.page)
            shown = shown_note(note, f"note-{note.id}")
            yield replace(shown, backs=tuple(backs(brief.marks, note.id, page.index, here)), page=elsewhere)


def all_notes(brief: Brief, here: Here) -> Iterator[ShownNote]:
    """All notes, each with the ways to the pages that its marks stand on."""
    for note in brief.notes:
        shown = shown_note(note, f"note-{note.id}", cited=False)
        ways = (
            Back(here(f"mark-{number}", page=mark.page if brief.pages else ""), label_of(brief, mark.page))
            for number, mark in enumerate(brief.marks)
            if mark.note_id == note.id
        )
        yield replace(shown, backs=tuple(ways))


def backs(marks: Sequence[Mark], note_id: str, page: int | None, here: Here) -> Iterator[Back]:
    """The ways from a note to its marks. page: the one that is shown, None for the whole text."""
    for number, mark in enumerate(marks):
        if mark.note_id == note_id:
            anchor = f"mark-{number}"
            yield (
                Back(f"#{anchor}") if page in {None, mark.page} else Back(here(anchor, page=mark.page), str(mark.page))
            )


def label_of(brief: Brief, index: int) -> str:
    """What is printed on a page."""
    return next((page.label or str(page.index) for page in brief.pages if page.index == index), "")


def places_of(sought: str, body: str) -> Iterator[tuple[int, int]]:
    """Where words stand in a body, upper and lower case alike, any blanks between them."""
    pattern = re.compile(r"\s+".join(map(re.escape, sought.split())), re.IGNORECASE)
    for number, found in enumerate(pattern.finditer(body)):
        if number == _MOST_FOUND:
            return
        yield found.span()


def found_places(brief: Brief, places: Iterable[tuple[int, int]]) -> Iterator[Found]:
    """Each place with its page and the text around it."""
    for start, end in places:
        before = brief.body[max(0, start - _AROUND) : start].split("\n")[-1]
        after = brief.body[end : end + _AROUND].split("\n", 1)[0]
        page = next(iter(brief.pages_of(start, end)), None)
        yield Found(page, before, brief.body[start:end], after)
