from __future__ import annotations

import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists

from briefqa.embedding import PACKAGED_MODEL, Embedder, embedder_key, load_embedder
from briefqa.embedding.converted import ConvertedEmbedder, _batches
from briefqa.embedding.sentence import SentenceEmbedder
from briefqa.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Callable

# A process that may import neither torch nor transformers, which take seconds.
WITHOUT_TORCH = """
import sys
from pathlib import Path
sys.modules["torch"] = sys.modules["transformers"] = sys.modules["sentence_transformers"] = None
from briefqa.embedding import load_embedder
embedder = load_embedder(sys.argv[1], converted=Path(sys.argv[2]))
print(embedder.fingerprint, embedder.embed_query("Who pays for the levees?")[:4].round(4).tolist())
"""
WORDS = "the a of levee tariff water school meal board report pays rose fell by percent who what".split()
SAMPLES = Path(__file__).parents[1] / "docs_in" / "samples"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of other habits than the packaged one: the first token's vector, a layer after it, prompts of its own."""
    import torch  # noqa: PLC0415 - seconds
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - the same
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer  # noqa: PLC0415
    from transformers import BertConfig, BertModel, BertTokenizer  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("tiny")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", *WORDS, *"0123456789?.,"]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    layers = [
        Transformer(str(folder), max_seq_length=48),
        Pooling(32, pooling_mode="cls"),
        Dense(32, 16, activation_function=torch.nn.Tanh()),
    ]
    prompts = {"query": "who : ", "document": "what : "}
    made = tmp_path_factory.mktemp("made")
    SentenceTransformer(modules=layers, prompts=prompts, device="cpu").save(str(made))
    return made


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index") / "models"


def both(model: str, models: Path) -> tuple[Embedder, Embedder]:
    plain, converted = load_embedder(model), load_embedder(model, converted=models)
    assert isinstance(plain, SentenceEmbedder)
    assert isinstance(converted, ConvertedEmbedder)
    return plain, converted


def assert_equal(one: Embedder, other: Embedder, texts: list[str]) -> None:
    assert (one.fingerprint, one.window, one.dimension) == (other.fingerprint, other.window, other.dimension)
    assert one.count_tokens(texts) == other.count_tokens(texts)
    cosines = (one.embed_passages(texts) * other.embed_passages(texts)).sum(axis=1)
    assert cosines.min() >= 0.9999
    assert np.abs(one.embed_query(texts[0]) - other.embed_query(texts[0])).max() < 1e-4


@pytest.mark.model
def test_any_layers_and_prompts_are_converted(tiny: Path, models: Path) -> None:
    texts = ["the tariff rose", "", "levee " * 100, "water fell by 31 percent.", "zebra", " who\tpays\n? "]
    assert_equal(*both(str(tiny), models), texts)
    plain, found = (
        load_embedder(str(tiny), query_prompt="water ", passage_prompt="school ", converted=folder)
        for folder in (None, models)
    )
    assert_equal(plain, found, texts)
    assert plain.fingerprint != load_embedder(str(tiny), converted=models).fingerprint


