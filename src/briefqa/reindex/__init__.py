"""The nightly pipeline: a folder of briefs → a published generation, doing over only what has changed.

`folder` lists the files and tells what became of each since the last time, `intake` reads new ones,
`building` makes a generation, `pipeline` is the whole run.
"""

from briefqa.reindex.pipeline import reindex
from briefqa.reindex.report import Progress, ReindexReport

__all__ = ["Progress", "ReindexReport", "reindex"]
