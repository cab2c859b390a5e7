from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from briefqa import generation as g
from briefqa.briefs import Brief, Document, Line, Mark, Note, Page, PageSpan, Problem
from briefqa.catalog import Catalog
from briefqa.embedding import HashingEmbedder
from briefqa.errors import ConfigError, EmbeddingError, GenerationError, Gone, NoTextLayer, NotFound, ReadingTimeout
from briefqa.reindex import reindex
from briefqa.vector_files import open_embeddings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from briefqa.reindex import Progress, ReindexReport


@dataclass
class Reader:
    """Reads text files; what is in them says how it fails. Remembers the names of all that it has read."""

    names: list[str] = field(default_factory=list)

    def __call__(self, file: Path, name: str, *, max_bytes: int, max_pages: int, max_chars: int) -> Document:
        assert (max_bytes, max_pages, max_chars) == (1000, 10, 10_000_000)
        self.names.append(name)
        text = file.read_text()
        if text.startswith("PICTURES"):
            raise NoTextLayer(f"{name} has no text: run it through OCR first.")
        if text.startswith("SLOW"):
            raise ReadingTimeout(f"{name} took too long.")
        if text.startswith("FLAW"):
            raise ZeroDivisionError("by zero")
        return Document(name, (Page(1, "1", 0, 0, (Line(text),)),))