@pytest.mark.model
def test_a_converted_model_needs_no_torch(tiny: Path, models: Path) -> None:
    expected = load_embedder(str(tiny), converted=models)
    command = [sys.executable, "-c", WITHOUT_TORCH, str(tiny), str(models)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    fingerprint, _, vector = done.stdout.partition(" ")
    assert fingerprint == expected.fingerprint
    assert np.allclose(json.loads(vector), expected.embed_query("Who pays for the levees?")[:4], atol=1e-3)


@pytest.mark.model
def test_no_texts_give_no_vectors(tiny: Path, models: Path) -> None:
    assert load_embedder(str(tiny), converted=models).embed_passages([]).shape == (0, 16)


@pytest.mark.model
def test_a_changed_model_is_converted_anew(tiny: Path, models: Path) -> None:
    load_embedder(str(tiny), converted=models)
    before = embedder_key(str(tiny))
    (tiny / "README.md").write_text("Another one.")
    assert embedder_key(str(tiny)) != before
    load_embedder(str(tiny), converted=models)
    assert {before, embedder_key(str(tiny))} <= {folder.name for folder in models.iterdir()}


def cut(graph: Path) -> None:
    graph.write_bytes(graph.read_bytes()[:-1])


def later(graph: Path) -> None:
    record = graph.with_name("embedder.json")
    record.write_text(record.read_text().replace('"format": 1', '"format": 2'))


@pytest.mark.model
@pytest.mark.parametrize("spoil", [cut, later, Path.unlink])
def test_a_spoilt_conversion_costs_time_only(
    spoil: Callable[[Path], None], tiny: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = load_embedder(str(tiny), converted=tmp_path)
    spoil(tmp_path / embedder_key(str(tiny)) / "model.onnx")
    with caplog.at_level(logging.WARNING):
        found = load_embedder(str(tiny), converted=tmp_path)
    assert isinstance(found, SentenceEmbedder)
    assert found.fingerprint == good.fingerprint
    assert "remove the folder" in caplog.text


@pytest.mark.model
def test_a_folder_that_cannot_be_written_costs_time_only(
    tiny: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "models").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        found = load_embedder(str(tiny), converted=tmp_path / "models")
    assert isinstance(found, SentenceEmbedder)
    assert "computed by torch" in caplog.text


@pytest.mark.model
def test_the_packaged_model_gives_the_same_vectors_for_a_thousand_texts(packaged_models: Path) -> None:
    plain, found = both(PACKAGED_MODEL, packaged_models)
    words = (SAMPLES / "groundwater-metering.txt").read_text(encoding="utf-8").split()
    sizes = [3, 7, 12, 20, 33]
    texts = [" ".join(words[at % 900 : at % 900 + sizes[at % 5]]) for at in range(0, 7000, 7)]
    texts[:6] = ["", "\ud800 水", "第一条 水は公共のものである", " ".join(words[:400]), "😀", "e\u0301\u200b "]
    assert len(texts) == 1000
    assert_equal(plain, found, texts)


@pytest.mark.model
def test_many_threads_may_compute_at_once(packaged_models: Path) -> None:
    found = load_embedder(PACKAGED_MODEL, converted=packaged_models)
    questions = [f"Who pays for levee {n}?" for n in range(16)]
    expected = [found.embed_query(question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert np.abs(np.stack(list(pool.map(found.embed_query, questions))) - np.stack(expected)).max() < 1e-5


@given(lists(integers(1, 600), max_size=80))
def test_texts_are_put_together_where_little_is_padded(lengths: list[int]) -> None:
    batches = list(_batches(lengths))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        own = [lengths[row] for row in batch]
        padded = len(own) * max(own)
        assert len(own) == 1 or (padded <= 512 and padded <= 1.25 * sum(own))


@pytest.mark.model
def test_batches_side_by_side_give_the_same_vectors(packaged_models: Path) -> None:
    words = (SAMPLES / "groundwater-metering.txt").read_text(encoding="utf-8").split()
    texts = [" ".join(words[at : at + 10 + at % 150]) for at in range(0, 600, 20)]
    expected = load_embedder(PACKAGED_MODEL, converted=packaged_models).embed_passages(texts)
    for threads in (1, 3):
        found = load_embedder(PACKAGED_MODEL, converted=packaged_models, threads=threads, many=True)
        assert np.abs(found.embed_passages(texts) - expected).max() < 1e-5


@pytest.mark.model
def test_eight_bit_integers_are_near_and_have_a_name_of_their_own(tiny: Path, models: Path) -> None:
    texts = ["the tariff rose", "", "levee " * 100, "water fell by 31 percent.", "zebra", " who\tpays\n? "]
    whole = load_embedder(str(tiny), converted=models)
    rounded = load_embedder(str(tiny), precision="int8", converted=models)
    assert rounded.fingerprint != whole.fingerprint
    assert (
        embedder_key(str(tiny), precision="int8")
        != embedder_key(str(tiny))
        == embedder_key(str(tiny), precision="fp32")
    )
    assert rounded.count_tokens(texts) == whole.count_tokens(texts)
    vectors = rounded.embed_passages(texts)
    assert 0.95 < (vectors * whole.embed_passages(texts)).sum(axis=1).min() < 1 - 1e-6
    again = load_embedder(str(tiny), precision="int8", passage_prompt="school ", converted=models)
    assert again.fingerprint not in {rounded.fingerprint, whole.fingerprint}


@pytest.mark.model
def test_processes_that_round_a_model_at_once_leave_each_other_alone(tiny: Path, tmp_path: Path) -> None:
    load_embedder(str(tiny), converted=tmp_path)
    whole, rounded = (tmp_path / embedder_key(str(tiny), precision=precision) for precision in ("fp32", "int8"))
    before = {file.name: file.stat().st_mtime_ns for file in whole.iterdir()}
    (whole / "model-inferred.onnx").mkdir()  # where the runtime would write beside what it reads

    code = """
import sys
from pathlib import Path
from briefqa.embedding import load_embedder
print(load_embedder(sys.argv[1], precision="int8", converted=Path(sys.argv[2])).fingerprint)
"""
    command = [sys.executable, "-c", code, str(tiny), str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    fingerprints = {process.communicate(timeout=120)[0] for process in running}

    assert [process.returncode for process in running] == [0, 0]
    assert len(fingerprints) == 1
    (whole / "model-inferred.onnx").rmdir()
    assert {file.name: file.stat().st_mtime_ns for file in whole.iterdir()} == before
    assert sorted(tmp_path.iterdir()) == sorted([whole, rounded])


@pytest.mark.model
def test_eight_bit_integers_of_the_packaged_model_say_much_the_same(packaged_models: Path) -> None:
    whole = load_embedder(PACKAGED_MODEL, converted=packaged_models)
    rounded = load_embedder(PACKAGED_MODEL, precision="int8", converted=packaged_models)
    words = (SAMPLES / "groundwater-metering.txt").read_text(encoding="utf-8").split()
    texts = [" ".join(words[at : at + 60]) for at in range(0, 600, 20)]
    cosines = (whole.embed_passages(texts) * rounded.embed_passages(texts)).sum(axis=1)
    assert cosines.mean() > 0.985
    sizes = [
        (packaged_models / embedder_key(PACKAGED_MODEL, precision=precision) / "model.onnx").stat().st_size
        for precision in ("fp32", "int8")
    ]
    assert sizes[1] < 0.7 * sizes[0]


@pytest.mark.model
def test_a_rounded_model_needs_no_torch(tiny: Path, models: Path) -> None:
    expected = load_embedder(str(tiny), precision="int8", converted=models)
    code = WITHOUT_TORCH.replace("converted=", 'precision="int8", converted=')
    done = subprocess.run(
        [sys.executable, "-c", code, str(tiny), str(models)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(expected.fingerprint)


def test_eight_bit_integers_are_for_the_cpu_and_for_a_folder(tmp_path: Path) -> None:
    for options in ({"device": "cuda", "converted": tmp_path}, {"converted": None}):
        with pytest.raises(EmbeddingError, match='embedding_precision = "fp32"'):
            load_embedder(PACKAGED_MODEL, precision="int8", **options)


@pytest.mark.model
def test_nothing_stands_in_for_a_spoilt_rounded_model(tiny: Path, tmp_path: Path) -> None:
    load_embedder(str(tiny), precision="int8", converted=tmp_path)
    cut(tmp_path / embedder_key(str(tiny), precision="int8") / "model.onnx")
    with pytest.raises(EmbeddingError, match="to have it made anew"):
        load_embedder(str(tiny), precision="int8", converted=tmp_path)
