"""The `briefqa` command: arguments and printing only.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some files could not be read, 130 interrupted.
Everything but argparse is imported by the command that needs it, so that `briefqa inspect` stays quick.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from briefqa import __version__
from briefqa.errors import BriefqaError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from briefqa.config import Config
    from briefqa.embedding import Embedder
    from briefqa.reading.isolated import Limits

T = TypeVar("T")

DONE, FAILED, PARTLY, INTERRUPTED = 0, 1, 3, 130  # and 2, which argparse uses for wrong usage


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. argv: without the program's name; None takes the process's own."""
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that are not text; and JSON is UTF-8 whatever the locale says.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except BriefqaError as error:
        _complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has gone. Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print JSON for programs instead of text for people")
    shared.add_argument("--config", type=Path, metavar="FILE", help="settings file (default: briefqa.toml, if any)")
    indexed = argparse.ArgumentParser(add_help=False, parents=[shared])
    indexed.add_argument("--index", metavar="DIR", help="index folder (default: the setting `index`)")

    parser = argparse.ArgumentParser(
        prog="briefqa",
        description="Questions over policy briefs, answered with the passages and the footnotes they cite.",
        epilog="Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some files could not be read.",
    )
    parser.add_argument("--version", action="version", version=f"briefqa {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], text: str, parent: argparse.ArgumentParser = indexed
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[parent], help=text, description=f"{text[0].upper()}{text[1:]}.")
        made.set_defaults(run=run)
        return made

    reindex = command("reindex", _reindex, "bring the index up to date with a folder of briefs")
    reindex.add_argument("docs_in", nargs="?", metavar="DOCS_IN", help="the folder (default: the setting `docs_in`)")
    reindex.add_argument("--allow-empty", action="store_true", help="publish an empty index if the folder is empty")
    search = command("search", _search, "find the passages that answer to a question")
    search.add_argument("question", metavar="QUESTION")
    search.add_argument("-k", type=int, metavar="N", help="how many passages at most (default: the setting `hits`)")
    conditions = 'JSON such as \'{"collection": "housing", "published_from": "2021"}\''
    search.add_argument("--filters", metavar="JSON", help=f"which passages to look at: {conditions}")
    inspect = command("inspect", _inspect, "show how one file is read", shared)
    inspect.add_argument("file", type=Path, metavar="FILE")
    inspect.add_argument(
        "--html",
        type=Path,
        nargs="?",
        const=Path(),
        metavar="OUT.html",
        help="write a page that shows, beside pictures of FILE's pages, what was understood (default: ./FILE.html)",
    )
    serve = command("serve", _serve, "answer over HTTP")
    serve.add_argument("--host", help="address to listen on (default: the setting `host`)")
    serve.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default: the setting `port`)")
    evaluate = command("eval", _eval, "measure the search on collections of questions with known answers", shared)
    kinds = "a collection in BEIR's format, or a folder of briefs with questions.jsonl"
    evaluate.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help=kinds)
    run = "write a TREC run (of several collections: into this folder)"
    evaluate.add_argument("--run", dest="run_file", type=Path, metavar="FILE", help=run)
    evaluate.add_argument("--baseline", type=Path, metavar="FILE", help="compare with an earlier run, query by query")
    evaluate.add_argument("--cache", type=Path, metavar="DIR", help="keep the indexes there, for the next time")
    command("status", _status, "show what the live generation holds")
    rollback = command("rollback", _rollback, "make an earlier generation live again")
    rollback.add_argument("generation", nargs="?", metavar="GENERATION", help="its name (default: the one before)")
    return parser


def _config(arguments: argparse.Namespace, **overrides: Any) -> Config:
    from briefqa.config import load_config

    return load_config(arguments.config, **overrides)


def _loader(config: Config) -> Callable[[], Embedder]:
    from briefqa.embedding import load_embedder

    return lambda: load_embedder(
        config.model, device=config.device, query_prompt=config.query_prompt, passage_prompt=config.passage_prompt
    )


