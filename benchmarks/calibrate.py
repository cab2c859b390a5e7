"""Fit the weights of `briefqa.search.answerable`, and measure them on collections that they were not fitted on.

    python benchmarks/calibrate.py --cache DIR

Questions of each development collection are asked of it (answerable) and of the three others (not). The indexes are
those that gate_retrieval.py keeps in DIR, or are made there.
"""

from __future__ import annotations

import argparse
import random
from contextlib import closing
from pathlib import Path

import numpy as np
from retrieval import COLLECTIONS, SHARED, default_setting
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from briefqa.evaluation.collections import load_collection
from briefqa.evaluation.indexing import index_entries
from briefqa.generation import open_current
from briefqa.search.answerable import THRESHOLD

SEED = 7
OWN, OTHERS = 200, 70


def main() -> None:
    """Print the weights, and what weights fitted on three collections reach on the fourth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, metavar="DIR", required=True, help="where the indexes are kept")
    cache = parser.parse_args().cache
    evidence, answerable, of = examples(cache)
    for what, columns in (("nearness and coverage", [0, 1]), ("coverage alone", [1])):
        features = evidence[:, columns]
        model = fitted(features, answerable)
        print(f"{what}: weights {model.coef_[0].round(2)}, offset {model.intercept_[0]:.2f}")
        confidence = np.zeros(len(answerable))
        for name in COLLECTIONS:
            rest = of != name
            confidence[~rest] = fitted(features[rest], answerable[rest]).predict_proba(features[~rest])[:, 1]
            print(f"  {name}: AUROC {roc_auc_score(answerable[~rest], confidence[~rest]):.3f}")
        refused = confidence < THRESHOLD
        right = (refused & ~answerable).sum()
        print(
            f"  all: AUROC {roc_auc_score(answerable, confidence):.3f}, refusals right {right / refused.sum():.3f}, "
            f"of what has no answer refused {right / (~answerable).sum():.3f}"
        )


def examples(cache: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return evidence (n, 2), whether there is an answer (n,), and the collection that was asked (n,)."""
    setting = default_setting(cache)
    chosen = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    collections = {name: load_collection(SHARED / "collections" / name) for name in COLLECTIONS}
    rows: list[tuple[float, float, bool, str]] = []
    for name, collection in collections.items():
        (cache / name).mkdir(parents=True, exist_ok=True)
        folder, _ = index_entries(collection.entries, cache / name, **setting.indexing)
        with closing(open_current(folder)) as index:
            searcher = setting.searcher(index)
            for other, asked in collections.items():
                texts = list(asked.judged.values())
                for text in chosen.sample(texts, min(len(texts), OWN if other == name else OTHERS)):
                    found = searcher.evidence(text)
                    rows.append((found.nearness, found.coverage, other == name, name))
    return (
        np.array([row[:2] for row in rows]),
        np.array([row[2] for row in rows]),
        np.array([row[3] for row in rows]),
    )


def fitted(features: np.ndarray, answerable: np.ndarray) -> LogisticRegression:
    """Fit, both kinds counting the same, with next to no regularisation."""
    return LogisticRegression(class_weight="balanced", C=100).fit(features, answerable)


if __name__ == "__main__":
    main()
