"""What notes cite, in the format that a request asks for by `format` or `Accept` instead of JSON."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Response

from briefqa import cited
from briefqa.shapes import sendable

FormatName = Literal["json", "csl-json", "bibtex", "ris", "chicago", "apa"]

EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "JSON, or what `format` or `Accept` asks for",
        "content": {
            form.media_type: {"schema": {"type": "array" if name == "csl-json" else "string"}}
            for name, form in cited.FORMATS.items()
        },
    }
}
"""What a route answers with that can be exported, for `responses`."""


async def wanted_format(
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    format_name: Annotated[
        FormatName | None, Query(alias="format", description="What to write; without it, `Accept` decides.")
    ] = None,
) -> str | None:
    """Name the export that is asked for, None for JSON."""
    name = format_name or cited.wanted_format(accept)
    return None if name == "json" else name


WantedFormat = Annotated[str | None, Depends(wanted_format)]
"""The type of a route's parameter that names the export which is asked for, None for JSON."""


def export(name: str, items: list[dict[str, Any]]) -> Response:
    """Write CSL-JSON items in a format."""
    form = cited.FORMATS[name]
    return Response(
        form.write(sendable(items)),
        media_type=form.media_type,
        headers={"Vary": "Accept", "X-Content-Type-Options": "nosniff"},
    )
