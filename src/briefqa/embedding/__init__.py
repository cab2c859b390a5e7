"""Text into vectors: the `Embedder` protocol, models behind it, and a tiny embedder without a model.

sentence-transformers loads any model. On a CPU the model is converted once to a graph that ONNX Runtime computes, and
kept beside the index (`conversion`); from then on neither torch nor transformers is imported, which takes seconds, and
vectors are made faster.
"""

from briefqa.embedding.converted import graph_session
from briefqa.embedding.embedder import Embedder
from briefqa.embedding.hashing import HashingEmbedder
from briefqa.embedding.loading import embedder_key, load_embedder
from briefqa.embedding.packaged import HASHING_MODEL, PACKAGED_MODEL

__all__ = [
    "HASHING_MODEL",
    "PACKAGED_MODEL",
    "Embedder",
    "HashingEmbedder",
    "embedder_key",
    "graph_session",
    "load_embedder",
]
