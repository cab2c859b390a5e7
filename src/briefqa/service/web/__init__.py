"""The web pages: ask, read, browse, operate. They work without scripts, and trust nothing that a brief says.

`site` renders (templates, headers, languages) with the addresses of `links`, the files of `assets` and the texts that
`strings` knows; `showing` makes of hits, notes and sources what templates show, `collection` is what one may browse;
`asking`, `reading_pages`, `browsing`, `citing_pages` and `operating` have the routes of one kind of page each, over
`pictures` and `plots`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from briefqa.service.web.asking import add_asking
from briefqa.service.web.assets import Assets
from briefqa.service.web.browsing import add_browsing
from briefqa.service.web.citing_pages import add_citing
from briefqa.service.web.collection import Collections
from briefqa.service.web.operating import add_operating
from briefqa.service.web.reading_pages import add_reading
from briefqa.service.web.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.generation import Home
    from briefqa.service.limits import Limits
    from briefqa.service.web.pictures import Pictures

__all__ = ["Assets", "make_router"]


def make_router(  # noqa: PLR0913, PLR0917 - what pages are made of
    docs_in: Path,
    limits: Limits,
    pictures: Pictures,
    index: Path | None = None,
    site: Site | None = None,
    home: Home | None = None,
) -> APIRouter:
    """Make the pages. docs_in: where the briefs' files lie. index, home: the folder and the home of the index."""
    router = APIRouter(include_in_schema=False)
    site = site or Site()
    collections = Collections()
    add_asking(router, site, limits, collections)
    add_browsing(router, site, collections)
    add_citing(router, site, collections)
    add_operating(router, site, index, home)
    add_reading(router, site, docs_in, pictures)
    return router
