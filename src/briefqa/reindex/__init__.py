"""The nightly pipeline: a folder of briefs → a published generation, doing over only what has changed.

`folder` lists the files and tells what became of each since the last time, `intake` has them read by `workers`,
`building` makes a generation of them and of what is known, by way of `segments`, `gate` judges it and `publishing`
makes it live; `pipeline` is the whole run, `outlook` foretells it, `reports` keeps what it told.
"""

from briefqa.reindex.gate import Gate, Verdict, publish_held
from briefqa.reindex.outlook import outlook
from briefqa.reindex.pipeline import reindex
from briefqa.reindex.purging import phrases_of, purge, traces_in
from briefqa.reindex.report import Changes, Outlook, Progress, ReindexReport
from briefqa.reindex.reports import Outcome, keep_failure, keep_last, keep_report, last_run, outcome_of
from briefqa.reindex.versions import check_folder, code_version, reader_settings, settings_of
from briefqa.reindex.workers import Here, Workers

__all__ = [
    "Changes",
    "Gate",
    "Here",
    "Outcome",
    "Outlook",
    "Progress",
    "ReindexReport",
    "Verdict",
    "Workers",
    "check_folder",
    "code_version",
    "keep_failure",
    "keep_last",
    "keep_report",
    "last_run",
    "outcome_of",
    "outlook",
    "phrases_of",
    "publish_held",
    "purge",
    "reader_settings",
    "reindex",
    "settings_of",
    "traces_in",
]
