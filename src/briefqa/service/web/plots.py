"""Small plots as numbers for SVG: the templates draw them, without scripts and without styles inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Bar(NamedTuple):
    """A bar. label: what it counts; short: what is written below it, or ""; x, y, width, height: in pixels."""

    label: str
    short: str
    value: int
    x: float
    y: float
    width: float
    height: float


class Plot(NamedTuple):
    """Bars side by side, and the size of the whole without the labels below."""

    width: float
    height: float
    bars: list[Bar]


class Row(NamedTuple):
    """A bar across. title: what it counts; href: where it leads; width: in percent of the longest."""

    title: str
    href: str
    value: int
    width: float


def rows(counts: Sequence[tuple[str, str, int]]) -> list[Row]:
    """A bar across for each (title, address, count), in order."""
    most = max((count for _, _, count in counts), default=1)
    return [Row(title, href, count, round(100 * count / most, 1)) for title, href, count in counts]


def columns(counts: Mapping[int, int], width: float = 640, height: float = 96) -> Plot:
    """A column for each key, in order; every so many of them is labelled that labels do not touch."""
    step = width / max(len(counts), 1)
    thick = min(step * 0.72, 44)
    most = max(counts.values(), default=1) or 1
    every = max(1, round(48 / step + 0.49))
    bars = []
    for place, (key, count) in enumerate(counts.items()):
        tall = round((height - 16) * count / most, 1)
        short = str(key) if place % every == 0 else ""
        bars.append(
            Bar(
                str(key),
                short,
                count,
                round(place * step + (step - thick) / 2, 1),
                height - tall,
                round(thick, 1),
                tall,
            )
        )
    return Plot(width, height, bars)
