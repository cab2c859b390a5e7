from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa import generation as g
from briefqa.catalog import Catalog, CatalogWriter
from briefqa.embedding import HashingEmbedder
from briefqa.errors import (
    BriefqaError,
    CorruptGeneration,
    GenerationError,
    IncompatibleGeneration,
    NoGeneration,
    NotFound,
    ReindexRunning,
)
from briefqa.generation.manifest import checksum_of
from briefqa.noted import noted
from briefqa.passages import embedded_text, split
from briefqa.vector_files import create_embeddings
from fakes import LEVEE, SCHOOL, make_brief
from generated import briefs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.briefs import Brief

EMBEDDER = HashingEmbedder()
FILES = [
    g.CATALOG, g.VECTORS, g.EMBEDDINGS, f"{g.LEXICAL}/words.json", g.BRIEF_VECTORS, g.NOTED, g.NOTED_EMBEDDINGS,
    g.NOTED_VECTORS, "manifest.json",
]  # fmt: skip


def no_check(_: Path) -> None:
    pass


def publish(index: Path, stored: Sequence[Brief]) -> str:
    """Build and publish a generation of these briefs by hand, without the pipeline."""
    with g.writing(index), g.build_folder(index) as folder:
        texts: list[str] = []
        cited: list[str] = []
        with CatalogWriter(folder / g.CATALOG) as writer:
            for brief in stored:
                passages = split(brief, EMBEDDER.count_tokens, max_tokens=30, window=64)
                embedded = [embedded_text(passage) for passage in passages]
                writer.add(brief, passages, embedded)
                texts += embedded
                cited += [one.text for one in noted(brief, passages)]
            writer.finish()
        embeddings = embedded_in(folder / g.EMBEDDINGS, texts)
        notes = embedded_in(folder / g.NOTED_EMBEDDINGS, cited)
        catalog = Catalog(folder / g.CATALOG)
        g.write_indexes(folder, catalog, g.Embedded(embeddings, notes), "Flat")
        counts = catalog.counts()
        catalog.close()
        manifest = g.Manifest(
            generation="",
            created="",
            parent=None,
            model=EMBEDDER.model,
            fingerprint=EMBEDDER.fingerprint,
            dimension=EMBEDDER.dimension,
            settings={},
            counts=counts,
            files={},
        )
        return g.publish(index, folder, manifest, no_check).generation


def embedded_in(file: Path, texts: Sequence[str]) -> NDArray[np.float32]:
    file.parent.mkdir(exist_ok=True)
    embeddings = create_embeddings(file, len(texts), EMBEDDER.dimension)
    embeddings[:] = EMBEDDER.embed_passages(texts)
    if isinstance(embeddings, np.memmap):
        embeddings.flush()
    return embeddings


@pytest.fixture
def index(tmp_path: Path) -> Path:
    publish(tmp_path / "index", [make_brief(LEVEE), make_brief(SCHOOL, path="meals.pdf")])
    return tmp_path / "index"


def live_folder(index: Path) -> Path:
    name = g.current_id(index)
    assert name
    return g.generation_folder(index, name)


def test_a_published_generation_can_be_searched(index: Path) -> None:
    opened = g.open_current(index)
    info = opened.info()
    assert (info.briefs, info.passages, info.notes, info.marks) == (2, 2, 2, 6)
    assert info.generation == g.current_id(index)
    question = EMBEDDER.embed_query("What do school meals cost?")
    first, second = opened.dense(question, 5)
    assert first.score > second.score
    assert opened.fetch([first.passage_id])[0].passage.text == SCHOOL
    assert opened.dense(question, 5, [second.passage_id, "unknown-1"]) == [second]
    assert opened.dense(question, 5, []) == []
    opened.close()


@given(st.lists(briefs(ids=st.sampled_from([f"{n:016x}" for n in range(3)])), unique_by=lambda b: b.id, max_size=2))
def test_counts_agree_at_every_opening_and_marks_lead_to_notes_of_their_brief(
    tmp_path_factory: pytest.TempPathFactory, stored: list[Brief]
) -> None:
    index = tmp_path_factory.mktemp("index")
    publish(index, stored)
    opened = g.open_current(index)
    found = opened.dense(EMBEDDER.embed_query("water"), 10_000)
    assert len(found) == opened.info().passages
    assert len({passage_id for passage_id, _ in found}) == len(found)
    for item in opened.fetch([passage_id for passage_id, _ in found]):
        _, brief = opened.brief(item.passage.brief_id)
        notes = {note.id: note for note in brief.notes}
        assert brief.body[item.passage.start : item.passage.end] == item.passage.text
        linked = dict.fromkeys(mark.note_id for mark in item.passage.marks if mark.note_id)
        assert item.notes == tuple(notes[note_id] for note_id in linked)
    opened.close()
    shutil.rmtree(index)


