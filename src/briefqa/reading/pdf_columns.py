"""The order in which a page is read: columns by the white gutters between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefqa.reading.pdf_pen import Run

# Narrower gaps than this many font sizes never part columns.
_GUTTER = 0.8
# Words of a justified line may stand this far apart; what is justified is as wide as its column.
_STRETCHED = 1.9
_JUSTIFIED = 0.97
_EVEN = 0.25
# How many parts the rows of a column have at most, on average; those of a table have more.
_PARTS = 1.6
_WHOLE = 1.15
_MIN_COLUMN_ROWS = 5
# At a gutter that the page is known to have, that many are enough.
_MIN_SHORT_ROWS = 2
_MIN_COLUMN_LETTERS = 8
# Lines of columns begin at their edge or at an indent, in font sizes.
_OFF = 0.2
_INDENT = 4.0
_EDGE = 0.15
_MOST_GUTTERS = 6


@dataclass(slots=True)
class Piece:
    """Runs that touch each other on one line, with their main baseline and size."""

    runs: list[Run]
    y: float
    size: float

    @property
    def x0(self) -> float:
        """The left edge."""
        return self.runs[0].x0

    @property
    def x1(self) -> float:
        """The right edge."""
        return max(run.x1 for run in self.runs)

    @property
    def chars(self) -> int:
        """How many characters it has."""
        return sum(len(run.text) for run in self.runs)


def main_size(pieces: Iterable[Piece]) -> float:
    """The font size that most characters are set in; 0 without pieces."""
    weight: Counter[float] = Counter()
    for piece in pieces:
        weight[round(piece.size, 1)] += piece.chars
    return weight.most_common(1)[0][0] if weight else 0.0


@dataclass(frozen=True, slots=True)
class Gutter:
    """The white at x between two columns, and where the lines of the left and of the right one begin."""

    x: float
    left: float
    right: float


def reading_order(rows: list[list[Piece]], known: list[Gutter]) -> list[list[list[Piece]]]:
    """Blocks of rows in reading order: columns one after another, between the rows that run over all of them.

    known: the gutters of the document so far, at which shorter columns are believed, too; those found are added.
    """
    found = _column_band(rows)
    if found is not None:
        _remember(rows[found[0] : found[1]], found[2], known)
    else:
        found = _short_band(rows, known)
    if found is None:
        return [rows] if rows else []
    first, last, x = found
    last = _without_wide_foot(rows, first, last, x)
    left, right = _sides(rows[first:last], x)
    return [
        *reading_order(rows[:first], known),
        *reading_order(left, known),
        *reading_order(right, known),
        *reading_order(rows[last:], known),
    ]


def _sides(rows: list[list[Piece]], x: float) -> tuple[list[list[Piece]], list[list[Piece]]]:
    """What stands left of x and right of it, row by row."""
    left = [[piece for piece in row if piece.x1 <= x + 1] for row in rows]
    right = [[piece for piece in row if piece.x1 > x + 1] for row in rows]
    return [row for row in left if row], [row for row in right if row]


def _remember(rows: list[list[Piece]], x: float, known: list[Gutter]) -> None:
    """Add the gutter of a band, the latest first; pages have few, and left and right ones may differ."""
    left, right = (_edge(side) for side in _sides(rows, x))
    gutter = Gutter(x, left, right)
    known[:] = [gutter, *(other for other in known if (other.left, other.right) != (gutter.left, gutter.right))]
    del known[_MOST_GUTTERS:]


def _without_wide_foot(rows: list[list[Piece]], first: int, last: int, x: float) -> int:
    """Where a band ends if short lines at its foot belong to what runs over both columns below it.

    Notes set over both columns have short lines, too: those in the print of the wide line right below them, smaller
    than the columns', with nothing beside them.
    """
    if last >= len(rows):
        return last
    wide = max(piece.size for piece in rows[last])
    usual = main_size(piece for row in rows[first:last] for piece in row)
    end = last
    while (
        end > first + _MIN_COLUMN_ROWS
        and wide < 0.96 * usual
        and abs(max(piece.size for piece in rows[end - 1]) - wide) <= 0.03 * wide
        and all(piece.x1 <= x + 1 for piece in rows[end - 1])
        and rows[end - 1][0].y - rows[end][0].y < 1.8 * wide
    ):
        end -= 1
    return end


def _column_band(rows: list[list[Piece]]) -> tuple[int, int, float] | None:
    """The longest stretch of rows [first, last) that a gutter at x parts into two columns of prose."""
    best: tuple[tuple[int, int], tuple[int, int, float]] | None = None
    for x in _gutters(rows):
        for first, last, beside in _bands(rows, x):
            if (best is None or (last - first, beside) > best[0]) and _is_prose(rows[first:last], x):
                best = (last - first, beside), (first, last, x)
    return best[1] if best else None


def _edge(rows: list[list[Piece]]) -> float:
    """Where lines begin at the left; a line or two may stand out."""
    starts = Counter(round(row[0].x0) for row in rows)
    return float(min(start for start, count in starts.items() if count >= _EDGE * starts.most_common(1)[0][1]))


def _short_band(rows: list[list[Piece]], known: list[Gutter]) -> tuple[int, int, float] | None:
    """The first stretch of rows with text on both sides of a known gutter, if it is filled as columns are."""
    for gutter in known:
        for first, last, beside in _bands(rows, gutter.x, 1):
            band = rows[first:last]
            if _on_grid(band, gutter) or (beside >= _MIN_SHORT_ROWS and _is_prose(band, gutter.x, _MIN_SHORT_ROWS)):
                return first, last, gutter.x
    return None


def _on_grid(rows: list[list[Piece]], gutter: Gutter) -> bool:
    """Whether all lines on either side begin where those of the columns do, or at an indent, and none has cells."""
    for side, edge in zip(_sides(rows, gutter.x), (gutter.left, gutter.right), strict=True):
        starts = [(row[0].x0 - edge) / row[0].size for row in side if row[0].size]
        if not starts or not all(-_OFF <= start <= _INDENT for start in starts):
            return False
        if any(after - before > _STRETCHED * row[0].size for row in side for before, after in _neighbours(row)):
            return False
    return True


def _gutters(rows: list[list[Piece]]) -> Iterable[float]:
    """Places where a gutter may be: in gaps that many rows share, and left of edges that many lines begin at."""
    gaps: Counter[int] = Counter()
    edges: Counter[int] = Counter()
    for row in rows:
        edges.update({round(piece.x0) for piece in row})
        for before, after in _neighbours(row):
            gaps.update(range(int(before) // 4, int(after) // 4 + 1))
    for cell, count in gaps.most_common(12):
        if count >= _MIN_COLUMN_ROWS:
            yield cell * 4 + 1.0
            yield cell * 4 + 3.0
    for edge, count in edges.most_common(4):
        if count >= _MIN_COLUMN_ROWS:
            yield edge - 2.0


def _neighbours(row: list[Piece]) -> Iterable[tuple[float, float]]:
    """The wide gaps of a row, as (from, to)."""
    edge: float | None = None
    for piece in row:
        if edge is not None and piece.x0 - edge > _GUTTER * min(piece.size, 12.0):
            yield edge, piece.x0
        edge = piece.x1 if edge is None else max(edge, piece.x1)


def _bands(rows: list[list[Piece]], x: float, least: int = _MIN_COLUMN_ROWS) -> Iterable[tuple[int, int, int]]:
    """Stretches of rows that nothing crosses x in, as (first, last, how often text stands on both sides of x).

    Columns on one grid share their baselines; otherwise lines of one stand closer to those of the other than lines of
    one column can.
    """
    first, beside = 0, 0
    last_side = 0
    for index, row in enumerate([*rows, None]):
        if row is None or any(piece.x0 < x - 1 and piece.x1 > x + 1 for piece in row):
            if beside >= least:
                yield first, index, beside
            first, beside, last_side = index + 1, 0, 0
            continue
        side = (row[0].x0 < x) + 2 * (row[-1].x1 > x)
        near = index > 0 and rows[index - 1][0].y - row[0].y < 0.75 * row[0].size
        if side == 3 or (near and side + last_side == 3):
            beside += 1
        last_side = side


def _is_prose(rows: list[list[Piece]], x: float, least: int = _MIN_COLUMN_ROWS) -> bool:
    """Whether both sides of x are filled with text as columns are, and cells of a table are not."""
    sides: tuple[list[list[Piece]], list[list[Piece]]] = ([], [])
    for row in rows:
        for side, pieces in zip(
            sides, ([p for p in row if p.x1 <= x + 1], [p for p in row if p.x1 > x + 1]), strict=True
        ):
            if pieces:
                side.append(pieces)
    for side in sides:
        if len(side) < least:
            return False
        full = sorted(max(piece.x1 for piece in row) - row[0].x0 for row in side)
        by_row = [_segments(row, full[int(0.9 * (len(full) - 1))]) for row in side]
        segments = [segment for row in by_row for segment in row]
        widths = sorted(right - left for left, right, _ in segments)
        usual = widths[int(0.9 * (len(widths) - 1))]
        filled = sum(any(right - left >= 0.6 * usual for left, right, _ in row) for row in by_row)
        letters = sorted(count for _, _, count in segments)
        whole = len(segments) <= _WHOLE * len(side)  # many a note at a column's foot is short
        if filled < (0.5 if whole else 0.6) * len(side) or len(segments) > _PARTS * len(side):
            return False
        if letters[len(letters) // 2] < _MIN_COLUMN_LETTERS:
            return False
    return True


def _segments(row: list[Piece], full: float) -> list[tuple[float, float, int]]:
    """The stretches of a row without a wide gap, as (left, right, letters).

    A row as wide as full, the column, or one with gaps of one width is a line stretched to be justified.
    """
    gaps = [after - before for before, after in _neighbours(row)]
    even = len(gaps) > 1 and max(gaps) - min(gaps) < _EVEN * max(gaps)
    stretched = even or max(piece.x1 for piece in row) - row[0].x0 >= _JUSTIFIED * full
    gap = _STRETCHED if stretched else _GUTTER
    found: list[tuple[float, float, int]] = []
    for piece in row:
        letters = sum(char.isalpha() for run in piece.runs for char in run.text)
        if found and piece.x0 - found[-1][1] <= gap * min(piece.size, 12.0):
            left, right, count = found[-1]
            found[-1] = (left, max(right, piece.x1), count + letters)
        else:
            found.append((piece.x0, piece.x1, letters))
    return found
