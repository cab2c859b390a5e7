"""A system that serves over HTTP: its index, and then its server. Run by over_http.py, in the system's environment.

    python servers.py NAME SETTING FOLDER < texts.json   makes the index in FOLDER
    python servers.py NAME SETTING FOLDER PORT           serves it

Chroma and txtai bring servers of their own. For sentence-transformers with FAISS, `app` is what a tutorial of FastAPI
would have one write; "best" runs it in as many processes as there are cores, with a thread of torch each. briefqa's
"processes" is its setting `workers`, as many.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from systems import Bare, Briefqa, Txtai, model_folder, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = "PEERS_FOLDER"
os.environ |= {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}


def prepare(name: str, setting: str, folder: Path, texts: Sequence[tuple[str, str]]) -> None:
    """Index texts into folder, so that `serve` finds them."""
    if name == "bare":
        import faiss

        bare = Bare(best=False)
        bare.index(texts)
        faiss.write_index(bare.built, str(folder / "texts.faiss"))
        (folder / "texts.json").write_text(json.dumps(whole(texts)), encoding="utf-8")
    elif name == "chroma":
        import chromadb
        from asking import chroma_embedding

        collection = chromadb.PersistentClient(str(folder)).create_collection(
            "texts", embedding_function=chroma_embedding(), configuration={"hnsw": {"space": "cosine"}}
        )
        collection.add(ids=[str(place) for place in range(len(texts))], documents=whole(texts))
    elif name == "txtai":
        txtai = Txtai(best=setting == "best")
        txtai.index(texts)
        txtai.save(folder / "saved")
        said = [f"path: {folder / 'saved'}", "embeddings:", f"  path: {model_folder()}"]
        (folder / "config.yml").write_text("\n".join([*said, "  method: sentence-transformers"]) + "\n", "utf-8")
    else:
        briefqa = Briefqa(_precision(setting), folder)
        briefqa.index(texts)


def serve(name: str, setting: str, folder: Path, port: str) -> None:
    """Become the server of a folder."""
    address = ["--host", "127.0.0.1", "--port", port]
    tools = Path(sys.executable).parent
    if name == "bare":
        os.environ[_FOLDER] = str(folder)
        workers = os.cpu_count() or 1
        options = ["--workers", str(workers)] if setting == "best" else []
        if setting == "best":
            os.environ["OMP_NUM_THREADS"] = "1"
        command = [sys.executable, "-m", "uvicorn", "servers:app", "--factory", "--log-level", "warning", *options]
    elif name == "chroma":
        command = [str(tools / "chroma"), "run", "--path", str(folder)]
    elif name == "txtai":
        os.environ["CONFIG"] = str(folder / "config.yml")
        command = [sys.executable, "-m", "uvicorn", "txtai.api:app", "--log-level", "warning"]
    else:
        # Every question is embedded: here they are all different, and none may have been asked in a round before.
        os.environ |= {"BRIEFQA_REMEMBERED_QUESTIONS": "0", "BRIEFQA_EMBEDDING_PRECISION": _precision(setting)}
        if setting.endswith("processes"):
            os.environ["BRIEFQA_WORKERS"] = str(os.cpu_count() or 1)
        command = [sys.executable, "-m", "briefqa.cli", "serve", "--index", str(folder / "1" / "index")]
    os.chdir(Path(__file__).parent)
    os.execv(command[0], [*command, *address])  # noqa: S606 - this process is nothing else


def _precision(setting: str) -> str:
    return setting.partition(" ")[0]


def app() -> Any:
    """Make the application of sentence-transformers with FAISS."""
    import faiss
    from fastapi import FastAPI
    from pydantic import BaseModel
    from sentence_transformers import SentenceTransformer

    folder = Path(os.environ[_FOLDER])
    model = SentenceTransformer(model_folder(), device="cpu")
    index = faiss.read_index(str(folder / "texts.faiss"))
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))

    class Asked(BaseModel):
        """A question."""

        query: str
        k: int = 5

    def search(asked: Asked) -> dict[str, Any]:
        vector = model.encode([asked.query], normalize_embeddings=True)
        scores, places = index.search(vector, asked.k)
        found = zip(places[0].tolist(), scores[0].tolist(), strict=True)
        return {"hits": [{"id": place, "score": score, "text": texts[place]} for place, score in found]}

    search.__annotations__ = {"asked": Asked, "return": dict}
    served = FastAPI()
    served.post("/search")(search)
    return served


if __name__ == "__main__":
    if len(sys.argv) > 4:
        serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4])
    else:
        prepare(sys.argv[1], sys.argv[2], Path(sys.argv[3]), json.load(sys.stdin))
