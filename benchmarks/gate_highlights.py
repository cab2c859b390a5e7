"""Do the boxes of a passage cover its words on the page, and no others? Checked against PDFium, which reads by itself.

    python benchmarks/gate_highlights.py                      200 passages of ../shared/notes-gold
    python benchmarks/gate_highlights.py --passages 60 --most-pages 12      the short form, as CI runs it
    python benchmarks/gate_highlights.py --pictures FOLDER    draw the pages with their boxes, to look at

briefqa reads the files with pypdf; PDFium finds its own characters and their boxes. The characters of a passage are
found in PDFium's text of the page by aligning the two (blanks left out), and a word counts as the passage's where at
least half of its characters are. It is covered where its middle lies in a box. Of the words whose middle lies in a box,
those that are not the passage's are others; note marks inside the passage count as neither. Exits with 1 where fewer
than 98 % are covered or more than 2 % are others. A passage that runs over two pages is checked on both.

What it does not tell: whether the passage's text is right (benchmarks/gate_notes.py), and how the boxes look.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdfium2
from conditions import stated

from briefqa.embedding import HashingEmbedder
from briefqa.errors import ReadingError
from briefqa.geometry import Rect, unpacked
from briefqa.ingest import ingest
from briefqa.passages import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefqa.briefs import Brief, PageSpan, Passage
    from briefqa.geometry import PlacedPage

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT.parent / "shared" / "notes-gold"
MIN_COVERED, MAX_OTHER = 0.98, 0.02
_SEED = 11
_NO_LIMIT = 10**9
# Characters in a row that are no chance; shorter runs count where they continue one.
_ALIGNED = 12
_CLOSE = 6
# A character so many points away from the one before it does not stand next to it.
_APART = 18


@dataclass(slots=True)
class Word:
    """A word as PDFium sees it: its characters, as places in the page's text without blanks, and its middle."""

    text: str
    letters: range
    x: float
    y: float


@dataclass(slots=True)
class Tally:
    """Words of passages, those covered, words in boxes, and those of them that are not the passage's."""

    words: int = 0
    covered: int = 0
    boxed: int = 0
    others: int = 0
    passages: int = 0
    missed: list[str] = field(default_factory=list)

    def add(self, one: Tally) -> None:
        """Add one passage's on one page."""
        self.words += one.words
        self.covered += one.covered
        self.boxed += one.boxed
        self.others += one.others


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=200, help="how many to check (default: 200)")
    parser.add_argument("--most-pages", type=int, default=_NO_LIMIT, help="leave longer files out")
    parser.add_argument("--pictures", type=Path, help="draw the pages with their boxes into this folder (needs Pillow)")
    parser.add_argument("--verbose", action="store_true", help="name the words that went wrong")
    arguments = parser.parse_args()
    if not FOLDER.is_dir():
        required = os.environ.get("BRIEFQA_REQUIRE_SHARED") == "1"
        print(f"gate_highlights: {FOLDER} is missing, {'and it is required' if required else 'skipped'}.")
        return int(required)
    with stated("Highlights", _SEED, ["briefqa", "pypdf", "pypdfium2"]):
        return measure(arguments)


