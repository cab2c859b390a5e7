"""Made-up briefs from a seed, so that a benchmark repeats anywhere, and an index over as many passages as are wanted.

The words are real ones, drawn as often as words are (Zipf's law), so that the tokenizer parts them as it parts prose;
sentences, paragraphs, headings and notes have the lengths of those of policy briefs. It means nothing: good for
measuring time and memory, useless for measuring what is found.
"""

from __future__ import annotations

import random
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from briefqa.embedding import load_embedder
from briefqa.reading.isolated import Limits
from briefqa.reindex import reindex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from briefqa.embedding import Embedder
    from briefqa.reindex import ReindexReport

PASSAGE_TOKENS = 200
LIMITS = Limits(seconds=120, memory=2_000_000_000)
_MODEL = "all-MiniLM-L6-v2"
# About so many passages become of one made-up brief (measured at PASSAGE_TOKENS).
_PASSAGES_PER_BRIEF = 20
_PARAGRAPHS_PER_SECTION = 5

_WORDS = """
the of and to in a for that is on by with as are be from it this an at which or was not have has will their more its
than were but these may new public also other can such they would been state policy percent year local under between
federal national government program report water data energy school health cost services funding development access
system housing states market support rate level agency community research tax plan measures income price act capacity
increase countries risk trade investment section average growth quality standards workers households budget
changes law management resources review security impact districts costs infrastructure agreement land emissions rules
employment regional industry transport evidence supply demand authority production carbon requirements administration
implementation commission environmental education committee assessment programs economic financial social insurance
labor revenue regulation framework facilities climate treatment estimates expenditure monitoring procurement reform
compliance targets incentives subsidies eligibility affordability groundwater broadband canteens irrigation aquifer
premiums levees municipalities coverage ministry contractors meters licences inspections tariffs pensions childcare
apprenticeships hospitals vaccination logistics railways electrification pipelines biodiversity desalination fisheries
forestry arbitration jurisdiction appropriations memorandum statutory bilateral multilateral sanctions ratification
accountability transparency oversight whistleblowers ombudsman referendum constituencies interoperability
""".split()
_WEIGHTS = list(accumulate(1 / (rank + 3) for rank in range(len(_WORDS))))


def write_briefs(folder: Path, passages: int, seed: int, per_brief: int = _PASSAGES_PER_BRIEF) -> None:
    """Write Markdown files that become about so many passages, per_brief each, two of three with a note."""
    folder.mkdir(parents=True, exist_ok=True)
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for number in range(max(1, round(passages / per_brief))):
        (folder / f"brief-{number:04}.md").write_text(_brief(source, per_brief), encoding="utf-8")


def questions(count: int, seed: int) -> list[str]:
    """Make questions of 6 to 14 words, no two alike."""
    source = random.Random(f"questions {seed}")  # noqa: S311 - the same
    made: dict[str, None] = {}
    while len(made) < count:
        made[f"What {_words(source, source.randint(5, 13))}?"] = None
    return list(made)


def build_index(docs_in: Path, index: Path, embedder: Embedder, limits: Limits | None = LIMITS) -> ReindexReport:
    """Index docs_in with settings as they are by default. limits: None reads in this process, which is quicker."""
    return reindex(
        docs_in,
        index,
        load=lambda: embedder,
        embedder_key=embedder.fingerprint,
        passage_tokens=PASSAGE_TOKENS,
        faiss_factory="auto",
        keep=1,
        max_bytes=10**9,
        max_pages=10**6,
        limits=limits,
    )


def build_random_index(folder: Path, passages: int, seed: int) -> ReindexReport:
    """Write briefs and index them into folder/index as if the real model had embedded them: see `RandomPassages`."""
    write_briefs(folder / "docs_in", passages, seed)
    return build_index(folder / "docs_in", folder / "index", RandomPassages(load_embedder(_MODEL), seed), None)


class RandomPassages:
    """The real model, except that passages get random vectors, in clusters as real ones lie: minutes become seconds.

    How long a search takes depends on how many vectors there are, not on what they are; questions are really embedded.
    """

    def __init__(self, real: Embedder, seed: int) -> None:
        self._real = real
        self._random = np.random.default_rng(seed)
        self._centres = self._random.standard_normal((100, real.dimension), dtype=np.float32)
        self.model = real.model
        self.fingerprint = real.fingerprint
        self.dimension = real.dimension
        self.window = real.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens as the real model counts."""
        return self._real.count_tokens(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors near one of the centres, of unit length."""
        own = self._random.standard_normal((len(texts), self.dimension), dtype=np.float32)
        vectors = self._centres[self._random.integers(len(self._centres), size=len(texts))] + 0.7 * own
        unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector that the real model makes."""
        return self._real.embed_query(text)


def _brief(source: random.Random, paragraphs: int) -> str:
    notes: list[str] = []
    parts = [f"# {_words(source, 7).capitalize()}"]
    for paragraph in range(paragraphs):
        if paragraph % _PARAGRAPHS_PER_SECTION == 0:
            parts.append(f"## {_words(source, 4).capitalize()}")
        sentences = [_sentence(source) for _ in range(source.randint(4, 9))]
        if source.random() < 2 / 3:
            notes.append(_note(source, len(notes) + 1))
            sentences[source.randrange(len(sentences))] += f"[^{len(notes)}]"
        parts.append(" ".join(sentences))
    return "\n\n".join([*parts, *notes]) + "\n"


def _sentence(source: random.Random) -> str:
    return f"{_words(source, source.randint(8, 32)).capitalize()}."


def _note(source: random.Random, number: int) -> str:
    year, page = source.randint(1995, 2030), source.randint(1, 400)
    address = "-".join(source.choices(_WORDS[40:], k=6))
    return f"[^{number}]: {_words(source, 8).capitalize()} ({year}), {page}, https://example.org/{address}."


def _words(source: random.Random, count: int) -> str:
    return " ".join(source.choices(_WORDS, cum_weights=_WEIGHTS, k=count))
