"""`Run`s of a page → `Line`s in reading order: rows by baseline, columns as `pdf_columns` finds them."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from unicodedata import combining

from briefqa.briefs import Line, Span
from briefqa.reading.pdf_accents import is_accent, with_accents
from briefqa.reading.pdf_columns import Gutter, Piece, main_size, reading_order
from briefqa.reading.pdf_pen import SPACE_GAP, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A superscript stands up to this share of the font size above its line's baseline, a subscript this far below.
_MAX_RISE = 0.72
_MAX_DROP = 0.35
# In lines so short, marks may have more characters than the text; letters tell which is which.
_SHORT = 8
_LETTERS_WEIGH = 2


def lines_of(runs: Sequence[Run], gutters: list[Gutter]) -> tuple[tuple[Line, ...], int]:
    """Lines in reading order, and how many characters were left out because they run in another direction.

    gutters: those of the pages before; what this page has is added.
    """
    upright, left_out = _dominant_direction(runs)
    rows = _rows(_pieces(upright))
    lines: list[Line] = []
    for block, rows_of_block in enumerate(reading_order(rows, gutters)):
        lines.extend(_line(pieces, block) for pieces in rows_of_block)
    return tuple(line for line in lines if line.text), left_out


def _dominant_direction(runs: Sequence[Run]) -> tuple[list[Run], int]:
    """The runs of the direction that most of the page's text has, and the number of characters of the others."""
    weight: Counter[int] = Counter()
    for run in runs:
        weight[run.angle] += len(run.text.strip())
    if len(weight) < 2:
        return list(runs), 0
    main = weight.most_common(1)[0][0]
    return [run for run in runs if run.angle == main], sum(weight.values()) - weight[main]


def _pieces(runs: Iterable[Run]) -> list[Piece]:
    """Chain runs that follow each other without a gap, in the order they were drawn."""
    pieces: list[Piece] = []
    last: Run | None = None
    for run in runs:
        blank = not run.text.strip()
        if last is not None and _follows(last, run):
            if blank:
                last.text += " " if run.text else ""
                last.x1 = max(last.x1, run.x1)
                if run.text and last.edges:
                    last.edges = array("f", [*last.edges, last.x1])
                continue
            if (
                run.text == last.text
                and abs(run.x0 - last.x0) < 0.1 * run.size
                and abs(run.y - last.y) < 0.1 * run.size
            ):
                continue  # bold faked by drawing twice
            pieces[-1].runs.append(run)
        elif blank:
            continue
        else:
            pieces.append(Piece([run], run.y, run.size))
        last = run
    for piece in pieces:
        main = max(piece.runs, key=lambda run: (round(run.size, 1), len(run.text)))
        piece.y, piece.size = main.y, main.size
    return pieces


def _follows(last: Run, run: Run) -> bool:
    """Whether run continues last on the same line."""
    size = max(last.size, run.size)
    if is_accent(last.text) or is_accent(run.text):  # it stands over the letter before it or the one behind
        return abs(run.y - last.y) <= _MAX_DROP * size and -1.2 * size <= run.x0 - last.x1 <= 0.6 * size
    if abs(run.y - last.y) > _MAX_RISE * size:
        return False
    if abs(run.y - last.y) > 0.1 * size and min(last.size, run.size) > 0.9 * size:
        # The same size on another baseline: a new line set tight, unless it is a short raised label.
        short = min(len(last.text.strip()), len(run.text.strip()))
        if short > 4 or abs(run.y - last.y) > 0.5 * size:
            return False
    return -0.3 * size <= run.x0 - last.x1 <= 0.6 * size


