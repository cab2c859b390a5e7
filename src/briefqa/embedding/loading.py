"""Which embedder a name stands for, and how it is computed."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.embedding.converted import ConvertedEmbedder
from briefqa.embedding.hashing import HashingEmbedder
from briefqa.embedding.packaged import FLOATS, HASHING_MODEL, INTEGERS, PACKAGED_MODEL
from briefqa.embedding.sentence import SentenceEmbedder, load_transformer, traits_of
from briefqa.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefqa.embedding.embedder import Embedder

log = logging.getLogger(__name__)


def load_embedder(  # noqa: PLR0913 - what decides over its vectors
    model: str,
    *,
    device: str = "cpu",
    query_prompt: str = "",
    passage_prompt: str = "",
    precision: str = FLOATS,
    converted: Path | None = None,
    threads: int = 0,
    many: bool = False,
) -> Embedder:
    """Load an embedder by name.

    model: "all-MiniLM-L6-v2" (packaged, loaded without any network), "hashing" (`HashingEmbedder`), the path of a
    sentence-transformers folder, or a name on the Hugging Face hub. device: as torch names it ("cpu", "cuda").
    The prompts are put before every question or passage; "" takes those of the model's own configuration.
    precision: "fp32", or "int8" for eight-bit integers, which only a converted model has.
    converted: a folder where models converted for the CPU are kept, and a new one is written; None computes by torch,
    as does every other device. A model that cannot be converted, or a folder that cannot be written, is a line in the
    log: torch computes then. threads: that a converted model is computed by; 0: one for each core.
    many: whether for passages by the hundred rather than for questions: batches are then computed side by side, each by
    one thread, and not one after another by all of them.
    Raises EmbeddingError if the model cannot be found, loaded or trusted, or is not to be had in that precision.
    """
    if model == HASHING_MODEL:
        return HashingEmbedder()
    prompts = {"query_prompt": query_prompt, "passage_prompt": passage_prompt}

    def open_converted(folder: Path) -> ConvertedEmbedder:
        return ConvertedEmbedder(model, folder, **prompts, threads=threads, many=many)

    if precision == INTEGERS:
        return _in_integers(model, device, converted, open_converted)
    folder = converted / embedder_key(model) if converted is not None and device == "cpu" else None
    if folder is not None and folder.is_dir():
        try:
            return open_converted(folder)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the model itself is there
            log.warning("The converted model in %s is not used (%s): remove the folder.", folder, error)
            folder = None
    return _by_torch(model, device, folder, prompts, open_converted)


def _in_integers(
    model: str, device: str, converted: Path | None, open_converted: Callable[[Path], ConvertedEmbedder]
) -> Embedder:
    """Load a converted model in eight-bit integers; make it of the converted one where it is not there yet.

    Nothing stands in for it, since the vectors of an index must all be of one kind: EmbeddingError if it cannot be had.
    """
    remedy = 'set embedding_precision = "fp32"'
    if device != "cpu" or converted is None:
        raise EmbeddingError(f'Eight-bit integers are for device = "cpu" and a folder to keep the model in: {remedy}.')
    folder = converted / embedder_key(model, precision=INTEGERS)
    whole = None if folder.is_dir() else load_embedder(model, converted=converted)
    if isinstance(whole, SentenceEmbedder):
        raise EmbeddingError(f"The model {model} cannot be converted, as the log says: {remedy}.")
    try:
        if whole is not None:
            from briefqa.embedding.quantizing import quantize  # noqa: PLC0415 - only here

            quantize(whole, converted / embedder_key(model), folder)
        return open_converted(folder)
    except Exception as error:  # whatever is wrong, the remedy is the same
        raise EmbeddingError(
            f"The model {model} is not to be had in eight-bit integers ({type(error).__name__}: {error}). "
            f"Remove {folder} to have it made anew, or {remedy}."
        ) from error


def _by_torch(
    model: str,
    device: str,
    folder: Path | None,
    prompts: dict[str, str],
    open_converted: Callable[[Path], ConvertedEmbedder],
) -> Embedder:
    """Load a model by sentence-transformers; convert it into folder and use that, if it can be done."""
    from briefqa.embedding.conversion import CannotConvertError, convert  # noqa: PLC0415 - for torch alone

    transformer = load_transformer(model, device)
    traits = traits_of(model, transformer)
    if folder is not None:
        try:
            convert(model, transformer, traits, folder)
            return open_converted(folder)
        except (CannotConvertError, OSError) as error:
            log.warning("The model %s is computed by torch, since it cannot be converted: %s.", model, error)
    return SentenceEmbedder(model, transformer, traits, **prompts)


def embedder_key(model: str, *, passage_prompt: str = "", precision: str = FLOATS) -> str:
    """Tell what decides over vectors of passages without loading the model: name, files of a folder, prompt, precision.

    A question's prompt has no part in it: it changes no passage.
    """
    folder = Path(model).expanduser()
    files: list[list[object]] = []
    if model not in {PACKAGED_MODEL, HASHING_MODEL} and folder.is_dir():
        stats = ((file, file.stat()) for file in sorted(folder.rglob("*")) if file.is_file())
        files = [[file.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns] for file, stat in stats]
    rounded = [] if precision == FLOATS or model == HASHING_MODEL else [precision]
    return hashlib.sha256(json.dumps([model, passage_prompt, files, *rounded]).encode()).hexdigest()[:16]
