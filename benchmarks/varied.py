"""An index over as many passages of real text as are wanted: all that lies beside the checkout, and variations of it.

There are some 7,000 passages, with 1,400 notes. What is wanted beyond is the same briefs again, in which every fifth
word is another one of the same length: new words, as more briefs would bring them, and every offset stays. Vectors are
random, in clusters (see `synthetic`): how long a search takes depends on their number alone.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from retrieval import COLLECTIONS, PROJECT, SHARED
from synthetic import PASSAGE_TOKENS, RandomPassages

from briefqa.briefs import Brief, Document, Flow, PageSpan
from briefqa.embedding import PACKAGED_MODEL, load_embedder
from briefqa.evaluation.collections import load_collection
from briefqa.ingest import ingest
from briefqa.reindex import ReindexReport, reindex

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIX = ".brief"
_LETTERS = "etaoinshrdlu"
_VARIED = 0.2
# So many passages become of what is there (measured at PASSAGE_TOKENS).
_THERE = 7080


def build_varied_index(folder: Path, passages: int, seed: int) -> ReindexReport:
    """Index at least so many passages into folder/index; of fewer than there are, some briefs are left out.

    An index of an earlier call is brought up to date.
    """
    briefs = real_briefs()
    random.Random(seed).shuffle(briefs)  # noqa: S311 - to be repeated, not to be secret
    docs_in = folder / "docs_in"
    docs_in.mkdir(parents=True, exist_ok=True)
    for number in range(round(len(briefs) * passages / _THERE) + 1):
        file = docs_in / f"{number:07}{_SUFFIX}"
        if not file.exists():
            file.write_text(str(number), encoding="ascii")

    def understand(document: Document, brief_id: str) -> Brief:
        copy, place = divmod(int(document.path.removesuffix(_SUFFIX)), len(briefs))
        varied = variation(briefs[place], f"{seed} {copy}") if copy else briefs[place]
        return replace(varied, id=brief_id, path=document.path)

    embedder = RandomPassages(load_embedder(PACKAGED_MODEL, converted=PROJECT / "build" / "models"), seed)
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


def real_briefs() -> list[Brief]:
    """Return the entries of the collections as briefs, and the documents of notes-gold as they are read."""
    briefs = []
    for name in COLLECTIONS:
        for entry in load_collection(SHARED / "collections" / name).entries:
            text = entry.text if entry.text.strip() else entry.title
            briefs.append(Brief(entry.id, "", entry.title, text, (PageSpan(1, "1", 0, len(text)),)))
    for file in sorted((SHARED / "notes-gold").glob("*.pdf")):
        read = ingest(file, file.name, file.stem, max_bytes=10**9, max_pages=10**6, max_chars=10**9)
        briefs.append(replace(read.brief, geometry=()))
    return briefs


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
