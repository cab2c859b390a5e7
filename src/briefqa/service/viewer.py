"""The page at /docs that shows the API and tries it out: Swagger UI, served from here and from nowhere else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse

# Swagger UI writes styles into its elements and draws its icons as data; scripts come from this site's files only.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>briefqa: the API</title>
<link rel="icon" href="static/icon.svg">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="static/viewer.css">
<main id="viewer"></main>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="static/viewer.js"></script>
</html>
"""
_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


def make_router() -> APIRouter:
    """Make the page and its files. Found, not imported: only the files of the package are wanted."""
    found = importlib.util.find_spec("fastapi_offline")
    folder = Path(found.origin or "").parent / "static" if found else None
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    def docs() -> Response:
        return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})

    @router.get("/docs/{name}")
    def docs_file(name: str) -> Response:
        if folder is None or name not in _FILES:
            return Response(status_code=404)
        return FileResponse(folder / name, media_type=_FILES[name], headers={"Cache-Control": "private, max-age=86400"})

    return router
