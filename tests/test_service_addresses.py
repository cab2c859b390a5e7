"""Every address in an answer is one that the reader can open, behind a proxy or not; and files, whole or in part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from starlette.testclient import TestClient

from briefqa.embedding import HashingEmbedder
from briefqa.errors import ConfigError
from briefqa.service.addresses import Addressing, addressing
from briefqa.service.app import app_over
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from browsing import serving
from fakes import LEVEE, MemoryIndex, make_brief
from proxying import proxied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

LEVEES = make_brief(LEVEE)
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "briefs.example.org", "X-Forwarded-Prefix": "/library"}


def app_with(known: Addressing, docs_in: Path) -> FastAPI:
    live = Live(lambda: MemoryIndex([LEVEES]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    return app_over(live, docs_in=docs_in, limits=Limits(), known=known)


def url_of(client: TestClient, **headers: str) -> str:
    response = client.get("/v1/briefs", headers=headers)
    assert response.status_code == 200
    return str(response.json()["briefs"][0]["url"])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (("", "", "0.0.0.0"), f"http://testserver/briefs/{LEVEES.id}"),  # noqa: S104 - what is tested
        (("", "192.0.2.7", "0.0.0.0"), f"https://briefs.example.org/library/briefs/{LEVEES.id}"),  # noqa: S104
        (("", "10.0.0.0/8, 192.0.2.0/24", ""), f"https://briefs.example.org/library/briefs/{LEVEES.id}"),
        (("", "192.0.2.8", ""), f"http://testserver/briefs/{LEVEES.id}"),
        (("https://public.example.org/a/", "", ""), f"https://public.example.org/a/briefs/{LEVEES.id}"),
        (("https://public.example.org", "192.0.2.7", ""), f"https://public.example.org/briefs/{LEVEES.id}"),
        (
            ("https://public.example.org/library", "192.0.2.7", ""),
            f"https://public.example.org/library/briefs/{LEVEES.id}",
        ),
    ],
)
def test_addresses_begin_as_the_settings_and_trusted_proxies_say(
    settings: tuple[str, str, str], expected: str, tmp_path: Path
) -> None:
    with TestClient(app_with(addressing(*settings), tmp_path), client=("192.0.2.7", 1)) as client:
        assert url_of(client, **FORWARDED) == expected


@pytest.mark.parametrize("settings", [("briefs.example.org", ""), ("https://a.example.org/?x=1", ""), ("", "my-proxy")])
def test_settings_that_make_no_address_are_refused(settings: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"public_url|trusted_proxies"):
        addressing(*settings, "127.0.0.1")


@pytest.fixture
def behind_a_proxy(tmp_path: Path) -> Iterator[str]:
    app = app_with(addressing("", "127.0.0.1", "127.0.0.1"), tmp_path)
    with serving(app) as upstream, proxied(upstream, "/library") as address:
        yield address


def test_every_address_opens_through_a_proxy_with_a_prefix(behind_a_proxy: str) -> None:
    import json  # noqa: PLC0415 - only here

    def get(url: str) -> Any:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 - http
            return answer.read()

    notes = json.loads(get(f"{behind_a_proxy}/v1/notes"))["notes"]
    passage = notes[0]["passages"][0]["url"]
    for url in (notes[0]["url"], notes[0]["brief"]["url"], passage):
        assert url.startswith(behind_a_proxy)
        assert get(url).startswith(b"<!doctype html>")
    source = json.loads(get(f"{behind_a_proxy}/v1/sources"))["sources"][0]["url"]
    assert json.loads(get(source))["total"] == 1


@pytest.fixture
def files(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "coast").mkdir()
    (tmp_path / "coast" / "levees.pdf").write_bytes(b"%PDF-" + bytes(range(95)))
    with TestClient(app_with(Addressing(), tmp_path)) as client:
        yield client


@pytest.mark.parametrize("path", [f"/briefs/{LEVEES.id}/file", f"/v1/briefs/{LEVEES.id}/file"])
def test_a_pdf_is_shown_in_a_sandbox_whole_or_in_part(files: TestClient, path: str) -> None:
    whole = files.get(path)
    assert whole.headers["content-type"] == "application/pdf"
    assert whole.headers["content-disposition"].startswith("inline")
    assert "sandbox" in whole.headers["content-security-policy"]
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = files.get(path, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, whole.content[5:10])
    assert part.headers["content-range"] == "bytes 5-9/100"
    assert files.get(path, headers={"Range": "bytes=100-"}).status_code == 416
    assert files.get(f"{path}?download=true").headers["content-disposition"].startswith("attachment")
