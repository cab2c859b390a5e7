"""The gate before publishing: what a build has to show before it takes the place of the live generation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from briefqa.errors import GenerationError, NoGeneration
from briefqa.generation import Generation, held_folder, open_current, prune, release, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from briefqa.embedding import Embedder
    from briefqa.generation import FarHome, Index

Opened = TypeVar("Opened")

# Of a handful of briefs one is a large share: so many may be missing whatever the shares say.
_FEW = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a canary question. reason: "" where it passed."""

    question: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """reasons: why a build is not to be published; none: it may. verdicts: one for each canary question."""

    reasons: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """What is asked of a build. Shares in percent.

    max_brief_fall: how many of the live generation's briefs may be missing. max_unreadable: how many files may be
    unreadable. Three may, whatever the share. ask: asks the canary questions of a build. min_canaries: how many of them
    have to pass.
    """

    max_brief_fall: int = 100
    max_unreadable: int = 100
    min_canaries: int = 100
    ask: Callable[[Index, Embedder], Sequence[Verdict]] | None = None

    def judge(self, live: Index | None, built: Index, load: Callable[[], Embedder]) -> Judgement:
        """Judge a build beside what is live. load: gives the model, if there is a question to ask."""
        reasons = []
        now, before = built.info().briefs, live.info().briefs if live else 0
        if before - now > max(_FEW, before * self.max_brief_fall / 100):
            reasons.append(
                f"{before - now} of {before} briefs are missing: max_brief_fall = {self.max_brief_fall} percent."
            )
        files = built.files()
        failed = sum(bool(file.failure) for file in files)
        if failed > max(_FEW, len(files) * self.max_unreadable / 100):
            reasons.append(
                f"{failed} of {len(files)} files cannot be read: max_unreadable = {self.max_unreadable} percent."
            )
        verdicts = tuple(self.ask(built, load())) if self.ask else ()
        missed = [verdict for verdict in verdicts if verdict.reason]
        if 100 * (len(verdicts) - len(missed)) < self.min_canaries * len(verdicts):
            told = " ".join(f"“{verdict.question}”: {verdict.reason}" for verdict in missed[:3])
            reasons.append(f"{len(missed)} of {len(verdicts)} canary questions fail. {told}")
        return Judgement(tuple(reasons), verdicts)


def publish_held(  # noqa: PLR0913 - what, and how
    index: Path,
    gate: Gate,
    load: Callable[[], Embedder],
    *,
    keep: int,
    force: bool = False,
    home: FarHome | None = None,
) -> tuple[str, Judgement]:
    """Publish the build that the gate has held back, if it passes now, or anyhow where force is set.

    home: where it is published beside the folder, and has to pass, too. Returns its name and the judgement; where that
    gives reasons and force is not set, nothing is published. Raises NoGeneration where nothing is held, and as
    `open_generation` and `writing` do.
    """
    with writing(index):
        folder = held_folder(index)
        if folder is None:
            raise NoGeneration(f"No build is held back in {index}: `briefqa reindex` makes one.")
        built = Generation.open(folder)
        try:
            live = live_generation(index)
            try:
                judgement = Judgement() if force else gate.judge(live, built, load)
            finally:
                if live:
                    live.close()
        finally:
            built.close()
        if home is not None and not judgement.reasons:
            judgement = publish_far(home, folder, keep, Gate() if force else gate, load)
        if not judgement.reasons:
            release(index, folder.name)
            prune(index, 1 if home else keep)
        return folder.name, judgement


def publish_far(home: FarHome, folder: Path, keep: int, gate: Gate, load: Callable[[], Embedder]) -> Judgement:
    """Publish the generation in folder in a home beside it, if what is there then passes the gate, too."""
    judgements: list[Judgement] = []

    def accept(brought: Index) -> bool:
        live = _opened(home.open_current)
        try:
            judgements.append(gate.judge(live, brought, load))
        finally:
            if live:
                live.close()
        return not judgements[-1].reasons

    home.publish(folder, keep, accept)
    return judgements[-1] if judgements else Judgement()


def live_generation(index: Path) -> Generation | None:
    """Open what is live, None where nothing is, or nothing that can be opened."""
    return _opened(lambda: open_current(index))


def _opened(how: Callable[[], Opened]) -> Opened | None:
    try:
        return how()
    except GenerationError:
        return None
