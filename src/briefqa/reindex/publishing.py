"""A build becomes what is live, here and in the home beside, if the gate lets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.errors import NotFound
from briefqa.generation import Generation, held_folder, prune, release
from briefqa.reindex.gate import live_generation, publish_far

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from briefqa.embedding import Embedder
    from briefqa.generation import FarHome, Manifest
    from briefqa.reindex.building import Parent
    from briefqa.reindex.gate import Gate, Judgement
    from briefqa.reindex.report import Stopwatch


@dataclass(frozen=True, slots=True)
class Publishing:
    """How builds of an index folder are published. home: where beside the folder. keep: how many generations stay."""

    index: Path
    home: FarHome | None
    gate: Gate
    keep: int
    watch: Stopwatch
    model: Callable[[], Embedder]

    def catch_up(self) -> None:
        """Make here what is live in the home beside: a run was cut short after it had published there."""
        held = held_folder(self.index)
        if self.home and held and held.name == self.home.current():
            release(self.index, held.name)

    def publish(self, generation: str) -> Judgement:
        """Judge the build that is held back, and make it live unless there are reasons not to. Raises NotFound."""
        folder = held_folder(self.index)
        if folder is None or folder.name != generation:
            raise NotFound(f"Generation {generation} is not there any more.")
        judgement = self._judge(folder)
        if self.home and not judgement.reasons:
            judgement = self._publish_far(self.home, folder)
        if not judgement.reasons:
            with self.watch.timing("write"):
                release(self.index, generation)
                prune(self.index, 1 if self.home else self.keep)
        return judgement

    def bring(self, parent: Parent) -> tuple[Manifest, Judgement] | tuple[()]:
        """Publish the generation before in the home beside, where it is not live there."""
        if self.home is None or self.home.current() == parent.manifest.generation:
            return ()
        return parent.manifest, self._publish_far(self.home, parent.folder)

    def _publish_far(self, home: FarHome, folder: Path) -> Judgement:
        with self.watch.timing("publish"):
            return publish_far(home, folder, self.keep, self.gate, self.model)

    def _judge(self, folder: Path) -> Judgement:
        built, live = Generation.open(folder), live_generation(self.index)
        try:
            with self.watch.timing("judge"):
                return self.gate.judge(live, built, self.model)
        finally:
            built.close()
            if live:
                live.close()
