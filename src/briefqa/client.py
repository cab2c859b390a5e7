"""Ask a running briefqa from Python: `Client`, and `AsyncClient` with the same methods to be awaited.

    with briefqa.Client("https://briefs.example.org", key="…") as client:
        for hit in client.search("How did flood premiums change?")["hits"]:
            print(hit["passage"]["text"], hit["passage"]["url"])

Each method gives the JSON of its endpoint (docs/api.md) as it comes. A problem document becomes the error of `errors`
that its type names, anything else a `RequestFailed`. What the server is too busy for (429, 503) is asked again,
after as long as it says.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import Any, Self, TypedDict
from urllib.parse import quote

import httpx2

from briefqa import errors

_BUSY = (429, 503)
_LONGEST_WAIT = 30.0  # seconds, whatever the server says


class RequestFailed(errors.BriefqaError):
    """The server answered with an error that is none of briefqa's own. status: of HTTP; 0 where there was no answer."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Brief(TypedDict):
    """Which brief it is."""

    id: str
    title: str
    collection: str
    authors: list[str]
    published: str
    url: str


class Passage(TypedDict):
    """A passage: `text` is characters start to end of its brief's body."""

    id: str
    text: str
    start: int
    end: int
    section: str
    pages: list[dict[str, Any]]
    highlights: list[dict[str, int]]
    url: str


class Note(TypedDict):
    """A note that a passage cites; `offset` counts in the passage's text, `source` is a CSL-JSON item."""

    label: str
    kind: str
    offset: int
    page: int
    text: str
    source: dict[str, Any] | None
    url: str


class Hit(TypedDict):
    """A passage that answers, its brief, and the notes that it cites."""

    rank: int
    score: float
    brief: Brief
    passage: Passage
    notes: list[Note]


class Ranking(TypedDict):
    """What `search` gives, best first."""

    query: str
    generation: str
    answerable: bool
    confidence: float
    hits: list[Hit]


class Answer(TypedDict):
    """What `ask` gives; each of `sentences` names the ordinals of its `citations`."""

    question: str
    answer: str
    sentences: list[dict[str, Any]]
    abstained: bool
    reason: str
    citations: list[dict[str, Any]]
    hits: list[Hit]
    generation: str


class Source(TypedDict):
    """What notes cite; `source` is a CSL-JSON item, `footnotes` are for pasting, the counts say who cites it."""

    id: str
    source: dict[str, Any]
    footnotes: dict[str, str]
    briefs: int
    notes: int
    passages: int
    url: str


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    content: dict[str, Any]  # of the body of a POST, of the query of a GET

    def arguments(self) -> dict[str, Any]:
        given = {key: value for key, value in self.content.items() if value is not None}
        return {"method": self.method, "url": self.path, "json" if self.method == "POST" else "params": given}


def _get(path: str, *ids: str, **query: Any) -> _Call:
    return _Call("GET", path.format(*(quote(each, safe="") for each in ids)), query)


class _Settings:
    def __init__(self, base_url: str, key: str, timeout: float, retries: int) -> None:
        self._options: dict[str, Any] = {
            "base_url": base_url.rstrip("/"),
            "timeout": timeout,
            "headers": {"Authorization": f"Bearer {key}"} if key else {},
        }
        self._retries = retries

    def _wait(self, response: httpx2.Response, tried: int) -> float | None:
        """How many seconds to wait before asking again; None: not at all."""
        if response.status_code not in _BUSY or tried >= self._retries:
            return None
        said = response.headers.get("retry-after", "")
        return min(float(said) if said.isdecimal() else 2.0**tried, _LONGEST_WAIT)


