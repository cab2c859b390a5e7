"""What the styles of a Word file say about a paragraph: whether it is a heading, a title, a table of contents."""

from __future__ import annotations

from briefqa.reading.docx_package import Element, attribute, child, children, switched_on

_BODY_LEVEL = 9  # w:outlineLvl counts from 0; 9 is running text


class Styles:
    """The paragraph and character styles, by id."""

    def __init__(self, root: Element | None) -> None:
        self._styles = {attribute(style, "styleId"): style for style in children(root, "style")}
        self.language = attribute(child(root, "docDefaults", "rPrDefault", "rPr", "lang"), "val")

    def name(self, style_id: str) -> str:
        """A style's name, in lower case: built-in styles have the English one in every language of Word."""
        return attribute(child(self._styles.get(style_id), "name"), "val").casefold()

    def level(self, properties: Element | None) -> int:
        """The level of the heading that a paragraph with these properties is, from 1; 0 for running text."""
        own = child(properties, "outlineLvl")
        if own is not None:
            return _level(attribute(own, "val"))
        for style in self._lineage(attribute(child(properties, "pStyle"), "val")):
            outline = child(style, "pPr", "outlineLvl")
            if outline is not None:
                return _level(attribute(outline, "val"))
            heading = attribute(child(style, "name"), "val").casefold().removeprefix("heading ")
            if heading.isdecimal():
                return _level(str(int(heading) - 1))
        return 0

    def is_superior(self, properties: Element | None) -> bool:
        """Whether a run with these properties stands above the line."""
        own = child(properties, "vertAlign")
        if own is not None:
            return attribute(own, "val") == "superscript"
        lineage = self._lineage(attribute(child(properties, "rStyle"), "val"))
        return any(attribute(child(style, "rPr", "vertAlign"), "val") == "superscript" for style in lineage)

    def is_hidden(self, properties: Element | None) -> bool:
        """Whether a run with these properties is hidden text."""
        if child(properties, "vanish") is not None:
            return switched_on(properties, "vanish")
        lineage = self._lineage(attribute(child(properties, "rStyle"), "val"))
        return any(switched_on(child(style, "rPr"), "vanish") for style in lineage)

    def _lineage(self, style_id: str) -> list[Element]:
        """A style and those it is based on. A circle, which Word refuses, ends where it closes."""
        found: dict[str, Element] = {}
        while style_id in self._styles and style_id not in found:
            found[style_id] = self._styles[style_id]
            style_id = attribute(child(found[style_id], "basedOn"), "val")
        return list(found.values())


def _level(value: str) -> int:
    level = int(value) if value.isascii() and value.isdecimal() else _BODY_LEVEL
    return level + 1 if level < _BODY_LEVEL else 0
