"""The probability from which on a binary model predicts the positive class."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from src.base.contract import Contract
from src.base.errors import InputError
from src.modelling.ensemble import Columns
from src.modelling.predictions import Floats
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
    of_fold = [np.flatnonzero(found.fold == number) for number in np.unique(found.fold)]
    tuned = TunedThresholdClassifierCV(
        _Known(), scoring=wanted.maximize, response_method="predict_proba", n_jobs=1,
        cv=[(rows, rows) for rows in of_fold],
    )  # fmt: skip
    return round(float(tuned.fit(found.predicted.output, found.predicted.truth).best_threshold_), 4)


class _Known(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Takes probabilities that are known already for its features, and predicts them."""

    def fit(self, X: Floats, y: npt.NDArray[Any]) -> Self:  # noqa: N803, ARG002 - scikit-learn's
        """Know the two classes."""
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: Floats) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return what is given."""
        return X


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
    return FixedThresholdClassifier(
        FrozenEstimator(model), threshold=threshold, pos_label=contract.positive,
        response_method="predict_proba",
    ).fit(columns, truth)  # fmt: skip
