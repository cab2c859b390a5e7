"""How every page is made: the templates, the headers that keep it harmless, the language that the reader wants."""

from __future__ import annotations

import gettext
import re
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from briefqa.errors import Gone
from briefqa.service.access import NOBODY
from briefqa.service.guarding.sessions import COOKIE
from briefqa.service.problems import status_of
from briefqa.service.web.links import brief_path, page_links
from briefqa.service.web.strings import wording
from briefqa.shapes import sendable

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request, Response
    from jinja2 import Template

    from briefqa.errors import BriefqaError
    from briefqa.service.access import Reader

LOCALE = Path(__file__).parent / "locale"
_MOST_LANGUAGES = 5
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_FOR_PROGRAMS = re.compile(r": `GET [^`]*`.*", re.DOTALL)
_FROM_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur", "yi"}

HEADERS = {
    # Nothing inline, nothing from elsewhere: whatever a brief smuggles into a page cannot run or report.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # A page may show what only this key's holder may see.
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Language, Cookie",
}


class Site:
    """Renders pages. translations: gives the strings of the first of some languages that there is, English else."""

    def __init__(self, translations: Callable[[list[str]], gettext.NullTranslations] | None = None) -> None:
        self._translations = translations or installed_translations
        self._environments: dict[tuple[str, ...], Environment] = {}

    def page(self, request: Request, name: str, status: int = HTTPStatus.OK, **values: Any) -> Response:
        """Render a template for the reader who asks. Halves of surrogate pairs in values become one character."""
        template = self.template(request, name)
        return HTMLResponse(
            sendable(template.render(status=int(status), **self.around(request), **values)), status, HEADERS
        )

    def template(self, request: Request, name: str) -> Template:
        """Give a template in the language that the reader wants."""
        return self._environment(wanted_languages(request.headers.get("accept-language", ""))).get_template(name)

    @staticmethod
    def around(request: Request) -> dict[str, Any]:
        """What templates know of whoever asks, and the addresses that they give."""
        reader: Reader | None = getattr(request.state, "reader", None)
        caller = reader.caller if reader else NOBODY
        links = page_links(request)
        return {
            "path": request.url.path,
            "links": links,
            "to": links.to,
            "asset": links.asset,
            "as_of": date_of(links.generation),
            "as_live": as_live(request, links.base),
            "signed_in": bool(caller.key) and COOKIE in request.cookies,
            "may_operate": "admin" in caller.rights,
        }

    def message(self, request: Request, status: int, message: str, link: str = "") -> Response:
        """Say what went wrong. link: where to go on instead, "" for no place in particular."""
        plain = "" if message == HTTPStatus(status).phrase else message
        return self.page(request, "message.html", status, message=plain, link=link)

    def refusal(self, request: Request, error: BriefqaError) -> Response:
        """Say why there is no page."""
        successor = error.superseded_by if isinstance(error, Gone) else ""
        link = page_links(request).brief(successor) if successor else ""
        return self.message(request, status_of(error), str(error), link)

    def _environment(self, languages: list[str]) -> Environment:
        key = tuple(languages)
        if key not in self._environments:
            if len(self._environments) > 100:  # readers may ask for anything
                self._environments.clear()
            self._environments[key] = _environment(self._translations(languages))
        return self._environments[key]


def for_people(message: str) -> str:
    """Leave out of a message what it advises programs to ask for."""
    return _FOR_PROGRAMS.sub(".", message)


def as_live(request: Request, prefix: str) -> str:
    """Give the page that is asked for as of the live generation. prefix: below which a proxy serves it."""
    fields = [(name, value) for name, value in request.query_params.multi_items() if name != "generation"]
    return prefix + quote(request.scope["path"]) + (f"?{urlencode(fields, errors='replace')}" if fields else "")


def date_of(generation: str) -> str:
    """When a generation was made, as its name tells; "" where it tells none."""
    try:
        return f"{datetime.strptime(generation[:15], '%Y%m%dT%H%M%S').replace(tzinfo=UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return ""


def wanted_languages(header: str) -> list[str]:
    """The languages of an Accept-Language header in the order of its weights, as gettext names them."""
    weighed: list[tuple[float, str]] = []
    for part in header.split(",")[:_MOST_LANGUAGES]:
        name, _, weight = part.strip().partition(";q=")
        if _LANGUAGE.fullmatch(name):
            weighed.append((-_number(weight), name.replace("-", "_")))
    return [name for _, name in sorted(weighed, key=lambda pair: pair[0])]


def installed_translations(languages: list[str]) -> gettext.NullTranslations:
    """The strings in locale/LANGUAGE/LC_MESSAGES/briefqa.mo, of the first language that has them before English."""
    before_english = []
    for language in languages:
        if language.startswith("en"):
            break
        before_english.append(language)
    # Without any named, gettext would look at the environment of the server.
    return gettext.translation("briefqa", LOCALE, before_english or ["en"], fallback=True)


def _environment(translations: gettext.NullTranslations) -> Environment:
    environment = Environment(
        loader=PackageLoader("briefqa.service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    language = translations.info().get("language", "en")
    environment.globals["language"] = language
    environment.globals["right_to_left"] = _FROM_RIGHT_TO_LEFT
    environment.globals["direction"] = "rtl" if language[:2] in _FROM_RIGHT_TO_LEFT else "ltr"
    environment.globals["brief_path"] = brief_path
    environment.filters["worded"] = wording(translations)
    environment.filters["for_people"] = for_people
    return environment


def _number(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