def _bounds(config: Config) -> dict[str, Any]:
    """How large a file may be, and whether it may be a scan."""
    from briefqa.reading.ocr import Ocr

    return {
        "max_bytes": config.max_file_mb * 1_000_000,
        "max_pages": config.max_pages,
        "max_chars": config.max_chars,
        "ocr": Ocr(config.ocr, config.ocr_seconds) if config.ocr else None,
    }


def _limits(config: Config) -> Limits:
    """What reading a file may cost."""
    from briefqa.reading.isolated import Limits

    return Limits(seconds=config.read_seconds, memory=config.read_memory_mb * 1_000_000)


def _searching(config: Config) -> dict[str, Any]:
    """How a searcher puts its ranking together."""
    from briefqa.search import Fusion, load_reranker

    return {
        "fusion": Fusion("rrf" if config.fusion == "rrf" else "convex", config.lexical_weight / 100),
        "reranker": load_reranker(config.reranker, device=config.device),
        "rerank_budget_ms": config.rerank_budget_ms,
    }


def _reindex(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from briefqa.console import progress, report_page
    from briefqa.embedding import embedder_key
    from briefqa.reading.isolated import cores
    from briefqa.reindex import reindex

    config = _config(arguments, docs_in=arguments.docs_in, index=arguments.index)
    with progress(sys.stderr) as advance:
        report = reindex(
            Path(config.docs_in),
            Path(config.index),
            load=_loader(config),
            embedder_key=embedder_key(config.model, passage_prompt=config.passage_prompt),
            passage_tokens=config.passage_tokens,
            faiss_factory=config.faiss_factory,
            keep=config.keep_generations,
            limits=_limits(config),
            processes=config.read_processes or cores(),
            **_bounds(config),
            allow_empty=arguments.allow_empty,
            progress=advance,
        )
    if arguments.json:
        _print_json(asdict(report))
    else:
        print(report_page(report))
    for failure in report.failed:
        _complain(failure.message if failure.brief in failure.message else f"{failure.brief}: {failure.message}")
    return PARTLY if report.failed else DONE


def _search(arguments: argparse.Namespace) -> int:
    from briefqa.console import ranking_page
    from briefqa.errors import QueryError
    from briefqa.filters import parse_filter
    from briefqa.generation import open_current
    from briefqa.search import Searcher, Wanted, clean_question
    from briefqa.shapes import Links, ranking

    config = _config(arguments, index=arguments.index)
    k = config.hits if arguments.k is None else arguments.k
    if not 1 <= k <= config.max_hits:
        raise QueryError(f"-k {k} is out of range: choose from 1 to {config.max_hits}.")
    where = None
    if arguments.filters:
        try:
            where = parse_filter(json.loads(arguments.filters))
        except ValueError as error:
            raise QueryError(f"--filters is not JSON ({error}).") from error
    clean_question(arguments.question)  # a slip is told before the model is loaded, which takes seconds
    with closing(open_current(Path(config.index))) as index:
        searcher = Searcher(index, _loader(config)(), **_searching(config))
        found = searcher.search(arguments.question, k, Wanted(where=where))
    if arguments.json:
        _print_json(ranking(found, Links(f"http://{config.host}:{config.port}")))
    else:
        print(ranking_page(found))
    return DONE


def _inspect(arguments: argparse.Namespace) -> int:
    from briefqa.ingest import ingest
    from briefqa.inspection.terminal import terminal_page
    from briefqa.shapes import inspection

    config = _config(arguments)
    if arguments.html is not None:
        return _write_page(arguments.file, arguments.html, config)
    brief = _isolated(partial(ingest, **_bounds(config)), arguments.file, config).brief
    if arguments.json:
        _print_json(inspection(brief))
    else:
        print(terminal_page(brief, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR")))
    return DONE


def _isolated(call: Callable[..., T], file: Path, config: Config) -> T:
    """Make a call for one file in a process with limits of its own."""
    from briefqa.reading.isolated import Isolated

    try:
        if file.exists() and not file.is_file():
            raise BriefqaError(f"Cannot read {file}: it is no file.")
        with file.open("rb") as opened:
            brief_id = hashlib.file_digest(opened, "sha256").hexdigest()[:16]
        extra = config.ocr_seconds if config.ocr else 0
        with Isolated(call, _limits(config), extra_seconds=extra) as isolated:
            return isolated.one(file.name, file.absolute(), file.name, brief_id)
    except OSError as error:
        raise BriefqaError(f"Cannot read {file}: {error.strerror}.") from error


def _write_page(file: Path, out: Path, config: Config) -> int:
    from briefqa.inspection.html import html_of_file

    out = out if out.name else Path(f"{file.name}.html")
    if out.suffix.lower() not in {".html", ".htm"} or (out.exists() and file.exists() and out.samefile(file)):
        raise BriefqaError(f"Cannot write the page to {out}: name another file that ends in .html.")
    page = _isolated(partial(html_of_file, **_bounds(config)), file, config)
    try:
        out.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise BriefqaError(f"Cannot write {out}: {error.strerror}.") from error
    print(f"Wrote {out}: open it in a browser.")
    return DONE


def _serve(arguments: argparse.Namespace) -> int:
    from briefqa.service.server import serve

    config = _config(arguments, index=arguments.index, host=arguments.host, port=arguments.port)
    serve(config, _loader(config), _searching(config), lambda text: print(text, flush=True))
    return DONE


def _eval(arguments: argparse.Namespace) -> int:
    from briefqa.console import evaluation_page
    from briefqa.embedding import embedder_key
    from briefqa.evaluation import Setting, evaluate_folder
    from briefqa.search import Searcher
    from briefqa.shapes import evaluation

    several = len(arguments.folders) > 1
    if several and arguments.baseline:
        raise BriefqaError("--baseline compares one collection with one earlier run: name one folder.")
    config = _config(arguments)
    embedder = _loader(config)()
    indexing = {
        "load": lambda: embedder,
        "embedder_key": embedder_key(config.model, passage_prompt=config.passage_prompt),
        "passage_tokens": config.passage_tokens,
        "faiss_factory": config.faiss_factory,
    }
    reading = {**_bounds(config), "limits": _limits(config)}
    searching = _searching(config)
    setting = Setting(
        lambda index: Searcher(index, embedder, **searching),
        indexing,
        reading,
        arguments.cache,
    )
    measured = []
    for folder in arguments.folders:
        run = arguments.run_file
        if run and several:
            run = run / f"{folder.resolve().name}.run"
        found = evaluate_folder(folder, setting, run=run, baseline=arguments.baseline)
        measured.append(evaluation(found))
        if not arguments.json:
            print(evaluation_page(found), flush=True)
    if arguments.json:
        _print_json(measured if several else measured[0])
    return DONE


def _status(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from briefqa.console import status_page
    from briefqa.generation import open_current

    config = _config(arguments, index=arguments.index)
    with closing(open_current(Path(config.index))) as index:
        info = index.info()
    if arguments.json:
        _print_json({**asdict(info), "index": config.index, "docs_in": config.docs_in})
    else:
        print(status_page(info, config.index, config.docs_in))
    return DONE


def _rollback(arguments: argparse.Namespace) -> int:
    from briefqa.generation import rollback

    generation = rollback(Path(_config(arguments, index=arguments.index).index), arguments.generation)
    if arguments.json:
        _print_json({"generation": generation})
    else:
        print(f"Generation {generation} is live again.")
    return DONE


def _complain(message: str) -> None:
    """Print one line for people on stderr, whatever a file's name holds."""
    from briefqa.console import printable

    print(f"briefqa: {printable(' '.join(message.splitlines()))}", file=sys.stderr)


def _print_json(value: Any) -> None:
    from briefqa.shapes import sendable

    print(json.dumps(sendable(value), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    sys.exit(main())
