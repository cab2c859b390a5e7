"""The nodes of a Ray cluster at work: files are read there and passages embedded. The only importer of ray.

A node does what a machine alone does: as many processes read as it has cores, each file within its limits, and one
computes the model, or one for each GPU. Pieces of work are handed out one by one, the next when one comes back; what
was with a node that is lost goes to another. Nothing is kept on the nodes: what is done comes back to the process that
leads, which puts it away, so that it is taken up after that one's death as after any other's.
"""

from briefqa.cluster.nodes import Cluster, Recipe, connected

__all__ = ["Cluster", "Recipe", "connected"]
