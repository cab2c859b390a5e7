"""Sources for WeasyPrint, whose CSS has footnotes, and for Chromium, whose notes stand at the end of a section.

Of the head: `css`, `lang`, `dir`, `title`; `brackets` for marks like [1]; `superscripts = "unicode"` for marks of
Unicode's superscript figures; `foot_label`, how a label looks at the foot ("{}.") if not like its mark.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from briefs.annotated import Anchor, Text

if TYPE_CHECKING:
    from briefs.annotated import AnnotatedText, Block, Inline

_STYLE = """
@page { size: A5; margin: 18mm 16mm; }
body { font: 10.5pt/1.35 "DejaVu Serif"; margin: 0; } h1 { font-size: 15pt } h2 { font-size: 12pt }
sup, sub { font-size: 65%; line-height: 0 } td, th { padding: 1pt 8pt 1pt 0; text-align: left }
.caption { font-size: 9pt } .notes p { font-size: 8pt; line-height: 1.3; margin: 2pt 0 }
.notes { margin-top: 14pt } blockquote { margin: 6pt 18pt }
"""
_FLOATING = """
.note { float: footnote; font: 8pt/1.3 "DejaVu Serif" } .note .p { display: block }
::footnote-call { font-size: 65% }
"""
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Writer:
    """Writes one source. floating: its producer places footnotes itself."""

    def __init__(self, source: AnnotatedText, *, floating: bool) -> None:
        self.source = source
        self.floating = floating
        self.waiting: dict[str, list[tuple[str, str]]] = {"^": [], "~": []}

    def page(self) -> str:
        """The whole file."""
        head = self.source.head
        content = "\n".join(self._block(block) for block in self.source.blocks) + self._notes("^")
        return (
            f'<!doctype html><html lang="{head.get("lang", "en")}" dir="{head.get("dir", "ltr")}">'
            f'<meta charset="utf-8"><title>{escape(head.get("title", ""))}</title>'
            f"<style>{_STYLE}{_FLOATING if self.floating else ''}{head.get('css', '')}</style>"
            f"<body><section>{content}</section></body></html>"
        )

    def _block(self, block: Block) -> str:
        if block.sign in {"@raw", "@body"}:
            return block.raw if block.sign == "@raw" else ""
        if block.sign == "@page":
            return self._notes("^") + '</section><section style="break-before: page">'
        if block.sign in {"-", "+"}:
            kind = "ul" if block.sign == "-" else "ol"
            return f"<{kind}>{''.join(f'<li>{self._inline(line[0])}</li>' for line in block.lines)}</{kind}>"
        if block.sign == "|":
            rows = ("".join(f"<td>{self._inline(cell)}</td>" for cell in row) for row in block.lines)
            return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
        text = self._inline(block.lines[0][0])
        if block.sign == "@notes":
            return f"<h2>{text}</h2>{self._notes('~')}"
        return {
            "#": f"<h1>{text}</h1>",
            "##": f"<h2>{text}</h2>",
            ">": f"<blockquote>{text}</blockquote>",
            "@caption": f'<p class="caption">{text}</p>',
            "@note": f'<p style="font-size: 8pt; margin: 2pt 0">{self._mark(block.label)} {text}</p>',
        }.get(block.sign, f"<p>{text}</p>")

    def _notes(self, kind: str) -> str:
        """The notes that wait, as paragraphs."""
        waiting, self.waiting[kind] = self.waiting[kind], []
        return (
            f'<div class="notes">{"".join(f"<p>{label} {text}</p>" for label, text in waiting)}</div>'
            if waiting
            else ""
        )

    def _inline(self, nodes: tuple[Inline, ...]) -> str:
        return "".join(self._node(node) for node in nodes)

    def _node(self, node: Inline) -> str:
        if isinstance(node, Text):
            return escape(node.text)
        if isinstance(node, Anchor):
            return self._anchor(node)
        inside = self._inline(node.inside)
        return {"only": "", "skip": inside}.get(node.style, f"<{node.style}>{inside}</{node.style}>")

    def _anchor(self, node: Anchor) -> str:
        paragraphs = [self._inline(paragraph) for paragraph in node.paragraphs]
        if paragraphs and self.floating and node.kind == "^":
            first, *others = paragraphs
            return f'<span class="note">{first}{"".join(f"<span class=p>{other}</span>" for other in others)}</span>'
        if paragraphs:
            kind = "~" if node.kind == "~" else "^"
            self.waiting[kind].append((self._at_foot(node.label), "</p><p>".join(paragraphs)))
        return "" if node.kind == "=" else self._mark(node.label)

    def _mark(self, label: str) -> str:
        if self.source.head.get("brackets"):
            return f"[{label}]"
        if self.source.head.get("superscripts") == "unicode":
            return label.translate(_SUPERSCRIPTS)
        return f"<sup>{escape(label)}</sup>"

    def _at_foot(self, label: str) -> str:
        return (
            str(self.source.head.get("foot_label", "{}")).format(label)
            if "foot_label" in self.source.head
            else self._mark(label)
        )
