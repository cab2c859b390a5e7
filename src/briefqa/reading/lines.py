"""Parts of a line, with their spans."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from briefqa.briefs import WebLink

if TYPE_CHECKING:
    from briefqa.briefs import Line


def until(line: Line, at: int) -> Line:
    """The line up to the character at."""
    spans = tuple(span.cut(0, at) for span in line.spans if span.start < at)
    x1 = max((span.x1 for span in spans), default=line.x1)
    links = tuple(link for link in line.links if link.end <= at)
    return replace(line, text=line.text[:at].rstrip(), spans=spans, x1=x1, links=links)


def since(line: Line, at: int) -> Line:
    """The line from the character at on."""
    parts = (span.cut(at, span.end) for span in line.spans if span.end > at)
    spans = tuple(replace(span, start=span.start - at, end=span.end - at) for span in parts)
    x0 = min((span.x0 for span in spans), default=line.x0)
    links = tuple(WebLink(max(0, link.start - at), link.end - at, link.address) for link in line.links if link.end > at)
    return replace(line, text=line.text[at:], spans=spans, x0=x0, links=links)
