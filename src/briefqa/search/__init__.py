"""From a question to ranked passages, each with the notes that it cites.

`searcher` asks both legs of the index, `fusion` makes one ranking of them, `reranking` reads the first ones again,
`presenting` and `highlights` make hits of them, `answerable` says whether there is an answer, `hits` is what comes out.
"""

from briefqa.search.fusion import Fusion, Ranked
from briefqa.search.highlights import sentences
from briefqa.search.hits import CitedNote, Hit, Ranking, Timings
from briefqa.search.presenting import cited_notes
from briefqa.search.reranking import PACKAGED_RERANKER, Reranker, load_reranker
from briefqa.search.searcher import Searcher, Wanted, clean_question, quoted_phrases

__all__ = [
    "PACKAGED_RERANKER",
    "CitedNote",
    "Fusion",
    "Hit",
    "Ranked",
    "Ranking",
    "Reranker",
    "Searcher",
    "Timings",
    "Wanted",
    "cited_notes",
    "clean_question",
    "load_reranker",
    "quoted_phrases",
    "sentences",
]
