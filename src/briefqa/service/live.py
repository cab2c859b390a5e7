"""The generation that the server serves: opened in the background, swapped while requests run, closed after the last.

One daemon thread does all of it. It opens CURRENT, loads the model (so that the port answers long before), and then
looks at CURRENT once in a while. Requests borrow the open index; a replaced one is closed when its last borrower is
done, so that no request fails or mixes two generations.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from briefqa.errors import BriefqaError, EmbeddingError, NoGeneration, NotFound, NotReady
from briefqa.search import Searcher
from briefqa.service.earlier import Borrowed, Earlier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from briefqa.embedding import Embedder
    from briefqa.generation import Index

log = logging.getLogger(__name__)

_RETRY_SECONDS = 30.0  # between two attempts at a generation that would not open: it may have been a passing fault
# After so long a model that would not load is tried again, and then after twice as long each time, up to the second.
_RELOAD_SECONDS = (30.0, 600.0)
_WARM_UP = "What do the briefs say?"


class Live:
    """Holds the live generation and the model. `start` it once, `stop` it once."""

    def __init__(  # noqa: PLR0913 - what it looks after, and how often
        self,
        open_current: Callable[[], Index],
        current_id: Callable[[], str | None],
        load: Callable[[], Embedder],
        *,
        earlier: Earlier | None = None,
        searcher: Callable[[Index, Embedder], Searcher] = Searcher,
        interval: float = 1.0,
        patience: float = 30.0,
        reload: tuple[float, float] = _RELOAD_SECONDS,
    ) -> None:
        """Take how to open the live index, how to read its name cheaply, and how to load the model.

        earlier: opens the other generations that are kept. searcher: makes a searcher of index and model. interval:
        seconds between two looks at CURRENT. patience: seconds that a search waits for the model. reload: seconds until
        a model that would not load is tried again, and at most.
        """
        self._open_current = open_current
        self._current_id = current_id
        self._load = load
        self._earlier = earlier
        self._make_searcher = searcher
        self._interval = interval
        self._patience = patience
        self._reload, self._longest_reload = reload
        self._lock = threading.Lock()
        self._held: Borrowed | None = None
        self._embedder: Embedder | None = None
        self._index_error: BriefqaError = NotReady("briefqa is starting: try again in a moment.")
        self._model_error: EmbeddingError | None = None
        self._refused: tuple[str | None, float] | None = None
        self._looked = threading.Event()
        self._model_settled = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="briefqa-live", daemon=True)

    def start(self) -> None:
        """Begin to open and load in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching and close the index. A model that is still loading is not waited for."""
        self._stopping.set()
        if self._model_settled.is_set():
            self._thread.join(timeout=5)
        with self._lock:
            self._retire(self._held)
            self._held = None
        if self._earlier:
            self._earlier.clear(everything=True)

    @contextmanager
    def index(self, collections: frozenset[str] | None = None, generation: str | None = None) -> Iterator[Index]:
        """Borrow the live index, or that of another generation that is kept. collections: those to see; None: all.

        Raises NoGeneration, CorruptGeneration or NotReady if there is none to serve, NotFound for a generation that is
        none, Gone for one that is kept no more.
        """
        self._looked.wait(self._patience)
        with self._borrow(generation) as index:
            yield index if collections is None else index.within(collections)

    @contextmanager
    def _borrow(self, generation: str | None = None) -> Iterator[Index]:
        with self._lock:
            held = self._held
            if generation is not None and (held is None or held.generation != generation):
                held = None
            elif held is None:
                # A new one each time: the same object raised in two threads would mix their tracebacks.
                raise type(self._index_error)(str(self._index_error))
            else:
                held.users += 1
        if held is None:
            with self._other(generation or "") as index:
                yield index
            return
        try:
            yield held.index
        finally:
            with self._lock:
                held.give_back()

    def _other(self, generation: str) -> AbstractContextManager[Index]:
        if self._earlier is None:
            raise NotFound("This server answers from the live generation alone.")
        return self._earlier.borrow(generation)

    @contextmanager
    def searcher(self, collections: frozenset[str] | None = None, generation: str | None = None) -> Iterator[Searcher]:
        """Borrow an index to search it, waiting a while for the model. collections, generation: as in `index`.

        Raises what `index` raises, NotReady while the model still loads, EmbeddingError if it cannot be loaded, and
        IncompatibleGeneration if the index was built with another.
        """
        with self.index(collections, generation) as index:
            self._model_settled.wait(self._patience)
            yield self._make_searcher(index, self._ready_embedder())

    def check(self) -> str:
        """Name the generation that would answer now, without waiting. Raises what `searcher` would raise."""
        with self._borrow() as index:
            return self._make_searcher(index, self._ready_embedder()).info.generation

    def _ready_embedder(self) -> Embedder:
        if self._embedder is not None:
            return self._embedder
        if self._model_error is not None:
            raise EmbeddingError(str(self._model_error))
        raise NotReady("The model is still being loaded: try again in a moment.")

    def _run(self) -> None:
        self._look()
        self._looked.set()
        self._load_model()
        self._model_settled.set()
        self._warm_up()
        again = time.monotonic() + self._reload
        while not self._stopping.wait(self._interval):
            self._look()
            if self._earlier:
                self._earlier.clear()
            if self._embedder is None and time.monotonic() >= again:
                self._load_model()
                self._warm_up()
                self._reload = min(2 * self._reload, self._longest_reload)
                again = time.monotonic() + self._reload

    def _load_model(self) -> None:
        try:
            self._embedder = self._load()
        except EmbeddingError as error:
            self._model_error = error
            log.error("No search is possible: %s", error)  # noqa: TRY400 - its text says all, for a person to act on
        except Exception:
            self._model_error = EmbeddingError("The model cannot be loaded: the server's log says why.")
            log.exception("The model cannot be loaded.")

    def _warm_up(self) -> None:
        """Search once, so that the first user does not wait for what is set up on first use."""
        try:
            with self.searcher() as searcher:
                searcher.search(_WARM_UP, 1)
        except BriefqaError as error:
            log.warning("No search is possible yet: %s", error)
        except Exception:
            log.exception("The first search failed.")

    def _look(self) -> None:
        """Open the generation that CURRENT names, if it is another than the one that is served."""
        name: str | None = None
        try:
            name = self._current_id()
            if self._held is not None and name in {None, self._held.generation}:
                self._refused = None
                return
            if self._refused and self._refused[0] == name and time.monotonic() < self._refused[1]:
                return
            self._serve(self._open_current())
        except BriefqaError as error:
            self._refuse(name, error)
        except Exception as error:
            log.exception("Cannot look for a new generation.")
            self._refuse(name, NotReady(f"The index cannot be opened ({type(error).__name__}): see the server's log."))

    def _serve(self, index: Index) -> None:
        fresh = Borrowed(index)
        if self._embedder is not None:
            try:
                self._make_searcher(index, self._embedder).search(_WARM_UP, 1)
            except Exception:
                index.close()
                raise
        with self._lock:
            if self._stopping.is_set():
                index.close()
                return
            self._retire(self._held)
            self._held = fresh
        self._refused = None
        log.info("Serving generation %s.", fresh.generation)

    def _refuse(self, name: str | None, error: BriefqaError) -> None:
        # No generation at all costs nothing to look for again, and is where every new server begins.
        wait = 0.0 if isinstance(error, NoGeneration) else _RETRY_SECONDS
        if self._refused is None or self._refused[0] != name:
            serving = f"generation {self._held.generation} goes on" if self._held else "nothing is served"
            log.warning("Cannot serve %s, %s: %s", f"generation {name}" if name else "the index", serving, error)
        self._refused = (name, time.monotonic() + wait)
        self._index_error = error

    @staticmethod
    def _retire(held: Borrowed | None) -> None:
        """Close an index that is served no more, now or when its last request ends. Call it with the lock held."""
        if held is not None:
            held.retire()
