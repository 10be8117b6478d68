"""The probability from which on a binary model predicts the positive class."""

from __future__ import annotations

import pandas as pd
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.errors import InputError
from src.base.prepared import as_features
from src.modelling.predictions import labels
from src.train.cross_validation import Fold
from src.train.settings import Train


def decide(
    model: Pipeline, train: pd.DataFrame, contract: Contract, settings: Train, splits: list[Fold]
) -> Pipeline:
    """Return the unfitted model with the threshold that ``params.yaml`` asks for.

    Raises
    ------
    InputError
        The task has no threshold, or there are no folds to choose it on.
    """
    wanted = settings.threshold
    if wanted is None:
        return model
    if contract.task != "binary":
        raise InputError(
            f"params.yaml: train.threshold: found {wanted}, but this is a {contract.task} task, "
            "which has no threshold. Set it to null."
        )
    if isinstance(wanted, float):
        return fixed(model, wanted, contract)
    if not splits:
        raise InputError(
            "params.yaml: train.threshold: it is chosen on folds, and train.folds is 0. Set "
            "train.folds to 5, or train.threshold to a number."
        )
    return fixed(model, best(model, train, contract, wanted.maximize, splits), contract)


def best(
    model: Pipeline, train: pd.DataFrame, contract: Contract, metric: str, splits: list[Fold]
) -> float:
    """Return the threshold with the best mean score over the folds, rounded to 4 decimals."""
    positive = (labels(train[contract.target], contract) == contract.positive).astype(int)
    tuned = TunedThresholdClassifierCV(
        model, scoring=metric, response_method="predict_proba", cv=splits, n_jobs=1
    )
    return round(float(tuned.fit(as_features(train, contract), positive).best_threshold_), 4)


def fixed(model: Pipeline, threshold: float, contract: Contract) -> Pipeline:
    """Let the last step predict the positive class from a threshold on."""
    *steps, (name, estimator) = model.steps
    last = FixedThresholdClassifier(
        estimator, threshold=threshold, pos_label=contract.positive, response_method="predict_proba"
    )
    return Pipeline([*steps, (name, last)])