def test_a_vector_of_another_model_is_refused(index: Path) -> None:
    opened = g.open_current(index)
    with pytest.raises(IncompatibleGeneration, match="384"):
        opened.dense(np.zeros(384, dtype=np.float32), 1)
    opened.close()


def test_ties_come_in_the_order_of_the_ids(tmp_path: Path) -> None:
    publish(tmp_path, [make_brief(LEVEE, path=f"{n}.pdf") for n in range(30)])
    opened = g.open_current(tmp_path)
    found = opened.dense(EMBEDDER.embed_query("levee premiums"), 30)
    assert len({score for _, score in found}) == 1
    assert [passage_id for passage_id, _ in found] == sorted(passage_id for passage_id, _ in found)
    opened.close()


def test_no_index_is_told(tmp_path: Path) -> None:
    assert g.current_id(tmp_path / "none") is None
    for index in (tmp_path, tmp_path / "none"):
        with pytest.raises(NoGeneration, match="run `briefqa reindex`"):
            g.open_current(index)
    with pytest.raises(NoGeneration):
        g.rollback(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"../../etc", b"/etc/passwd", b"..", b"\xff\x00\xfe", b"x" * 100_000, b"20310402T031500123Z-1f2e3d4c"],
)
def test_a_current_that_names_no_generation_is_told(index: Path, content: bytes) -> None:
    (index / "CURRENT").write_bytes(content)
    with pytest.raises(CorruptGeneration, match=r"CURRENT.*briefqa rollback"):
        g.open_current(index)
    assert g.rollback(index) == g.generations(index)[0]
    g.open_current(index).close()


def test_a_current_that_is_a_folder_is_told(index: Path) -> None:
    (index / "CURRENT").unlink()
    (index / "CURRENT").mkdir()
    with pytest.raises(CorruptGeneration, match="CURRENT"):
        g.open_current(index)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "longer", "random", "zeros", "other", "folder"])
