"""The load benchmark in short: it runs, and what it holds the server to is held on however busy a machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_many_clients_get_answers_and_too_many_are_told_to_come_back() -> None:
    command = [
        sys.executable,
        "benchmarks/load.py",
        "--hashing",
        "--passages",
        "100",
        "--clients",
        "64",
        "--seconds",
        "6",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)

    rows = dict(re.findall(r"^\| (.+?) +\| (.+?) +\|$", done.stdout, re.MULTILINE))
    assert rows["errors"] == "0", done.stdout + done.stderr
    assert int(rows["answers"]) >= 64
    assert rows["flooded: without Retry-After, failed"] == "0, 0"
    assert "x 503" in rows["flooded: statuses"]
