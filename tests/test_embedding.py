from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from briefqa.briefs import Brief, PageSpan
from briefqa.embedding import HASHING_MODEL, PACKAGED_MODEL, Embedder, HashingEmbedder, embedder_key, load_embedder
from briefqa.errors import EmbeddingError
from briefqa.passages import embedded_text, split

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["Water tariffs rose.", "School meals are free.", "The tariff of water", "", "\ud800 水"]

# Runs in a process of its own, in which any attempt to reach a network ends it.
OFFLINE = """
import sys
def refuse(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo"}:
        raise SystemExit(f"tried to reach {arguments}")
sys.addaudithook(refuse)
from briefqa.embedding import load_embedder
vector = load_embedder("all-MiniLM-L6-v2").embed_query("Who pays for the levees?")
print(vector.shape[0])
"""


@pytest.fixture(scope="module")
def packaged() -> Embedder:
    return load_embedder(PACKAGED_MODEL)


def test_hashing_vectors_are_of_unit_length_and_near_where_words_are_shared() -> None:
    embedder = load_embedder(HASHING_MODEL)
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (5, embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    scores = vectors @ embedder.embed_query("water tariff")
    assert int(scores.argmax()) == 2
    assert scores[0] > scores[1]


def test_hashing_is_the_same_in_every_process() -> None:
    code = "from briefqa.embedding import *; print(HashingEmbedder().embed_query('Who pays?').tobytes().hex())"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert outputs == {HashingEmbedder().embed_query("Who pays?").tobytes().hex()}


def test_hashing_counts_long_words_as_several_tokens() -> None:
    assert HashingEmbedder().count_tokens(["", "one two.", "x" * 80]) == [2, 5, 12]


def test_no_texts_give_no_vectors() -> None:
    assert HashingEmbedder().embed_passages([]).shape == (0, HashingEmbedder.dimension)


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/model", "~/nowhere", "a/b/c"])
def test_a_folder_that_is_not_there_is_told_without_a_search_on_the_hub(name: str) -> None:
    with pytest.raises(EmbeddingError, match="check the setting `model`"):
        load_embedder(name)


def test_the_key_tells_models_prompts_and_folders_apart(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("one")
    keys = [
        embedder_key(PACKAGED_MODEL),
        embedder_key(HASHING_MODEL),
        embedder_key(PACKAGED_MODEL, passage_prompt="passage: "),
        embedder_key(str(tmp_path)),
    ]
    (tmp_path / "weights").write_text("another")
    keys.append(embedder_key(str(tmp_path)))
    assert len(set(keys)) == len(keys)
    assert embedder_key(PACKAGED_MODEL) == keys[0]


def test_importing_the_module_does_not_import_torch() -> None:
    code = "import sys, briefqa.embedding; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.model
def test_the_packaged_model_makes_unit_vectors_near_where_the_meaning_is(packaged: Embedder) -> None:
    vectors = packaged.embed_passages(TEXTS)
    assert vectors.shape == (5, 384)
    assert packaged.dimension == 384
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    scores = vectors @ packaged.embed_query("What do children eat for lunch?")
    assert int(scores.argmax()) == 1


@pytest.mark.model
def test_the_packaged_model_sees_its_whole_window_and_no_more(packaged: Embedder) -> None:
    assert packaged.window == 256
    assert packaged.count_tokens(["", "water", "water " * 300]) == [2, 3, 302]
    filling = "water " * 240
    middle, end, beyond, plain = packaged.embed_passages(
        ["water " * 200 + "zebra " * 40, filling + "zebra " * 14, "water " * 254 + "zebra " * 14, "water " * 254]
    )
    assert middle @ plain < 0.99
    assert end @ plain < 0.999
    assert beyond @ plain > 0.99999


@pytest.mark.model
def test_a_vector_does_not_depend_on_the_batch(packaged: Embedder) -> None:
    texts = [f"{'water ' * n}tariff {n}" for n in range(0, 40, 4)]
    together = packaged.embed_passages(texts)
    alone = np.stack([packaged.embed_passages([text])[0] for text in texts])
    assert np.abs(together - alone).max() < 1e-5


@pytest.mark.model
@pytest.mark.parametrize(
    "unit", ["x" * 5000, "第一条水は公共のものである", "😀", "don't", "a-b/c.", "e\u0301\u200b ", "\ud800 "]
)
def test_passages_of_any_text_fit_the_window_of_the_packaged_model(packaged: Embedder, unit: str) -> None:
    body = unit * (5000 // len(unit))
    brief = Brief("b", "b.txt", "A title of some words " * 30, body, (PageSpan(1, "1", 0, len(body)),))
    passages = split(brief, packaged.count_tokens, max_tokens=10_000, window=packaged.window)
    assert "".join("".join(passage.text.split()) for passage in passages) == "".join(body.split())
    counts = packaged.count_tokens([embedded_text(passage) for passage in passages])
    assert max(counts) <= packaged.window


@pytest.mark.model
def test_many_threads_may_ask_at_once(packaged: Embedder) -> None:
    questions = [f"Who pays for levee {n}?" for n in range(8)]
    expected = [packaged.embed_query(question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        counts = pool.map(packaged.count_tokens, [[question] * 20 for question in questions])
        found = list(pool.map(packaged.embed_query, questions))
        assert all(len(count) == 20 for count in counts)
    assert np.abs(np.stack(found) - np.stack(expected)).max() < 1e-5


@pytest.mark.model
def test_prompts_are_put_before_texts_and_decide_the_fingerprint(packaged: Embedder) -> None:
    prompted = load_embedder(PACKAGED_MODEL, query_prompt="question: ", passage_prompt="passage: ")
    assert prompted.fingerprint != packaged.fingerprint
    assert load_embedder(PACKAGED_MODEL, query_prompt="question: ").fingerprint == packaged.fingerprint
    assert prompted.count_tokens(["water"]) == packaged.count_tokens(["passage: water"])
    expected = packaged.embed_passages(["passage: water", "question: water"])
    assert np.allclose(prompted.embed_passages(["water"])[0], expected[0], atol=1e-5)
    assert np.allclose(prompted.embed_query("water"), expected[1], atol=1e-5)


@pytest.mark.model
def test_the_packaged_model_is_loaded_without_a_network() -> None:
    done = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("384\n", "")


@pytest.mark.model
def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EmbeddingError, match="sentence-transformers model"):
        load_embedder(str(tmp_path))
