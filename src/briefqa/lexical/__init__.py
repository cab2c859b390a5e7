"""The lexical leg: BM25 over passages and over whole briefs, by bm25s, and the words that it counts.

`analysis` turns text into terms, `languages` knows stems and stop words, `index` writes and searches. The only
importer of bm25s and PyStemmer.
"""

from briefqa.lexical.analysis import words
from briefqa.lexical.index import FILES, Entry, Lexical, write_lexical

__all__ = ["FILES", "Entry", "Lexical", "words", "write_lexical"]
