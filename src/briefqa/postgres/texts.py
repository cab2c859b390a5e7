"""Texts as PostgreSQL takes them: it knows neither a NUL nor half a surrogate pair, and names of files may hold these.

Such a character is written as the last code that Unicode has, which is no character, and four hexadecimal digits.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGN = "\U0010ffff"
_FOREIGN = re.compile(f"[\0\ud800-\udfff{_SIGN}]")
_WRITTEN = re.compile(f"{_SIGN}([0-9a-f]{{4}})")
# In JSON that is written in ASCII: what may be foreign, and the sign.
_FOREIGN_IN_JSON = re.compile(r"\\u(?:0000|d[89a-f]..)")
_SIGN_IN_JSON = r"\udbff\udfff"


def storable(text: str) -> str:
    """Text as it can be stored; JSON in ASCII remains JSON."""
    if text[:1] in "[{" and text and _FOREIGN_IN_JSON.search(text):
        return _each_text(text, _plain_storable)
    return _plain_storable(text)


def unstored(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as it was before SQLite took it: no bytes stand in it but those of ill-encoded texts."""
    return tuple(value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value for value in row)


def restored(text: str) -> str:
    """Give a text back as it was before `storable`."""
    if _SIGN in text:
        return _WRITTEN.sub(_character, text)
    return _each_text(text, restored) if _SIGN_IN_JSON in text and text[:1] in "[{" else text


def _plain_storable(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return _FOREIGN.sub(lambda found: f"{_SIGN}{ord(found[0]) & 0xFFFF:04x}", text)


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return _SIGN if code == 0xFFFF else chr(code)


def _each_text(text: str, change: Callable[[str], str]) -> str:
    try:
        value = json.loads(text)
    except ValueError:  # it only looks like JSON
        return change(text) if change is _plain_storable else text
    return json.dumps(_changed(value, change))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    if isinstance(value, dict):
        return {change(key): _changed(each, change) for key, each in value.items()}
    return value
