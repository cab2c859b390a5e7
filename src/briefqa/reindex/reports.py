"""The report of each run that made something, kept as JSON for programs and as a page for people."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from briefqa.reindex.report import ReindexReport

_FOLDER = "reports"
_LAST = "last"
Outcome = Literal["published", "unchanged", "held back", "failed", "interrupted"]
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}"
    ".refused{border-left:.3rem solid #b00;padding-left:1rem}li{overflow-wrap:anywhere}"
)


def keep_report(index: Path, report: ReindexReport, keep: int) -> Path:
    """Write the report of a run as NAME.json and NAME.html into the folder of reports, and remove all but the newest.

    Returns the page. keep: how many runs to keep. Raises OSError.
    """
    folder = index / _FOLDER
    folder.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    name = report.held or report.generation if report.published or report.held else f"{now:%Y%m%dT%H%M%S}Z"
    (folder / f"{name}.json").write_text(_safe(json.dumps(asdict(report), indent=2)), encoding="utf-8")
    page = folder / f"{name}.html"
    page.write_text(_safe(report_html(report, now)), encoding="utf-8")
    _keep_newest(folder, keep)
    return page


def keep_failure(index: Path, error: str, keep: int) -> None:
    """Note that a run has failed, and why, among the reports. keep: how many runs to keep. Raises OSError."""
    folder = index / _FOLDER
    folder.mkdir(exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}Z"
    (folder / f"{name}.json").write_text(_safe(json.dumps({"error": error}, indent=2)), encoding="utf-8")
    _keep_newest(folder, keep)


def _keep_newest(folder: Path, keep: int) -> None:
    runs = sorted({file.stem for file in folder.iterdir()} - {_LAST}, reverse=True)
    for old in runs[keep:]:
        for suffix in (".json", ".html"):
            (folder / f"{old}{suffix}").unlink(missing_ok=True)


def keep_last(index: Path, outcome: Outcome, report: ReindexReport | None = None, error: str = "") -> None:
    """Put down how a run has ended, over what the one before has left. Nothing where there is no index. Raises OSError.

    report: of what it did, where it came so far. error: why it failed.
    """
    if not index.is_dir():
        return
    (index / _FOLDER).mkdir(exist_ok=True)
    said = {"outcome": outcome, "ended": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "error": error}
    file = index / _FOLDER / f"{_LAST}.json"
    temporary = file.with_suffix(".new")
    temporary.write_text(_safe(json.dumps(said | (asdict(report) if report else {}), indent=2)), encoding="utf-8")
    temporary.replace(file)


def outcome_of(report: ReindexReport) -> Outcome:
    """Tell how a run ended that came to its end."""
    return "held back" if report.refused else "published" if report.published else "unchanged"


def last_run(index: Path) -> dict[str, Any] | None:
    """Tell how the last run ended: outcome, ended (UTC), error, and its report as far as there is one.

    None where none is known of, or what it has left cannot be read.
    """
    try:
        said = json.loads((index / _FOLDER / f"{_LAST}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def report_html(report: ReindexReport, now: datetime) -> str:
    """Make the page. now: when the run ended."""
    if report.refused:
        told = f'<div class="refused"><h2>Held back: {escape(report.held)}</h2>{_list(report.refused)}'
        told += f"<p>Generation {escape(report.generation or 'none')} stays live. <code>briefqa publish --force</code> "
        told += "publishes the build all the same.</p></div>"
    else:
        told = f"<p>Generation <strong>{escape(report.generation)}</strong> is live.</p>"
    linked = report.marks - report.unlinked
    rows = {
        "briefs": report.briefs,
        "passages": report.passages,
        "notes": report.notes,
        "marks linked to a note": f"{linked} of {report.marks}",
        "marks without a note": report.unlinked,
        "files unchanged": report.paths.unchanged,
        "files ignored": report.ignored,
        "canary questions": f"{report.canaries.asked - len(report.canaries.failed)} of {report.canaries.asked} pass",
        "seconds": f"{report.took:.1f} ("
        + ", ".join(f"{step} {seconds:.1f}" for step, seconds in report.seconds.items())
        + ")",
    }
    table = "".join(f"<tr><th>{name}</th><td>{escape(str(value))}</td></tr>" for name, value in rows.items())
    parts = [
        ("Canary questions that fail", report.canaries.failed),
        ("Could not be read", [problem.message for problem in report.failed]),
        ("Added", report.paths.added),
        ("Changed", report.paths.changed),
        ("Removed", report.paths.removed),
        ("Moved", [f"{old} → {new}" for old, new in report.paths.moved]),
        ("Doubts about what was read", [f"{p.brief}, page {p.page}: {p.message}" for p in report.problems]),
    ]
    lists = "".join(f"<h2>{title} ({len(lines)})</h2>{_list(lines)}" for title, lines in parts if lines)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>briefqa reindex, {now:%Y-%m-%d %H:%M} UTC</title>'
        f"<style>{_STYLE}</style><h1>Reindex of {now:%Y-%m-%d %H:%M} UTC</h1>{told}<table>{table}</table>{lists}"
        "</html>\n"
    )


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _safe(text: str) -> str:
    """Text that can be encoded, whatever a file's name holds."""
    return text.encode("utf-8", "replace").decode()
