"""What makes vectors, as everything else sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Makes vectors of unit length, so that the inner product of two is their cosine. Safe for many threads.

    model: its name as configured. fingerprint: changes whenever the vectors of passages would. window: tokens that
    the model sees of one text, special tokens and prompt included; what lies behind them is cut off.
    """

    model: str
    fingerprint: str
    dimension: int
    window: int

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, special tokens and the passage prompt included."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, shape (len(texts), dimension)."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,)."""


def encodable(text: str) -> str:
    """Text without lone surrogates, which tokenizers refuse."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
