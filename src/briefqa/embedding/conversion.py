"""Converts a loaded sentence-transformers model, once, and makes sure that nothing was lost.

All of it becomes one graph: transformer, pooling, whatever layers follow. It is written only if it gives the vectors
that sentence-transformers gives.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefqa.embedding.converted import FORMAT, GRAPH, RECORD, TOKENIZER, ConvertedEmbedder
from briefqa.embedding.sentence import SentenceEmbedder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.embedding.embedder import Embedder
    from briefqa.embedding.sentence import Traits

# Vectors of both must be at least so near (cosine).
_NEAR = 0.9999
# What they are compared on: short and long, padded beside others, cut at the window, other scripts, odd spaces.
_TEXTS = [
    "",
    "  Who pays for the levees? ",
    "The water table fell by 31 percent.\nPremiums rose.\t(See note 12.)",
    "L’État paie; Überflutung, 第一条 水は公共のものである, Паводок 2019",
    "e\u0301\u200b 😀 don't a-b/c.",
    "A long passage about the dredging of drains and who shall bear what it costs. " * 40,
    *("tariff " * n for n in (1, 7, 30, 90, 200)),
]


class CannotConvertError(Exception):
    """The model cannot be converted, or not faithfully; its text says why."""


def convert(model: str, transformer: Any, traits: Traits, folder: Path) -> None:
    """Write the converted model into folder, at once or not at all. It is left alone if it is there already.

    Changes the transformer's way to compute attention. Raises CannotConvertError; OSError if folder cannot be written.
    """
    if any(getattr(layer, "include_prompt", True) is False for layer in transformer):
        raise CannotConvertError("its pooling leaves the prompt out")
    try:
        with written_at_once(folder) as building:
            expected = SentenceEmbedder(model, transformer, traits)
            _write(transformer, traits, expected.dimension, building)
            compare(expected, ConvertedEmbedder(model, building), _NEAR)
    except (OSError, CannotConvertError):
        raise
    except Exception as error:  # whatever torch and its exporter raise, the model is used without them
        raise CannotConvertError(
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        ) from error


@contextmanager
def written_at_once(folder: Path) -> Iterator[Path]:
    """Give a folder to write into, which takes the name of `folder` at the end, whole, where there is none by then."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=folder.parent, prefix="converting-"))
    try:
        yield building
        for file in building.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        try:
            building.rename(folder)
        except OSError:
            if not folder.is_dir():  # or another process was sooner, and what it wrote is as good
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def compare(expected: Embedder, found: Embedder, near: float) -> None:
    """Raise CannotConvertError if the vectors of two embedders differ by more than the cosine near, for any text."""
    nearest = min(
        float((expected.embed_passages(_TEXTS) * found.embed_passages(_TEXTS)).sum(axis=1).min()),
        *(float(expected.embed_query(text) @ found.embed_query(text)) for text in _TEXTS[:4]),
    )
    if not nearest >= near:
        raise CannotConvertError(f"its vectors would differ (cosine {nearest:.6f})")


def _write(transformer: Any, traits: Traits, dimension: int, folder: Path) -> None:
    _export(transformer, traits.window, folder / GRAPH)
    (folder / TOKENIZER).write_text(traits.tokenizer, encoding="utf-8")
    record = {
        "format": FORMAT,
        "window": traits.window,
        "query_prompt": traits.query_prompt,
        "passage_prompt": traits.passage_prompt,
        "digest": traits.digest,
        "dimension": dimension,
        "padding": int(transformer.tokenizer.pad_token_id or 0),
        "sha256": hashlib.sha256((folder / GRAPH).read_bytes()).hexdigest(),
    }
    (folder / RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")


def _export(transformer: Any, window: int, file: Path) -> None:
    import torch  # noqa: PLC0415 - seconds, and loaded already

    class Whole(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        """All of the model's layers, from token ids to the vector of a text."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            return self.layers(features)["sentence_embedding"]

    # Attention as plain products is what the runtime computes fastest; as one operation it computes it naively.
    transformer[0].model.set_attn_implementation("eager")
    ids = torch.randint(1, 100, (2, 16))
    batch, length = torch.export.Dim("batch", min=1, max=65536), torch.export.Dim("length", min=2, max=window)
    shapes = ({0: batch, 1: length}, {0: batch, 1: length})
    with silence():
        program = torch.onnx.export(
            Whole().eval(),
            (ids, torch.ones_like(ids)),
            dynamo=True,
            dynamic_shapes=shapes,
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            verbose=False,
        )
        assert program is not None  # noqa: S101 - it is, without a file name
        program.save(file, external_data=False)


@contextmanager
def silence() -> Iterator[None]:
    """Keep the exporter's talk about itself from a terminal that is not its own."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