def test_damage_is_told_with_the_file_and_the_remedy(index: Path, name: str, damage: str) -> None:
    file = live_folder(index) / name
    content = file.read_bytes()
    other = live_folder(index) / FILES[FILES.index(name) - 1]
    damaged = {
        "empty": b"",
        "half": content[: len(content) // 2],
        "longer": content + b"\n{}",
        "random": random.Random(1).randbytes(len(content)),  # noqa: S311
        "zeros": bytes(len(content)),
        "other": other.read_bytes(),
    }
    file.unlink()
    if damage == "folder":
        file.mkdir()
    elif damage != "missing":
        file.write_bytes(damaged[damage])
    with pytest.raises(CorruptGeneration, match=r"briefqa reindex") as caught:
        g.open_current(index)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_every_flipped_byte_is_found_by_verifying_and_none_raises_anything_raw(index: Path, name: str) -> None:
    file = live_folder(index) / name
    content = file.read_bytes()
    question = EMBEDDER.embed_query("levee")
    pick = random.Random(name)  # noqa: S311
    for _ in range(25):
        place = pick.randrange(len(content))
        file.write_bytes(content[:place] + bytes([content[place] ^ (1 << pick.randrange(8))]) + content[place + 1 :])
        try:
            opened = g.open_current(index)
            opened.fetch([passage_id for passage_id, _ in opened.dense(question, 5)])
            opened.close()
        except BriefqaError:
            pass
        with pytest.raises((CorruptGeneration, IncompatibleGeneration)):
            g.verify(index, live_folder(index).name)
    file.write_bytes(content)
    g.verify(index, live_folder(index).name)


def test_files_of_two_generations_are_not_mixed(index: Path) -> None:
    first = live_folder(index)
    publish(index, [make_brief(LEVEE), make_brief("Canteens closed in the spring.", path="meals.pdf")])
    second = live_folder(index)
    for name in FILES:
        kept = (second / name).read_bytes()
        if name.startswith("notes/") and kept == (first / name).read_bytes():  # both cite the same notes
            continue
        shutil.copy(first / name, second / name)
        with pytest.raises(CorruptGeneration):
            g.open_current(index)
        (second / name).write_bytes(kept)


def test_another_format_is_told_apart_from_damage(index: Path) -> None:
    file = live_folder(index) / "manifest.json"
    said = json.loads(file.read_text())
    said.pop("checksum")
    said["format"] = g.FORMAT + 1
    file.write_text(json.dumps({**said, "checksum": checksum_of(said)}))
    with pytest.raises(IncompatibleGeneration, match="another version of briefqa"):
        g.open_current(index)


def test_rolling_back_goes_to_the_newest_sound_older_generation(index: Path) -> None:
    names = [live_folder(index).name]
    names += [publish(index, [make_brief(f"Dams. {n}")]) for n in range(3)]
    assert g.generations(index) == names[::-1]
    (g.generation_folder(index, names[2]) / g.VECTORS).write_bytes(b"")
    assert g.rollback(index) == names[1]
    assert g.open_current(index).info().generation == names[1]
    assert g.rollback(index, names[3]) == names[3]
    with pytest.raises(CorruptGeneration):
        g.rollback(index, names[2])
    with pytest.raises(NotFound, match=names[0]):
        g.rollback(index, "../../elsewhere")
    assert g.rollback(index, names[0]) == names[0]
    with pytest.raises(NotFound, match="older than the live one"):
        g.rollback(index)
    assert g.current_id(index) == names[0]


def test_pruning_keeps_the_newest_and_the_live_one_and_open_ones_serve_on(index: Path) -> None:
    first = live_folder(index).name
    opened = g.open_current(index)
    names = [publish(index, [make_brief(f"Dams. {n}")]) for n in range(3)]
    with g.writing(index):
        assert g.prune(index, 2) == [names[0], first]
    assert g.generations(index) == [names[2], names[1]]
    found = opened.dense(EMBEDDER.embed_query("levee premiums"), 2)
    assert opened.fetch([found[0].passage_id])[0].passage.text == LEVEE
    opened.close()
    g.rollback(index)
    publish(index, [make_brief("Dams. 4")])
    g.rollback(index, names[1])
    with g.writing(index):
        g.prune(index, 1)
    assert names[1] in g.generations(index)


def test_a_generation_that_fails_its_check_is_never_live(index: Path) -> None:
    live = g.current_id(index)

    def refuse(_: Path) -> None:
        raise CorruptGeneration("no")

    with g.writing(index), g.build_folder(index) as folder:
        shutil.copytree(live_folder(index), folder, dirs_exist_ok=True)
        manifest = g.read_manifest(live_folder(index))
        with pytest.raises(CorruptGeneration):
            g.publish(index, folder, manifest, refuse)
    assert g.current_id(index) == live
    assert g.generations(index) == [live]
    assert not list((index / "generations").glob(".building-*"))


def test_names_sort_by_age_even_if_the_clock_goes_back(index: Path) -> None:
    ahead = "29991231T235959999Z-00000000"
    live_folder(index).rename(index / "generations" / ahead)
    name = publish(index, [make_brief(LEVEE)])
    assert g.generations(index) == [name, ahead]


def test_only_one_writes_and_the_other_is_told_who(index: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from briefqa.generation import writing\n"
        "with writing(Path(sys.argv[1])): print('holding', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(index)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "holding\n"
        with pytest.raises(ReindexRunning, match=str(holder.pid)), g.writing(index):
            pass
        with pytest.raises(ReindexRunning):
            g.rollback(index)
        holder.kill()
        holder.wait()
    with g.writing(index):  # the kernel has let go of the lock
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(GenerationError, match="Cannot write"), g.writing(tmp_path / "index"):
        pass
    tmp_path.chmod(0o700)


def test_an_index_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("")
    with pytest.raises(GenerationError, match="Cannot write"), g.writing(tmp_path / "index"):
        pass
    assert g.current_id(tmp_path / "index") is None


def test_readers_never_see_a_half_published_generation(index: Path) -> None:
    stop = threading.Event()
    seen: set[str] = set()
    failures: list[BaseException] = []

    def reading() -> None:
        while not stop.is_set():
            try:
                opened = g.open_current(index)
                assert opened.dense(EMBEDDER.embed_query("dams"), 1)
                seen.add(opened.info().generation)
                opened.close()
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test fails
                failures.append(error)

    readers = [threading.Thread(target=reading) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(12):
        publish(index, [make_brief(f"Dams. {n}")])
        with g.writing(index):
            g.prune(index, 1)
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert len(seen) > 1
