"""The first page: a question, its answer, and the passages that it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Request, Response  # noqa: TC002 - FastAPI looks at them

from briefqa.answer import answer
from briefqa.errors import BriefqaError, QueryError
from briefqa.filters import parse_filter
from briefqa.search import Wanted
from briefqa.service.access import Reader, ReaderOf  # noqa: TC001 - FastAPI looks at it
from briefqa.service.asking import writer_of
from briefqa.service.problems import status_of
from briefqa.service.web.links import page_links
from briefqa.service.web.showing import shown_answer, shown_hit

if TYPE_CHECKING:
    from fastapi import APIRouter

    from briefqa.answer import Answer, Model
    from briefqa.service.limits import Limits
    from briefqa.service.web.collection import Collections
    from briefqa.service.web.site import Site


def add_asking(router: APIRouter, site: Site, limits: Limits, collections: Collections) -> None:
    """Add the page."""

    @router.get("/")
    def ask(  # noqa: PLR0913, PLR0917 - the fields of the form
        request: Request,
        reader: ReaderOf,
        q: str = "",
        folder: str = "",
        author: str = "",
        published_from: str = "",
        published_to: str = "",
        notes: str = "",
        written: str = "",
    ) -> Response:
        chosen = {
            "folder": folder,
            "author": author,
            "published_from": published_from,
            "published_to": published_to,
            "notes": notes,
        }
        shown: dict[str, Any] = {
            "question": q,
            "limit": limits.max_query_chars,
            "chosen": chosen,
            "filtered": any(chosen.values()),
            "collection": collections.of(reader),
            "error": "",
            "ranking": None,
            "answer": None,
            "write": "",
        }
        if not q.strip():
            return site.page(request, "ask.html", **shown)
        try:
            writer = writer_of(request)
            found = answered(reader, limits, q, chosen, writer if written else None)
        except BriefqaError as error:
            return site.page(request, "ask.html", status_of(error), **shown | {"error": str(error)})
        links = page_links(request)
        hits = [shown_hit(hit, links) for hit in found.ranking.hits]
        more = {"ranking": found.ranking, "hits": hits, "answer": shown_answer(found, links)}
        # The briefs' own sentences are there at once; a model takes its time, and is asked when they are read.
        more["write"] = (
            links.to("/", q=q, **chosen, written=1) if writer and not written and not found.abstained else ""
        )
        return site.page(request, "ask.html", **shown | more)


def answered(
    reader: Reader, limits: Limits, question: str, chosen: dict[str, str], writer: Model | None = None
) -> Answer:
    """Answer with what was chosen in the form; writer: who writes it, None for the briefs' own words.

    Raises QueryError and its kin.
    """
    if len(question) > limits.max_query_chars:
        raise QueryError(f"The question is too long: ask it in at most {limits.max_query_chars} characters.")
    wanted: dict[str, Any] = {
        field: chosen[name]
        for name, field in (
            ("folder", "collection"),
            ("author", "author"),
            ("published_from", "published_from"),
            ("published_to", "published_to"),
        )
        if chosen[name]
    }
    if chosen["notes"]:
        wanted["has_notes"] = True
    with reader.searcher() as searcher:
        return answer(question, searcher, limits.hits, Wanted(parse_filter(wanted) if wanted else None), writer)
