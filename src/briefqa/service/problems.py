"""Errors on the wire: RFC 9457 problem details, and the one table from error class to HTTP status."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from briefqa import errors

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

# A class that is not here takes the status of its nearest base.
STATUS: dict[type[errors.BriefqaError], HTTPStatus] = {
    errors.BriefqaError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ConfigError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ReadingError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EmbeddingError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.GenerationError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ReindexRunning: HTTPStatus.CONFLICT,
    errors.QueryError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Gone: HTTPStatus.GONE,
    errors.AnswerError: HTTPStatus.BAD_GATEWAY,
    errors.EvaluationError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(error: errors.BriefqaError) -> HTTPStatus:
    """Give the HTTP status of an error, by its class or the nearest base in the table."""
    return next(STATUS[base] for base in type(error).__mro__ if base in STATUS)


def problem_response(
    status: int, detail: str, *, type_: str = "about:blank", title: str = "", **members: Any
) -> JSONResponse:
    """Make a problem document. members: further ones, such as "errors"."""
    status = HTTPStatus(status)
    headers = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    content = {"type": type_, "title": title or status.phrase, "status": status.value, "detail": detail, **members}
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error that leaves the app a problem document."""
    app.add_exception_handler(errors.BriefqaError, _of_briefqa)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_anything)


def of_error(error: errors.BriefqaError) -> JSONResponse:
    """Make the problem document of one of briefqa's own errors."""
    status = status_of(error)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    members = {"superseded_by": error.superseded_by or None} if isinstance(error, errors.Gone) else {}
    return problem_response(
        status, str(error), type_=f"urn:briefqa:{words.replace(' ', '-')}", title=words.capitalize(), **members
    )


async def _of_briefqa(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.BriefqaError)  # noqa: S101 - Starlette's types say Exception for every handler
    response = of_error(error)
    if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s", error)
    return response


async def _of_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    # The offending input is not sent back: it may be huge, or not be text at all.
    found = [{"field": _field(item["loc"]), "message": _message(item)} for item in error.errors()]
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in found)
    return problem_response(
        HTTPStatus.UNPROCESSABLE_ENTITY, detail, type_="urn:briefqa:invalid-request", title="Invalid request",
        errors=found,
    )  # fmt: skip


def _field(loc: tuple[str | int, ...]) -> str:
    """Name the field: ("body", "query") is query, and ("body",) or a place in broken JSON is body."""
    names = [str(part) for part in loc[1:] if isinstance(part, str)]
    return ".".join(names or [str(loc[0])])[:100]


def _message(item: dict[str, Any]) -> str:
    if item["type"] == "json_invalid":
        return f"The body is not JSON: {item.get('ctx', {}).get('error', 'it cannot be decoded')}."
    return str(item["msg"]).removeprefix("Value error, ")


async def _of_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    response = problem_response(error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


async def _of_anything(_request: Request, _error: Exception) -> JSONResponse:
    # Starlette raises it again after this answer, so that the server logs its traceback; the client sees none.
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here: the server's log says what.")
