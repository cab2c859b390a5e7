"""From a question to ranked passages, each with the notes that it cites.

`searcher` asks both legs of the index, `fusion` makes one ranking of them.
"""

from briefqa.search.fusion import Fusion, Ranked
from briefqa.search.searcher import (
    CitedNote,
    Hit,
    Ranking,
    Searcher,
    Timings,
    cited_notes,
    clean_question,
)

__all__ = [
    "CitedNote",
    "Fusion",
    "Hit",
    "Ranked",
    "Ranking",
    "Searcher",
    "Timings",
    "cited_notes",
    "clean_question",
]
