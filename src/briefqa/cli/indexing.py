"""The commands that build and publish: reindex, publish."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefqa.cli.commands import DONE, PARTLY, REFUSED, complain, print_json
from briefqa.cli.settings import bounds, embedding, gate, key_of_embedder, limits, loader, settings
from briefqa.errors import BriefqaError, ConfigError, ReindexRunning

_LOOK_MS = 1000

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from types import FrameType

    from briefqa.cli.commands import Commands
    from briefqa.config import Config
    from briefqa.reindex import Outcome, Progress, ReindexReport, Workers

# Seconds. Who does not read them would otherwise be waited for when a pipe is full.
_EVENTS_APART = 0.2


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    reindex = commands.add("reindex", _reindex, "bring the index up to date with a folder of briefs")
    reindex.add_argument("docs_in", nargs="?", metavar="DOCS_IN", help="the folder (default: the setting `docs_in`)")
    reindex.add_argument("--allow-empty", action="store_true", help="publish an empty index if the folder is empty")
    reindex.add_argument("--full", action="store_true", help="read and embed everything anew")
    reindex.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    ray = "read and embed on this Ray cluster (default: the setting `ray`; without either, on this machine)"
    reindex.add_argument("--ray", metavar="ADDRESS", help=ray)
    watch = "reindex whenever the folder has changed, until Ctrl-C"
    reindex.add_argument("--watch", action="store_true", help=watch)
    publish = commands.add("publish", _publish, "publish the build that the gate has held back, if it passes now")
    publish.add_argument("--force", action="store_true", help="publish it whatever the gate says")


class Interruption:
    """Ends a run that a signal interrupts: at once or, where that is lost, at its next step.

    Python ignores what a signal raises while it runs a finalizer or a callback: the run would go on as if nothing were.
    """

    def __init__(self) -> None:
        self._came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal. Raises KeyboardInterrupt."""
        self._came = True
        signal.default_int_handler(number, frame)

    def overlook(self, lost: sys.UnraisableHookArgs) -> None:
        """Say nothing of what Python had to ignore of a signal, as `sys.unraisablehook`: the run ends all the same."""
        if not (self._came and lost.exc_type is KeyboardInterrupt):
            sys.__unraisablehook__(lost)

    def before(self, tell: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """Look whether a signal came before telling how far it is. What is made raises KeyboardInterrupt if so."""

        def look_and_tell(now: Progress) -> None:
            if self._came:
                raise KeyboardInterrupt
            tell(now)

        return look_and_tell


def _reindex(arguments: argparse.Namespace) -> int:
    # What systemd and Kubernetes send ends a run as Ctrl-C does, with what is done put away.
    interruption = Interruption()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, interruption)
        sys.unraisablehook = interruption.overlook
    if not arguments.watch:
        return _once(arguments, interruption)
    from briefqa.reindex import check_folder

    docs_in = Path(settings(arguments, docs_in=arguments.docs_in).docs_in)
    check_folder(docs_in)
    for _ in _changed(docs_in):
        try:
            _once(arguments, interruption)
        except BriefqaError as error:  # a disk that is full, another run: the next change tries again
            complain(str(error))
    return DONE


def _changed(docs_in: Path) -> Iterator[None]:
    """Tell when something may have changed in a folder: first of all, and when it comes back that was not there.

    A mount that goes takes what watches it along without a word: so the folder is looked at each second, too.
    """
    try:
        from watchfiles import watch
    except ImportError as error:
        raise ConfigError('--watch needs watchfiles: pip install "briefqa[watch]".') from error
    while True:
        watched, told = _identity(docs_in), False
        with suppress(FileNotFoundError):
            # What comes within some seconds of each other is one change: a copied folder is not indexed file by file.
            for changes in watch(
                docs_in, debounce=5000, step=1000, rust_timeout=_LOOK_MS, yield_on_timeout=True, raise_interrupt=True
            ):
                if _identity(docs_in) != watched:
                    break
                if changes or not told:  # told when it is watched already, so that nothing is missed
                    told = True
                    yield
        complain(f"The folder {docs_in} has gone, or is another one now: it is read again as soon as it is there.")
        while _identity(docs_in) is None:
            time.sleep(_LOOK_MS / 1000)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _once(arguments: argparse.Namespace, interruption: Interruption) -> int:
    from dataclasses import asdict

    from briefqa.console import progress, report_page
    from briefqa.homes import far_home
    from briefqa.reindex import outcome_of, reindex

    config = settings(arguments, docs_in=arguments.docs_in, index=arguments.index, ray=arguments.ray)
    if arguments.dry_run:
        return _foresee(config, as_json=arguments.json)
    with progress(sys.stderr) as bars, _noting(config), _workers(config) as workers:
        report = reindex(
            Path(config.docs_in),
            Path(config.folder),
            home=far_home(config.index, config.shards, config.partition_from),
            load=loader(config, many=True),
            **_settings(config),
            keep=config.keep_generations,
            limits=limits(config),
            workers=workers,
            **bounds(config),
            allow_empty=arguments.allow_empty,
            full=arguments.full,
            gate=gate(config),
            progress=interruption.before(_events() if arguments.json else bars),
        )
    _note(config, outcome_of(report), report)
    page = _keep(report, config)
    if arguments.json:
        print_json(asdict(report))
    else:
        print(report_page(report, page))
    for failure in report.failed:
        complain(failure.message if failure.brief in failure.message else f"{failure.brief}: {failure.message}")
    return _told(report.refused) or (PARTLY if report.failed else DONE)


