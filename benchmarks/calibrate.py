"""Fit the weights of `briefqa.search.answerable`, and measure them on collections that they were not fitted on.

    python benchmarks/calibrate.py --cache DIR

Questions of each development collection are asked of it (answerable) and of the three others (not). What is fitted on
these is tried in three more forms, since people ask in other ways, too: the three rarest words; a statement, that is a
sentence of an entry that is judged right, without a third of its words; and the question behind two sentences that say
nothing. The indexes are those that gate_retrieval.py keeps in DIR, or are made there.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from retrieval import COLLECTIONS, SHARED, default_setting
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from briefqa.evaluation.collections import load_collection
from briefqa.evaluation.indexing import index_entries
from briefqa.generation import open_current
from briefqa.lexical import terms, words
from briefqa.search import sentences
from briefqa.search.answerable import THRESHOLD

if TYPE_CHECKING:
    from briefqa.evaluation.collections import Collection

SEED = 7
OWN, OTHERS = 200, 70
FORMS = ("as asked", "three words", "statement", "long")
_BEFORE = (
    "I have been thinking about this for some weeks, and nobody at the office could tell me. "
    "Sorry if it was asked before, I am rather new to all of it. "
)
_STATEMENT = range(40, 221)
_KEPT = 2 / 3


def main() -> None:
    """Print the weights, and what weights fitted on three collections reach on the fourth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, metavar="DIR", required=True, help="where the indexes are kept")
    evidence, answerable, of, form = examples(parser.parse_args().cache)
    for what, columns in (("nearness and coverage", [0, 1]), ("coverage alone", [1])):
        features = evidence[:, columns]
        asked = form == FORMS[0]
        model = fitted(features[asked], answerable[asked])
        print(f"{what}: weights {model.coef_[0].round(2)}, offset {model.intercept_[0]:.2f}")
        confidence = np.zeros(len(answerable))
        for name in COLLECTIONS:
            rest = of != name
            model = fitted(features[rest & asked], answerable[rest & asked])
            confidence[~rest] = model.predict_proba(features[~rest])[:, 1]
        for group, its in (
            *((name, asked & (of == name)) for name in COLLECTIONS),
            *((one, form == one) for one in FORMS),
        ):
            print(f"  {group}: {reached(confidence[its], answerable[its])}")


def reached(confidence: np.ndarray, answerable: np.ndarray) -> str:
    """Tell how well the confidence tells what is answerable, and what the threshold makes of it."""
    refused = confidence < THRESHOLD
    right = (refused & ~answerable).sum()
    found = right / (~answerable).sum()
    return (
        f"AUROC {roc_auc_score(answerable, confidence):.3f}, refusals right {right / max(refused.sum(), 1):.3f}, of "
        f"what has no answer refused {found:.3f}, of what has one {refused[answerable].mean():.3f}"
    )


def examples(cache: Path) -> tuple[np.ndarray, ...]:
    """Return evidence (n, 2), and (n,) each: whether there is an answer, the collection that was asked, the form."""
    setting = default_setting(cache)
    chosen = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    collections = {name: load_collection(SHARED / "collections" / name) for name in COLLECTIONS}
    asked = {name: in_all_forms(collection) for name, collection in collections.items()}
    rows: list[tuple[float, float, bool, str, str]] = []
    for name, collection in collections.items():
        (cache / name).mkdir(parents=True, exist_ok=True)
        folder, _ = index_entries(collection.entries, cache / name, **setting.indexing)
        with closing(open_current(folder)) as index:
            searcher = setting.searcher(index)
            for other, questions in asked.items():
                for forms in chosen.sample(questions, min(len(questions), OWN if other == name else OTHERS)):
                    for form, text in zip(FORMS, forms, strict=True):
                        found = searcher.evidence(text)
                        rows.append((found.nearness, found.coverage, other == name, name, form))
    return np.array([row[:2] for row in rows]), *(np.array([row[at] for row in rows]) for at in (2, 3, 4))


def in_all_forms(collection: Collection) -> list[tuple[str, ...]]:
    """Give the judged questions of a collection, each in the forms of FORMS."""
    chosen = random.Random(SEED)  # noqa: S311 - as above
    texts = {entry.id: f"{entry.title}\n\n{entry.text}" for entry in collection.entries}
    holding = Counter(word for text in texts.values() for word in set(words(text)))
    questions = []
    for query_id, question in collection.judged.items():
        telling = [word for word in dict.fromkeys(words(question)) if terms(word, "en")[0]]
        rarest = sorted(telling, key=lambda word: holding[word])[:3]
        right = [entry for entry, grade in collection.qrels[query_id].items() if grade > 0 and entry in texts]
        said = [texts[entry][slice(*span)] for entry in right[:1] for span in sentences(texts[entry])]
        said = [text for text in said if len(text) in _STATEMENT] or [question]
        statement = " ".join(word for word in chosen.choice(said).split() if chosen.random() < _KEPT)
        few = " ".join(word for word in telling if word in rarest)
        questions.append((question, few or question, statement or question, _BEFORE + question))
    return questions


def fitted(features: np.ndarray, answerable: np.ndarray) -> LogisticRegression:
    """Fit, both kinds counting the same, with next to no regularisation."""
    return LogisticRegression(class_weight="balanced", C=100).fit(features, answerable)


if __name__ == "__main__":
    main()
