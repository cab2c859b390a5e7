"""The head of a memorandum: "FROM:", "DATE:" and "SUBJECT:" with what follows each of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from briefqa.facts.head import Head

_LABELS = {
    "from": "from von de expéditeur",
    "to": "to an à a para for cc through via destinataire verteiler",
    "date": "date datum fecha data",
    "subject": "subject subj re betreff betr objet asunto oggetto",
}
_KEY = {word: key for key, words in _LABELS.items() for word in words.split()}
_FIELD = re.compile(rf"({'|'.join(sorted(_KEY, key=len, reverse=True))})\s*[:.]\s*(.*)", re.IGNORECASE)
# How many lines below its label a field may go on.
_MAX_LINES = 4


def memo_fields(head: Head) -> dict[str, str]:
    """The fields by name ("from", "date", "subject"), lines parted by line breaks; empty where there is no memo head.

    One label is a chance ("From: page 3"); two that name different things are a memo.
    """
    fields: dict[str, str] = {}
    # The subject may be repeated as a running head.
    lines = [line for line in head.lines if not line.running or line.page == head.lines[0].page][:60]
    for row, line in enumerate(lines):
        found = _FIELD.fullmatch(line.text)
        if not found:
            continue
        parts = [found[2].strip()] if found[2].strip() else []
        for above, following in zip(lines[row:], lines[row + 1 : row + 1 + _MAX_LINES], strict=False):
            indented = following.x0 > line.x0 + 12
            if (
                _FIELD.fullmatch(following.text)
                or following.page != line.page
                or (parts and not indented)
                or (not parts and above is not line)
                or following.gap > 3 * max(following.size, 1.0)
            ):
                break
            parts.append(following.text)
        fields.setdefault(_KEY[found[1].casefold()], "\n".join(parts))
    return fields if len(fields) > 1 else {}
