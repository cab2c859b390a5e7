"""What is asked at the end of a conversation, written by a model so that it can be understood without the rest.

The question is searched for, shown to the reader, and answered in place of his own. Therefore it is held to what was
said: no number, name or quote that nobody has said, none left out that he asks for, and most of its words are theirs.
Otherwise, and where the model fails, the rules of `conversation` decide.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from briefqa.answer.claims import claims_of, evidence_of, folded, unnamed
from briefqa.answer.conversation import Asked, asked_by_rules, is_follow_up
from briefqa.answer.model import prompt
from briefqa.errors import AnswerError
from briefqa.lexical import language_of, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefqa.answer.conversation import Said
    from briefqa.answer.model import Model, Turn

_TURNS_SHOWN = 8
_LONGEST_TURN = 800  # characters of each that are shown
_LONGEST = 500  # characters that a model may write: a question is one sentence
# What stands below the text of our own answers: the sources, a number a line.
_SOURCES = re.compile(r"\n\n1\. \[.*", re.DOTALL)
_LINK = re.compile(r"\[?\[([^\]\[]*)\]\]?\([^)\s]*\)")
_NAMED = re.compile(
    r"^[*_\s]*(?:the\s+)?(?:(?:last|rewritten|new|final)\s+)*question(?:\s+is)?[*_\s]*:[*_\s]*", re.IGNORECASE
)
_ASKED = ("?", "？", "؟", ";")  # as in Latin, Chinese, Arabic and Greek script
_QUOTES = " \t\"'“”„«»`*_"
# So many of the words that count have to be those of the conversation, and of the last question. Set by judgement.
_ENOUGH_SAID = 0.75
_ENOUGH_KEPT = 0.5


def asked_of(turns: Sequence[Said], longest: int, model: Model | None, until: float) -> Asked:
    """Find what is asked at the end of a conversation, by a model if there is one, else by rules.

    longest: characters that a question may have. until: when the model has to be done, a moment of `time.monotonic`.
    """
    by_rules = asked_by_rules(turns, longest)
    talk = [turn for turn in turns if turn.role in {"user", "assistant"} and turn.text.strip()]
    while talk and talk[-1].role != "user":
        talk.pop()
    if model is None or len(talk) < 2 or len(by_rules.question) > longest:
        return by_rules
    written = ""
    try:
        for part in model.stream(_prompt(talk), until):
            written += part
            if len(written) > _LONGEST:
                return by_rules  # it goes on and on
    except AnswerError:
        return by_rules
    last = " ".join(talk[-1].text.split())
    question = one_question(written)
    if not question or len(question) > longest or folded(question) == folded(last):
        return by_rules
    # What is understood by itself may be added to, and not be put in other words.
    kept = _ENOUGH_KEPT if is_follow_up(last) else 1.0
    return Asked(question, model.name) if is_asked(question, last, talk, kept) else by_rules


def one_question(written: str) -> str:
    """Find the one question in what a model wrote; "" where there is none, or more than one."""
    lines = [_NAMED.sub("", line).strip(_QUOTES) for line in written.splitlines()]
    lines = [" ".join(line.split()) for line in lines if line and line.isprintable()]
    asked = [line for line in lines if line.endswith(_ASKED)] or lines
    return asked[0] if len(asked) == 1 else ""


def is_asked(question: str, last: str, talk: Sequence[Said], kept: float = _ENOUGH_KEPT) -> bool:
    """Whether a question asks what the last one does, and nothing that nobody has said.

    talk: all that was said. kept: the part of the last question's words that it must have, from 0 to 1.
    """
    everything = "\n".join(turn.text for turn in talk)
    claims, known = claims_of(question), evidence_of(everything)
    wanted, given = claims_of(last), evidence_of(question)
    invented = claims.numbers.keys() - known.numbers.keys() or unnamed(claims, known.words)
    left_out = wanted.numbers.keys() - given.numbers.keys() or unnamed(wanted, given.words)
    told = last.endswith(_ASKED) and not question.endswith(_ASKED)
    if told or invented or left_out or not all(quote in known.text for quote in claims.quotes):
        return False
    code = language_of("", everything)
    ours, theirs, asked = (set(terms(text, code)[0]) for text in (question, everything, last))
    return len(ours & theirs) >= _ENOUGH_SAID * len(ours) and len(asked & ours) >= kept * len(asked)


def _prompt(talk: Sequence[Said]) -> list[Turn]:
    """The instructions, and the conversation as data: nothing that was said can close a tag."""
    shown = "\n".join(
        f'<turn from="{turn.role}">\n{html.escape(_shown(turn), quote=False)}\n</turn>' for turn in talk[-_TURNS_SHOWN:]
    )
    asked = f"{shown}\n\nThe last question, so that it can be understood by itself:"
    return [{"role": "system", "content": prompt("question")}, {"role": "user", "content": asked}]


def _shown(turn: Said) -> str:
    """What is shown of a turn: of our own answers without links and sources, of long ones the beginning."""
    said = _LINK.sub("", _SOURCES.sub("", turn.text)) if turn.role == "assistant" else turn.text
    text = " ".join(said.split())
    return text if len(text) <= _LONGEST_TURN else f"{text[:_LONGEST_TURN]} …"
