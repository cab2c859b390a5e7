"""The first page: a question, its answer, and the passages that it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse

from briefqa.errors import BriefqaError, NotFound, QueryError
from briefqa.filters import parse_filter
from briefqa.search import Wanted
from briefqa.service.access import ReaderOf  # noqa: TC001 - FastAPI looks at it
from briefqa.service.answering import answers_of
from briefqa.service.problems import status_of
from briefqa.service.web.links import page_links
from briefqa.service.web.showing import shown_answer, shown_hit
from briefqa.service.web.writing import events

if TYPE_CHECKING:
    from fastapi import APIRouter

    from briefqa.service.limits import Limits
    from briefqa.service.web.collection import Collections
    from briefqa.service.web.site import Site


async def chosen_of(
    folder: str = "", author: str = "", published_from: str = "", published_to: str = "", notes: str = ""
) -> dict[str, str]:
    """Give what the form narrows down to, by the names of its fields."""
    return {
        "folder": folder,
        "author": author,
        "published_from": published_from,
        "published_to": published_to,
        "notes": notes,
    }


Chosen = Annotated[dict[str, str], Depends(chosen_of)]


def add_asking(router: APIRouter, site: Site, limits: Limits, collections: Collections) -> None:
    """Add the page, and the answer that is written to it."""

    @router.get("/")
    def ask(request: Request, reader: ReaderOf, chosen: Chosen, q: str = "", written: str = "") -> Response:
        shown: dict[str, Any] = {
            "question": q,
            "limit": limits.max_query_chars,
            "chosen": chosen,
            "filtered": any(chosen.values()),
            "collection": collections.of(reader),
            "error": "",
            "ranking": None,
            "answer": None,
            "write": None,
        }
        if not q.strip():
            return site.page(request, "ask.html", **shown)
        try:
            answers = answers_of(request)
            found = answers.answer(reader, q, limits.hits, wanted_of(limits, q, chosen), written=bool(written))
        except BriefqaError as error:
            return site.page(request, "ask.html", status_of(error), **shown | {"error": str(error)})
        links = page_links(request)
        hits = [shown_hit(hit, links) for hit in found.ranking.hits]
        more = {"ranking": found.ranking, "hits": hits, "answer": shown_answer(found, links)}
        # The briefs' own sentences are there at once; a model takes its time, and is asked when they are read.
        if answers.writer and not written and not found.abstained:
            fields = {"q": q, **chosen}
            # From the very generation that the page is from: marks and passages of its answer are on the page.
            stream = links.to("/answer", **fields | {"generation": found.ranking.generation})
            more["write"] = {"whole": links.to("/", **fields, written="1"), "stream": stream}
        return site.page(request, "ask.html", **shown | more)

    @router.get("/answer")
    def write(request: Request, reader: ReaderOf, chosen: Chosen, q: str = "") -> Response:
        answers = answers_of(request)
        try:
            if answers.writer is None:
                raise NotFound("No language model writes answers here.")
            wanted = wanted_of(limits, q, chosen)
            with reader.index():
                pass  # a generation that is not there is refused before anything is sent
        except BriefqaError as error:
            return site.refusal(request, error)

        growing = answers.growing(reader, q, limits.hits, wanted)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events(request, site, growing), media_type="text/event-stream", headers=headers)


def wanted_of(limits: Limits, question: str, chosen: dict[str, str]) -> Wanted:
    """Understand what was chosen in the form. Raises QueryError."""
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
    return Wanted(parse_filter(wanted) if wanted else None)
