"""How every page is made: the templates, the headers that keep it harmless, the language that the reader wants."""

from __future__ import annotations

import gettext
import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from briefqa.errors import Gone
from briefqa.service.problems import status_of
from briefqa.service.web.showing import LINKS
from briefqa.shapes import sendable

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request, Response

    from briefqa.errors import BriefqaError

STATIC = Path(__file__).parent / "static"
LOCALE = Path(__file__).parent / "locale"
_MOST_LANGUAGES = 5
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")

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
        languages = wanted_languages(request.headers.get("accept-language", ""))
        html = self._environment(languages).get_template(name).render(path=request.url.path, **values)
        return HTMLResponse(sendable(html), status, HEADERS)

    def refusal(self, request: Request, error: BriefqaError) -> Response:
        """Say why there is no page."""
        successor = LINKS.brief(error.superseded_by) if isinstance(error, Gone) and error.superseded_by else ""
        return self.page(request, "message.html", status_of(error), message=str(error), successor=successor)

    def _environment(self, languages: list[str]) -> Environment:
        key = tuple(languages)
        if key not in self._environments:
            if len(self._environments) > 100:  # readers may ask for anything
                self._environments.clear()
            self._environments[key] = _environment(self._translations(languages))
        return self._environments[key]


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
    environment.globals["language"] = translations.info().get("language", "en")
    return environment


def _number(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
