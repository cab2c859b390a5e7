from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from briefqa.errors import CorruptGeneration, GenerationError
from briefqa.vector_building import check_factory, fitting_factory, write_index
from briefqa.vector_files import InContext, create_embeddings, open_embeddings, write_briefs
from briefqa.vectors import Vectors

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FACTORIES = ["Flat", "SQ8", "PQ16x4fs", "HNSW16", "IVF4,Flat", "IVF4,SQ8"]


def random_rows(count: int, dimension: int = 32) -> NDArray[np.float32]:
    rows = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def opened(folder: Path, brief_of: NDArray[np.int32]) -> Vectors:
    return Vectors.open(folder / "v.faiss", folder / "e.npy", folder / "b.npy", brief_of)


def written(
    folder: Path, rows: NDArray[np.float32], factory: str = "Flat", brief_of: NDArray[np.int32] | None = None
) -> Vectors:
    """Without brief_of each row is a brief of its own, so that it is searched as it is."""
    brief_of = np.arange(len(rows), dtype=np.int32) if brief_of is None else brief_of
    embeddings = create_embeddings(folder / "e.npy", *rows.shape)
    embeddings[:] = rows
    if isinstance(embeddings, np.memmap):
        embeddings.flush()
    briefs = write_briefs(folder / "b.npy", embeddings, brief_of)
    write_index(folder / "v.faiss", InContext(embeddings, briefs, brief_of), factory)
    return opened(folder, brief_of)


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_passage_is_found_by_its_brief_too(tmp_path: Path, factory: str) -> None:
    rows = random_rows(60)
    brief_of = np.repeat(np.arange(20, dtype=np.int32), 3)
    means = rows.reshape(20, 3, -1).mean(axis=1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    expected = (rows @ rows[7] + np.repeat(means, 3, axis=0) @ rows[7]) / 2
    vectors = written(tmp_path, rows, factory, brief_of)
    for found in (vectors.search(rows[7], 60, range(60)).each, vectors.search(rows[7], 3).each):
        assert [score for _, score in found] == pytest.approx([expected[row] for row, _ in found], abs=1e-6)
    assert [row for row, _ in found] == np.argsort(-expected)[:3].tolist()


def test_flat_search_is_exact(tmp_path: Path) -> None:
    rows = random_rows(500)
    vectors = written(tmp_path, rows)
    assert (vectors.count, vectors.dimension) == (500, 32)
    scores = rows @ rows[3]
    expected = sorted(range(500), key=lambda row: (-scores[row], row))[:10]
    found = vectors.search(rows[3], 10).each
    assert [row for row, _ in found] == expected
    assert [score for _, score in found] == pytest.approx(scores[expected], abs=1e-6)


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_filter_is_exact_in_every_index(tmp_path: Path, factory: str) -> None:
    rows = random_rows(2000)
    vectors = written(tmp_path, rows, factory)
    only = [5, 1999, 700, 42, 42]
    found = vectors.search(rows[0], 10, only).each
    scores = rows @ rows[0]
    assert [row for row, _ in found] == sorted(set(only), key=lambda row: -scores[row])
    assert vectors.search(rows[0], 2, only).each == found[:2]
    assert vectors.search(rows[0], 10, []).each == []


@pytest.mark.parametrize("factory", ["Flat", "IVF4,Flat"])
def test_ties_come_in_the_order_of_rows_also_where_k_cuts_them(tmp_path: Path, factory: str) -> None:
    rows = random_rows(300)
    rows[50:120] = rows[200]
    vectors = written(tmp_path, rows, factory)
    tied = [*range(50, 120), 200]
    for k in (1, 5, 71):
        assert [row for row, _ in vectors.search(rows[200], k).each] == tied[:k]
        assert [row for row, _ in vectors.search(rows[200], k, range(50, 300)).each] == tied[:k]


@pytest.mark.parametrize("factory", [*FACTORIES, "IVF4096,Flat", "IVF8,PQ8"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_index_of_few_rows_works_whatever_its_factory(tmp_path: Path, factory: str, count: int) -> None:
    rows = random_rows(count)
    vectors = written(tmp_path, rows, factory)
    query = random_rows(4)[0]
    assert sorted(row for row, _ in vectors.search(query, 10).each) == list(range(count))


@pytest.mark.parametrize("factory", ["SQ8", "PQ16x4fs", "IVF64,SQ8", "HNSW32"])
def test_a_filter_that_leaves_many_rows_finds_as_much_as_none(tmp_path: Path, factory: str) -> None:
    rows = random_rows(10_000)
    vectors = written(tmp_path, rows, factory)
    only = np.arange(0, 10_000, 2)
    found = 0
    for query in random_rows(20):
        exact = set(only[np.argsort(-(rows[only] @ query))[:10]].tolist())
        got = [row for row, _ in vectors.search(query, 10, only).each]
        assert not any(row % 2 for row in got)
        found += len(exact.intersection(got))
    assert found >= 0.95 * 200


@pytest.mark.parametrize("factory", ["HNSW32", "IVF64,Flat"])
def test_an_approximate_index_finds_nearly_all(tmp_path: Path, factory: str) -> None:
    rows = random_rows(4000)
    vectors = written(tmp_path, rows, factory)
    found = recall = 0
    for query in random_rows(40):
        exact = set(np.argsort(-(rows @ query))[:10].tolist())
        recall += len(exact & {row for row, _ in vectors.search(query, 10).each})
        found += 10
    assert recall / found > 0.9


def test_the_factory_that_fits_is_exact_for_few_and_makes_lists_for_many() -> None:
    assert [fitting_factory(count, 384) for count in (0, 2500, 25_000, 500_000, 1_000_000)] == [
        "Flat",
        "Flat",
        "PQ192x4fs",
        "PQ192x4fs",
        "IVF4096,SQ8",
    ]
    assert fitting_factory(25_000, 385) == "SQ8"


@pytest.mark.parametrize("factory", ["IVF64,SQ8", "PQ16x4fs"])
def test_coarse_rows_find_nearly_all_that_questions_beside_them_ask_for(tmp_path: Path, factory: str) -> None:
    rng = np.random.default_rng(11)
    centres = rng.normal(size=(40, 32))
    rows = (centres[rng.integers(40, size=6000)] + 0.8 * rng.normal(size=(6000, 32))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = written(tmp_path, rows, factory)
    found = 0
    for query in rows[rng.integers(6000, size=50)] + 0.1 * rng.normal(size=(50, 32)).astype(np.float32):
        exact = np.argsort(-(rows @ query))[:10]
        got = vectors.search(query, 10).each
        found += len(set(exact.tolist()) & {row for row, _ in got})
        assert [score for _, score in got] == pytest.approx([float(rows[row] @ query) for row, _ in got], abs=1e-5)
    assert found / 500 >= 0.98


@pytest.mark.parametrize("factory", ["", "Nonsense", "IVFx,Flat"])
def test_a_factory_string_that_faiss_does_not_understand_is_told(factory: str) -> None:
    with pytest.raises(GenerationError, match='use "auto"'):
        check_factory(factory, 32)


@pytest.mark.parametrize("name", ["v.faiss", "e.npy", "b.npy"])
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "random", "text", "swapped", "other"])
def test_damage_is_told_with_the_file_and_the_remedy(tmp_path: Path, name: str, damage: str) -> None:
    written(tmp_path, random_rows(100))
    file, other = tmp_path / name, tmp_path / ("e.npy" if name == "v.faiss" else "v.faiss")
    content = file.read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "other":
        (tmp_path / "few").mkdir()
        written(tmp_path / "few", random_rows(5))
        file.write_bytes((tmp_path / "few" / name).read_bytes())
    else:
        noise = np.random.default_rng(3).bytes(len(content))
        file.write_bytes(
            {
                "empty": b"",
                "half": content[: len(content) // 2],
                "random": noise,
                "text": b"x",
                "swapped": other.read_bytes(),
            }[damage]
        )
    with pytest.raises(CorruptGeneration, match=r"(v\.faiss|e\.npy|b\.npy).*briefqa reindex"):
        opened(tmp_path, np.arange(100, dtype=np.int32))


def test_embeddings_of_another_shape_or_type_are_refused(tmp_path: Path) -> None:
    for array in (np.zeros(4, dtype=np.float32), np.zeros((2, 2))):
        np.save(tmp_path / "e.npy", array)
        with pytest.raises(CorruptGeneration, match="does not hold vectors"):
            open_embeddings(tmp_path / "e.npy")


@pytest.mark.parametrize("row", [-1, 40])
def test_a_row_that_there_is_not_is_an_error_and_no_reading_beyond_the_file(tmp_path: Path, row: int) -> None:
    rows = random_rows(40)
    vectors = written(tmp_path, rows, "Flat")

    with pytest.raises(IndexError):
        vectors.scores(rows[0], np.array([0, row]))
