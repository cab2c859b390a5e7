"""Signing in with a key in a browser, for the web pages. Without scripts; the form cannot be sent from another site."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from briefqa.service.addresses import links_of
from briefqa.service.guarding.refusing import refusal
from briefqa.service.guarding.sessions import COOKIE, SECONDS, comes_from_here, session_for
from briefqa.service.web.links import page_links

if TYPE_CHECKING:
    from briefqa.keys import KeyFile
    from briefqa.service.web.site import Site


def make_router(keys: KeyFile | None, site: Site) -> APIRouter:
    """Make the form. keys: None where anyone may ask, so that there is nothing to sign in to."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - what such a parameter is called
        return site.page(request, "login.html", target=own_target(next), error="")

    @router.post("/login")
    async def login(request: Request) -> Response:
        if not comes_from_here(request):
            return refusal(request.scope, HTTPStatus.FORBIDDEN, "This form was not sent from a page of briefqa.")
        said = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        target = own_target(said.get("next", ["/"])[0])
        key = keys.find(said.get("key", [""])[0].strip()) if keys else None
        if key is None or "read" not in key.rights:
            return site.page(
                request,
                "login.html",
                HTTPStatus.UNAUTHORIZED,
                target=target,
                error="This key is not good for reading.",
            )
        links = page_links(request)
        response = RedirectResponse(f"{links.base}{target}", HTTPStatus.SEE_OTHER)
        # Lax, so that a link to a passage works from a mail; no address of briefqa changes anything on a GET.
        response.set_cookie(
            COOKIE,
            session_for(key),
            max_age=SECONDS,
            path=f"{links.base}/",
            httponly=True,
            samesite="lax",
            secure=links_of(request).base.startswith("https:"),
        )
        return response

    @router.post("/logout")
    def logout(request: Request) -> Response:
        if not comes_from_here(request):
            return refusal(request.scope, HTTPStatus.FORBIDDEN, "This form was not sent from a page of briefqa.")
        links = page_links(request)
        response = RedirectResponse(links.to("/login"), HTTPStatus.SEE_OTHER)
        response.delete_cookie(COOKIE, path=f"{links.base}/", httponly=True, samesite="lax")
        return response

    return router


def own_target(target: str) -> str:
    """Give back where to go after signing in, below the prefix, if it is a place of this site; else the first page."""
    plain = target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"
