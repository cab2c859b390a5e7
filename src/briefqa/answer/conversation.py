"""What is asked at the end of a conversation, by rules: a follow-up takes what it leaves out from the turn before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefqa.lexical import language_of, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

# A question that stands alone names its matter: it has at least so many words that are no stop words.
_STANDS_ALONE = 3
_FOLLOWS = re.compile(
    r"^(?:and|but|so|also|what about|how about|why(?: not| is that)?\?|und|aber|was ist mit|et|mais|qu'en est-il)\b",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"\b(?:it|its|they|their|them|he|him|his|she|her|this|these|those|that one|there|the same|the former|the latter"
    r"|er|sie|ihr|ihre|dies|diese[rsn]?|dort|davon|il|elle|ils|elles|leur|cela)\b",
    re.IGNORECASE,
)
_MOST_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a conversation. role: "user" or "assistant", as OpenAI calls them."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The question of a conversation. rewritten_by: "" where it is as it was asked, else "rules" or a model's name."""

    question: str
    rewritten_by: str = ""


def asked_by_rules(turns: Sequence[Said], longest: int) -> Asked:
    """Find the question that the user asks last, by `question_of`."""
    said = [turn.text for turn in turns if turn.role == "user" and turn.text.strip()]
    question = question_of(said, longest)
    return Asked(question, "rules" if said and question != " ".join(said[-1].split()) else "")


def question_of(turns: Sequence[str], longest: int) -> str:
    """Return the last of the user's turns as a question that stands alone, of at most longest characters if it can be.

    turns: what the user has said, in order. A follow-up ("And in 2019?", "Who wrote it?") is put behind the question
    that it follows; earlier ones are left away first where all would be too long. Returns "" where nothing was said.
    """
    said = [" ".join(turn.split()) for turn in turns if turn.strip()]
    if not said:
        return ""
    parts = [said.pop()]
    while said and len(parts) <= _MOST_BEFORE and is_follow_up(parts[0]):
        before = said.pop()
        if sum(map(len, parts)) + len(parts) + len(before) > longest:
            break
        parts.insert(0, before)
    return " ".join(parts)


def is_follow_up(text: str) -> bool:
    """Whether a question seems to leave out what was said before it."""
    single, _ = terms(text, language_of("", text))
    return len(set(single)) < _STANDS_ALONE or bool(_FOLLOWS.match(text) or _REFERS.search(text))
