"""What of the pages can be translated, and translating what was put together elsewhere.

Templates mark their strings themselves. Errors, problems and notices come as finished English sentences from all over
briefqa; in a catalog they are the sentence with {0}, {1} … for what was put in. `python -m briefqa.service.web.strings`
prints a catalog of all of them to translate (a .pot file).
"""

from __future__ import annotations

import ast
import json
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader

from briefqa import errors

if TYPE_CHECKING:
    import gettext
    from collections.abc import Callable, Iterator

_PLACE = re.compile(r"\{(\d)\}")
# Whose arguments are texts that readers of pages may meet.
_SPEAKING = {"Problem", "Answer", "refusal", "problem_response", "page", "_instead"} | {
    name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
}
_SPOKEN_IN = ("answer", "search")
_SENTENCE = re.compile(r"[A-Z{“].*\s.*[.:?”]", re.DOTALL)


def wording(translations: gettext.NullTranslations) -> Callable[[str], str]:
    """Make what translates finished sentences. They stay as they are where the catalog has none of their form."""
    known: dict[object, str] = getattr(translations, "_catalog", {})  # there is no other way to list a catalog
    forms = [(_PLACE.split(form)[::2], form) for form in known if isinstance(form, str) and _PLACE.search(form)]
    forms.sort(key=lambda one: -len("".join(one[0])))  # the most particular first

    @lru_cache(maxsize=1000)
    def translated(text: str) -> str:
        for literals, form in forms:
            values = values_in(text, literals)
            if values is not None:
                return known[form].format(*map(translated, values))
        return translations.gettext(text) if text else ""

    return translated


def values_in(text: str, literals: list[str]) -> list[str] | None:
    """Find what stands between literals in a text that consists of nothing else; None where it does not."""
    first, *others = literals
    if not text.startswith(first):
        return None
    found, at = [], len(first)
    for literal in others[:-1]:
        next_at = text.find(literal, at)
        if next_at < 0:
            return None
        found.append(text[at:next_at])
        at = next_at + len(literal)
    last = others[-1]
    if not text.endswith(last) or len(text) - len(last) < at:
        return None
    return [*found, text[at : len(text) - len(last)]]


def template_strings() -> Iterator[tuple[str, ...]]:
    """All strings of the templates: alone, or a singular and its plural."""
    environment = Environment(loader=PackageLoader("briefqa.service.web"), autoescape=True)
    environment.add_extension("jinja2.ext.i18n")
    for name in environment.list_templates():
        source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
        for _, _, message in environment.extract_translations(source):  # type: ignore[attr-defined]
            yield tuple(filter(None, message)) if isinstance(message, tuple) else (message,)


def spoken_strings(source: str, *, everything: bool = False) -> Iterator[str]:
    """The sentences that a module of Python gives to errors, problems and answers. everything: all that look so."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (everything or _name(node.func) in _SPEAKING):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
        elif everything and isinstance(node, ast.Return | ast.Assign | ast.AugAssign) and node.value:
            given = [node.value]
        else:
            continue
        for one in given:
            yield from filter(_SENTENCE.fullmatch, _texts(one))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
        places = iter(range(len(parts)))
        yield "".join(f"{{{next(places)}}}" if part is None else part for part in parts)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from _texts(element)
    elif isinstance(node, ast.ListComp):
        yield from _texts(node.elt)


def catalog() -> list[tuple[str, ...]]:
    """Everything that can be translated, each string once, in order."""
    root = Path(errors.__file__).parent
    found = set(template_strings())
    for file in sorted(root.rglob("*.py")):
        if file.relative_to(root).parts[0] not in {"cli", "evaluation"}:
            everything = file.relative_to(root).parts[0] in _SPOKEN_IN
            found |= {(text,) for text in spoken_strings(file.read_text(encoding="utf-8"), everything=everything)}
    return sorted(found)


def pot(strings: list[tuple[str, ...]]) -> str:
    """Write a catalog with no translations yet, in the format of gettext."""
    said = ['msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n']
    for one in strings:
        quoted = [json.dumps(text, ensure_ascii=False) for text in one]
        if len(quoted) > 1:
            said.append(f'msgid {quoted[0]}\nmsgid_plural {quoted[1]}\nmsgstr[0] ""\nmsgstr[1] ""\n')
        else:
            said.append(f'msgid {quoted[0]}\nmsgstr ""\n')
    return "\n".join(said)


if __name__ == "__main__":
    sys.stdout.write(pot(catalog()))
