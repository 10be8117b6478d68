"""The probability from which on a binary model predicts the positive class."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import get_scorer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from src.base.contract import Contract
from src.base.errors import InputError
from src.modelling.ensemble import Columns
from src.modelling.predictions import Floats
from src.train.known import Known
from src.train.out_of_fold import OutOfFold
from src.train.settings import Train


def require_threshold(contract: Contract, settings: Train) -> None:
    """Refuse a threshold of a task that has none, or that no fold can choose.

    Raises
    ------
    InputError
        So it is.
    """
    wanted = settings.threshold
    if wanted is not None and contract.task != "binary":
        raise InputError(
            f"params.yaml: train.threshold: found {wanted}, but this is a {contract.task} task, "
            "which has no threshold. Set it to null."
        )
    if wanted is not None and not isinstance(wanted, float) and not settings.folds:
        raise InputError(
            "params.yaml: train.threshold: it is chosen on folds, and train.folds is 0. Set "
            "train.folds to 5, or train.threshold to a number."
        )


def chosen(settings: Train, found: OutOfFold) -> float | None:
    """Return the threshold that ``params.yaml`` asks for; None where it asks for none.

    One that maximises a score is that with the best mean over the folds, rounded to 4 decimals.
    """
    wanted = settings.threshold
    if wanted is None or isinstance(wanted, float):
        return wanted
    made = found.predicted
    of_fold = [np.flatnonzero(found.fold == number) for number in np.unique(found.fold)]
    scorer, given = get_scorer(wanted.maximize), {}
    # scikit-learn passes weights on to a score only where it is told to.
    with config_context(enable_metadata_routing=True):
        if made.weight is not None:
            scorer, given = (
                scorer.set_score_request(sample_weight=True), {"sample_weight": made.weight}
            )  # fmt: skip
        tuned = TunedThresholdClassifierCV(
            Known((0, 1)), scoring=scorer, response_method="predict_proba", n_jobs=1,
            cv=[(rows, rows) for rows in of_fold],
        ).fit(made.output, made.truth, **given)  # fmt: skip
    return round(float(tuned.best_threshold_), 4)


def of_folds(settings: Train, found: OutOfFold) -> Floats | None:
    """Return the threshold of each fold, by the other folds' rows, so that scores stay honest."""
    if settings.threshold is None:
        return None
    if isinstance(settings.threshold, float):
        return np.full(len(found.folds), settings.threshold)
    return np.array([chosen(settings, found.without(number)) for number in found.folds], float)


def with_threshold(
    model: BaseEstimator,
    threshold: float | None,
    contract: Contract,
    columns: Columns,
    truth: npt.NDArray[Any],
) -> BaseEstimator:
    """Let a fitted model predict the positive class from a threshold on."""
    if threshold is None:
        return model
    fixed = FixedThresholdClassifier(
        FrozenEstimator(model), threshold=threshold, pos_label=contract.positive,
        response_method="predict_proba",
    ).fit(columns, truth)  # fmt: skip
    # As scikit-learn leaves it: an estimator that is not fitted, and one that is.
    fixed.estimator, fixed.estimator_ = clone(model), model
    return fixed
