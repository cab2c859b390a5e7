"""The lexical leg: BM25 over passages and over whole briefs, by bm25s, and the words that it counts.

`analysis` turns text into terms, `languages` knows stems and stop words, `index` writes and searches. The only
importer of bm25s and PyStemmer.
"""

from briefqa.lexical.analysis import terms, words
from briefqa.lexical.index import FILES, Entry, Lexical, write_lexical
from briefqa.lexical.languages import language_of

__all__ = ["FILES", "Entry", "Lexical", "language_of", "terms", "words", "write_lexical"]
