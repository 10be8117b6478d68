"""The model to begin with: by the number of rows, the task and the split."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from src.adopt.profile import ColumnProfile
from src.base.contract import Contract, Task

Final = Literal["ensemble", "refit"]

BOOSTED = 200
"""Rows from which boosted trees, of 20 rows a leaf, have anything to say."""

STOPS_EARLY = 1_000
"""Rows of which a random tenth can tell when boosting classes begins to overfit."""

MIN_ROWS_OF_A_CLASS = 20
"""Rows, or groups, that each class needs so that this tenth, and each fold, holds some."""

FOLDS, MANY_FOLDS = 5, 8
"""Folds; the mean of more models is better (benchmarks/ensemble.py)."""

MANY_ROWS = 100_000
"""Rows from which more folds take longer than they bring."""


MANY_CELLS = 400_000_000
"""Rows times features from which a fit in memory takes 16 GB (docs/scale.md), so one from disk."""

BOOSTING = "HistGradientBoosting"

BEGIN = {"learning_rate": 0.1, "max_iter": 100, "l2_regularization": 1.0}
"""What boosting begins with where params.yaml has no hyperparameters of one's own."""

SMALLER = {
    "learning_rate": 0.05,
    "max_iter": 200,
    "max_leaf_nodes": 8,
    "l2_regularization": 1.0,
}
"""Slower boosting of smaller trees, which is often better on few or noisy rows."""

XGBOOST = {"n_estimators": 300, "learning_rate": 0.1}
"""Hyperparameters to begin with."""

CATBOOST = {"iterations": 500}
"""Of CatBoost's models in the mean."""

SPACES: dict[str, dict[str, dict[str, object]]] = {
    BOOSTING: {
        "learning_rate": {"low": 0.02, "high": 0.3, "log": True},
        "max_iter": {"low": 50, "high": 500, "log": True},
        "max_leaf_nodes": {"low": 4, "high": 64, "log": True},
        "min_samples_leaf": {"low": 3, "high": 60, "log": True},
        "l2_regularization": {"low": 0.001, "high": 100.0, "log": True},
        "max_features": {"low": 0.3, "high": 1.0},
    },
    "XGB": {
        "learning_rate": {"low": 0.02, "high": 0.3, "log": True},
        "n_estimators": {"low": 50, "high": 500, "log": True},
        "max_depth": {"low": 2, "high": 8},
        "min_child_weight": {"low": 1.0, "high": 20.0, "log": True},
        "reg_lambda": {"low": 0.001, "high": 100.0, "log": True},
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
    external_memory
        Whether it is fitted from disk.
    members
        More estimators, whose predictions are averaged with this one's.
    """

    estimator: str
    early_stopping: bool | None
    final: Final
    folds: int
    hyperparameters: Mapping[str, object] | None = None
    max_bytes: int = 0
    external_memory: bool = False
    members: tuple[Mapping[str, object], ...] = ()

    @property
    def space(self) -> dict[str, dict[str, object]]:
        """What a search tries of the estimator."""
        name = self.estimator.rpartition(".")[2]
        return next(space for known, space in SPACES.items() if name.startswith(known))


def suited(
    contract: Contract,
    target: ColumnProfile,
    classes: pd.Series[int],
    raw: pd.DataFrame,
    extras: Collection[str],
) -> Model:
    """Choose the estimator, and what is made of the folds' models.

    Parameters
    ----------
    classes
        The rows of each class.
    raw
        Rows in which groups are counted.
    extras
        What is installed besides, as in :class:`src.adopt.choices.Choices`.
    """
    estimator, early_stopping = _estimator(contract.task, target, classes)
    final = _final(contract, classes, raw)
    folds = MANY_FOLDS if final == "ensemble" and target.rows < MANY_ROWS else FOLDS
    for group in contract.names("group"):
        folds = min(folds, max(2, raw[group].nunique() // 2))  # of a training set that has fewer
    found = Model(estimator, early_stopping, final, folds)
    is_large = target.rows * len(contract.features) >= MANY_CELLS
    return _from_disk(found, contract.task) if is_large and "xgboost" in extras else found


def _from_disk(model: Model, task: Task) -> Model:
    """Let XGBoost fit from disk."""
    return replace(
        model, estimator=_of_task("xgboost.XGB", task), early_stopping=None,
        hyperparameters=XGBOOST, external_memory=True,
    )  # fmt: skip


def with_catboost(model: Model, task: Task) -> Model:
    """Average a model's predictions with CatBoost's."""
    member = {"estimator": _of_task("catboost.CatBoost", task), "hyperparameters": CATBOOST}
    return replace(model, members=(member,))


def _of_task(path: str, task: Task) -> str:
    """Complete the dotted path of an estimator that regressors and classifiers share."""
    return f"{path}{'Regressor' if task == 'regression' else 'Classifier'}"


def _estimator(
    task: Task, target: ColumnProfile, classes: pd.Series[int]
) -> tuple[str, bool | None]:
    """Return the estimator, and whether it stops early, which is decided for classes only.

    scikit-learn always stops early from 10,000 rows on, and never below. Below, probabilities of
    classes are overfitted; and its stop fails where a class has one row.
    """
    regression = task == "regression"
    if target.rows - target.nulls < BOOSTED:
        return f"sklearn.linear_model.{'Ridge' if regression else 'LogisticRegression'}", None
    if regression:
        return "sklearn.ensemble.HistGradientBoostingRegressor", None
    rarest = int(classes.min())
    stops_early = target.rows >= STOPS_EARLY and rarest >= MIN_ROWS_OF_A_CLASS
    return "sklearn.ensemble.HistGradientBoostingClassifier", stops_early


def _final(contract: Contract, classes: pd.Series[int], raw: pd.DataFrame) -> Final:
    """Return whether the mean of the folds' models is the model.

    By time these have not seen the latest rows; and each has to see every class, which rows or
    groups that are few cannot promise. Groups are counted among the rows that are held.
    """
    if contract.names("time"):
        return "refit"
    group = contract.names("group")
    if contract.task == "regression":
        few = group and raw[group[0]].nunique() < MIN_ROWS_OF_A_CLASS
        return "refit" if few else "ensemble"
    of_class = raw.groupby(contract.target, observed=True)
    counts = of_class[group[0]].nunique() if group else classes
    few = len(counts) < len(classes) or int(counts.min()) < MIN_ROWS_OF_A_CLASS
    return "refit" if few else "ensemble"
