"""The clients of a server, threads of one process: a JSON object a line in, one out. Run by over_http.py.

Each client keeps its connection open while it asks. Chroma's clients embed the questions themselves, by its own
library: its server holds vectors only. All others send words, and run by Python's own HTTP client.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[str], None]

_HITS = 5


def chroma_embedding() -> Any:
    """Load the model as Chroma does."""
    from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
    from systems import model_folder

    return SentenceTransformerEmbeddingFunction(model_name=model_folder(), device="cpu")


def of_chroma(port: int) -> Callable[[], Ask]:
    """Return what makes clients of Chroma's server, which share the model."""
    import chromadb

    embedding = chroma_embedding()

    def client() -> Ask:
        collection = chromadb.HttpClient("127.0.0.1", port).get_collection("texts", embedding_function=embedding)

        def ask(question: str) -> None:
            found = collection.query(query_texts=[question], n_results=_HITS)
            assert len(found["ids"][0]) == _HITS

        return ask

    return client


def of_http(name: str, port: int) -> Callable[[], Ask]:
    """Return what makes clients of a server that takes words."""

    def client() -> Ask:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

        def ask(question: str) -> None:
            if name == "txtai":
                connection.request("GET", f"/search?query={quote(question)}&limit={_HITS}")
            else:
                path = "/search" if name == "bare" else "/v1/search"
                body = json.dumps({"query": question, "k": _HITS})
                connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            said = json.loads(response.read())
            assert response.status == http.client.OK, said
            assert said if name == "txtai" else said["hits"], said

        return ask

    return client


def main() -> None:
    """Ask until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    name, port = sys.argv[1], int(sys.argv[2])
    make = of_chroma(port) if name == "chroma" else of_http(name, port)
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        clients = [make() for _ in range(asked["clients"])]  # servers close connections that are idle for seconds

        def part(number: int, asked: dict[str, Any] = asked, clients: list[Ask] = clients) -> list[float]:
            taken = []
            for question in asked["questions"][number :: asked["clients"]]:
                started = time.perf_counter()
                clients[number](question)
                taken.append(1000 * (time.perf_counter() - started))
            return taken

        started = time.perf_counter()
        with ThreadPoolExecutor(asked["clients"]) as pool:
            taken = [each for of_client in pool.map(part, range(asked["clients"])) for each in of_client]
        print(json.dumps({"ms": taken, "seconds": time.perf_counter() - started}), file=answers, flush=True)


if __name__ == "__main__":
    main()
