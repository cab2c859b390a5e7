"""How a document sets its notes, learnt from all its pages, and which lines begin a note."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from briefqa.notes.labels import Label, is_label, normalise, raised_labels, start_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Line, Page, Rule

# Print this much smaller than the body's is small print.
SMALL = 0.955
# A size that has this share of the characters of the most common one may be the body's.
_MUCH = 0.35
# Cells of a table stand this far apart, in font sizes; a row has at least so many gaps.
_CELL_GAP = 1.0
_LEAST_CELLS = 3
_NUMBER = re.compile(r"[<>±~−-]?[.,]?\d+(?:[.,/]\d+)*%?|[-–—]|n[ad]")
_LEAST_NUMBERS = 4
_CONTINUED = ("(continued", "(...continued", "(. . . continued", "(cont")

# The labels of the superscripts inside each page's lines, by page index.
Marks = dict[int, Counter[str]]


@dataclass(frozen=True, slots=True)
class Style:
    """How this document sets its notes, learnt from all its pages.

    raised: note heads are superscripts. size: that of note text. separator: the usual width of the rule above notes.
    """

    body_size: float
    size: float
    raised: bool
    separator: float | None = None


@dataclass(slots=True)
class Block:
    """The lines of one column of a page, from the top down."""

    page: Page
    lines: list[Line]


@dataclass(slots=True)
class Foot:
    """Note lines that stand together: (line, label of the note that it begins, or None). above: the one before."""

    page: int
    rows: list[tuple[Line, Label | None]]
    above: Line | None = None


def body_size(pages: Sequence[Page]) -> float:
    """The font size of the running text, in points: the largest of those that much of the document is set in.

    Notes are smaller, and may well have more characters than the text that they belong to.
    """
    weight: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            weight[round(line.size, 1)] += len(line.text)
    most = max(weight.values(), default=0)
    return max((size for size, count in weight.items() if count >= _MUCH * most), default=0.0)


def marks_by_page(pages: Sequence[Page]) -> Marks:
    """The labels of all superscripts inside lines (not at their head), page by page."""
    return {
        page.index: _with_parts(
            Counter(label.text for line in page.lines for label in raised_labels(line) if label.start > 0)
        )
        for page in pages
    }


def _with_parts(labels: Counter[str]) -> Counter[str]:
    """The labels with the two that a joined one may be: "12" is 1 and 2 where neither 11 nor 13 is near."""
    for label in [label for label in labels if label.isdigit() and 1 < len(label) <= 6]:
        first, second = label[: len(label) // 2], label[len(label) // 2 :]
        alone = not labels[str(int(label) - 1)] and not labels[str(int(label) + 1)]
        if alone and int(second) == int(first) + 1:
            labels.update((first, second))
    return labels


def is_marked(label: Label, page: int, marks: Marks) -> bool:
    """Whether a mark with this label stands on the page or on the one before."""
    return bool(marks.get(page, Counter())[label.text] or marks.get(page - 1, Counter())[label.text])


def learn_style(blocks: Sequence[Block], marks: Marks, size: float) -> Style | None:
    """How the document sets its notes, or None if it seems to have none."""
    raised: list[tuple[Block, int, Label]] = []
    plain: list[tuple[Block, int, Label]] = []
    for block in blocks:
        for index, line in enumerate(block.lines):
            label = start_label(line)
            if label is None or not is_marked(label, block.page.index, marks) or is_row_of_figures(line):
                continue
            if label.raised:
                raised.append((block, index, label))
            elif line.size <= SMALL * size or rule_above(block, index) is not None:
                plain.append((block, index, label))
    heads = raised if len(raised) >= max(1, len(plain) // 3) else plain
    if not heads:
        return None
    sizes = Counter(round(_text_size(block.lines[index], label), 1) for block, index, label in heads)
    widths = Counter(
        round(rule.x1 - rule.x0) for rule in (rule_above(block, index) for block, index, _ in heads) if rule is not None
    )
    separator = float(widths.most_common(1)[0][0]) if widths else None
    return Style(size, sizes.most_common(1)[0][0], heads is raised, separator)


def _text_size(line: Line, label: Label) -> float:
    """The font size of the text after the label."""
    sizes: Counter[float] = Counter()
    for span in line.spans:
        if span.end > label.end:
            sizes[round(span.size, 1)] += span.end - max(span.start, label.end)
    return sizes.most_common(1)[0][0] if sizes else line.size


def rule_above(block: Block, index: int) -> Rule | None:
    """A separating rule between line index and the line above it: at the column's left edge, not an underline."""
    line = block.lines[index]
    above = block.lines[index - 1].y if index else block.page.height
    left = min(other.x0 for other in block.lines)
    for rule in block.page.rules:
        if (
            line.y + 0.3 * line.size < rule.y < above - 0.2 * line.size
            and abs(rule.x0 - left) <= 0.12 * (block.page.width or 600)
            and (rule.y < above - 3.5 or index == 0)
        ):
            return rule
    return None