def measure(arguments: argparse.Namespace) -> int:
    """Check passages of every file, as many of each as possible."""
    files = [file for file in sorted(FOLDER.glob("*.pdf")) if _page_count(file) <= arguments.most_pages]
    chance = random.Random(_SEED)  # noqa: S311 - nothing secret
    total = Tally()
    for number, file in enumerate(files):
        share = -(-(arguments.passages - total.passages) // (len(files) - number))
        brief, passages = read_passages(file)
        chosen = chance.sample(passages, min(share, len(passages)))
        one = check_file(file, brief, chosen, arguments.pictures)
        total.add(one)
        total.passages += len(chosen)
        print(f"{file.name}: {len(chosen)} passages, {_figures(one)}", flush=True)
        if arguments.verbose:
            print("   ", "\n    ".join(one.missed))
    print(f"all: {total.passages} passages of {len(files)} files, {_figures(total)}")
    good = total.covered >= MIN_COVERED * total.words > 0 and total.others <= MAX_OTHER * total.boxed
    print(
        f"gate_highlights: {'within' if good else 'NOT WITHIN'} {MIN_COVERED:.0%} covered and {MAX_OTHER:.0%} others."
    )
    return int(not good)


def read_passages(file: Path) -> tuple[Brief, tuple[Passage, ...]]:
    """Read a file and cut it into passages; none where it cannot be read."""
    limits = {"max_bytes": _NO_LIMIT, "max_pages": _NO_LIMIT, "max_chars": _NO_LIMIT}
    try:
        brief = ingest(file, file.name, "0" * 16, **limits).brief
    except ReadingError as error:
        raise SystemExit(f"gate_highlights: {error}") from error
    embedder = HashingEmbedder()
    return brief, split(brief, embedder.count_tokens, max_tokens=200, window=embedder.window)


def check_file(file: Path, brief: Brief, passages: Sequence[Passage], pictures: Path | None) -> Tally:
    """Check passages of one file, page by page."""
    placed = {geometry.index: unpacked(geometry) for geometry in brief.geometry}
    document = pypdfium2.PdfDocument(file)
    tally = Tally()
    for passage in passages:
        for span in passage.pages:
            start, end = max(passage.start, span.start), min(passage.end, span.end)
            page = placed[span.index]
            boxes = page.boxes(start, end)
            found = check_page(document[span.index - 1], brief, (start, end), boxes, _mark_rects(brief, page, span))
            tally.add(found)
            tally.missed += [f"p. {span.index}: {missed}" for missed in found.missed]
            if pictures is not None:
                draw(
                    document[span.index - 1], page, boxes, pictures / f"{file.stem}-{passage.ordinal}-{span.index}.png"
                )
    return tally


def check_page(page: Any, brief: Brief, span: tuple[int, int], boxes: list[Rect], marks: list[Rect]) -> Tally:
    """Compare the boxes of body[start:end] with the words that PDFium sees there."""
    text, words = words_of(page)
    mine = aligned("".join(brief.body[slice(*span)].split()), text)
    tally = Tally()
    for word in words:
        if any(_inside(rect, word) for rect in marks):
            continue
        its = sum(at in mine for at in word.letters) * 2 >= len(word.letters)
        boxed = any(_inside(box, word) for box in boxes)
        tally.words += its
        tally.covered += its and boxed
        tally.boxed += boxed
        tally.others += boxed and not its
        if its != boxed:
            tally.missed.append(f"{'not covered' if its else 'another'}: {word.text}")
    return tally


def words_of(page: Any) -> tuple[str, list[Word]]:
    """The characters of a page without blanks, and its words, in points of the page as displayed."""
    textpage = page.get_textpage()
    left, bottom, right, top = page.get_cropbox()
    turns = page.get_rotation() // 90
    letters: list[str] = []
    words: list[Word] = []
    current: list[tuple[float, float, float, float]] = []

    def close() -> None:
        if current:
            sides = list(zip(*current, strict=True))
            x, y = (min(sides[0]) + max(sides[2])) / 2, (min(sides[1]) + max(sides[3])) / 2
            x, y = (x - left, y - bottom) if turns == 0 else _turned(x, y, turns, (left, bottom, right, top))
            places = range(len(letters) - len(current), len(letters))
            words.append(Word("".join(letters[at] for at in places), places, x, y))
            current.clear()

    for index, char in enumerate(_characters(textpage)):
        if char.isspace() or not char.isprintable():
            close()
            continue
        box = textpage.get_charbox(index)
        if current and (box[0] < current[-1][0] - _APART or box[2] > current[-1][2] + _APART):
            close()  # PDFium joins the halves of a word that is broken at a line's end
        letters.append(char)
        current.append(box)
    close()
    return "".join(letters), words


def _characters(textpage: Any) -> Iterator[str]:
    for index in range(textpage.count_chars()):
        code = pypdfium2.raw.FPDFText_GetUnicode(textpage, index)
        # PDFium marks the hyphen of a broken word with a code of its own.
        yield "-" if code in {0x02, 0xAD, 0xFFFE} else chr(code)


def _turned(x: float, y: float, turns: int, crop: tuple[float, float, float, float]) -> tuple[float, float]:
    left, bottom, right, top = crop
    return {1: (y - bottom, right - x), 2: (right - x, top - y), 3: (top - y, x - left)}[turns]


def aligned(passage: str, page: str) -> set[int]:
    """The places in page of the characters of passage. Runs of some length, and short ones that go on from such."""
    blocks = SequenceMatcher(None, passage, page, autojunk=False).get_matching_blocks()
    sure = [block for block in blocks if block.size >= min(_ALIGNED, len(passage))]
    found: set[int] = set()
    for block in blocks:
        close = any(
            (abs(block.a - (other.a + other.size)) <= _CLOSE and abs(block.b - (other.b + other.size)) <= _CLOSE)
            or (abs(other.a - (block.a + block.size)) <= _CLOSE and abs(other.b - (block.b + block.size)) <= _CLOSE)
            for other in sure
        )  # fmt: skip
        if block in sure or close:
            found.update(range(block.b, block.b + block.size))
    return found


def draw(page: Any, placed: PlacedPage, boxes: list[Rect], file: Path) -> None:
    """Draw a page with its boxes, those of marks and notes paler."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - for looking only

    scale = 1.5
    bitmap = page.render(scale=scale, rev_byteorder=True)
    image = Image.frombuffer("RGB", (bitmap.width, bitmap.height), bytes(bitmap.buffer), "raw", "RGB", bitmap.stride, 1)
    image = image.convert("RGB")
    drawing = ImageDraw.Draw(image, "RGBA")
    colours = [((255, 200, 0, 90), boxes), ((200, 0, 0, 120), [rect for _, rect in placed.marks])]
    colours.append(((0, 80, 200, 40), [rect for _, rect in placed.notes]))
    for colour, rects in colours:
        for x0, y0, x1, y1 in rects:
            corner = (x0 * scale, (placed.height - y1) * scale, x1 * scale, (placed.height - y0) * scale)
            drawing.rectangle(corner, fill=colour)
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file)


def _mark_rects(brief: Brief, page: PlacedPage, span: PageSpan) -> list[Rect]:
    return [rect for number, rect in page.marks if brief.marks[number].page == span.index]


def _inside(box: Rect, word: Word) -> bool:
    return box.x0 <= word.x <= box.x1 and box.y0 <= word.y <= box.y1


def _page_count(file: Path) -> int:
    return len(pypdfium2.PdfDocument(file))


def _figures(tally: Tally) -> str:
    covered, others = tally.covered / max(1, tally.words), tally.others / max(1, tally.boxed)
    return f"{tally.words} words, covered {covered:.4f}, others {others:.4f}"


if __name__ == "__main__":
    sys.exit(main())
