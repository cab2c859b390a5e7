"""What searching and serving import, as `-X importtime` tells: a process that starts cold has no time for more.

How long imports take depends on the machine, how many there are does not: their number is held, and what is known to be
slow is kept out. benchmarks/bench_start.py measures the time.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from briefqa.embedding import PACKAGED_MODEL, embedder_key, load_embedder
from briefqa.reindex import reindex

if TYPE_CHECKING:
    from pathlib import Path

# Slow, and not needed: what loads models and reads files, what counts, and what asks language models.
SLOW = {
    "bm25s", "cryptography", "fontTools", "huggingface_hub", "ir_measures", "langchain_text_splitters", "lxml",
    "matplotlib", "mcp", "numba", "onnx", "onnxscript", "openai", "pandas", "pyarrow", "pypdf", "pypdfium2", "scipy",
    "sentence_transformers", "sklearn", "sympy", "torch", "transformers",
}  # fmt: skip
OF_THE_SERVER = {"fastapi", "httpx2", "jinja2", "limits", "prometheus_client", "pydantic", "starlette", "uvicorn"}
# A tenth more than was counted: 351 and 897.
MOST_MODULES = {"search": 386, "serve": 987}
PATIENCE = 120


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, packaged_models: Path) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "docs_in").mkdir()
    (home / "docs_in" / "levees.txt").write_text("Levees\n\nThe water board pays for the levees.\n", encoding="utf-8")
    reindex(
        home / "docs_in", home / "index", load=lambda: load_embedder(PACKAGED_MODEL, converted=packaged_models),
        embedder_key=embedder_key(PACKAGED_MODEL), passage_tokens=200, faiss_factory="auto", keep=1,
        max_bytes=10**6, max_pages=10, limits=None,
    )  # fmt: skip
    (home / "index" / "models").symlink_to(packaged_models)
    return home / "index"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-X", "importtime", "-m", "briefqa.cli", *arguments]


def imported(told: str) -> set[str]:
    return set(re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", told, re.MULTILINE))


def assert_light(modules: set[str], forbidden: set[str], most: int) -> None:
    assert {"briefqa.search.searcher", "onnxruntime", "faiss"} <= modules
    assert not forbidden & {module.partition(".")[0] for module in modules}
    assert len(modules) <= most


@pytest.mark.model
def test_a_search_imports_no_more_than_it_needs(index: Path) -> None:
    done = subprocess.run(
        command("search", "Who pays?", "--index", str(index)), capture_output=True, text=True, check=True
    )
    assert "levees" in done.stdout
    assert_light(imported(done.stderr), SLOW | OF_THE_SERVER, MOST_MODULES["search"])


@pytest.mark.model
def test_serving_imports_no_more_than_it_needs(index: Path, tmp_path: Path) -> None:
    with (
        (tmp_path / "told").open("w+", encoding="utf-8") as told,
        subprocess.Popen(
            command("serve", "--index", str(index), "--port", "0"), stdout=subprocess.PIPE, stderr=told, text=True,
            env=os.environ | {"BRIEFQA_LOG_FORMAT": "json"},
        ) as server,
    ):  # fmt: skip
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline() if server.stdout else "")
            assert found
            until = time.monotonic() + PATIENCE
            while httpx2.get(f"{found[0]}/readyz").status_code != httpx2.codes.OK and time.monotonic() < until:
                time.sleep(0.1)
            answer = httpx2.post(f"{found[0]}/v1/search", json={"query": "Who pays?"}, timeout=PATIENCE)
            assert "levees" in answer.text
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE)
        told.seek(0)
        assert_light(imported(told.read()), SLOW, MOST_MODULES["serve"])
