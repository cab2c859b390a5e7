"""Briefs by collection, date and author."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request, Response

from briefqa.service.access import ReaderOf  # noqa: TC001 - FastAPI looks at it
from briefqa.service.web.links import page_links
from briefqa.service.web.plots import columns

if TYPE_CHECKING:
    from fastapi import APIRouter

    from briefqa.generation import BriefRecord
    from briefqa.service.web.collection import Collections
    from briefqa.service.web.site import Site

_PER_PAGE = 50
_LARGEST_PAGE = 1_000_000


def add_browsing(router: APIRouter, site: Site, collections: Collections) -> None:
    """Add the list of briefs."""

    @router.get("/briefs")
    def list_briefs(  # noqa: PLR0913, PLR0917 - the fields of the form
        request: Request,
        reader: ReaderOf,
        folder: str = "",
        author: str = "",
        year: str = "",
        order: str = "newest",
        sheet: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 1,
    ) -> Response:
        there = collections.of(reader)
        briefs = there.briefs if there else []
        chosen = {"folder": folder, "author": author, "year": year, "order": order}
        found = arranged([brief for brief in briefs if fits(brief, folder, author, year)], order)
        first = (sheet - 1) * _PER_PAGE
        given: dict[str, str | int] = {**chosen, "order": "" if order == "newest" else order}
        links = page_links(request)

        def address(**changed: str | int) -> str:
            return links.to("/briefs", **given | changed)

        return site.page(
            request,
            "briefs.html",
            collection=there,
            chosen=chosen,
            total=len(found),
            briefs=found[first : first + _PER_PAGE],
            plot=columns(there.years) if there and len(there.years) > 1 else None,
            undated=sum(not brief.published for brief in briefs),
            previous=address(sheet=sheet - 1) if sheet > 1 else "",
            following=address(sheet=sheet + 1) if first + _PER_PAGE < len(found) else "",
            address=address,
        )


def fits(brief: BriefRecord, folder: str, author: str, year: str) -> bool:
    """Whether a brief is among those that were chosen; "" chooses all."""
    return (
        (not folder or brief.collection == folder)
        and (not author or author in brief.authors)
        and (not year or brief.published.startswith(year))
    )


def arranged(briefs: list[BriefRecord], order: str) -> list[BriefRecord]:
    """Order by title, or by date from the newest on; those without a date last."""
    by_title = sorted(briefs, key=lambda brief: (brief.title or brief.path).casefold())
    return by_title if order == "title" else sorted(by_title, key=lambda brief: brief.published, reverse=True)
