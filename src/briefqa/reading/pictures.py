"""Pictures of a PDF's pages, as PNG. The only importer of pypdfium2; pypdf draws none."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from briefqa.errors import ReadingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# The most pixels that a side may have, however large a page says that it is.
_MAX_SIDE = 2400
# Sixteen greys do for print, in half the bytes: the upper and the lower half of a byte that holds two pixels.
_UPPER = bytes(round(value / 17) << 4 for value in range(256))
_LOWER = bytes(round(value / 17) for value in range(256))


def pictures(file: Path, pages: Sequence[int], scale: float) -> Iterator[tuple[int, bytes]]:
    """Draw pages (by index from 1), scale pixels a point. A page that cannot be drawn is left out."""
    import pypdfium2  # noqa: PLC0415 - takes a moment to load

    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError:
        return
    try:
        for index in pages:
            try:
                page = document[index - 1]
                side = max(*page.get_size(), 1.0)
                bitmap = page.render(scale=min(scale, _MAX_SIDE / side), rev_byteorder=True, prefer_bgrx=False)
            except (pypdfium2.PdfiumError, IndexError):
                continue
            yield index, _png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels)
            bitmap.close()
            page.close()
    finally:
        document.close()


def picture(file: Path, name: str, index: int, scale: float) -> bytes:
    """Draw one page. Raises ReadingError where PDFium cannot."""
    for _, png in pictures(file, [index], scale):
        return png
    raise ReadingError(f"Page {index} of {name} cannot be drawn.")


def _png(pixels: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """The pixels (grey, RGB or RGBA by the number of channels) as a PNG."""
    lines = [pixels[row * stride : row * stride + width * channels] for row in range(height)]
    kind, depth = {1: 0, 3: 2, 4: 6}[channels], 8
    if channels == 3 and all(line[0::3] == line[1::3] == line[2::3] for line in lines):
        kind, depth = 0, 4  # most pages are black on white
        lines = [_halved(line[0::3]) for line in lines]
    rows = b"".join(b"\0" + line for line in lines)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n"
    for name, content in parts:
        data += struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return data


def _halved(greys: bytes) -> bytes:
    """Two pixels in each byte."""
    greys += b"\0" * (len(greys) % 2)
    upper, lower = greys[0::2].translate(_UPPER), greys[1::2].translate(_LOWER)
    return (int.from_bytes(upper) | int.from_bytes(lower)).to_bytes(len(upper))
