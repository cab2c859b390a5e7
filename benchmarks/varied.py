"""An index over as many passages of real text as are wanted: all that lies beside the checkout, and variations of it.

There are some 7,000 passages, with 1,400 notes. What is wanted beyond is the same briefs again, in which every fifth
word is another one of the same length: new words, as more briefs would bring them, and every offset stays. Vectors are
random, in clusters (see `synthetic`), or mixtures of real ones (`MixedPassages`), where what is found matters, too.
"""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from retrieval import COLLECTIONS, PROJECT, SHARED
from synthetic import PASSAGE_TOKENS, RandomPassages

from briefqa.briefs import Brief, Document, Flow, PageSpan
from briefqa.embedding import PACKAGED_MODEL, load_embedder
from briefqa.evaluation.collections import load_collection
from briefqa.ingest import ingest
from briefqa.reindex import ReindexReport, reindex

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.embedding import Embedder

BANK = "real.npy"
"""Where the vectors of real passages are kept, beside the folders of the indexes."""
_SUFFIX = ".brief"
_LETTERS = "etaoinshrdlu"
_VARIED = 0.2
# So many passages become of what is there (measured at PASSAGE_TOKENS).
_THERE = 7080
# Characters of what is embedded for the bank of real vectors.
_PIECE = 900


def build_varied_index(
    folder: Path, passages: int, seed: int, *, mixed: bool = False, changed: Collection[int] = ()
) -> ReindexReport:
    """Index at least so many passages into folder/index; of fewer than there are, some briefs are left out.

    An index of an earlier call is brought up to date. mixed: vectors are mixtures of real ones. changed: numbers of
    briefs that are to be others than in an earlier call.
    """
    briefs = list(real_briefs())
    random.Random(seed).shuffle(briefs)  # noqa: S311 - to be repeated, not to be secret
    docs_in = folder / "docs_in"
    docs_in.mkdir(parents=True, exist_ok=True)
    for number in range(round(len(briefs) * passages / _THERE) + 1):
        file = docs_in / f"{number:07}{_SUFFIX}"
        if number in changed or not file.exists():
            file.write_text(f"{number} changed" if number in changed else str(number), encoding="ascii")

    def understand(document: Document, brief_id: str) -> Brief:
        copy, place = divmod(int(document.path.removesuffix(_SUFFIX)), len(briefs))
        again = "changed" if copy * len(briefs) + place in changed else ""
        varied = variation(briefs[place], f"{seed} {copy}{again}") if copy or again else briefs[place]
        return replace(varied, id=brief_id, path=document.path)

    real = load_embedder(PACKAGED_MODEL, converted=PROJECT / "build" / "models")
    embedder = MixedPassages(real, folder.parent / BANK, briefs) if mixed else RandomPassages(real, seed)
    return reindex(
        docs_in,
        folder / "index",
        load=lambda: embedder,
        embedder_key=embedder.fingerprint,
        passage_tokens=PASSAGE_TOKENS,
        faiss_factory="auto",
        keep=1,
        max_bytes=10**9,
        max_pages=10**6,
        limits=None,
        read=lambda _file, name, **_: Document(path=name, pages=(), flow=Flow(text=name)),
        understand=understand,
        suffixes={_SUFFIX},
        reader_version="varied",
    )


class MixedPassages(RandomPassages):
    """The real model, except that each passage gets a mixture of real passages' vectors, always the same one.

    Passages of one brief (by the first line of what is embedded) have one of both in common; a third part is noise. So
    they lie as real ones do, in clusters that overlap, and real questions are near to some of them.
    """

    def __init__(self, real: Embedder, file: Path, briefs: Sequence[Brief]) -> None:
        """file: where the vectors of what the briefs say are kept."""
        super().__init__(real, 0)
        self.fingerprint = f"mixed-{real.fingerprint}"
        if not file.exists():
            texts = [brief.body[at : at + _PIECE] for brief in briefs for at in range(0, len(brief.body), _PIECE)]
            np.save(file, np.concatenate([real.embed_passages(texts[at : at + 64]) for at in range(0, len(texts), 64)]))
        self._bank = np.load(file)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return mixtures, of unit length."""
        common = [zlib.crc32(text.partition("\n")[0].encode()) % len(self._bank) for text in texts]
        own = [zlib.crc32(text.encode()) for text in texts]
        noise = np.stack(
            [np.random.default_rng(seed).standard_normal(self.dimension, dtype=np.float32) for seed in own]
        )
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        vectors = 0.6 * self._bank[common] + 0.6 * self._bank[np.array(own) % len(self._bank)] + 0.4 * noise
        unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit


@cache
def real_briefs() -> tuple[Brief, ...]:
    """Return the entries of the collections as briefs, and the documents of notes-gold as they are read."""
    briefs = []
    for name in COLLECTIONS:
        for entry in load_collection(SHARED / "collections" / name).entries:
            text = entry.text if entry.text.strip() else entry.title
            briefs.append(Brief(entry.id, "", entry.title, text, (PageSpan(1, "1", 0, len(text)),)))
    for file in sorted((SHARED / "notes-gold").glob("*.pdf")):
        read = ingest(file, file.name, file.stem, max_bytes=10**9, max_pages=10**6, max_chars=10**9)
        briefs.append(replace(read.brief, geometry=()))
    return tuple(briefs)


def real_questions(seed: int) -> list[str]:
    """Return the questions of the collections, as many of each as of the one that has fewest, mixed."""
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    asked = [list(load_collection(SHARED / "collections" / name).judged.values()) for name in COLLECTIONS]
    fewest = min(map(len, asked))
    mixed = [question for texts in asked for question in source.sample(texts, fewest)]
    source.shuffle(mixed)
    return mixed


def variation(brief: Brief, seed: str) -> Brief:
    """Return a brief in which every fifth word, of the text and of the notes, is another one of the same length."""
    changes: dict[str, str] = {}
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret

    def changed(match: re.Match[str]) -> str:
        word = match[0]
        if word not in changes:
            keep = source.random() > _VARIED
            changes[word] = word if keep else word[0] + "".join(source.choices(_LETTERS, k=len(word) - 1))
        return changes[word]

    def vary(text: str) -> str:
        return re.sub(r"[A-Za-z]{4,}", changed, text)

    notes = tuple(replace(note, text=vary(note.text)) for note in brief.notes)
    return replace(brief, title=vary(brief.title), body=vary(brief.body), notes=notes)
