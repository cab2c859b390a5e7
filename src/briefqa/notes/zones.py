"""Where the notes stand on a page: each column's foot, found by note heads, separating rules and small print."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefqa.notes.endnotes import is_heading
from briefqa.notes.labels import Label, is_label, normalise, raised_labels, start_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.briefs import Line, Page, Rule

# Print this much smaller than the body's is small print.
_SMALL = 0.955
_CONTINUED = ("(continued", "(...continued", "(. . . continued", "(cont")


@dataclass(slots=True)
class Foot:
    """The note lines at the foot of one column: (line, label of the note that it begins, or None)."""

    page: int
    rows: list[tuple[Line, Label | None]]


@dataclass(slots=True)
class Column:
    """One column of a page: its body lines, then its foot."""

    page: Page
    body: list[Line]
    foot: Foot | None = None


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
class _Block:
    page: Page
    lines: list[Line]
    marks: set[str] = field(default_factory=set)


def body_size(pages: Sequence[Page]) -> float:
    """The font size that most of the document's characters have, in points."""
    weight: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            weight[round(line.size, 1)] += len(line.text)
    return weight.most_common(1)[0][0] if weight else 0.0


def columns(pages: Sequence[Page]) -> list[Column]:
    """Every column of every page in reading order, parted into body and foot."""
    size = body_size(pages)
    blocks = [block for page in pages for block in _blocks(page)]
    marks = _marks_by_page(pages)
    style = _style(blocks, marks, size)
    if style is None:
        return [Column(block.page, block.lines) for block in blocks]
    found: list[Column] = []
    open_note = at_endnotes = False
    last_number: int | None = None
    for block in blocks:
        at_endnotes = _at_endnotes(block, style, before=at_endnotes)
        if at_endnotes:  # they are no page's foot; only what a rule sets apart is
            start = _separated(block, style)
        else:
            start = _foot_start(block, style, marks, open_note=open_note, last_number=last_number)
        if start is None or start == len(block.lines):
            found.append(Column(block.page, block.lines))
            open_note = open_note and not block.lines
            continue
        foot = _foot(block, start, style, marks, last_number)
        last_number = next((label.number for _, label in reversed(foot.rows) if label and label.number), last_number)
        open_note = True
        found.append(Column(block.page, block.lines[:start], foot))
    return found


def _at_endnotes(block: _Block, style: Style, *, before: bool) -> bool:
    """Whether the column belongs to a section of endnotes, or one begins in it. before: whether the last one did."""
    for index, line in enumerate(block.lines):
        if is_heading(line.text) and index + 1 < len(block.lines):
            following = start_label(block.lines[index + 1])
            before = following is not None and following.number == 1
        elif line.size >= 1.12 * style.body_size:
            before = False
    return before


def _blocks(page: Page) -> list[_Block]:
    """The page's columns; pieces of one column that lie below each other count as one."""
    by_number: dict[int, list[Line]] = {}
    for line in page.lines:
        by_number.setdefault(line.block, []).append(line)
    return [_Block(page, lines) for lines in by_number.values()]


def _marks_by_page(pages: Sequence[Page]) -> dict[int, Counter[str]]:
    """The labels of all superscripts inside lines (not at their head), page by page."""
    return {
        page.index: Counter(label.text for line in page.lines for label in raised_labels(line) if label.start > 0)
        for page in pages
    }


def _is_marked(label: Label, page: int, marks: dict[int, Counter[str]]) -> bool:
    """Whether a mark with this label stands on the page or on the one before."""
    return bool(marks.get(page, Counter())[label.text] or marks.get(page - 1, Counter())[label.text])


