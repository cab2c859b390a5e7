"""From a question to an answer of which every claim is cited.

`answers` is what comes out, `candidates` the whole sentences of the first hits, `weighing` how well each answers,
`extractive` the answer made of the best of them, verbatim.
"""

from briefqa.answer.answers import Answer, AnswerSentence, Citation, Level
from briefqa.answer.extractive import answer

__all__ = ["Answer", "AnswerSentence", "Citation", "Level", "answer"]
