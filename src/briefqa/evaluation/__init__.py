"""How good the search is: collections in BEIR's format, or questions over a folder of briefs, measured by ir-measures.

`session` measures on one folder, of which `collections` reads what there is to ask and what is right, `indexing` makes
an index as of any other folder of briefs, `running` asks every query, `questions` does the same for `questions.jsonl`,
`comparing` tells two runs apart.
"""

from briefqa.evaluation.comparing import Comparison, compare
from briefqa.evaluation.running import MEASURES, Report
from briefqa.evaluation.session import Evaluation, Setting, evaluate_folder

__all__ = ["MEASURES", "Comparison", "Evaluation", "Report", "Setting", "compare", "evaluate_folder"]
