"""Plain requests go straight to their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints

from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from briefqa.service.access import reader_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

# What most clients send, "" being nothing.
_PLAIN_TYPES = {"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"}
_PLAIN_ACCEPT = {"", "*/*", "application/json"}
_REST = ("request", "reader", "form", "return")


class StraightRoute(APIRoute):
    """A route for a function of a body, `request`, `reader` and `form`, as `/v1/search` is.

    FastAPI looks in address, headers and cookies for whatever might be there, which takes it half a millisecond. Where
    nothing can be but a body of JSON, that is read, checked and handed on; all else, and what is wrong with it, stays
    FastAPI's.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Make what answers a request."""
        usual = super().get_route_handler()
        endpoint, body = self.endpoint, self.body_field
        if body is None or get_type_hints(endpoint).keys() != {body.name, *_REST}:
            return usual
        name = body.name
        model: Any = body.field_info.annotation

        async def answer(request: Request) -> Response:
            if not _is_plain(request):
                return await usual(request)
            try:
                asked = model.model_validate_json(await request.body())
            except (ValidationError, ClientDisconnect):
                return await usual(request)  # which says what is wrong
            return await run_in_threadpool(
                endpoint, **{name: asked}, request=request, reader=reader_of(request), form=None
            )

        return answer


def _is_plain(request: Request) -> bool:
    headers = request.headers
    return (
        not request.scope["query_string"]
        and headers.get("content-type", "").lower() in _PLAIN_TYPES
        and headers.get("accept", "") in _PLAIN_ACCEPT
        and request.app.state.tracing is None  # which hears of the parts of a request from FastAPI
    )
