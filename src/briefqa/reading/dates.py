"""Dates as metadata of web pages and of Markdown files give them → ISO 8601, as exact as known."""

from __future__ import annotations

import re

_MONTHS = "january february march april may june july august september october november december".split()
_NAME = (
    rf"(?P<name>{'|'.join(f'{month[:3]}(?:{month[3:]})?' if month != 'may' else 'may' for month in _MONTHS)}|sept)\.?"
)
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?)?(?![\d/.-])",  # 2021-04-07T08:00, 2021/4
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?!\d)",
        rf"(?:\w+, )?(?P<day>\d{{1,2}})\.? {_NAME},? (?P<year>\d{{4}})\b",  # Wed, 7 April 2021
        # April 7, 2021; April 2021
        rf"(?:\w+, )?{_NAME} (?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? )?(?P<year>\d{{4}})\b",
    )
]


def iso_date(text: str) -> str:
    """Return "2021", "2021-04" or "2021-04-07"; "" where no such date stands at the beginning of the text."""
    text = " ".join(text.split())[:60]
    for form in _FORMS:
        found = form.match(text)
        if not found:
            continue
        parts = found.groupdict()
        named = (parts.get("name") or "")[:3].lower()
        month = 1 + [name[:3] for name in _MONTHS].index(named) if named else int(parts.get("month") or 0)
        day = int(parts.get("day") or 0)
        if not int(parts["year"]) >= 1000 or month > 12 or day > 31 or (parts.get("month") and not month):
            continue
        return parts["year"] + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else "")
    return ""
