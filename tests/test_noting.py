"""Notes that are embedded: which ones, and that passages are found by them as by comparing with all."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from briefqa import generation as g
from briefqa.briefs import Mark, Note
from briefqa.embedding import HashingEmbedder
from briefqa.generation import NOTE_WEIGHT, WithNotes, opened
from briefqa.noted import noted
from briefqa.notes import understand
from briefqa.passages import split
from briefqa.reading import read
from briefqa.search.presenting import cited_notes
from briefqa.vector_building import write_index
from briefqa.vector_files import InContext, open_embeddings, write_briefs
from briefqa.vectors import Vectors
from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief
from test_generation import publish
from test_reindex import Bench

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

EMBEDDER = HashingEmbedder()
SAID = "The dredger Halcyon sank off Marrow Point with four hands aboard."
PASSAGES, NOTES, WIDTH = 300, 500, 16
AS_IS: dict[str, Any] = {"suffixes": {".md"}, "read": read, "understand": understand}


def rows(folder: Path, name: str, own: NDArray[np.float32], briefs: NDArray[np.int32], weight: float) -> Vectors:
    np.save(folder / f"{name}.npy", own)
    write_index(folder / f"{name}.faiss", InContext(own, np.load(folder / "b.npy"), briefs, weight), "Flat")
    return Vectors.open(folder / f"{name}.faiss", folder / f"{name}.npy", folder / "b.npy", briefs, weight)


@pytest.mark.parametrize("k", [1, 7, 60, PASSAGES])
def test_a_passage_is_as_near_as_the_nearest_of_it_and_its_notes(tmp_path: Path, k: int) -> None:
    rng = np.random.default_rng(3)
    own, notes = (rng.standard_normal((count, WIDTH), dtype=np.float32) for count in (PASSAGES, NOTES))
    brief_of = np.sort(rng.integers(0, 40, PASSAGES)).astype(np.int32)
    brief_of = np.unique(brief_of, return_inverse=True)[1].astype(np.int32)
    # A few passages have most of the notes: the first notes are then those of few passages.
    passage_of = np.sort(rng.integers(0, PASSAGES, NOTES) // 40 * 40).astype(np.int32)
    briefs = write_briefs(tmp_path / "b.npy", own, brief_of)
    found = WithNotes(
        rows(tmp_path, "p", own, brief_of, 1.0), rows(tmp_path, "n", notes, brief_of[passage_of], NOTE_WEIGHT),
        passage_of, PASSAGES,
    )  # fmt: skip
    some = np.flatnonzero(rng.random(PASSAGES) < 0.5)

    for question in rng.standard_normal((20, WIDTH), dtype=np.float32):
        expected = (own @ question + briefs[brief_of] @ question) / 2
        of_notes = (NOTE_WEIGHT * notes @ question + briefs[brief_of[passage_of]] @ question) / 2
        np.maximum.at(expected, passage_of, of_notes)
        assert found.scores(question, some) == pytest.approx(expected[some], abs=1e-5)
        for seen, only, among in (
            (found, None, np.arange(PASSAGES)),
            (found, some, some),
            (found.within(some), None, some),
            (found.within(some), some[:50], some[:50]),
        ):
            best = among[np.lexsort((among, -expected[among]))][:k]
            nearest = seen.search(question, k, only).each
            assert [row for row, _ in nearest] == best.tolist()
            assert [score for _, score in nearest] == pytest.approx(expected[best], abs=1e-5)


def test_notes_that_say_nothing_are_not_embedded() -> None:
    brief = make_brief(LEVEE)
    texts = {"a": "Ibid., 14.", "b": "https://example.org/a/long/address/of-many-words", "c": SAID, "d": "S. 3."}
    notes = tuple(Note(name, name, "footnote", 1, text) for name, text in texts.items())
    marks = tuple(Mark(name, 10 + n, 1, name) for n, name in enumerate([*texts, "c"]))
    brief = replace(brief, notes=notes, marks=marks)
    passages = split(brief, EMBEDDER.count_tokens, max_tokens=200, window=256)

    assert list(noted(brief, passages)) == [(0, "c", SAID)]


def test_what_only_a_note_says_leads_to_the_passage_that_cites_it(tmp_path: Path) -> None:
    citing = make_brief(SCHOOL, path="meals.pdf")
    citing = replace(citing, notes=(replace(citing.notes[0], text=SAID),))
    publish(tmp_path, [make_brief(LEVEE), citing, make_brief("Dredgers sank in costs.", path="costs.pdf")])

    with closing(g.open_current(tmp_path)) as index:
        [first, second, _] = index.dense(EMBEDDER.embed_query("Which dredger sank off Marrow Point?"), 9)
        assert index.fetch([first.passage_id])[0].passage.text == SCHOOL
        assert first.score > second.score


def test_notes_tell_how_much_nearer_than_their_passage_they_are(tmp_path: Path) -> None:
    citing = make_brief(SCHOOL, path="meals.pdf")
    citing = replace(citing, notes=(replace(citing.notes[0], text=SAID),))
    publish(tmp_path, [citing, make_brief(LEVEE), make_brief("Dredgers sank in costs.", path="costs.pdf")])

    with closing(g.open_current(tmp_path)) as index:
        question = EMBEDDER.embed_query("Which dredger sank off Marrow Point?")
        found = [passage.passage_id for passage in index.dense(question, 9)]
        passages = index.fetch([*found, *found])
        told = index.nearer(question, passages)
        assert told[:3] == told[3:], "in the order of the passages"
        by_text = {stored.passage.text: its for stored, its in zip(passages, told, strict=False)}
        [of_note] = by_text[SCHOOL].values()
        assert of_note > max(0.05, *by_text[LEVEE].values())
        assert index.nearer(question, []) == []


@pytest.mark.parametrize(("nearer", "matched"), [(0.2, True), (0.01, False)])
def test_a_note_is_marked_that_is_clearly_nearer_in_meaning(nearer: float, *, matched: bool) -> None:
    brief = make_brief(LEVEE)
    [stored] = MemoryIndex([brief]).fetch([f"{brief.id}-0"])

    cited = cited_notes(stored, "Wer trug die Kosten?", {"n12": nearer})

    assert [one.matched for one in cited] == [matched, matched]


def test_vectors_of_notes_are_made_once_kept_and_gone_with_their_brief(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "docs", tmp_path / "index")
    other = "The ferry Petrel was broken up at Sallow Quay in the spring."
    bench.write("a.md", f"# Ports\n\nThe port was closed.[^1]\n\n[^1]: {SAID}\n")
    bench.write("b.md", f"# Quays\n\nThe quay was closed.[^1] So was the lock.[^2]\n\n[^1]: {SAID}\n[^2]: {other}\n")
    bench.run(**AS_IS)
    assert sorted(text for text in bench.embedder.texts if text in {SAID, other}) == [SAID, other]
    assert vectors_of_notes(bench) == {SAID: 2, other: 1}

    bench.write("b.md", f"# Quays\n\nThe quay was opened.[^1] So was the lock.[^2]\n\n[^1]: {SAID}\n[^2]: {other}\n")
    bench.run(**AS_IS)
    assert not {SAID, other} & set(bench.embedder.texts)
    assert vectors_of_notes(bench) == {SAID: 2, other: 1}

    (bench.docs_in / "b.md").unlink()
    bench.run(**AS_IS)
    assert vectors_of_notes(bench) == {SAID: 1}


def vectors_of_notes(bench: Bench) -> dict[str, int]:
    """How many vectors each note has in the live generation, which all have to be those of notes of their passages."""
    folder = g.generation_folder(bench.index, g.current_id(bench.index) or "")
    found: dict[str, int] = {}
    with closing(g.open_current(bench.index)) as index:
        ids = list(map(bytes.decode, index.ids()))
        rows = np.arange(len(ids))
        with pytest.MonkeyPatch.context() as patch:  # as a large index names them
            patch.setattr(opened, "_IDS_AT_HAND", 0)
            assert index.ids_of(rows[::-1]) == ids[::-1]
        assert index.ids_of(rows[::-1]) == ids[::-1]
        vectors, passage_of = open_embeddings(folder / g.NOTED_EMBEDDINGS), np.load(folder / g.NOTED)
        for vector, row in zip(vectors, passage_of, strict=True):
            [stored] = index.fetch([ids[row]])
            texts = [note.text for note in stored.notes]
            near = EMBEDDER.embed_passages(texts) @ vector
            assert near.max() == pytest.approx(1, abs=1e-5)
            said = texts[int(near.argmax())]
            found[said] = found.get(said, 0) + 1
    return found