def understand(document: Document, brief_id: str) -> Brief:
    body = document.pages[0].lines[0].text
    return Brief(
        brief_id,
        document.path,
        "Title",
        body,
        (PageSpan(1, "1", 0, len(body)),),
        marks=(Mark("1", len(body) // 2, 1, "n1"), Mark("2", len(body), 1, None)),
        notes=(Note("n1", "1", "footnote", 1, "Annex, 3."),),
        problems=(Problem(document.path, 1, "The mark 2 leads to no note."),),
    )


@dataclass
class Embedder(HashingEmbedder):
    """Remembers what it has embedded."""

    fingerprint: str = "hashing-1"
    texts: list[str] = field(default_factory=list)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return super().embed_passages(texts)


@dataclass
class Bench:
    """A folder of briefs, an index, and a pipeline with fakes that remember what they were asked."""

    docs_in: Path
    index: Path
    reader: Reader = field(default_factory=Reader)
    embedder: Embedder = field(default_factory=Embedder)
    loads: int = 0

    def write(self, name: str, text: str) -> Path:
        file = self.docs_in / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def load(self) -> Embedder:
        self.loads += 1
        return self.embedder

    def run(self, **settings: Any) -> ReindexReport:
        self.reader.names.clear()
        self.embedder.texts.clear()
        self.loads = 0
        defaults: dict[str, Any] = {
            "load": self.load,
            "embedder_key": "hashing",
            "passage_tokens": 30,
            "faiss_factory": "Flat",
            "keep": 3,
            "max_bytes": 1000,
            "max_pages": 10,
            "limits": None,  # in this process, so that the fakes can be asked
            "read": self.reader,
            "understand": understand,
            "suffixes": {".txt"},
        }
        return reindex(self.docs_in, self.index, **(defaults | settings))

    @property
    def asked(self) -> tuple[list[str], int, int]:
        """Names read, passages embedded, models loaded in the last run."""
        return sorted(self.reader.names), len(self.embedder.texts), self.loads

    def bodies(self) -> dict[str, str]:
        opened = g.open_current(self.index)
        found = {record.path: opened.brief(record.id)[1].body for record in opened.briefs(limit=100)}
        opened.close()
        return found

    @property
    def different(self) -> int:
        """How many different texts the passages of the live generation were embedded as."""
        catalog = g.generation_folder(self.index, g.current_id(self.index) or "") / g.CATALOG
        with closing(sqlite3.connect(catalog)) as connection:
            [(count,)] = connection.execute("SELECT count(DISTINCT digest) FROM passages")
        return int(count)

    def assert_sound(self) -> None:
        """The live generation is whole and every vector is that of its passage."""
        name = g.current_id(self.index)
        assert name
        g.verify(self.index, name)
        folder = g.generation_folder(self.index, name)
        vectors = open_embeddings(folder / g.EMBEDDINGS)
        catalog = Catalog(folder / g.CATALOG)
        ids = catalog.passage_ids(range(len(vectors)))
        for stored, vector in zip(catalog.fetch(ids), vectors, strict=True):
            context = f"{stored.passage.context}\n\n" if stored.passage.context else ""
            [expected] = HashingEmbedder().embed_passages([context + stored.passage.text.strip()])
            assert vector @ expected == pytest.approx(1, abs=1e-5)
        catalog.close()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path / "docs", tmp_path / "index")
    made.write("a.txt", "Dams cost money. " * 30)
    made.write("coast/b.txt", "Levees hold water. " * 20)
    made.write("coast/c.txt", "Schools serve meals.")
    return made


def test_a_first_run_reads_and_publishes_everything(bench: Bench) -> None:
    steps: list[Progress] = []
    report = bench.run(progress=steps.append)
    assert report.published
    assert report.generation == g.current_id(bench.index)
    assert (report.added, report.changed, report.removed, report.unchanged) == (3, 0, 0, 0)
    assert (report.briefs, report.notes, report.marks, report.unlinked) == (3, 3, 6, 3)
    assert report.passages > bench.different == len(bench.embedder.texts) > 3  # what says the same is embedded once
    assert [problem.brief for problem in report.problems] == ["a.txt", "coast/b.txt", "coast/c.txt"]
    assert report.failed == ()
    assert set(report.seconds) == {"read", "notes", "split", "embed", "write", "judge"}
    assert [(step.done, step.total) for step in steps if step.step == "read"] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert bench.bodies().keys() == {"a.txt", "coast/b.txt", "coast/c.txt"}
    bench.assert_sound()


def test_nothing_changed_writes_nothing_and_loads_no_model(bench: Bench) -> None:
    first = bench.run()
    before = sorted(path.name for path in bench.index.rglob("*"))
    second = bench.run()
    assert bench.asked == ([], 0, 0)
    assert not second.published
    assert (second.generation, second.unchanged, second.added) == (first.generation, 3, 0)
    assert (second.briefs, second.passages, second.marks) == (first.briefs, first.passages, first.marks)
    assert sorted(path.name for path in bench.index.rglob("*")) == before


def test_a_touched_file_is_not_read_again(bench: Bench) -> None:
    bench.run()
    os.utime(bench.docs_in / "a.txt", ns=(1, 1))
    assert not bench.run().published
    assert bench.asked == ([], 0, 0)


def test_only_what_is_new_or_changed_is_read_and_embedded(bench: Bench) -> None:
    first = bench.run()
    bench.write("a.txt", "Dams cost money. " * 30 + "\n\nAnd time, too, as every town that built one has found out.")
    bench.write("new.txt", "Ferries sink.")
    (bench.docs_in / "coast/c.txt").unlink()
    second = bench.run()
    assert bench.asked[0] == ["a.txt", "new.txt"]
    assert 0 < bench.asked[1] < 5, "passages of a.txt that have not changed keep their vectors"
    assert (second.added, second.changed, second.removed, second.unchanged) == (1, 1, 1, 1)
    assert bench.bodies().keys() == {"a.txt", "coast/b.txt", "new.txt"}
    opened = g.open_current(bench.index)
    assert opened.info().parent == first.generation
    opened.close()
    bench.assert_sound()


def test_a_renamed_file_is_the_same_brief(bench: Bench) -> None:
    bench.run()
    (bench.docs_in / "a.txt").rename(bench.docs_in / "z.txt")
    report = bench.run()
    assert bench.asked == ([], 0, 0)
    assert report.published
    assert (report.added, report.removed, report.unchanged) == (1, 1, 2)
    assert "z.txt" in bench.bodies()
    bench.assert_sound()


def test_the_same_content_in_two_places_is_one_brief(bench: Bench) -> None:
    bench.write("x/copy.txt", "Schools serve meals.")
    report = bench.run()
    assert report.briefs == 3
    opened = g.open_current(bench.index)
    (record,) = [record for record in opened.briefs(limit=9) if len(record.places) > 1]
    assert (record.path, record.places) == ("coast/c.txt", ("coast/c.txt", "x/copy.txt"))
    opened.close()
    (bench.docs_in / "coast/c.txt").unlink()
    assert bench.run().briefs == 3
    assert bench.asked == ([], 0, 0)
    assert "x/copy.txt" in bench.bodies()


def test_removing_everything_is_refused_unless_it_is_meant(bench: Bench) -> None:
    first = bench.run()
    for file in bench.docs_in.rglob("*.txt"):
        file.unlink()
    with pytest.raises(GenerationError, match="--allow-empty"):
        bench.run()
    assert g.current_id(bench.index) == first.generation
    report = bench.run(allow_empty=True)
    assert (report.published, report.removed, report.briefs, report.passages) == (True, 3, 0, 0)
    assert bench.bodies() == {}
    assert not bench.run(allow_empty=True).published
    bench.write("a.txt", "Dams.")
    assert bench.run().briefs == 1
    bench.assert_sound()


def test_an_index_whose_files_all_fail_to_read_is_left_as_it_is(bench: Bench) -> None:
    first = bench.run()
    for file in bench.docs_in.rglob("*.txt"):
        file.write_text(f"PICTURES {file.name}")
    with pytest.raises(GenerationError, match="left as it is"):
        bench.run()
    assert g.current_id(bench.index) == first.generation


def test_an_empty_folder_without_an_index_publishes_nothing_and_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tmp_path / "index")
    report = bench.run()
    assert (report.published, report.generation, bench.loads) == (False, "", 0)
    assert "holds no brief" in report.problems[0].message
    assert g.current_id(bench.index) is None


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "nowhere", tmp_path / "index")
    with pytest.raises(ConfigError, match="make it and put briefs in"):
        bench.run()
    assert not bench.index.exists()


