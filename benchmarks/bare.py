"""The baseline: one process that reads, splits, cross-validates, fits and scores.

What a data scientist writes without DVC, contract, hashes, intervals, slices, plots or saved files.

Usage: python benchmarks/bare.py TABLE TARGET [NULL_VALUE]
"""

from __future__ import annotations

import sys

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import StratifiedKFold, cross_validate, train_test_split
from skrub import tabular_pipeline

SCORES = [
    "roc_auc",
    "average_precision",
    "neg_log_loss",
    "neg_brier_score",
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
]


def main() -> None:
    """Print the scores of the test set."""
    table, target, *null_values = sys.argv[1:]
    frame = pd.read_csv(table, na_values=null_values)
    truth = frame.pop(target)
    truth = truth == sorted(truth.unique())[1]
    texts = frame.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]]
    frame = frame.astype(dict.fromkeys(texts, "category"))
    train, test, truth_train, truth_test = train_test_split(
        frame, truth, test_size=0.25, stratify=truth, random_state=0
    )
    model = tabular_pipeline(
        HistGradientBoostingClassifier(
            learning_rate=0.1, max_iter=100, l2_regularization=1.0, random_state=0
        )
    )
    model.set_params(tablevectorizer__cardinality_threshold=255)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    cross_validate(model, train, truth_train, cv=folds, scoring=SCORES)
    model.fit(train, truth_train)
    for part, truth_part in ((train, truth_train), (test, truth_test)):
        scores = check_scoring(model, scoring=SCORES)(model, part, truth_part)
    print(", ".join(f"{name} {value:.4f}" for name, value in scores.items()))


if __name__ == "__main__":
    main()
