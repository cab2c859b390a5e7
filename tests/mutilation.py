"""Damage of the kinds that files suffer, for tests that nothing but errors of ours comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def mutilate(data: bytes, chance: random.Random) -> bytes:
    """The data with some bytes flipped, a piece cut out, or a piece of it put in twice."""
    at, size = chance.randrange(len(data)), chance.randrange(1, 400)
    kind = chance.randrange(3)
    if kind == 0:
        flipped = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if kind == 1:
        return data[:at] + data[at + size :]
    return data[:at] + data[chance.randrange(len(data)) :][:size] + data[at:]
