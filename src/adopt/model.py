"""The model to begin with: by the number of rows, the task and the split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from src.adopt.profile import ColumnProfile
from src.base.contract import Contract, Task

Final = Literal["ensemble", "refit"]

BOOSTED = 200
"""Rows from which boosted trees, of 20 rows a leaf, have anything to say."""

STOPS_EARLY = 1_000
"""Rows from which the last tenth can tell when boosting classes begins to overfit."""

MIN_ROWS_OF_A_CLASS = 20
"""Rows, or groups, that each class needs so that this tenth, and each fold, holds some."""

FOLDS, MANY_FOLDS = 5, 8
"""Folds; the mean of more models is better (benchmarks/ensemble.py)."""

MANY_ROWS = 100_000
"""Rows from which more folds take longer than they bring."""


BOOSTING = "HistGradientBoosting"

SPACES: dict[str, dict[str, dict[str, object]]] = {
    BOOSTING: {
        "learning_rate": {"low": 0.02, "high": 0.3, "log": True},
        "max_iter": {"low": 50, "high": 500, "log": True},
        "max_leaf_nodes": {"low": 4, "high": 64, "log": True},
        "min_samples_leaf": {"low": 3, "high": 60, "log": True},
        "l2_regularization": {"low": 0.001, "high": 100.0, "log": True},
        "max_features": {"low": 0.3, "high": 1.0},
    },
    "LogisticRegression": {"C": {"low": 0.001, "high": 1000.0, "log": True}},
    "Ridge": {"alpha": {"low": 0.001, "high": 1000.0, "log": True}},
}
"""What a search tries of an estimator, by the beginning of its name."""


@dataclass(frozen=True)
class Model:
    """What section ``train`` begins with.

    Attributes
    ----------
    early_stopping
        Of the estimator; None leaves it to scikit-learn.
    final
        The mean of the folds' models, or one fitted on all rows.
    hyperparameters
        None keeps those of ``params.yaml``.
    max_bytes
        What the gate is to allow the file at least.
    """

    estimator: str
    early_stopping: bool | None
    final: Final
    folds: int
    hyperparameters: Mapping[str, object] | None = None
    max_bytes: int = 0

    @property
    def space(self) -> dict[str, dict[str, object]]:
        """What a search tries of the estimator."""
        name = self.estimator.rpartition(".")[2]
        return next(space for known, space in SPACES.items() if name.startswith(known))


def suited(contract: Contract, target: ColumnProfile, raw: pd.DataFrame) -> Model:
    """Choose the estimator, and what is made of the folds' models."""
    estimator, early_stopping = _estimator(contract.task, target)
    final = _final(contract, raw)
    folds = MANY_FOLDS if final == "ensemble" and len(raw) < MANY_ROWS else FOLDS
    for group in contract.names("group"):
        folds = min(folds, max(2, raw[group].nunique() // 2))  # of a training set that has fewer
    return Model(estimator, early_stopping, final, folds)


def _estimator(task: Task, target: ColumnProfile) -> tuple[str, bool | None]:
    """Return the estimator, and whether it stops early, which is decided for classes only.

    scikit-learn always stops early from 10,000 rows on, and never below. Below, probabilities of
    classes are overfitted; and its stop fails where a class has one row.
    """
    regression = task == "regression"
    if target.rows - target.nulls < BOOSTED:
        return f"sklearn.linear_model.{'Ridge' if regression else 'LogisticRegression'}", None
    if regression:
        return "sklearn.ensemble.HistGradientBoostingRegressor", None
    rarest = int(target.cells.value_counts().min())
    stops_early = target.rows >= STOPS_EARLY and rarest >= MIN_ROWS_OF_A_CLASS
    return "sklearn.ensemble.HistGradientBoostingClassifier", stops_early


def _final(contract: Contract, raw: pd.DataFrame) -> Final:
    """Return whether the mean of the folds' models is the model.

    By time these have not seen the latest rows; and each has to see every class, which rows or
    groups that are few cannot promise.
    """
    if contract.names("time"):
        return "refit"
    group = contract.names("group")
    if contract.task == "regression":
        few = group and raw[group[0]].nunique() < MIN_ROWS_OF_A_CLASS
        return "refit" if few else "ensemble"
    by_class = raw.groupby(contract.target, observed=True)
    counts = by_class[group[0]].nunique() if group else by_class.size()
    return "ensemble" if int(counts.min()) >= MIN_ROWS_OF_A_CLASS else "refit"
