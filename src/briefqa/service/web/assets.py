"""The files that pages need, each at an address that changes with what it holds: browsers keep them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_FOR_GOOD = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Serves them."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    def get_path(self, scope: Scope) -> str:
        """Name the file. They lie in one folder; Starlette would look for a proxy's prefix before them."""
        return str(scope["path"].rsplit("/", 1)[-1])

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        """Give a file. An address without what it holds may stand for another file tomorrow."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        named = scope.get("query_string", b"") == f"v={fingerprint(Path(full_path).name)}".encode()
        response.headers["Cache-Control"] = _FOR_GOOD if named else "no-cache"
        return response


@cache
def fingerprint(name: str) -> str:
    """Some digits that change with the content of a file."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