def _style(blocks: Sequence[_Block], marks: dict[int, Counter[str]], size: float) -> Style | None:
    """How the document sets its notes, or None if it seems to have none."""
    raised: list[tuple[_Block, int, Label]] = []
    plain: list[tuple[_Block, int, Label]] = []
    for block in blocks:
        for index, line in enumerate(block.lines):
            label = start_label(line)
            if label is None or not _is_marked(label, block.page.index, marks):
                continue
            if label.raised:
                raised.append((block, index, label))
            elif line.size <= _SMALL * size or _rule_above(block, index) is not None:
                plain.append((block, index, label))
    heads = raised if len(raised) >= max(1, len(plain) // 3) else plain
    if not heads:
        return None
    sizes = Counter(round(_text_size(block.lines[index], label), 1) for block, index, label in heads)
    widths = Counter(
        round(rule.x1 - rule.x0)
        for rule in (_rule_above(block, index) for block, index, _ in heads)
        if rule is not None
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


def _rule_above(block: _Block, index: int) -> Rule | None:
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


def _fits(line: Line, style: Style) -> bool:
    """Whether a line may belong to a note by its size."""
    return line.size <= max(style.size * 1.06, style.size + 0.4)


def _is_head(block: _Block, index: int, style: Style, marks: dict[int, Counter[str]], last: int | None) -> Label | None:
    """The label of the note that line index begins, or None."""
    line = block.lines[index]
    label = start_label(line) or _lone_label(line, style)
    if label is None or label.raised != style.raised:
        return None
    if not _fits(line, style) and _text_size(line, label) > style.size * 1.06:
        # A note set in another size than the rest, below the rule and with its mark on the page.
        alone = label.raised and line.size <= 1.02 * style.body_size and label.number is not None
        marked = _is_marked(label, block.page.index, marks)
        return label if alone and marked and last is not None and label.number == last + 1 else None
    is_head = (
        (style.raised and (label.number is None or style.size <= _SMALL * style.body_size))
        or _is_marked(label, block.page.index, marks)
        or (label.number is not None and last is not None and label.number == last + 1)
        or _continues(line, label)
    )
    return label if is_head else None


def _lone_label(line: Line, style: Style) -> Label | None:
    """A raised label on a line of its own: what it heads is indented or a table."""
    text = line.text.strip()
    if line.size <= 0.75 * style.body_size and line.size < 0.8 * style.size and is_label(text) and text.isdigit():
        return Label(normalise(text), 0, len(line.text), raised=True)
    return None


def _continues(line: Line, label: Label) -> bool:
    return line.text[label.end :].lstrip().casefold().startswith(_CONTINUED)


def _foot_start(
    block: _Block, style: Style, marks: dict[int, Counter[str]], *, open_note: bool, last_number: int | None
) -> int:
    """The index of the first line of the column's foot; the number of lines if it has none."""
    lines = block.lines
    bottom = len(lines)
    separated = _separated(block, style)
    if separated is not None and (open_note or _is_head(block, separated, style, marks, last_number)):
        return separated
    # A foot reaches the column's end: go up while lines fit.
    lowest = bottom
    while lowest > 0 and _fits(lines[lowest - 1], style):
        lowest -= 1
    start = bottom
    for index in range(lowest, bottom):
        label = _is_head(block, index, style, marks, last_number)
        if label is not None and _plausible_head(block, index, style, label, marks):
            start = index
            break
    if open_note or start < bottom:
        start = _with_continuation(block, start, lowest, style, open_note=open_note)
    return start


def _separated(block: _Block, style: Style) -> int | None:
    """The first line below the document's usual separating rule, if nothing larger than the body stands below it."""
    if style.separator is None:
        return None
    for index in range(len(block.lines) - 1, -1, -1):
        if block.lines[index].size > 1.05 * style.body_size:
            return None
        rule = _rule_above(block, index)
        if rule is not None and abs(rule.x1 - rule.x0 - style.separator) <= 3:
            return index
    return None


def _plausible_head(block: _Block, index: int, style: Style, label: Label, marks: dict[int, Counter[str]]) -> bool:
    """Whether the first head of a foot is one: in small print, below a rule, or matched by a mark higher up."""
    line = block.lines[index]
    if _rule_above(block, index) is not None:
        return True
    if style.size <= _SMALL * style.body_size and line.size <= style.size * 1.06:
        return True
    return _is_marked(label, block.page.index, marks) and line.y < 0.66 * (block.page.height or 800)


def _with_continuation(block: _Block, start: int, lowest: int, style: Style, *, open_note: bool) -> int:
    """Move the foot's start up over lines that carry on a note from the page or column before."""
    lines = block.lines
    if not open_note:
        return start
    if style.size > _SMALL * style.body_size:
        return start
    first = start
    while first > lowest and abs(lines[first - 1].size - style.size) <= 0.35:
        first -= 1
    return first


def _foot(block: _Block, start: int, style: Style, marks: dict[int, Counter[str]], last: int | None) -> Foot:
    """The column's lines from start on, with the labels of those that begin a note."""
    rows: list[tuple[Line, Label | None]] = []
    letter = ""
    for index in range(start, len(block.lines)):
        label = _is_head(block, index, style, marks, last)
        if label is not None and not label.raised and label.text.isalpha():
            # A line of a note may well begin with "a": only the next letter heads a note.
            if letter and ord(label.text) != ord(letter) + 1:
                label = None
            else:
                letter = label.text
        if label is not None and label.number is not None:
            if (
                last is not None
                and label.number <= last
                and not _is_marked(label, block.page.index, marks)
                and not _continues(block.lines[index], label)
            ):
                label = None
            else:
                last = label.number
        rows.append((block.lines[index], label))
    return Foot(block.page.index, rows)
