"""Finds out who asks. Every address but the few that are named here wants a key: a new route is closed by itself."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi.responses import RedirectResponse
from starlette.requests import HTTPConnection

from briefqa.errors import ConfigError
from briefqa.service.access import ANYONE, NOBODY, Caller, Reader
from briefqa.service.guarding.refusing import refusal
from briefqa.service.guarding.sessions import COOKIE, comes_from_here, key_of_session

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from briefqa.keys import Key, KeyFile
    from briefqa.service.live import Live

log = logging.getLogger(__name__)

OPEN_PATHS = {"/healthz", "/readyz", "/login", "/logout"}
"""Addresses that need no key, beside the files below /static/: they tell nothing of any brief."""

ADMIN_PATHS = ("/metrics", "/admin")
"""Addresses that want the right "admin", and all below them."""

REINDEX_PATHS = ("/v1/reindex",)
"""Addresses that want the right "reindex", and all below them; others want "read"."""


def right_for(path: str) -> str:
    """Name the right that an address wants."""
    for right, paths in (("admin", ADMIN_PATHS), ("reindex", REINDEX_PATHS)):
        if any(path == known or path.startswith(f"{known}/") for known in paths):
            return right
    return "read"


class Identification:
    """ASGI middleware: finds out who asks, and sets `request.state.reader` to what that caller may see."""

    def __init__(self, app: ASGIApp, live: Live, keys: KeyFile | None, *, required: bool) -> None:
        self.app = app
        self._live = live
        self._keys = keys
        # Once there were keys, their file may vanish without opening the door.
        self._required = required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its reader."""
        if scope["type"] in {"http", "websocket"}:
            try:
                caller = self._caller(HTTPConnection(scope))
            except ConfigError as error:
                log.error("%s", error)  # noqa: TRY400 - its text says all
                caller = NOBODY
            scope.setdefault("state", {})["reader"] = Reader(self._live, caller)
        await self.app(scope, receive, send)

    def _caller(self, connection: HTTPConnection) -> Caller:
        if self._keys is None:
            return ANYONE
        self._required = self._required or bool(self._keys.keys())
        if not self._required:
            return ANYONE
        key = self._key(connection, self._keys)
        return NOBODY if key is None else Caller.with_key(key)

    @staticmethod
    def _key(connection: HTTPConnection, keys: KeyFile) -> Key | None:
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return keys.find(secret.strip())
        session = connection.cookies.get(COOKIE, "")
        if session and (connection.scope.get("method") in {"GET", "HEAD"} or comes_from_here(connection)):
            return key_of_session(session, keys)
        return None


class Authorization:
    """ASGI middleware: lets pass who has the right to an address, and refuses others with 401 or 403."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        refused = _refused(scope) if scope["type"] in {"http", "websocket"} else None
        if refused is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refused(scope, receive, send)


def _refused(scope: Scope) -> Response | None:
    path: str = scope["path"]
    caller: Caller = scope["state"]["reader"].caller
    wanted = right_for(path)
    if path in OPEN_PATHS or path.startswith("/static/") or wanted in caller.rights:
        return None
    if caller is not NOBODY:
        return refusal(scope, HTTPStatus.FORBIDDEN, f"This key has no right to {wanted}: ask for one that has it.")
    if _is_page(HTTPConnection(scope)):
        target = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        return RedirectResponse(
            f"{scope.get('root_path', '')}/login?next={quote(target, safe='')}", HTTPStatus.SEE_OTHER
        )
    detail = "A valid key is wanted: send it as `Authorization: Bearer KEY`."
    return refusal(scope, HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": 'Bearer realm="briefqa"'})


def _is_page(connection: HTTPConnection) -> bool:
    """Whether a person looks at it in a browser, who is better shown a form."""
    wants = connection.headers.get("accept", "")
    return (
        connection.scope.get("method") == "GET" and "text/html" in wants and not connection.url.path.startswith("/v1/")
    )
