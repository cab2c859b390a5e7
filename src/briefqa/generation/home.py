"""A home of an index: where its generations are kept and which one is live. A folder is the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from briefqa.generation import opened, store
from briefqa.generation.manifest import read_manifest
from briefqa.generation.traces import traces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from briefqa.generation.index import Index
    from briefqa.generation.manifest import Manifest
    from briefqa.generation.traces import Trace


class Home(Protocol):
    """What is asked of a home by whoever serves, searches or looks after an index."""

    @property
    def name(self) -> str:
        """What it is called before people; no password is in it."""

    def current(self) -> str | None:
        """Name the live generation, None where there is none. Cheap."""

    def generations(self) -> list[str]:
        """Name all generations that are kept, the newest first."""

    def manifest(self, generation: str) -> Manifest:
        """Return what a generation says of itself. Raises NotFound, CorruptGeneration, IncompatibleGeneration."""

    def open_current(self) -> Index:
        """Open the live generation. Raises NoGeneration, and as `open`."""

    def open(self, generation: str) -> Index:
        """Open a generation by name. Raises as `manifest`."""

    def verify(self, generation: str) -> Manifest:
        """Compare all that a generation holds with its checksums. Raises as `manifest`."""

    def rollback(self, generation: str | None = None) -> str:
        """Make an earlier generation live again, by default the newest sound one, and return its name."""

    def traces(self, phrases: Sequence[str]) -> Iterator[Trace]:
        """Find where phrases still stand, in generations that are kept and in whatever else there is."""


class FarHome(Home, Protocol):
    """A home beside the folder in which generations are built: they are brought there whole."""

    def publish(self, folder: Path, keep: int, accept: Callable[[Index], bool]) -> bool:
        """Bring the generation in folder there and make it live, in one moment or not at all.

        accept: is asked of what was brought, before it is live. keep: how many generations to keep. Returns what
        accept said. Raises ReindexRunning, GenerationError.
        """

    def remove(self, generation: str) -> None:
        """Remove a generation that is not live."""


@dataclass(frozen=True, slots=True)
class FolderHome:
    """An index in a folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The path of the folder."""
        return str(self.folder)

    def current(self) -> str | None:
        """Name the live generation."""
        return store.current_id(self.folder)

    def generations(self) -> list[str]:
        """Name all generations that are kept, the newest first."""
        return store.generations(self.folder)

    def manifest(self, generation: str) -> Manifest:
        """Return what a generation says of itself."""
        return read_manifest(store.generation_folder(self.folder, generation))

    def open_current(self) -> Index:
        """Open the live generation."""
        return opened.open_current(self.folder)

    def open(self, generation: str) -> Index:
        """Open a generation by name."""
        return opened.open_generation(self.folder, generation)

    def verify(self, generation: str) -> Manifest:
        """Compare every byte of a generation with its checksums."""
        return opened.verify(self.folder, generation)

    def rollback(self, generation: str | None = None) -> str:
        """Make an earlier generation live again; see `store.rollback`."""
        return store.rollback(self.folder, generation)

    def traces(self, phrases: Sequence[str]) -> Iterator[Trace]:
        """Look for phrases in every file of the folder; see `traces.traces`."""
        return traces(self.folder, phrases)
