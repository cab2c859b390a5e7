"""For those who look after the index: its generations, what could not be read or linked, the last report."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response  # noqa: TC002 - FastAPI looks at them
from fastapi.responses import RedirectResponse

from briefqa.errors import BriefqaError, GenerationError
from briefqa.generation import held_folder, read_manifest
from briefqa.service.access import ReaderOf  # noqa: TC001 - FastAPI looks at it
from briefqa.service.guarding.sessions import comes_from_here
from briefqa.service.problems import status_of
from briefqa.service.web.links import page_links
from briefqa.service.web.site import HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastapi import APIRouter

    from briefqa.generation import Home, IndexInfo, Manifest
    from briefqa.service.web.site import Site

_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ShownGeneration:
    """A generation that is kept. info: None where its manifest cannot be read, and fault then says why.

    held: complete, and held back by the gate.
    """

    name: str
    live: bool
    info: IndexInfo | None
    fault: str = ""
    held: bool = False


def add_operating(router: APIRouter, site: Site, index: Path | None, home: Home | None) -> None:
    """Add the page. index, home: the folder and the home of the index; without, there is nothing to operate."""

    @router.get("/admin")
    def admin(request: Request, reader: ReaderOf, done: str = "") -> Response:
        try:
            with reader.index() as opened:
                failed = [file for file in opened.files() if file.failure]
                problems = opened.problems(limit=_MOST_SHOWN)
                info = opened.info()
        except GenerationError:
            failed, problems, info = [], [], None
        except BriefqaError as error:
            return site.refusal(request, error)
        return site.page(
            request,
            "admin.html",
            generations=kept_generations(home) if home else [],
            held=held_build(index) if index else None,
            report=last_report(index) if index else None,
            failed=failed[:_MOST_SHOWN],
            failed_total=len(failed),
            problems=problems,
            info=info,
            done=done if home and done in home.generations() else "",
        )

    @router.post("/admin/rollback")
    def go_back(request: Request, generation: str) -> Response:
        if home is None or not comes_from_here(request):
            return refused(request, HTTPStatus.FORBIDDEN, "Go back with the button of this very page.")
        try:
            name = home.rollback(generation)
        except BriefqaError as error:
            return refused(request, status_of(error), str(error))
        return RedirectResponse(page_links(request).to("/admin", done=name), HTTPStatus.SEE_OTHER, HEADERS)

    def refused(request: Request, status: HTTPStatus, message: str) -> Response:
        admin = page_links(request).to("/admin")
        return site.message(request, status, message, admin)


def kept_generations(home: Home) -> list[ShownGeneration]:
    """All generations, the newest first."""
    try:
        live = home.current()
    except GenerationError:
        live = None
    return [_shown(name, home.manifest, live=name == live) for name in home.generations()]


def held_build(index: Path) -> ShownGeneration | None:
    """The build that the gate has held back, if there is one."""
    folder = held_folder(index)
    return _shown(folder.name, lambda _: read_manifest(folder), held=True) if folder else None


def _shown(
    name: str, manifest: Callable[[str], Manifest], *, live: bool = False, held: bool = False
) -> ShownGeneration:
    try:
        return ShownGeneration(name, live, manifest(name).info(), held=held)
    except BriefqaError as error:
        return ShownGeneration(name, live, None, str(error), held)


def last_report(index: Path) -> dict[str, Any] | None:
    """The report of the last run of `briefqa reindex` and "ended", when that was.

    None where none was kept, or it cannot be read.
    """
    from briefqa.reindex import last_run  # noqa: PLC0415 - all that reads files comes with it, and only this page asks

    if last := last_run(index):
        return last | {"ended": f"{datetime.fromisoformat(last['ended']):%Y-%m-%d %H:%M} UTC"}
    files = sorted((index / "reports").glob("*.json"))
    if files:
        with suppress(OSError, ValueError):
            report = json.loads(files[-1].read_text(encoding="utf-8"))
            ended = datetime.fromtimestamp(files[-1].stat().st_mtime, UTC)
            return {"ended": f"{ended:%Y-%m-%d %H:%M} UTC", **report} if isinstance(report, dict) else None
    return None
