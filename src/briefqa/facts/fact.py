"""One thing known about a document, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """A value with a confidence from 0 (nothing is known) to 1, and where it comes from, for people."""

    value: T
    confidence: float
    origin: str = ""
