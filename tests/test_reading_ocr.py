from __future__ import annotations

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from briefqa.errors import NoTextLayer, ReadingTimeout
from briefqa.ingest import ingest
from briefqa.reading.isolated import Isolated, Limits
from briefqa.reading.ocr import Ocr

SAMPLES = Path(__file__).parent.parent / "docs_in" / "samples"
ENGLISH = Ocr("eng", 120)

take = partial(ingest, max_bytes=10_000_000, max_pages=10, max_chars=100_000)
needs_tools = pytest.mark.skipif(
    not (shutil.which("ocrmypdf") and shutil.which("gs")) and os.environ.get("BRIEFQA_REQUIRE_OCR") != "1",
    reason="needs ocrmypdf and gs",
)


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two pages of a sample, as a scanner would give them."""
    file = tmp_path_factory.mktemp("scans") / "scan.pdf"
    sample = SAMPLES / "school-meals.pdf"
    command = ["gs", "-q", "-sDEVICE=pdfimage8", "-r200", "-dLastPage=2", "-o", str(file), str(sample)]
    subprocess.run(command, check=True)
    return file


@needs_tools
def test_a_scan_is_refused_with_a_word_on_what_to_do(scan: Path) -> None:
    with pytest.raises(NoTextLayer, match="set ocr"):
        take(scan, "scan.pdf", "id")


@needs_tools
def test_a_scan_is_recognized_though_it_takes_longer_than_a_file_may(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Isolated(partial(take, ocr=ENGLISH), Limits(3, 2_000_000_000), extra_seconds=ENGLISH.seconds) as isolated:
        taken = isolated.one("scan.pdf", scan, "scan.pdf", "id")
    assert taken.read > 3
    assert "every pupil in three of Kestrel County’s eleven school districts" in taken.brief.body.replace("'", "’")
    assert len(taken.brief.pages) == 2
    assert list(tmp_path.iterdir()) == []


@needs_tools
def test_recognizing_that_takes_too_long_or_fails_is_told(scan: Path) -> None:
    with pytest.raises(ReadingTimeout, match=r"ocr_seconds = 0\.1 allows"):
        take(scan, "scan.pdf", "id", ocr=Ocr("eng", 0.1))
    with pytest.raises(NoTextLayer, match=r"ocrmypdf fails on it: .*xyz"):
        take(scan, "scan.pdf", "id", ocr=Ocr("xyz", 60))


@needs_tools
def test_a_missing_tool_is_named(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoTextLayer, match="install it"):
        take(scan, "scan.pdf", "id", ocr=ENGLISH)


def test_a_file_with_text_is_not_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "Kestrel" in take(SAMPLES / "school-meals.pdf", "a.pdf", "id", ocr=ENGLISH).brief.body
