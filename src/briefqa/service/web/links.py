"""Addresses of pages: below the prefix that a proxy may serve them under, and of the generation that is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from briefqa.service.web.assets import fingerprint
from briefqa.shapes import Links, sendable

if TYPE_CHECKING:
    from starlette.requests import Request


class PageLinks(Links):
    """Addresses without scheme and host, which hold whatever the site is called. base: the prefix, "" for none."""

    __slots__ = ()

    def to(self, path: str, anchor: str = "", /, **fields: str | int) -> str:
        """Give a page. path: below the prefix, from "/" on. fields: of the query; those that are empty are left out."""
        given = {name: sendable(value) for name, value in fields.items() if value != ""}
        return self._address(path, anchor, **given)

    def asset(self, name: str) -> str:
        """Give a file of ours, named with what it holds, so that browsers may keep it for good."""
        return f"{self.base}/static/{name}?v={fingerprint(name)}"

    def source(self, source_id: str) -> str:
        """Give the page of a source."""
        return self.to(source_path(source_id))


def page_links(request: Request) -> PageLinks:
    """Make the addresses of the page that is asked for: they go on with the generation that it is asked as of."""
    named = "" if request.scope["path"].startswith("/admin") else request.query_params.get("generation", "")
    return PageLinks(request.scope.get("root_path", ""), named)


def brief_path(brief_id: str) -> str:
    """The path of a brief's page, below any prefix."""
    return f"/briefs/{quote(brief_id, safe='')}"


def source_path(source_id: str) -> str:
    """The path of a source's page, below any prefix."""
    return f"/sources/{quote(source_id, safe='')}"
