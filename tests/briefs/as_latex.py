"""Sources for LaTeX. Of the head: `class` and `page` (their options), `font`, `setup`, `head`, `foot`, `engine`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefs.annotated import Anchor, Styled, Text

if TYPE_CHECKING:
    from briefs.annotated import AnnotatedText, Block, Inline

_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SPECIAL |= {"−": r"\ensuremath{-}", "₂": r"\textsubscript{2}"}
_SPECIAL |= {char: "\\" + char for char in "{}$&#_%"}
_URL = re.compile(r"(https?://[^\s]*[^\s.,;)])")
_STYLES = {"sup": r"\textsuperscript{%s}", "sub": r"\textsubscript{%s}", "em": r"\emph{%s}"}


def latex(source: AnnotatedText) -> str:
    """The whole file."""
    head = source.head
    page = head.get("page", "a5paper,margin=18mm")
    lines = [
        rf"\documentclass[{head.get('class', '11pt')}]{{article}}",
        *_fonts(head.get("engine", "pdflatex"), head.get("font", "mathptmx")),
        rf"\usepackage[{page}]{{geometry}}",
        r"\usepackage[hyphens]{url}\urlstyle{same}",
        r"\usepackage[english]{babel}",
        _running(head.get("head", ""), head.get("foot", "{page}")),
        head.get("setup", ""),
        r"\begin{document}",
        *(_block(block, brackets=bool(head.get("brackets"))) for block in source.blocks),
        r"\end{document}",
    ]
    return "\n\n".join(line for line in lines if line)


def _fonts(engine: str, font: str) -> list[str]:
    if engine == "pdflatex":
        return [r"\pdfminorversion=5\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}", rf"\usepackage{{{font}}}"]
    return [r"\usepackage{fontspec}", rf"\setmainfont{{{font}}}"]


def _running(head: str, foot: str) -> str:
    def field(text: str) -> str:
        return _escape(text).replace(r"\{page\}", r"\thepage")

    return (
        r"\usepackage{fancyhdr}\pagestyle{fancy}\fancyhf{}\renewcommand{\headrulewidth}{0pt}"
        rf"\fancyhead[C]{{\small {field(head)}}}\fancyfoot[C]{{{field(foot)}}}"
    )


def _block(block: Block, *, brackets: bool) -> str:
    def set_in(nodes: tuple[Inline, ...]) -> str:
        return _inline(nodes, brackets=brackets)

    if block.sign in {"@raw", "@body", "@page"}:
        return {"@raw": block.raw, "@body": "", "@page": r"\newpage"}[block.sign]
    if block.sign in {"-", "+"}:
        kind = "itemize" if block.sign == "-" else "enumerate"
        items = "\n".join(rf"\item {set_in(line[0])}" for line in block.lines)
        return rf"\begin{{{kind}}}{items}\end{{{kind}}}"
    if block.sign == "|":
        rows = "\\\\\n".join(" & ".join(map(set_in, row)) for row in block.lines)
        columns = "l" + "r" * (len(block.lines[0]) - 1)
        return rf"\begin{{center}}\begin{{tabular}}{{{columns}}}{rows}\end{{tabular}}\end{{center}}"
    text = set_in(block.lines[0][0])
    return {
        "#": rf"\section*{{{text}}}",
        "##": rf"\subsection*{{{text}}}",
        ">": rf"\begin{{quote}}{text}\end{{quote}}",
        "@caption": rf"\begin{{center}}\small {text}\end{{center}}",
        "@note": rf"{{\noindent\footnotesize\textsuperscript{{{block.label}}} {text}\par}}",
        "@notes": rf"\renewcommand{{\notesname}}{{{text}}}\theendnotes",
    }.get(block.sign, text)


def _inline(nodes: tuple[Inline, ...], *, brackets: bool) -> str:
    return "".join(_node(node, brackets=brackets) for node in nodes)


def _node(node: Inline, *, brackets: bool) -> str:
    if isinstance(node, Text):
        parts = _URL.split(node.text)
        return "".join(rf"\url{{{part}}}" if index % 2 else _escape(part) for index, part in enumerate(parts))
    if isinstance(node, Styled):
        return _STYLES[node.style] % _inline(node.inside, brackets=brackets)
    return _anchor(node, brackets=brackets)


def _anchor(node: Anchor, *, brackets: bool) -> str:
    note = r"\par ".join(_inline(paragraph, brackets=brackets) for paragraph in node.paragraphs)
    if not note:
        return f"[{node.label}]" if brackets else rf"\textsuperscript{{{_escape(node.label)}}}"
    return {"^": rf"\footnote{{{note}}}", "~": rf"\endnote{{{note}}}", "=": rf"\footnotetext[{node.label}]{{{note}}}"}[
        node.kind
    ]


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(char, char) for char in text)
