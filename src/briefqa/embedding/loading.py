"""Which embedder a name stands for, and how it is computed."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.embedding.converted import ConvertedEmbedder
from briefqa.embedding.hashing import HashingEmbedder
from briefqa.embedding.packaged import HASHING_MODEL, PACKAGED_MODEL

if TYPE_CHECKING:
    from briefqa.embedding.embedder import Embedder

log = logging.getLogger(__name__)


def load_embedder(
    model: str,
    *,
    device: str = "cpu",
    query_prompt: str = "",
    passage_prompt: str = "",
    converted: Path | None = None,
) -> Embedder:
    """Load an embedder by name.

    model: "all-MiniLM-L6-v2" (packaged, loaded without any network), "hashing" (`HashingEmbedder`), the path of a
    sentence-transformers folder, or a name on the Hugging Face hub. device: as torch names it ("cpu", "cuda").
    The prompts are put before every question or passage; "" takes those of the model's own configuration.
    converted: a folder where models converted for the CPU are kept, and a new one is written; None computes by torch,
    as does every other device. A model that cannot be converted, or a folder that cannot be written, is a line in the
    log: torch computes then. Raises EmbeddingError if the model cannot be found, loaded or trusted.
    """
    if model == HASHING_MODEL:
        return HashingEmbedder()
    prompts = {"query_prompt": query_prompt, "passage_prompt": passage_prompt}
    folder = converted / embedder_key(model) if converted is not None and device == "cpu" else None
    if folder is not None and folder.is_dir():
        try:
            return ConvertedEmbedder(model, folder, **prompts)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the model itself is there
            log.warning("The converted model in %s is not used (%s): remove the folder.", folder, error)
            folder = None
    return _by_torch(model, device, folder, prompts)


def _by_torch(model: str, device: str, folder: Path | None, prompts: dict[str, str]) -> Embedder:
    """Load a model by sentence-transformers; convert it into folder and use that, if it can be done."""
    from briefqa.embedding.conversion import CannotConvertError, convert  # noqa: PLC0415 - for torch alone
    from briefqa.embedding.sentence import SentenceEmbedder, load_transformer, traits_of  # noqa: PLC0415 - the same

    transformer = load_transformer(model, device)
    traits = traits_of(model, transformer)
    if folder is not None:
        try:
            convert(model, transformer, traits, folder)
            return ConvertedEmbedder(model, folder, **prompts)
        except (CannotConvertError, OSError) as error:
            log.warning("The model %s is computed by torch, since it cannot be converted: %s.", model, error)
    return SentenceEmbedder(model, transformer, traits, **prompts)


def embedder_key(model: str, *, passage_prompt: str = "") -> str:
    """Tell what decides over the vectors of passages without loading the model: name, files of a folder, prompt.

    A question's prompt has no part in it: it changes no passage.
    """
    folder = Path(model).expanduser()
    files: list[list[object]] = []
    if model not in {PACKAGED_MODEL, HASHING_MODEL} and folder.is_dir():
        stats = ((file, file.stat()) for file in sorted(folder.rglob("*")) if file.is_file())
        files = [[file.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns] for file, stat in stats]
    return hashlib.sha256(json.dumps([model, passage_prompt, files]).encode()).hexdigest()[:16]
