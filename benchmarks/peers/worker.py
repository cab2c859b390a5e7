"""One system in a process of its own: a JSON object a line in, one out. Run by compare.py, in its environment."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

from systems import system

# No hub is asked for anything; the weights are in a package.
os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true", "ANONYMIZED_TELEMETRY": "False"}
os.environ |= {"HAYSTACK_TELEMETRY_ENABLED": "False"}


def main() -> None:
    """Answer until the input ends. What libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    started = time.perf_counter()
    used = system(sys.argv[1], sys.argv[2])
    print(json.dumps({"seconds": time.perf_counter() - started}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "texts" in asked:
            started, cpu = time.perf_counter(), time.process_time()
            used.index(asked["texts"])
            answer: dict[str, object] = {
                "seconds": time.perf_counter() - started,
                "cpu": time.process_time() - cpu,
            }
        else:
            taken, found, cpu = [], [], time.process_time()
            for question in asked["questions"]:
                started = time.perf_counter()
                found.append(used.search(question, asked["k"]))
                taken.append(1000 * (time.perf_counter() - started))
            answer = {"ms": taken, "found": found, "cpu": time.process_time() - cpu}
        status = Path("/proc/self/status").read_text(encoding="ascii")
        answer |= {name: int(re.findall(rf"{name}:\s+(\d+)", status)[0]) / 1024 for name in ("VmRSS", "VmHWM")}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
