"""From a question to an answer of which every claim is cited.

`answers` is what comes out, `candidates` the whole sentences of the first hits, `weighing` how well each answers,
`extractive` the answer made of the best of them, verbatim. Where a `model` is configured, `writing` has it write
from the hits, and `verifying` holds each sentence to them by its `claims`. `conversation` finds what is asked by rules,
`rewriting` by the model.
"""

from briefqa.answer.answering import answer, answering
from briefqa.answer.answers import Answer, AnswerSentence, Citation, Level
from briefqa.answer.model import Model, RemoteModel

__all__ = ["Answer", "AnswerSentence", "Citation", "Level", "Model", "RemoteModel", "answer", "answering"]
