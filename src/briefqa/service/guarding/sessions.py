"""Sessions of browsers: a cookie that names a key and is signed, so that whoever has it has shown the key before.

It is signed with the key's digest, which only the file of keys holds: a revoked key ends its sessions at once, all
servers over one index know each other's cookies, and there is no other secret to look after.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from briefqa.keys import Key, KeyFile

COOKIE = "briefqa_session"
SECONDS = 12 * 3600
"""How long a session lasts."""


def session_for(key: Key, now: float | None = None) -> str:
    """Make the value of the cookie."""
    ends = int(time.time() if now is None else now) + SECONDS
    return f"{key.id}.{ends}.{_signature(key, ends)}"


def key_of_session(session: str, keys: KeyFile, now: float | None = None) -> Key | None:
    """Find the key that a cookie stands for; None if it is forged, over, or the key no longer good."""
    key_id, _, rest = session.partition(".")
    ends, _, signature = rest.partition(".")
    if not (ends.isascii() and ends.isdigit() and len(ends) < 16 and signature.isascii()):
        return None
    known = keys.keys()
    key = next((one for one in known if one.id == key_id and one.is_good()), None)
    if key is None or not hmac.compare_digest(_signature(key, int(ends)), signature):
        return None
    return key if int(ends) > (time.time() if now is None else now) else None


def comes_from_here(connection: HTTPConnection) -> bool:
    """Tell whether a browser says that a page of this very site sent the request, and no other site's form.

    As https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html puts it:
    Fetch metadata first, the origin where a browser sends none.
    """
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = connection.headers.get("origin")
    known = connection.app.state.addressing.public_url
    return origin is not None and urlsplit(origin).netloc in {
        connection.headers.get("host", ""),
        urlsplit(known).netloc,
    }


def _signature(key: Key, ends: int) -> str:
    said = f"session|{key.id}|{ends}".encode()
    return hmac.new(bytes.fromhex(key.digest), said, hashlib.sha256).hexdigest()
