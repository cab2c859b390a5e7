"""The settings that a command runs with, as the arguments that the modules below take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from briefqa.answer import Model
    from briefqa.config import Config
    from briefqa.embedding import Embedder
    from briefqa.generation import Home
    from briefqa.reading.isolated import Limits
    from briefqa.reindex import Gate


def settings(arguments: argparse.Namespace, **overrides: Any) -> Config:
    """Read the settings. overrides: those that arguments give; None is not given."""
    from briefqa.config import load_config

    return load_config(arguments.config, **overrides)


def loader(config: Config, threads: int = 0, *, many: bool = False) -> Callable[[], Embedder]:
    """How to load the model, which takes seconds. threads, many: as in `load_embedder`."""
    from briefqa.embedding import load_embedder

    models = Path(config.folder) / "models"
    return lambda: load_embedder(**embedding(config), converted=models, threads=threads, many=many)


def embedding(config: Config) -> dict[str, str]:
    """Which model makes the vectors, and how, wherever it is loaded."""
    return {
        "model": config.model,
        "device": config.device,
        "query_prompt": config.query_prompt,
        "passage_prompt": config.passage_prompt,
        "precision": config.embedding_precision,
    }


def home(config: Config) -> Home:
    """Where the index is kept."""
    from briefqa.homes import home_of

    return home_of(config.index, Path(config.folder))


def key_of_embedder(config: Config) -> str:
    """Tell what decides over the vectors of passages, without loading the model."""
    from briefqa.embedding import embedder_key

    return embedder_key(config.model, passage_prompt=config.passage_prompt, precision=config.embedding_precision)


def bounds(config: Config) -> dict[str, Any]:
    """How large a file may be, and whether it may be a scan."""
    from briefqa.reading.ocr import Ocr

    return {
        "max_bytes": config.max_file_mb * 1_000_000,
        "max_pages": config.max_pages,
        "max_chars": config.max_chars,
        "ocr": Ocr(config.ocr, config.ocr_seconds) if config.ocr else None,
    }


def limits(config: Config) -> Limits:
    """What reading a file may cost."""
    from briefqa.reading.isolated import Limits

    return Limits(seconds=config.read_seconds, memory=config.read_memory_mb * 1_000_000)


def gate(config: Config) -> Gate:
    """What a build has to show before it is published."""
    from briefqa.canaries import ask, load_canaries
    from briefqa.reindex import Gate
    from briefqa.search import Searcher

    asked = None
    if config.canaries:
        canaries = load_canaries(Path(config.canaries))
        options = search_options(config)
        asked = lambda index, embedder: ask(Searcher(index, embedder, **options), canaries)  # noqa: E731
    return Gate(config.max_brief_fall, config.max_unreadable, config.min_canaries, asked)


def search_options(config: Config) -> dict[str, Any]:
    """How a searcher puts its ranking together."""
    from briefqa.search import Fusion, load_reranker

    return {
        "fusion": Fusion("rrf" if config.fusion == "rrf" else "convex", config.lexical_weight / 100),
        "reranker": load_reranker(config.reranker, device=config.device),
        "rerank_budget_ms": config.rerank_budget_ms,
    }


def language_model(config: Config) -> Model | None:
    """Who writes the answers; None: nobody, the briefs' own sentences answer."""
    if not config.llm_url:
        return None
    from briefqa.answer import RemoteModel
    from briefqa.config import LLM_KEY

    return RemoteModel(
        config.llm_url,
        config.llm_model,
        os.environ.get(LLM_KEY, ""),
        seconds=config.llm_seconds,
        retries=config.llm_retries,
        concurrency=config.llm_concurrency,
    )
