"""Reindexing on a Ray cluster of two nodes: the same index as from this machine alone, whatever is lost on the way."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from inspect import signature
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from briefqa.cli.settings import embedding
from briefqa.cluster import Recipe
from briefqa.config import Config
from briefqa.embedding import load_embedder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
BRIEFS = sorted((ROOT / "tests/briefs/pdf").glob("*.pdf"))
TOML = 'model = "hashing"\ndocs_in = "docs_in"\nindex = "index"\nmax_file_mb = 1\n'


class Nodes:
    """A cluster whose head does no work. lose: kills a node at once, as a machine that loses its power."""

    def __init__(self, folder: str, workers: int) -> None:
        from ray.cluster_utils import Cluster  # noqa: PLC0415 - a second

        small: dict[str, Any] = {"object_store_memory": 80_000_000, "include_dashboard": False}
        self._cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "temp_dir": folder, **small})
        self._nodes = [self._cluster.add_node(num_cpus=1, **small) for _ in range(workers)]
        self.address: str = self._cluster.address

    def lose(self) -> None:
        self._cluster.remove_node(self._nodes.pop(), allow_graceful=False)

    def close(self) -> None:
        self._cluster.shutdown()  # type: ignore[no-untyped-call]


@contextmanager
def cluster(workers: int) -> Iterator[Nodes]:
    # The names of sockets have to be short.
    with (
        tempfile.TemporaryDirectory(prefix="bq-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Where Ray writes the cluster's address: it makes that folder only where it is told of no other.
        patch.setenv("RAY_TMPDIR", folder)
        (Path(folder) / "ray").mkdir()
        nodes = Nodes(folder, workers)
        try:
            yield nodes
        finally:
            nodes.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "docs_in").mkdir()
    (tmp_path / "briefqa.toml").write_text(TOML, encoding="utf-8")
    for file in BRIEFS[:40]:
        shutil.copy(file, tmp_path / "docs_in")
    (tmp_path / "docs_in/broken.pdf").write_bytes(b"%PDF-1.7\nnothing of it is left")
    (tmp_path / "docs_in/empty.txt").write_bytes(b"")
    (tmp_path / "docs_in/large.txt").write_bytes(b"word " * 300_000)
    return tmp_path


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `briefqa reindex`; at the end none of them is left."""
    with ExitStack() as started:

        def begin(*words: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "briefqa.cli", "reindex", "--json", *words]
            process = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield begin


def report(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, complained = process.communicate(timeout=300)
    assert process.returncode == 3, complained  # three files cannot be read
    return json.loads(said)  # type: ignore[no-any-return]


def until_read(stderr: IO[str] | None, files: int) -> None:
    assert stderr
    for line in stderr:
        event = json.loads(line)
        if event.get("step") == "read" and event["done"] >= files:
            return
    pytest.fail("it ended before that")


def same(one: Path, other: Path) -> None:
    command = "import sys, pathlib, sameness; sameness.assert_same(*map(pathlib.Path, sys.argv[1:]))"
    subprocess.run([sys.executable, "-c", command, one, other], cwd=ROOT / "benchmarks", check=True)


def test_cluster_makes_the_same_index_though_a_node_and_the_leading_process_die(
    home: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    here = report(start("--index", "here"))
    with cluster(workers=2) as nodes:
        first = start("--ray", nodes.address)
        until_read(first.stderr, 8)
        first.send_signal(signal.SIGKILL)
        first.wait()
        second = start("--ray", nodes.address)
        until_read(second.stderr, 12)
        nodes.lose()
        there = report(second)
    for name in ("added", "briefs", "passages", "notes", "marks", "failed", "paths"):
        assert there[name] == here[name]
    same(home / "here", home / "index")


def test_nodes_load_the_model_by_all_that_decides_over_its_vectors() -> None:
    settings = embedding(Config(model="hashing", query_prompt="q: ", passage_prompt="p: ", embedding_precision="int8"))
    assert asdict(Recipe(**settings)) == settings
    assert settings.keys() == signature(load_embedder).parameters.keys() - {"converted", "threads", "many"}


def test_cluster_that_is_not_there_is_named(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start("--ray", "127.0.0.1:9")
    _, complained = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "127.0.0.1:9 cannot be reached" in complained


def test_cluster_without_cores_is_refused(start: Callable[..., subprocess.Popen[str]]) -> None:
    with cluster(workers=0) as nodes:
        process = start("--ray", nodes.address)
        _, complained = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "has no node with a core" in complained
