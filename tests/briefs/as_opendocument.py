"""Sources for LibreOffice: one flat OpenDocument file.

Of the head: `number` and `restart` (as `text:notes-configuration` has them; LibreOffice does the counting),
`endnumber`, `font`, `size`, `columns`, `language`, `dir = "rtl"`, `foot`, and `height` (of the page, in mm).
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from briefs.annotated import Anchor, Styled, Text

if TYPE_CHECKING:
    from typing import Any

    from briefs.annotated import AnnotatedText, Block, Inline

_STYLES = Template(Path(__file__).with_name("opendocument_styles.xml").read_text(encoding="utf-8"))
_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}"'
    for prefix, name in {
        "office": "office:1.0",
        "style": "style:1.0",
        "text": "text:1.0",
        "table": "table:1.0",
        "fo": "xsl-fo-compatible:1.0",
        "svg": "svg-compatible:1.0",
    }.items()
)


def flat_opendocument(source: AnnotatedText) -> str:
    """The whole file."""
    content = "".join(_block(block) for block in source.blocks)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_SPACES} office:version="1.3" '
        'office:mimetype="application/vnd.oasis.opendocument.text">'
        f"{_styles(source.head)}<office:body><office:text>{content}</office:text></office:body></office:document>"
    )


def _styles(head: dict[str, Any]) -> str:
    right_to_left = head.get("dir") == "rtl"
    language, country = head.get("language", "en-GB").split("-")
    foot = escape(head.get("foot", "{page}"))
    return _STYLES.substitute(
        mode="rl-tb" if right_to_left else "lr-tb",
        align="end" if right_to_left else "start",
        font=head.get("font", "DejaVu Serif"),
        size=head.get("size", "10.5"),
        language=language,
        country=country,
        columns=head.get("columns", 1),
        height=head.get("height", 210),
        number=head.get("number", "1"),
        restart=head.get("restart", "document"),
        endnumber=head.get("endnumber", "i"),
        foot=foot.replace("{page}", "<text:page-number/>").replace("{pages}", "<text:page-count/>"),
    )


def _block(block: Block) -> str:
    if block.sign in {"@raw", "@body", "@page"}:
        return {"@raw": block.raw, "@body": "", "@page": '<text:p text:style-name="B"/>'}[block.sign]
    if block.sign == "-":
        items = "".join(f"<text:list-item><text:p>{_inline(line[0])}</text:p></text:list-item>" for line in block.lines)
        return f"<text:list>{''.join(items)}</text:list>"
    if block.sign == "|":
        column = f'<table:table-column table:number-columns-repeated="{len(block.lines[0])}"/>'
        rows = "".join(
            "<table:table-row>"
            + "".join(f"<table:table-cell><text:p>{_inline(cell)}</text:p></table:table-cell>" for cell in row)
            + "</table:table-row>"
            for row in block.lines
        )
        return f"<table:table>{column}{rows}</table:table>"
    text = _inline(block.lines[0][0])
    if block.sign in {"#", "##"}:
        return f'<text:h text:style-name="H" text:outline-level="{len(block.sign)}">{text}</text:h>'
    if block.sign == "@note":
        text = f'<text:span text:style-name="Up">{block.label}</text:span> {text}'
    style = {">": "Q", "@caption": "C", "@note": "C"}.get(block.sign, "P")
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def _inline(nodes: tuple[Inline, ...]) -> str:
    return "".join(_node(node) for node in nodes)


def _node(node: Inline) -> str:
    if isinstance(node, Text):
        return escape(node.text)
    if isinstance(node, Styled):
        style = {"sup": "Up", "sub": "Down", "em": "Em"}[node.style]
        return f'<text:span text:style-name="{style}">{_inline(node.inside)}</text:span>'
    return _anchor(node)


def _anchor(node: Anchor) -> str:
    if not node.paragraphs:
        return f'<text:span text:style-name="Up">{escape(node.label)}</text:span>'
    paragraphs = "".join(
        f'<text:p text:style-name="Footnote">{_inline(paragraph)}</text:p>' for paragraph in node.paragraphs
    )
    return (
        f'<text:note text:note-class="{"endnote" if node.kind == "~" else "footnote"}">'
        f"<text:note-citation>{escape(node.label)}</text:note-citation>"
        f"<text:note-body>{paragraphs}</text:note-body></text:note>"
    )
