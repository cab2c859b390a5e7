"""What the endpoints declare and check alike: the problems that they may answer with, and the limits of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError

from briefqa.service import wire

if TYPE_CHECKING:
    from briefqa.service.api import Limits

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": wire.ProblemDetails, "description": "There is no such thing in the live generation"},
    410: {"model": wire.ProblemDetails, "description": "It was revised or removed; `superseded_by` leads on"},
    413: {"model": wire.ProblemDetails, "description": "The request's body is too large"},
    422: {
        "model": wire.ProblemDetails,
        "description": "A field is missing, unknown, of the wrong type or out of range",
    },
    503: {"model": wire.ProblemDetails, "description": "Nothing is indexed yet, or the server is still starting"},
}


def problems_for(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare in the OpenAPI which problems an endpoint answers with."""
    return {status: _PROBLEMS[status] for status in statuses}


def allowed(limits: Limits, field: str, question: str, k: int | None) -> int:
    """Return how many hits a request gets. field: the name of the question's. Raises RequestValidationError."""
    if k is not None and k > limits.max_hits:
        raise _invalid("k", f"Input should be less than or equal to {limits.max_hits}")
    if len(question) > limits.max_query_chars:
        raise _invalid(field, f"String should have at most {limits.max_query_chars} characters")
    return limits.hits if k is None else k


def _invalid(field: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body", field), "msg": message}])
