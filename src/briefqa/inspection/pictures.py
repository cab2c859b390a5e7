"""Pictures of a PDF's pages, as PNG. The only importer of pypdfium2, which is an extra: `briefqa[inspect]`."""

from __future__ import annotations

import base64
import struct
import zlib
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Pixels for a point, and the most pixels that a side may have, however large a page says that it is.
_SCALE = 1.6
_MAX_SIDE = 1800


def pictures(file: Path, pages: Sequence[int]) -> dict[int, str]:
    """Pages (by index from 1) as data: URLs; empty without pypdfium2. A page that cannot be drawn is left out."""
    if find_spec("pypdfium2") is None:
        return {}
    import pypdfium2  # noqa: PLC0415 - an extra

    drawn: dict[int, str] = {}
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError:
        return drawn
    try:
        for index in pages:
            try:
                page = document[index - 1]
                side = max(*page.get_size(), 1.0)
                bitmap = page.render(scale=min(_SCALE, _MAX_SIDE / side), rev_byteorder=True, prefer_bgrx=False)
            except (pypdfium2.PdfiumError, IndexError):
                continue
            drawn[index] = _png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels)
            bitmap.close()
            page.close()
    finally:
        document.close()
    return drawn


def _png(pixels: bytes, width: int, height: int, stride: int, channels: int) -> str:
    """The pixels (gray, RGB or RGBA by the number of channels) as a PNG in a data: URL."""
    lines = [pixels[row * stride : row * stride + width * channels] for row in range(height)]
    if channels == 3 and all(line[0::3] == line[1::3] == line[2::3] for line in lines):
        channels, lines = 1, [line[0::3] for line in lines]  # most pages are black on white: a third of the size
    rows = b"".join(b"\0" + line for line in lines)
    kind = {1: 0, 3: 2, 4: 6}[channels]
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n"
    for name, content in parts:
        data += struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")
