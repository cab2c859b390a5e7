"""The lexical leg: BM25 over passages and over whole briefs, and the words that it counts.

`analysis` turns text into terms, with `dates`; `languages` knows stems and stop words, `acronyms` what they stand for;
`writing` writes an index and `matrix` its numbers, `stored` opens its files, `updating` makes one of the one before,
`index` searches. The only importer of bm25s and PyStemmer.
"""

from briefqa.lexical.analysis import Sought, terms, tokens, words
from briefqa.lexical.index import Lexical
from briefqa.lexical.languages import known_language, language_of
from briefqa.lexical.matrix import Columns, Matrix
from briefqa.lexical.stored import Parts, Stored
from briefqa.lexical.updating import TooOften, update_lexical
from briefqa.lexical.writing import FILES, NONE, About, Entry, write_lexical

__all__ = [
    "FILES",
    "NONE",
    "About",
    "Columns",
    "Entry",
    "Lexical",
    "Matrix",
    "Parts",
    "Sought",
    "Stored",
    "TooOften",
    "known_language",
    "language_of",
    "terms",
    "tokens",
    "update_lexical",
    "words",
    "write_lexical",
]
