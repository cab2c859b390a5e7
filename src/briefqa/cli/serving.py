"""The commands that serve: serve, mcp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.cli.commands import DONE
from briefqa.cli.settings import language_model, loader, search_options, settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from briefqa.cli.commands import Commands
    from briefqa.embedding import Embedder


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    serve = commands.add("serve", _serve, "answer over HTTP")
    serve.add_argument("--host", help="address to listen on (default: the setting `host`)")
    serve.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default: the setting `port`)")
    commands.add("mcp", _mcp, "answer an agent that speaks the Model Context Protocol on stdin and stdout")


def _mcp(arguments: argparse.Namespace) -> int:
    from briefqa.service.agents.local import serve_agent

    config = settings(arguments, index=arguments.index)
    serve_agent(config, loader(config), search_options(config))
    return DONE


def _ahead(load: Callable[[], Embedder]) -> Callable[[], Embedder]:
    """Begin to load at once, beside the imports that serving needs. Whoever loads again loads anew."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    begun = [pool.submit(load)]
    pool.shutdown(wait=False)
    return lambda: begun.pop().result() if begun else load()


def _serve(arguments: argparse.Namespace) -> int:
    from briefqa.machine import cores

    config = settings(arguments, index=arguments.index, host=arguments.host, port=arguments.port)
    # One of several has more than its part of the cores: when others have nothing to do, it answers sooner. All of the
    # cores for each of many would only be taken from each other.
    load = loader(config, min(cores(), 2 * max(1, cores() // config.workers)))
    if config.workers == 1:  # threads do not survive the fork into several
        load = _ahead(load)
    from briefqa.service.server import serve

    serve(
        config,
        load,
        lambda: search_options(config),
        lambda text: print(text, flush=True),
        language_model(config),
        config_file=arguments.config,
    )
    return DONE
