"""The short forms of the harnesses that end, repeat and swap reindexes; their long forms are run by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.mark.parametrize(
    ("harness", "arguments", "told"),
    [
        ("crashes.py", "--kills 8 --every 7 --briefs 20", "nothing broken, lost or doubled"),
        ("full_disk.py", "--every 7 --sizes 2", "nothing broken, lost or doubled"),
        ("rounds.py", "--briefs 60 --changes 15 --rounds 3", "all equal"),
        ("swap.py", "--publishes 3 --clients 4 --workers 2", "failed     0"),
    ],
)
def test_what_a_night_may_bring_does_no_harm(harness: str, arguments: str, told: str) -> None:
    command = [sys.executable, str(BENCHMARKS / harness), *arguments.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    if done.stdout.startswith("skipped"):
        pytest.skip(done.stdout)
    assert told in done.stdout
