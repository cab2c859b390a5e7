"""An answer that is sent to the page while it is written, as server-sent events whose data are pieces of the page.

https://html.spec.whatwg.org/multipage/server-sent-events.html. Events are "sentence" (one more, verified, with the
citations that it is the first to make), "end" (what is to be said below) and "instead" (all of it, in place of what
came before). The pieces come from the templates of the page, which escape what briefs and models say, and travel as
JSON in ASCII: no text can end an event or begin another.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from briefqa.service.web.links import page_links
from briefqa.service.web.showing import shown_answer
from briefqa.shapes import sendable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastapi import Request

    from briefqa.answer import Answer
    from briefqa.service.web.site import Site

log = logging.getLogger(__name__)


def events(request: Request, site: Site, growing: Iterable[Answer]) -> Iterator[str]:
    """Send an answer as it grows. Where something fails on the way, the events end without an "end"."""
    parts: Any = site.template(request, "answer.html").make_module(
        site.around(request) | {"filtered": False, "collection": None}
    )
    links = page_links(request)
    sent: list[Any] = []
    numbers = 0
    last = None
    try:
        for last in growing:
            if last.sentences[: len(sent)] != tuple(sent) or last.written_by == "briefs":
                continue  # the last one, then: it takes the place of what was sent
            shown = shown_answer(last, links)
            for place, sentence in enumerate(last.sentences[len(sent) :], start=len(sent)):
                new = [
                    one for one in shown["citations"] if numbers < one["ordinal"] <= max(sentence.citations, default=0)
                ]
                numbers += len(new)
                yield event("sentence", html=parts.sentence(sentence, place), cited=[parts.cited(one) for one in new])
                sent.append(sentence)
    except Exception:
        log.exception("An answer broke off.")
        return
    if last is None:
        return
    shown = shown_answer(last, links)
    if sent and last.sentences == tuple(sent):
        yield event("end", html=parts.tail(shown))
    else:
        yield event("instead", html=parts.answered(shown, last.ranking.answerable))


def event(name: str, **data: Any) -> str:
    """Write one event."""
    return f"event: {name}\ndata: {json.dumps(sendable(_plain(data)))}\n\n"


def _plain(data: Any) -> Any:
    """Markup is a string of its own kind, which is to be taken for any other."""
    if isinstance(data, dict):
        return {name: _plain(value) for name, value in data.items()}
    return [str(one) for one in data] if isinstance(data, list) else str(data)
