"""Refusals in the shape that whoever asked understands."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse

from briefqa.service.problems import problem_response

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

OPENAI_PATHS = ("/v1/chat/completions", "/v1/models", "/v1/responses")
"""Where errors have OpenAI's shape, below these too."""

_OPENAI_TYPES = {
    HTTPStatus.UNAUTHORIZED: ("authentication_error", "invalid_api_key"),
    HTTPStatus.FORBIDDEN: ("permission_error", "permission_denied"),
    HTTPStatus.TOO_MANY_REQUESTS: ("rate_limit_error", "rate_limit_exceeded"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("invalid_request_error", "request_too_large"),
}


def speaks_openai(path: str) -> bool:
    """Tell whether errors at this address have OpenAI's shape."""
    return any(path == known or path.startswith(f"{known}/") for known in OPENAI_PATHS)


def refusal(scope: Scope, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Refuse a request before it reaches its route."""
    response: JSONResponse
    if speaks_openai(scope["path"]):
        kind, code = _OPENAI_TYPES.get(status, ("server_error", status.phrase.lower().replace(" ", "_")))
        response = JSONResponse({"error": {"message": detail, "type": kind, "param": None, "code": code}}, status)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = "5"
    else:
        response = problem_response(status, detail)
    response.headers.update(headers or {})
    return response