def _rows(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces on one baseline, from the top of the page down; small raised ones join the row that they belong to."""
    rows: list[list[Piece]] = []
    usual = main_size(pieces)
    raised = [piece for piece in pieces if piece.chars <= 6 and piece.size <= 0.85 * usual]
    small = {id(piece) for piece in raised}
    for piece in sorted((piece for piece in pieces if id(piece) not in small), key=lambda piece: -piece.y):
        row = rows[-1] if rows else None
        if row is not None and abs(row[0].y - piece.y) <= 0.2 * max(row[0].size, piece.size):
            row.append(piece)
        else:
            rows.append([piece])
    orphans = [piece for piece in raised if not _join_row(piece, rows)]
    # Small print drawn letter by letter comes before the labels that are raised in it.
    for piece in sorted(orphans, key=lambda piece: -piece.size):
        near = next((row for row in rows if abs(row[0].y - piece.y) <= 0.25 * max(row[0].size, piece.size)), None)
        if near is not None:
            near.append(piece)
        elif not _join_row(piece, [row for row in rows if piece.size <= 0.85 * max(other.size for other in row)]):
            rows.append([piece])
    for row in rows:
        row.sort(key=lambda piece: piece.x0)
    rows.sort(key=lambda row: -row[0].y)
    return rows


def _join_row(small: Piece, rows: list[list[Piece]]) -> bool:
    """Put a small piece into the row whose text it touches, if one does."""
    best: tuple[float, list[Piece]] | None = None
    for row in rows:
        rise = small.y - row[0].y
        size = max(piece.size for piece in row)
        if not -_MAX_DROP * size <= rise <= _MAX_RISE * size:
            continue
        distance = min(max(piece.x0 - small.x1, small.x0 - piece.x1, 0.0) for piece in row)
        if distance <= 0.8 * size and (best is None or distance + abs(rise) < best[0]):
            best = (distance + abs(rise), row)
    if best is None:
        return False
    row = best[1]
    for piece in row:
        if piece.x0 < small.x0 < piece.x1 and len(piece.runs) > 1:
            # Drawn after the line it stands in: part that line's runs where the superscript belongs.
            after = [run for run in piece.runs if run.x0 > small.x0 - 0.1 * small.size]
            if after and len(after) < len(piece.runs):
                piece.runs = [run for run in piece.runs if run.x0 <= small.x0 - 0.1 * small.size]
                row.append(Piece(after, piece.y, piece.size))
                break
    row.append(small)
    return True


def _line(pieces: list[Piece], block: int) -> Line:
    """One line of text with its spans; word spaces are put where the runs leave a gap."""
    main = max(pieces, key=lambda piece: (piece.chars, piece.size))
    text = ""
    spans: list[Span] = []
    last: Run | None = None
    weights: Counter[tuple[float, float]] = Counter()
    for run in (run for piece in pieces for run in piece.runs):
        shown = run.text.replace("\u00a0", " ").replace("\t", " ")
        if (
            last is not None
            and not text.endswith(" ")
            and not shown.startswith(" ")
            and not combining(shown[:1] or "x")
        ):
            smaller = min(last.size, run.size)
            if run.x0 - last.x1 > SPACE_GAP * (smaller if smaller > 0.85 * main.size else main.size):
                text += " "
        edges = run.edges
        if not text:
            shown = shown.lstrip()
            edges = edges[len(run.text) - len(shown) :] if len(shown) < len(run.text) else edges
        start = len(text)
        text += shown
        weights[round(run.size, 1), round(run.y, 1)] += len(shown)
        if len(text) < _SHORT:  # of "m². 23" more is raised than not
            weights[round(run.size, 1), round(run.y, 1)] += _LETTERS_WEIGH * sum(map(str.isalpha, shown))
        previous = spans[-1] if spans else None
        if (
            previous is not None
            and last is not None
            and len(run.text) == 1
            and previous.end == start
            and (previous.font, round(previous.size, 1), round(previous.y, 1))
            == (run.font, round(run.size, 1), round(run.y, 1))
            and previous.superior == run.superior
        ):
            # Producers that place each glyph: their runs say nothing about where a mark begins.
            joined = previous.edges
            if isinstance(joined, array):  # nobody else holds it; where one begins, the other ends
                joined[-1:] = array("f", edges)
            spans[-1] = Span(
                previous.start, len(text), previous.x0, run.x1, run.y, run.size, run.font, run.superior, joined
            )
        else:
            spans.append(Span(start, len(text), run.x0, run.x1, run.y, run.size, run.font, run.superior, edges))
        last = run
    stripped = text.rstrip()
    spans = [
        span if span.end <= len(stripped) else replace(span, end=len(stripped), edges=_first(span, len(stripped)))
        for span in spans
        if span.start < len(stripped)
    ]
    size, y = weights.most_common(1)[0][0] if weights else (main.size, main.y)
    x1 = max((span.x1 for span in spans), default=main.x1)
    return with_accents(Line(stripped, pieces[0].x0, x1, y, size, tuple(spans), block))


def _first(span: Span, end: int) -> Sequence[float]:
    """The edges of a span that is to end there."""
    return span.edges[: end - span.start + 1]
