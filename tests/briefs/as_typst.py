"""Sources for Typst. Of the head: `setup`, lines that come first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefs.annotated import Anchor, Styled, Text

if TYPE_CHECKING:
    from briefs.annotated import AnnotatedText, Block, Inline

_SETUP = '#set page(width: 148mm, height: 210mm, margin: 18mm)\n#set text(font: "Libertinus Serif", size: 10.5pt)\n'
_STYLES = {"sup": "#super[%s]", "sub": "#sub[%s]", "em": "#emph[%s]"}


def typst_markup(source: AnnotatedText) -> str:
    """The whole file."""
    blocks = "\n\n".join(_block(block) for block in source.blocks)
    return f"{_SETUP}{source.head.get('setup', '')}\n\n{blocks}"


def _block(block: Block) -> str:
    if block.sign in {"@raw", "@body", "@page"}:
        return {"@raw": block.raw, "@body": "", "@page": "#pagebreak()"}[block.sign]
    if block.sign in {"-", "+"}:
        return "\n".join(f"{block.sign} {_inline(line[0])}" for line in block.lines)
    if block.sign == "|":
        cells = ", ".join(f"[{_inline(cell)}]" for row in block.lines for cell in row)
        return f"#table(columns: {len(block.lines[0])}, stroke: none, {cells})"
    text = _inline(block.lines[0][0])
    return {
        "#": f"= {text}",
        "##": f"== {text}",
        ">": f"#quote(block: true)[{text}]",
        "@caption": f"#text(size: 9pt)[{text}]",
        "@note": f"#text(size: 8pt)[#super[{block.label}] {text}]",
    }.get(block.sign, text)


def _inline(nodes: tuple[Inline, ...]) -> str:
    return "".join(_node(node) for node in nodes)


def _node(node: Inline) -> str:
    if isinstance(node, Text):
        return re.sub(r"([\\#*_`$<>@\[\]~=/])", r"\\\1", node.text)
    if isinstance(node, Styled):
        return _STYLES[node.style] % _inline(node.inside)
    return _anchor(node)


def _anchor(node: Anchor) -> str:
    note = "\n\n".join(_inline(paragraph) for paragraph in node.paragraphs)
    return f"#footnote[{note}]" if note else f"#super[{node.label}]"