@contextmanager
def _workers(config: Config) -> Iterator[Workers]:
    """Give those who read and embed: a cluster's nodes, or this machine."""
    if not config.ray:
        from briefqa.machine import cores
        from briefqa.reindex import Here

        yield Here(config.read_processes or cores())
        return
    from briefqa.cluster import Recipe, connected

    with connected(config.ray, Recipe(**embedding(config)), bounds(config)["max_bytes"]) as cluster:
        yield cluster


@contextmanager
def _noting(config: Config) -> Iterator[None]:
    """Put down why a run ends before its end."""
    try:
        yield
    except ReindexRunning:  # another run is on, and will tell how it ends
        raise
    except BriefqaError as error:
        _note(config, "failed", error=str(error))
        raise
    except KeyboardInterrupt:
        _note(config, "interrupted")
        complain("Interrupted. What was live stays live; what has been read and embedded is kept for the next run.")
        raise


def _note(config: Config, outcome: Outcome, report: ReindexReport | None = None, error: str = "") -> None:
    from briefqa.reindex import keep_failure, keep_last

    with suppress(OSError):  # a disk that is full: what has failed is told all the same
        keep_last(Path(config.folder), outcome, report, error)
        if error and config.keep_reports and Path(config.folder).is_dir():
            keep_failure(Path(config.folder), error, config.keep_reports)


def _settings(config: Config) -> dict[str, Any]:
    return {
        "embedder_key": key_of_embedder(config),
        "passage_tokens": config.passage_tokens,
        "faiss_factory": config.faiss_factory,
    }


def _foresee(config: Config, *, as_json: bool) -> int:
    from dataclasses import asdict

    from briefqa.console import outlook_page
    from briefqa.reindex import outlook, reader_settings, settings_of

    reader = reader_settings(limits=limits(config), **bounds(config))
    found = outlook(Path(config.docs_in), Path(config.folder), settings_of(**_settings(config), reader=reader))
    if as_json:
        print_json(asdict(found))
    else:
        print(outlook_page(found))
    return DONE


def _keep(report: ReindexReport, config: Config) -> Path | None:
    """Keep the report of a run that made something."""
    from briefqa.reindex import keep_report

    if not (report.published or report.held) or not config.keep_reports:
        return None
    try:
        return keep_report(Path(config.folder), report, config.keep_reports)
    except OSError as error:
        complain(f"The report could not be kept in {config.folder}: {error.strerror or error}.")
        return None


def _events() -> Callable[[Progress], None]:
    """Tell programs how far it is: a JSON object a line on stderr, where a step begins and ends and now and then."""
    from dataclasses import asdict

    from briefqa.shapes import sendable

    step, told = "", 0.0

    def tell(now: Progress) -> None:
        nonlocal step, told
        if now.step == step and now.done < now.total and time.monotonic() - told < _EVENTS_APART:
            return
        step, told = now.step, time.monotonic()
        print(json.dumps({"event": "progress", **sendable(asdict(now))}), file=sys.stderr, flush=True)

    return tell


def _publish(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from briefqa.homes import far_home
    from briefqa.reindex import publish_held

    config = settings(arguments, index=arguments.index)
    name, judgement = publish_held(
        Path(config.folder),
        gate(config),
        loader(config),
        keep=config.keep_generations,
        force=arguments.force,
        home=far_home(config.index, config.shards, config.partition_from),
    )
    if arguments.json:
        print_json({"generation": name, "published": not judgement.reasons, **asdict(judgement)})
    elif not judgement.reasons:
        print(f"Generation {name} is live.")
    return _told(judgement.reasons) or DONE


def _told(reasons: tuple[str, ...]) -> int:
    """Tell why the gate holds a build back."""
    for reason in reasons:
        complain(f"Not published: {reason}")
    if reasons:
        complain("The live generation stays as it was. `briefqa publish --force` publishes the build all the same.")
    return REFUSED if reasons else 0