def fits(line: Line, style: Style) -> bool:
    """Whether a line may belong to a note by its size."""
    return line.size <= max(style.size * 1.06, style.size + 0.4)


def head_at(block: Block, index: int, style: Style, marks: Marks, last: int | None) -> Label | None:
    """The label of the note that line index begins, or None."""
    line = block.lines[index]
    label = start_label(line) or _lone_label(line, style)
    if label is None or is_row_of_figures(line):
        return None
    if label.raised != style.raised and (
        not _of_the_other_kind(line, label, style, marks.get(block.page.index), last)
        or _is_headed_elsewhere(label, block, style)
    ):
        return None
    if not label.raised and label.text.isalpha() and label.text not in {"a", *marks.get(block.page.index, ())}:
        return None  # "i" or "a" may begin any line
    if not fits(line, style) and _text_size(line, label) > style.size * 1.06:
        # A note set in another size than the rest, below the rule and with its mark on the page.
        alone = label.raised and line.size <= 1.02 * style.body_size and label.number is not None
        marked = is_marked(label, block.page.index, marks)
        return label if alone and marked and last is not None and label.number == last + 1 else None
    is_head = (
        (style.raised and (label.number is None or style.size <= SMALL * style.body_size))
        or is_marked(label, block.page.index, marks)
        or (label.number is not None and last is not None and label.number == last + 1)
        or continues(line, label)
    )
    return label if is_head else None


def is_row_of_figures(line: Line) -> bool:
    """Whether a line is a row of a table, mostly of figures: its cells stand apart. Such rows may be numbered."""
    cells = line.text.split()[1:]
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in cells)
    if numbers >= _LEAST_NUMBERS and numbers >= 0.6 * len(cells):
        return True
    gaps = sum(after.x0 - before.x1 > _CELL_GAP * line.size for before, after in pairwise(line.spans))
    ink = [char for char in line.text if not char.isspace()]
    return gaps >= _LEAST_CELLS and sum(map(str.isalpha, ink)) < 0.6 * len(ink)


def _of_the_other_kind(line: Line, label: Label, style: Style, marks: Counter[str] | None, last: int | None) -> bool:
    """Whether a raised head may stand among plain ones, or a plain one among raised ones.

    Where only a part of a document's fonts has superior figures, its heads differ: small print, a mark on this very
    page and the next number (or the first letter) are what such a head must have.
    """
    if not marks or not marks[label.text] or style.size > SMALL * style.body_size or not fits(line, style):
        return False
    return label.text in {"1", "a"} if last is None else label.number == last + 1 or label.text in {"1", "a"}


def _is_headed_elsewhere(label: Label, block: Block, style: Style) -> bool:
    """Whether a head of the usual kind has the same label on this page: "3 May 1971)." then goes on in a note."""
    heads = map(start_label, block.page.lines)
    return any(head and (head.text, head.raised) == (label.text, style.raised) for head in heads)


def _lone_label(line: Line, style: Style) -> Label | None:
    """A raised label on a line of its own: what it heads is indented or a table."""
    text = line.text.strip()
    if line.size <= 0.75 * style.body_size and line.size < 0.8 * style.size and is_label(text) and text.isdigit():
        return Label(normalise(text), 0, len(line.text), raised=True)
    return None


def continues(line: Line, label: Label) -> bool:
    """Whether a head says that it carries on a note from the page before."""
    return line.text[label.end :].lstrip().casefold().startswith(_CONTINUED)
