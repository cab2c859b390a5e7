from __future__ import annotations

import hashlib
import shutil
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from briefqa.embedding import HashingEmbedder
from briefqa.errors import ReadingError
from briefqa.reading.isolated import Limits
from briefqa.service.app import app_over
from briefqa.service.limits import Limits as Asked
from briefqa.service.live import Live
from briefqa.service.web.pictures import Pictures
from fakes import MemoryIndex, make_brief

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path(__file__).parent.parent / "docs_in" / "samples" / "school-meals.pdf"


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    drawn = Pictures(most_kept=150_000)
    yield drawn
    drawn.close()


def key_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def test_a_page_is_drawn_once_and_kept(pictures: Pictures, tmp_path: Path) -> None:
    file = tmp_path / "brief.pdf"
    shutil.copy(SAMPLE, file)
    brief_id = key_of(file)
    first = pictures.page(file, brief_id, 1)
    width, height = struct.unpack(">II", first[16:24])

    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    assert width > 1000
    assert height / width == pytest.approx(841.89 / 595.28, abs=0.01)
    file.unlink()
    assert pictures.page(file, brief_id, 1) is first


def test_only_so_many_bytes_are_kept(pictures: Pictures, tmp_path: Path) -> None:
    file = tmp_path / "brief.pdf"
    shutil.copy(SAMPLE, file)
    brief_id = key_of(file)
    assert len(pictures.page(file, brief_id, 1)) + len(pictures.page(file, brief_id, 2)) > 150_000
    file.unlink()

    with pytest.raises(ReadingError):
        pictures.page(file, brief_id, 1)
    assert pictures.page(file, brief_id, 2)


def test_a_file_that_has_changed_is_not_shown_as_the_brief(pictures: Pictures, tmp_path: Path) -> None:
    file = tmp_path / "brief.pdf"
    shutil.copy(SAMPLE, file)
    with pytest.raises(ReadingError, match="changed"):
        pictures.page(file, "0" * 16, 1)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 nothing", SAMPLE.read_bytes()[:3000]])
def test_what_cannot_be_drawn_says_so(pictures: Pictures, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.pdf"
    file.write_bytes(content)
    with pytest.raises(ReadingError, match="cannot be drawn"):
        pictures.page(file, key_of(file), 1)


def test_drawing_keeps_to_its_limits_and_goes_on_with_the_next(tmp_path: Path) -> None:
    file = tmp_path / "brief.pdf"
    shutil.copy(SAMPLE, file)
    pictures = Pictures(Limits(seconds=0.001, memory=2_000_000_000))
    try:
        for _ in range(2):
            with pytest.raises(ReadingError):
                pictures.page(file, key_of(file), 1)
    finally:
        pictures.close()


def test_pictures_are_served_for_pages_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "coast").mkdir()
    file = tmp_path / "coast" / "levees.pdf"
    shutil.copy(SAMPLE, file)
    brief = make_brief("Levees hold. Some do.")
    live = Live(lambda: MemoryIndex([brief]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    with TestClient(app_over(live, docs_in=tmp_path, limits=Asked())) as client:
        assert client.get(f"/briefs/{brief.id}/pages/7.png").status_code == 404
        assert client.get("/briefs/none/pages/1.png").status_code == 404
        refused = client.get(f"/briefs/{brief.id}/pages/1.png")  # the fake's id is not that of the file's content
        assert refused.status_code == 422
        assert "has changed" in refused.text
