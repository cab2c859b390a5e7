"""A language model behind any OpenAI-compatible endpoint. The only importer of openai."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

from briefqa.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Turn = dict[str, str]
_MOST_TOKENS = 600
_PAUSE = 0.5  # seconds before another try


class Model(Protocol):
    """Writes. Safe for many threads. name: as it is shown to readers. seconds: what all of an answer may take."""

    name: str
    seconds: float

    def write(self, turns: Sequence[Turn], until: float) -> str:
        """Go on with a conversation, turns of "role" and "content", until a moment of `time.monotonic`.

        Raises AnswerError if nothing comes of it.
        """

    def stream(self, turns: Sequence[Turn], until: float) -> Iterator[str]:
        """Do the same, and give the text in parts as they are written. Raises AnswerError, half-way too."""


def prompt(name: str) -> str:
    """Read what a model is told, of our own; "answer", "repair" or "question"."""
    return (files("briefqa.answer") / "prompts" / f"{name}.txt").read_text(encoding="utf-8")


class RemoteModel:
    """A model over the wire, by OpenAI's client, which is imported with the first question."""

    def __init__(  # noqa: PLR0913 - an address, and the limits of asking it
        self, url: str, name: str, key: str, *, seconds: float, retries: int, concurrency: int
    ) -> None:
        """Take where it is, how long an answer may take it, how often and by how many at once it may be asked."""
        self.name = name
        self.seconds = seconds
        self._url = url
        self._key = key or "none"
        self._retries = retries
        self._free = threading.BoundedSemaphore(concurrency)
        self._made = threading.Lock()
        self._client: Any = None

    def write(self, turns: Sequence[Turn], until: float) -> str:
        """Go on with a conversation. Raises AnswerError for whatever goes wrong, being too busy included."""
        with self._asked(until):
            done = self._begun(turns, until, stream=False)
            text = done.choices[0].message.content if done.choices else None
        return self._some(text)

    def stream(self, turns: Sequence[Turn], until: float) -> Iterator[str]:
        """Go on with a conversation, in parts. Raises AnswerError as `write` does."""
        text = ""
        with self._asked(until), self._begun(turns, until, stream=True) as parts:
            for part in parts:
                written = part.choices[0].delta.content if part.choices else None
                if written:
                    text += written
                    yield written
                if time.monotonic() > until:
                    raise AnswerError(f"The model {self.name} was too slow.")
        self._some(text)

    @contextmanager
    def _asked(self, until: float) -> Iterator[None]:
        if not self._free.acquire(timeout=max(0.0, until - time.monotonic())):
            raise AnswerError(f"The model {self.name} is busy.")
        try:
            yield
        except AnswerError:
            raise
        except Exception as error:  # whatever client and server raise, there is no answer of theirs
            raise AnswerError(f"The model {self.name} did not answer ({type(error).__name__}).") from error
        finally:
            self._free.release()

    def _begun(self, turns: Sequence[Turn], until: float, *, stream: bool) -> Any:
        """Ask, and ask again where the other side fails; the client's own retries would not mind the time."""
        client = self._connected()
        import openai  # noqa: PLC0415 - seconds, and an extra

        for left in range(self._retries, -1, -1):
            try:
                return client.chat.completions.create(
                    model=self.name,
                    messages=list(turns),
                    temperature=0,
                    max_tokens=_MOST_TOKENS,
                    stream=stream,
                    timeout=max(0.1, until - time.monotonic()),
                )
            except openai.APITimeoutError:
                raise
            except (openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError):
                if not left or time.monotonic() + _PAUSE > until:
                    raise
                time.sleep(_PAUSE)
        raise AssertionError("unreachable: the last try returns or raises")

    def _some(self, text: str | None) -> str:
        if not text or not text.strip():
            raise AnswerError(f"The model {self.name} gave no text.")
        return str(text)

    def _connected(self) -> Any:
        with self._made:
            if self._client is None:
                try:
                    import openai  # noqa: PLC0415 - seconds, and an extra
                except ImportError as error:
                    raise AnswerError('OpenAI\'s client is missing: pip install "briefqa[llm]".') from error
                self._client = openai.OpenAI(base_url=self._url, api_key=self._key, max_retries=0)
            return self._client
