"""What a request may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.exceptions import RequestValidationError


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may ask for. hits: how many it gets if it does not say."""

    hits: int = 5
    max_hits: int = 100
    max_query_chars: int = 2000

    @property
    def max_body_bytes(self) -> int:
        """The size of the largest JSON body that can hold a permitted question, each character escaped."""
        return 12 * self.max_query_chars + 4096


def allowed(limits: Limits, field: str, question: str, k: int | None) -> int:
    """Return how many hits a request gets. field: the name of the question's. Raises RequestValidationError."""
    if k is not None and k > limits.max_hits:
        raise _invalid("k", f"Input should be less than or equal to {limits.max_hits}")
    if len(question) > limits.max_query_chars:
        raise _invalid(field, f"String should have at most {limits.max_query_chars} characters")
    return limits.hits if k is None else k


def _invalid(field: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body", field), "msg": message}])