class Client(_Settings):
    """Asks a server. Close it, or use it as a context manager. Raises BriefqaError."""

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        *,
        key: str = "",
        timeout: float = 60.0,
        retries: int = 3,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Take the server's address. timeout: seconds; retries: how often a busy server is asked again."""
        super().__init__(base_url, key, timeout, retries)
        self._http = httpx2.Client(**self._options, transport=transport)

    def search(self, query: str, k: int | None = None, filters: dict[str, Any] | None = None) -> Ranking:
        """Find the passages that answer a question."""
        ranking: Ranking = self._json(_Call("POST", "/v1/search", {"query": query, "k": k, "filters": filters}))
        return ranking

    def ask(self, question: str, k: int | None = None, filters: dict[str, Any] | None = None) -> Answer:
        """Answer a question, each sentence with its citation."""
        answer: Answer = self._json(_Call("POST", "/v1/ask", {"question": question, "k": k, "filters": filters}))
        return answer

    def briefs(self, limit: int | None = None, offset: int = 0) -> dict[str, Any]:
        """List briefs by path."""
        return self._json(_get("/v1/briefs", limit=limit, offset=offset))  # type: ignore[no-any-return]

    def brief(self, brief_id: str) -> dict[str, Any]:
        """Give a whole brief."""
        return self._json(_get("/v1/briefs/{}", brief_id))  # type: ignore[no-any-return]

    def file(self, brief_id: str) -> bytes:
        """Give the file that a brief was read from."""
        return self._send(_get("/v1/briefs/{}/file", brief_id)).content

    def passage(self, passage_id: str) -> dict[str, Any]:
        """Give a passage with its notes."""
        return self._json(_get("/v1/passages/{}", passage_id))  # type: ignore[no-any-return]

    def notes(self, **where: Any) -> dict[str, Any]:
        """List notes. where: brief, collection, label, kind, text, limit, offset."""
        return self._json(_get("/v1/notes", **where))  # type: ignore[no-any-return]

    def sources(self, q: str = "", **where: Any) -> list[Source]:
        """List what notes cite, the most cited first. where: brief, collection, limit, offset."""
        sources: list[Source] = self._json(_get("/v1/sources", q=q, **where))["sources"]
        return sources

    def source(self, source_id: str) -> dict[str, Any]:
        """Give a source and the notes that cite it."""
        return self._json(_get("/v1/sources/{}", source_id))  # type: ignore[no-any-return]

    def export(self, form: str, q: str = "", **where: Any) -> str:
        """Write sources as "csl-json", "bibtex", "ris", "chicago" or "apa"."""
        return self._send(_get("/v1/sources", format=form, q=q, **where)).text

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _json(self, call: _Call) -> Any:
        return self._send(call).json()

    def _send(self, call: _Call) -> httpx2.Response:
        for tried in range(self._retries + 1):
            try:
                response = self._http.request(**call.arguments())
            except httpx2.HTTPError as error:
                raise _unreachable(error) from error
            wait = self._wait(response, tried)
            if wait is None:
                break
            time.sleep(wait)
        return _checked(response)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_Settings):
    """As `Client`, its methods to be awaited."""

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        *,
        key: str = "",
        timeout: float = 60.0,
        retries: int = 3,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Take what `Client` takes."""
        super().__init__(base_url, key, timeout, retries)
        self._http = httpx2.AsyncClient(**self._options, transport=transport)

    async def search(self, query: str, k: int | None = None, filters: dict[str, Any] | None = None) -> Ranking:
        """See `Client.search`."""
        ranking: Ranking = await self._json(_Call("POST", "/v1/search", {"query": query, "k": k, "filters": filters}))
        return ranking

    async def ask(self, question: str, k: int | None = None, filters: dict[str, Any] | None = None) -> Answer:
        """See `Client.ask`."""
        answer: Answer = await self._json(_Call("POST", "/v1/ask", {"question": question, "k": k, "filters": filters}))
        return answer

    async def briefs(self, limit: int | None = None, offset: int = 0) -> dict[str, Any]:
        """See `Client.briefs`."""
        return await self._json(_get("/v1/briefs", limit=limit, offset=offset))  # type: ignore[no-any-return]

    async def brief(self, brief_id: str) -> dict[str, Any]:
        """See `Client.brief`."""
        return await self._json(_get("/v1/briefs/{}", brief_id))  # type: ignore[no-any-return]

    async def file(self, brief_id: str) -> bytes:
        """See `Client.file`."""
        return (await self._send(_get("/v1/briefs/{}/file", brief_id))).content

    async def passage(self, passage_id: str) -> dict[str, Any]:
        """See `Client.passage`."""
        return await self._json(_get("/v1/passages/{}", passage_id))  # type: ignore[no-any-return]

    async def notes(self, **where: Any) -> dict[str, Any]:
        """See `Client.notes`."""
        return await self._json(_get("/v1/notes", **where))  # type: ignore[no-any-return]

    async def sources(self, q: str = "", **where: Any) -> list[Source]:
        """See `Client.sources`."""
        sources: list[Source] = (await self._json(_get("/v1/sources", q=q, **where)))["sources"]
        return sources

    async def source(self, source_id: str) -> dict[str, Any]:
        """See `Client.source`."""
        return await self._json(_get("/v1/sources/{}", source_id))  # type: ignore[no-any-return]

    async def export(self, form: str, q: str = "", **where: Any) -> str:
        """See `Client.export`."""
        return (await self._send(_get("/v1/sources", format=form, q=q, **where))).text

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _json(self, call: _Call) -> Any:
        return (await self._send(call)).json()

    async def _send(self, call: _Call) -> httpx2.Response:
        for tried in range(self._retries + 1):
            try:
                response = await self._http.request(**call.arguments())
            except httpx2.HTTPError as error:
                raise _unreachable(error) from error
            wait = self._wait(response, tried)
            if wait is None:
                break
            await asyncio.sleep(wait)
        return _checked(response)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _unreachable(error: httpx2.HTTPError) -> RequestFailed:
    return RequestFailed(f"The server cannot be reached: {error}. Is `briefqa serve` running there?", 0)


def _checked(response: httpx2.Response) -> httpx2.Response:
    """Give a response back, or raise what its problem document says."""
    if response.is_success:
        return response
    problem: dict[str, Any] = {}
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        problem = response.json()
    detail = str(problem.get("detail") or f"The server answered {response.status_code}.")
    name = re.sub(r"(?:\A|-)([a-z])", lambda match: match[1].upper(), str(problem.get("type", "")).rpartition(":")[2])
    known = getattr(errors, name, None)
    if isinstance(known, type) and issubclass(known, errors.BriefqaError):
        raise known(detail)
    raise RequestFailed(detail, response.status_code)
