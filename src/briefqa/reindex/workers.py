"""Who reads and embeds for a reindexing: processes of this machine, unless somebody else offers to."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from briefqa.reading.isolated import Isolated
from briefqa.reading.worker import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray

    from briefqa.embedding import Embedder
    from briefqa.ingest import Ingested
    from briefqa.reading.isolated import Job, Limits, Outcome

    Take = Callable[[Iterable[Job]], Iterator[Outcome[Ingested]]]


class Workers(Protocol):
    """Those who do what takes long."""

    @property
    def embedding(self) -> int:
        """How many embed at a time."""

    def taking(
        self, call: Callable[..., Ingested], limits: Limits | None, extra_seconds: float
    ) -> AbstractContextManager[Take]:
        """Give what calls for file after file: (name, the file and more arguments) to what became of each, in order.

        limits: what a file may cost; None reads without any. extra_seconds: what recognizing a scan may take beside.
        """

    def embed(self, embedder: Embedder, blocks: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """Give the vectors of each block of texts, in order, as `embedder.embed_passages` makes them."""


@dataclass(frozen=True, slots=True)
class Here:
    """This machine. processes: how many read side by side."""

    processes: int = 1
    embedding: int = 1

    @contextmanager
    def taking(
        self, call: Callable[..., Ingested], limits: Limits | None, extra_seconds: float = 0.0
    ) -> Iterator[Take]:
        """Read each file within its limits in one of several processes, or without any in this one."""
        if limits is None:
            yield lambda jobs: (attempt(call, name, arguments) for name, arguments in jobs)
            return
        with Isolated(call, limits, self.processes, extra_seconds=extra_seconds) as isolated:
            yield isolated.map

    def embed(self, embedder: Embedder, blocks: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """Embed one block when it is asked for."""
        return map(embedder.embed_passages, blocks)
