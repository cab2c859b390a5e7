"""Says in the OpenAPI what the guards ask and how they refuse, once for all routes."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from briefqa.service import problems
from briefqa.service.guarding.authentication import OPEN_PATHS
from briefqa.service.guarding.refusing import speaks_openai
from briefqa.service.wire import ProblemDetails

_REFUSALS = {
    "401": "There are keys, and the request shows none that is good",
    "403": "The key has no right to this",
    "429": "This key has sent too many requests",
    "503": "Too many requests at once, nothing indexed yet, or still starting",
}
# What takes something can be asked for what is not there, or for a generation that is no longer kept.
_OF_REQUESTS = {
    "404": "There is no such thing in the generation that was asked",
    "410": "It was revised or removed, or that generation is not kept; `superseded_by` leads on",
    "422": "A field is missing, unknown, of the wrong type or out of range",
}
_OF_BODIES = {"400": "The body cannot be decoded", "413": "The request's body is too large"}
_RETRY = {"Retry-After": {"description": "Seconds until it is worth trying again", "schema": {"type": "string"}}}
_OPENAI_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


def declare(openapi: dict[str, Any]) -> None:
    """Complete an OpenAPI document in place: keys, refusals, and the media type of problem documents."""
    components = openapi.setdefault("components", {})
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "Where there are keys: `briefqa keys create`."}
    }
    _, problem = models_json_schema([(ProblemDetails, "serialization")], ref_template="#/components/schemas/{model}")
    components.setdefault("schemas", {}).update(problem["$defs"])
    for path, operations in openapi["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            if "HTTPValidationError" in str(responses.get("422")):
                del responses["422"]  # FastAPI's own shape, which nobody gets here
            if path not in OPEN_PATHS:
                # The empty one: without keys, none is wanted.
                operation["security"] = [{"key": []}, {}]
                bodies = _OF_BODIES if "requestBody" in operation else {}
                fields = _OF_REQUESTS if bodies or "parameters" in operation else {}
                for status, description in (fields | bodies | _REFUSALS).items():
                    responses.setdefault(status, _refusal(path, description))
            _declare_problems(responses)


def _refusal(path: str, description: str) -> dict[str, Any]:
    if speaks_openai(path):
        return {"description": description, "content": {"application/json": {"schema": _OPENAI_ERROR}}}
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {"description": description, "content": {problems.MEDIA_TYPE: {"schema": schema}}}


def _declare_problems(responses: dict[str, Any]) -> None:
    """Errors are problem documents: FastAPI would declare them as plain JSON."""
    for status, response in responses.items():
        content: dict[str, Any] = response.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if not status.startswith("2") and schema.get("$ref", "").endswith("/ProblemDetails"):
            content[problems.MEDIA_TYPE] = content.pop("application/json")
        if status in {"429", "503"}:
            response.setdefault("headers", {}).update(_RETRY)
