"""A converted model in eight-bit integers: its large products cost less, and its vectors differ a little.

Weights are rounded channel by channel to seven bits, since processors without VNNI add up pairs of products in sixteen
bits, which eight would overflow; what flows between the layers is rounded as it comes, to eight. All else, attention
and normalisation included, stays as it is. How much a text's vector is rounded depends a little on the texts beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

from briefqa.embedding.conversion import compare, silence, written_at_once
from briefqa.embedding.converted import GRAPH, RECORD, TOKENIZER, ConvertedEmbedder

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.embedding.embedder import Embedder

# Changes with the way in which it is done: it is part of the fingerprint.
_WAY = "int8 1"
# Vectors of both must be at least so near (cosine): rounding alone, whatever the text, stays above.
_NEAR = 0.95


def quantize(whole: Embedder, folder_of_whole: Path, folder: Path) -> None:
    """Write the converted model of folder_of_whole, opened as whole, into folder in eight-bit integers.

    At once or not at all. Raises CannotConvertError if its vectors would be others, OSError if it cannot be written.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415 - seconds, and needed once

    with written_at_once(folder) as building:
        # Beside what it reads it writes a file of its own, and another process may be about the same.
        floats = building / "floats.onnx"
        shutil.copyfile(folder_of_whole / GRAPH, floats)
        with silence():
            quantize_dynamic(
                floats,
                building / GRAPH,
                op_types_to_quantize=["MatMul"],
                per_channel=True,
                reduce_range=True,
                weight_type=QuantType.QInt8,
            )
        floats.unlink()
        shutil.copyfile(folder_of_whole / TOKENIZER, building / TOKENIZER)
        record = json.loads((folder_of_whole / RECORD).read_text(encoding="utf-8"))
        record |= {"digest": f"{record['digest']} {_WAY}", "rounded": True}
        record["sha256"] = hashlib.sha256((building / GRAPH).read_bytes()).hexdigest()
        (building / RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")
        compare(whole, ConvertedEmbedder(whole.model, building), _NEAR)