def test_a_file_that_fails_is_named_and_the_others_go_on(bench: Bench) -> None:
    bench.write("bad.txt", "PICTURES")
    bench.write("flaw.txt", "FLAW")
    report = bench.run()
    assert (report.briefs, report.added) == (3, 3)
    pictures, flaw = report.failed
    assert (pictures.brief, pictures.message) == ("bad.txt", "bad.txt has no text: run it through OCR first.")
    assert flaw.brief == "flaw.txt"
    assert "ZeroDivisionError" in flaw.message
    again = bench.run()
    assert bench.asked[0] == [], "what is known to give nothing is not read again"
    assert not again.published
    assert again.failed == report.failed


def test_a_flaw_in_a_brief_costs_a_note_and_not_the_night(bench: Bench) -> None:
    def flawed(document: Document, brief_id: str) -> Brief:
        brief = understand(document, brief_id)
        wrong = (Mark("7", 10**6, 1, "n1"), Mark("8", 1, 1, "n99"))
        again = Note("n1", "1", "footnote", 2, "Another of the same id.")
        return replace(brief, marks=brief.marks + wrong, notes=(*brief.notes, again))

    report = bench.run(understand=flawed)
    assert (report.briefs, report.notes, report.marks, report.failed) == (3, 3, 9, ())
    messages = [problem.message for problem in report.problems if problem.brief == "a.txt"]
    assert messages[1:] == [
        "Several notes have the same id: the first is kept.",
        "The mark 7 stands outside the text: left out.",
        "The mark 8 leads to a note that is not there.",
    ]
    opened = g.open_current(bench.index)
    brief = opened.brief(opened.briefs(limit=1)[0].id)[1]
    assert [note.text for note in brief.notes] == ["Annex, 3."]
    assert [mark.note_id for mark in brief.marks] == ["n1", None, None]
    opened.close()


def test_a_file_that_took_too_long_is_tried_again(bench: Bench) -> None:
    bench.write("slow.txt", "SLOW")
    bench.run()
    report = bench.run()
    assert bench.asked[0] == ["slow.txt"]
    assert [problem.brief for problem in report.failed] == ["slow.txt"]
    assert (report.published, bench.loads) == (False, 0)
    bench.write("slow.txt", "FAST")
    assert bench.run().briefs == 4


def test_a_file_that_was_indexed_and_fails_now_is_dropped_and_named(bench: Bench) -> None:
    bench.run()
    bench.write("a.txt", "PICTURES now")
    report = bench.run()
    assert report.removed == 1
    assert "What was indexed of it before is dropped." in report.failed[0].message
    assert "a.txt" not in bench.bodies()


def test_strange_names_do_no_harm(bench: Bench) -> None:
    names = ["with space.txt", "quo'te\".txt", "naïve—水.txt", "new\nline.txt", os.fsdecode(b"bad\xff.txt")]
    for number, name in enumerate(names):
        bench.write(name, f"Brief {number}.")
    bench.write(os.fsdecode(b"worse\xfe.txt"), "PICTURES")
    report = bench.run()
    assert report.added == 8
    assert set(names) < bench.bodies().keys()
    assert [problem.brief for problem in report.failed] == [os.fsdecode(b"worse\xfe.txt")]
    assert not bench.run().published
    bench.write(names[-1], "Another.")
    assert bench.run().changed == 1
    bench.assert_sound()


