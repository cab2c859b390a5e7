"""Answers as they are sent, written once.

FastAPI would hold what a route returns to its model again, node by node; a hit's shape is made in one place and
held to its model by the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Response
from pydantic_core import PydanticSerializationError, to_json

from briefqa.shapes import sendable

if TYPE_CHECKING:
    from collections.abc import Mapping


def sent(answer: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Write an answer as JSON."""
    try:
        body = to_json(answer)
    except PydanticSerializationError:  # halves of surrogate pairs
        body = to_json(sendable(answer))
    return Response(body, media_type="application/json", headers=headers)
