"""A Ray cluster as what reads and embeds for a reindexing."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefqa.cluster.pool import Pool, start
from briefqa.embedding import load_embedder
from briefqa.errors import BriefqaError, ConfigError, EmbeddingError, ReaderDied, ReadingError
from briefqa.reading import check_size
from briefqa.reading.isolated import Isolated, Limits, Outcome
from briefqa.reindex import code_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from briefqa.embedding import Embedder
    from briefqa.ingest import Ingested
    from briefqa.reading.isolated import Job


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a node loads the model: as `embedding.load_embedder`, with a folder for converted models of its own."""

    model: str
    device: str = "cpu"
    query_prompt: str = ""
    passage_prompt: str = ""
    precision: str = "fp32"

    def load(self) -> Embedder:
        """Load it. Raises EmbeddingError."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return load_embedder(**asdict(self), converted=cache / "briefqa" / "models", many=True)


@contextmanager
def connected(address: str, recipe: Recipe, max_bytes: int) -> Iterator[Cluster]:
    """Connect to a Ray cluster, as one of its nodes or by its client; leaving it lets go of all that works there.

    address: as of `ray.init`: "auto", "HOST:PORT" of its head, "ray://HOST:PORT", or "local" for one of this machine's
    own. max_bytes: larger files are refused here. Raises ConfigError where ray is not installed; BriefqaError where
    the cluster cannot be reached, has no node that works, or is lost.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers of each run
    try:
        import ray  # noqa: PLC0415 - a second
    except ImportError as error:
        raise ConfigError('A Ray cluster needs ray: pip install "briefqa[ray]".') from error
    _check_reachable(address)
    with ExitStack() as left:
        # Ray prints what becomes of nodes to where reports go; what matters of it is in our own log.
        left.enter_context(redirect_stdout(left.enter_context(Path(os.devnull).open("w", encoding="utf-8"))))
        left.callback(ray.shutdown)
        try:
            with _signals_kept():
                ray.init(address=address, log_to_driver=False, configure_logging=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise BriefqaError(f"The Ray cluster {address} cannot be reached: {error}") from error
        try:
            known = ray.nodes()  # type: ignore[no-untyped-call]
            nodes = [node for node in known if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
            if not nodes:
                raise BriefqaError(f"The Ray cluster {address} has no node with a core to work: start some.")
            yield Cluster(recipe, max_bytes, sorted(nodes, key=lambda node: str(node["NodeID"])))
        except ray.exceptions.RayError as error:
            raise BriefqaError(f"The Ray cluster {address} is lost; what is done is kept: {error}") from error


def _check_reachable(address: str) -> None:
    """Raise BriefqaError where nobody listens at an address: Ray itself would wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except OSError as error:
        raise BriefqaError(f"The Ray cluster {address} cannot be reached: {error.strerror or error}.") from error


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Undo that Ray takes over what a process does on signals: here they have it put away what is done."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    if threading.current_thread() is threading.main_thread():  # in others Ray takes nothing over
        for number, handler in handlers.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class Cluster:
    """The nodes of a cluster, as `reindex.Workers`. nodes: as `ray.nodes` lists them."""

    recipe: Recipe
    max_bytes: int
    nodes: list[dict[str, Any]]
    _version: str = field(default_factory=lambda: code_version("."))
    _embedders: Pool[NDArray[np.float32]] | None = None

    @property
    def embedding(self) -> int:
        """How many embed at a time."""
        return sum(self._embedding_on(node) for node in self.nodes)

    def _embedding_on(self, node: dict[str, Any]) -> int:
        return 1 if self.recipe.device == "cpu" else int(node["Resources"].get("GPU", 0))

    @contextmanager
    def taking(
        self, call: Callable[..., Ingested], limits: Limits | None, extra_seconds: float = 0.0
    ) -> Iterator[Callable[[Iterable[Job]], Iterator[Outcome[Ingested]]]]:
        """Read files on the nodes, which are sent what is in them and need not see the folder."""
        if limits is None:
            raise BriefqaError("On a Ray cluster, files are read within limits only.")
        arguments = self._version, call, limits, extra_seconds
        actors = [
            start(_Reader, arguments, node["NodeID"])
            for node in self.nodes
            for _ in range(int(node["Resources"]["CPU"]))
        ]
        pool: Pool[Outcome[Ingested]] = Pool(actors)

        def take(jobs: Iterable[Job]) -> Iterator[Outcome[Ingested]]:
            for (name, *_), outcome in pool.map(self._sendable(name, *arguments) for name, arguments in jobs):
                yield outcome or Outcome(name, error=_fatal(name))

        yield take

    def _sendable(self, name: str, file: Path, *others: Any) -> tuple[Any, ...]:
        """What a reader is sent of a file: its content, or the error that it costs here already."""
        content: bytes | ReadingError | OSError
        try:
            check_size(file, name, self.max_bytes)
            content = file.read_bytes()
        except (ReadingError, OSError) as error:
            content = error.with_traceback(None)
        return name, file.suffix, content, others

    def embed(self, embedder: Embedder, blocks: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """Give the vectors of blocks of texts in order. Raises EmbeddingError where the nodes' model is another one."""
        if self._embedders is None:
            gpus = 0 if self.recipe.device == "cpu" else 1
            actors = [
                start(_Embedder, (self._version, self.recipe, embedder.fingerprint), node["NodeID"], num_gpus=gpus)
                for node in self.nodes
                for _ in range(self._embedding_on(node))
            ]
            if not actors:
                raise EmbeddingError('No node of the Ray cluster has a GPU: set device = "cpu", or start one.')
            self._embedders = Pool(actors)
        for _, vectors in self._embedders.map((block,) for block in blocks):
            if vectors is None:
                raise EmbeddingError(
                    f"Processes of the Ray cluster that embed with {self.recipe.model!r} die again and again, for want "
                    "of memory most often: look into Ray's logs. What is done is kept for next time."
                )
            yield vectors


class _Reader:
    """Reads files on a node, each within its limits in a process of its own."""

    def __init__(self, version: str, call: Callable[..., Any], limits: Limits, extra_seconds: float) -> None:
        self._version = version
        self._isolated = Isolated(call, limits, 1, extra_seconds)

    def ready(self) -> None:
        """Raise BriefqaError where this is another briefqa than the leading process is."""
        _check(self._version)

    def do(
        self, name: str, suffix: str, content: bytes | ReadingError | OSError, others: tuple[Any, ...]
    ) -> Outcome[Any]:
        """Call for one file. others: the arguments behind the file itself."""
        if not isinstance(content, bytes):
            return Outcome(name, error=content)
        with tempfile.TemporaryDirectory(prefix="briefqa-") as folder:
            file = Path(folder) / f"brief{suffix}"
            file.write_bytes(content)
            [outcome] = self._isolated.map([(name, (file, *others))])
        return outcome


class _Embedder:
    """Embeds passages on a node."""

    def __init__(self, version: str, recipe: Recipe, fingerprint: str) -> None:
        self._version = version
        self._recipe = recipe
        self._fingerprint = fingerprint
        self._embedder: Embedder | None = None

    def ready(self) -> None:
        """Load the model. Raises BriefqaError as `_Reader.ready`, and EmbeddingError where it is another one."""
        _check(self._version)
        if self._embedder is None:
            self._embedder = self._recipe.load()
        if self._embedder.fingerprint != self._fingerprint:
            raise EmbeddingError(
                f"{self._recipe.model!r} on a node of the Ray cluster is not the model that it is on this machine: "
                "install the same on all."
            )

    def do(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (len(texts), dimension)."""
        assert self._embedder is not None  # noqa: S101 - ready before anything is done
        return self._embedder.embed_passages(texts)


def _check(version: str) -> None:
    if code_version(".") != version:
        raise BriefqaError("A node of the Ray cluster has another version of briefqa: install the same on all.")


def _fatal(name: str) -> ReaderDied:
    return ReaderDied(
        f"{name} cannot be read: the processes that read it, on several nodes, were lost. It is tried again next time."
    )