def test_what_is_no_brief_is_ignored(bench: Bench, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("Secret.")
    bench.write("README.txt", "Put briefs here.")
    bench.write(".hidden.txt", "Hidden.")
    bench.write(".git/x.txt", "Hidden.")
    bench.write("coast/README.txt", "A brief about reading.")
    bench.write("coast/photo.jpg", "")
    bench.write("noext", "")
    (bench.docs_in / "out.txt").symlink_to(outside / "secret.txt")
    (bench.docs_in / "outdir").symlink_to(outside)
    (bench.docs_in / "loop").symlink_to(bench.docs_in)
    (bench.docs_in / "self.txt").symlink_to(bench.docs_in / "self.txt")
    (bench.docs_in / "broken.txt").symlink_to(bench.docs_in / "nothing.txt")
    (bench.docs_in / "within.txt").symlink_to(bench.docs_in / "a.txt")
    report = bench.run()
    assert bench.bodies().keys() == {"a.txt", "coast/b.txt", "coast/c.txt", "coast/README.txt"}
    assert report.added == 5, "within.txt is a second place of a.txt"
    assert report.ignored == 7


@pytest.mark.parametrize(
    ("settings", "done_over"),
    [
        ({"passage_tokens": 20}, {"embed"}),
        ({"embedder_key": "hashing with a prompt"}, set()),
        ({"reader_version": "2"}, {"read"}),
        ({"faiss_factory": "HNSW8"}, set()),
    ],
)
def test_changed_settings_do_over_only_what_they_touch(
    bench: Bench, settings: dict[str, Any], done_over: set[str]
) -> None:
    bench.run()
    report = bench.run(**settings)
    assert report.published
    assert bool(bench.reader.names) == ("read" in done_over)
    assert bool(bench.embedder.texts) == ("embed" in done_over)
    assert (report.unchanged, report.briefs) == (3, 3)
    bench.assert_sound()
    assert not bench.run(**settings).published


def test_a_model_with_another_fingerprint_embeds_everything_again(bench: Bench) -> None:
    bench.run()
    bench.embedder = replace(bench.embedder, fingerprint="hashing-2", texts=[])
    bench.write("new.txt", "Ferries sink.")
    bench.run()
    assert bench.asked == (["new.txt"], bench.different, 1)
    opened = g.open_current(bench.index)
    assert opened.info().fingerprint == "hashing-2"
    opened.close()
    bench.assert_sound()


def test_a_faiss_factory_that_makes_no_sense_is_told_before_the_work(bench: Bench) -> None:
    with pytest.raises(GenerationError, match="faiss_factory"):
        bench.run(faiss_factory="Nonsense")
    assert bench.asked[1] == 0
    assert len(bench.reader.names) == 1, "one brief is read to see that there is something to do"


def test_vectors_that_are_no_numbers_are_refused(bench: Bench) -> None:
    @dataclass
    class Broken(Embedder):
        def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return np.full((len(texts), self.dimension), np.nan, dtype=np.float32)

    with pytest.raises(EmbeddingError, match="not numbers"):
        bench.run(load=Broken)
    assert g.current_id(bench.index) is None
    assert not list((bench.index / "generations").iterdir())


@pytest.mark.parametrize("name", [g.CATALOG, g.VECTORS, g.EMBEDDINGS, "manifest.json", "../../CURRENT"])
def test_a_damaged_index_is_built_anew_and_said_so(bench: Bench, name: str) -> None:
    first = bench.run()
    file = g.generation_folder(bench.index, first.generation) / name
    content = file.read_bytes()
    file.write_bytes(content[:-3] + b"\x00\x01\x02")
    report = bench.run()
    assert report.published
    assert file.name in report.problems[0].message
    assert bench.asked[0] == ["a.txt", "coast/b.txt", "coast/c.txt"]
    bench.assert_sound()


def test_old_generations_are_pruned(bench: Bench) -> None:
    names = []
    for number in range(4):
        bench.write("a.txt", f"Version {number}.")
        names.append(bench.run(keep=2).generation)
    assert g.generations(bench.index) == names[:1:-1]


def test_after_a_rollback_the_next_run_catches_up(bench: Bench) -> None:
    bench.run()
    bench.write("new.txt", "Ferries sink.")
    bench.run()
    g.rollback(bench.index)
    assert "new.txt" not in bench.bodies()
    assert bench.run().added == 1
    assert "new.txt" in bench.bodies()


def ids_by_text(bench: Bench) -> dict[str, str]:
    opened = g.open_current(bench.index)
    catalog = Catalog(g.generation_folder(bench.index, opened.info().generation) / g.CATALOG)
    ids = catalog.passage_ids(range(opened.info().passages))
    found = {stored.passage.text: stored.passage.id for stored in opened.fetch(ids)}
    catalog.close()
    opened.close()
    return found


def test_a_passage_that_stands_keeps_its_address_when_its_brief_is_revised(bench: Bench) -> None:
    bench.write(
        "a.txt", "Dams cost money, and who pays for them is not settled.\n\nTowns wait for years and years on end."
    )
    bench.run(passage_tokens=16)
    before = ids_by_text(bench)
    for words in ("more patiently", "no longer"):  # two revisions, one after another
        bench.write(
            "a.txt", f"Dams cost money, and who pays for them is not settled.\n\nTowns wait {words} than before."
        )
        bench.run(passage_tokens=16)
    [stands] = [key for text, key in before.items() if text.startswith("Dams")]
    [gone] = [key for text, key in before.items() if text.startswith("Towns")]
    opened = g.open_current(bench.index)
    [stored] = opened.fetch([stands])
    assert stored.passage.text.startswith("Dams")
    assert stored.passage.id == ids_by_text(bench)[stored.passage.text] != stands
    assert [near.passage.text[:5] for near in opened.around(stands, 1)] == ["Towns"]
    for ask in (lambda: opened.fetch([gone]), lambda: opened.brief(gone.split("-")[0])):
        with pytest.raises(Gone, match="was revised") as told:
            ask()
        assert told.value.superseded_by == stored.brief.id
    opened.close()
    (bench.docs_in / "a.txt").unlink()
    bench.run(passage_tokens=16)
    opened = g.open_current(bench.index)
    with pytest.raises(Gone, match="was removed") as told:
        opened.fetch([stands])
    assert told.value.superseded_by == ""
    with pytest.raises(NotFound, match="no passage"):
        opened.fetch(["0123456789abcdef-0"])
    opened.close()


def test_a_brief_that_comes_back_is_not_gone(bench: Bench) -> None:
    bench.run()
    before = ids_by_text(bench)
    (bench.docs_in / "coast/c.txt").write_text("Schools serve no meals.")
    bench.run()
    (bench.docs_in / "coast/c.txt").write_text("Schools serve meals.")
    bench.run()
    assert ids_by_text(bench) == before


# Stops for good when it comes to embed; what it has written so far is left behind.
KILLED = """
import os, signal, sys, time
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from test_reindex import Bench, Embedder
class Stuck(Embedder):
    def embed_passages(self, texts):
        print("embedding", flush=True)
        time.sleep(60)
Bench(Path(sys.argv[1]), Path(sys.argv[2])).run(load=Stuck)
"""


def test_a_killed_run_leaves_the_old_generation_live_and_the_next_one_clears_up(bench: Bench) -> None:
    first = bench.run()
    bench.write("new.txt", "Ferries sink.")
    command = [
        sys.executable,
        "-c",
        KILLED,
        str(bench.docs_in),
        str(bench.index),
        str(Path(__file__).parent),
        *sys.path,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        assert run.stdout.readline() == "embedding\n"
        with pytest.raises(GenerationError, match=rf"Process {run.pid} on \S+, since \S+ \S+ UTC, is writing"):
            bench.run()
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert g.current_id(bench.index) == first.generation
    assert list((bench.index / "generations").glob(".building-*"))
    assert bench.run().added == 1
    assert not list((bench.index / "generations").glob(".building-*"))
    bench.assert_sound()


def test_vectors_are_never_held_for_all_briefs_at_once(bench: Bench) -> None:
    for number in range(40):
        bench.write(f"{number}.txt", "\n\n".join(f"Paragraph {n} of brief {number}. " * 4 for n in range(40)))
    sizes: list[int] = []

    @dataclass
    class Counting(Embedder):
        def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
            sizes.append(len(texts))
            return super().embed_passages(texts)

    bench.run(load=Counting)
    assert sum(sizes) == bench.different > 1024
    assert max(sizes) <= 1024
    bench.assert_sound()


def test_a_file_under_a_wrong_name_does_not_take_its_right_named_copy_along(tmp_path: Path) -> None:
    docs_in = tmp_path / "docs_in"
    docs_in.mkdir()
    brief = (Path(__file__).parent / "briefs" / "pdf" / "continuous.pdf").read_bytes()
    for name in ("a-copy.txt", "brief.pdf", "c-copy.txt"):
        (docs_in / name).write_bytes(brief)

    def run() -> ReindexReport:
        return reindex(
            docs_in, tmp_path / "index", load=HashingEmbedder, embedder_key="hashing", passage_tokens=60,
            faiss_factory="Flat", keep=3, max_bytes=10_000_000, max_pages=100,
        )  # fmt: skip

    first, second = run(), run()
    for report in (first, second):
        assert report.briefs == 1
        assert [problem.brief for problem in report.failed] == ["a-copy.txt", "c-copy.txt"]
        assert all(problem.message.startswith(problem.brief) for problem in report.failed)
    assert (first.added, second.unchanged, second.published) == (1, 1, False)
