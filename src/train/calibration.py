"""Probabilities that are what they say: a calibration fitted on out-of-fold predictions.

References
----------
Platt (1999), Probabilistic outputs for support vector machines (sigmoid). Zadrozny and Elkan
(2002), KDD (isotonic). Guo et al. (2017), On calibration of modern neural networks (temperature).
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator

from src.base.contract import Contract
from src.base.errors import InputError
from src.modelling.ensemble import Columns, mean_of
from src.modelling.predictions import Floats, Predictions
from src.train.known import Known
from src.train.out_of_fold import OutOfFold
from src.train.settings import Train

KEY = "params.yaml: train.calibration"


def require_calibration(contract: Contract, settings: Train) -> None:
    """Refuse a calibration of numbers, or without folds.

    Raises
    ------
    InputError
        So it is.
    """
    if settings.calibration is not None and contract.task == "regression":
        raise InputError(f"{KEY}: found {settings.calibration}, but this is a regression, which "
                         "has no probabilities. Set it to null.")  # fmt: skip
    if settings.calibration is not None and not settings.folds:
        raise InputError(f"{KEY}: it is fitted on folds, and train.folds is 0. Set train.folds to "
                         "5, or train.calibration to null.")  # fmt: skip


def recalibrated(found: OutOfFold, settings: Train) -> OutOfFold:
    """Calibrate what each fold's model predicts by the other folds, so that scores stay honest."""
    method = settings.calibration
    if method is None:
        return found
    made, output = found.predicted, found.predicted.output.copy()
    for number in np.unique(found.fold):
        rest, own = found.fold != number, found.fold == number
        fitted = _fitted(made.take(rest), method)
        output[own] = _in_order(fitted.predict_proba(_sorted(made.output[own], made.classes)),
                                made.classes)  # fmt: skip
    return found.with_output(output)


def with_calibration(
    model: BaseEstimator,
    found: OutOfFold,
    settings: Train,
    columns: Columns,
    truth: npt.NDArray[np.str_],
) -> BaseEstimator:
    """Return a fitted model whose probabilities are calibrated by the out-of-fold predictions.

    Parameters
    ----------
    columns, truth
        What the model was fitted on.
    """
    if settings.calibration is None:
        return model
    made = found.predicted
    fitted = _fitted(made, settings.calibration)
    # A voting has no decision_function, which scikit-learn would take where there is one: what is
    # calibrated here are probabilities.
    if not isinstance(model, VotingClassifier):
        model = mean_of([model], made.task, columns, truth)
    fitted.estimator, fitted.cv = clone(model), None  # else the file would hold much twice
    for calibrated in fitted.calibrated_classifiers_:
        calibrated.estimator = model
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(model, name):
            setattr(fitted, name, getattr(model, name))
    return fitted


def _fitted(made: Predictions, method: str) -> CalibratedClassifierCV:
    classes = made.classes
    missing = sorted(set(range(len(classes))) - set(made.truth.tolist()))
    if missing:
        raise InputError(f"{KEY}: no row of the class {classes[missing[0]]!r} is predicted outside "
                         "a fold. Take fewer folds, or set it to null.")  # fmt: skip
    known = _sorted(made.output, classes)
    every = np.arange(len(known))
    frozen = FrozenEstimator(Known(sorted(classes)).fit(known, made.actual))
    calibrated = CalibratedClassifierCV(frozen, method=method, cv=[(every, every)])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*only be used for the calibration itself", UserWarning)
        return calibrated.fit(known, made.actual, sample_weight=made.weight)


def _sorted(output: Floats, classes: tuple[str, ...]) -> Floats:
    """Put the columns into scikit-learn's order of the classes."""
    return np.asarray(output[:, np.argsort(classes)])


def _in_order(output: Floats, classes: tuple[str, ...]) -> Floats:
    """Put the columns back into the contract's order of the classes."""
    return np.asarray(output[:, np.argsort(np.argsort(classes))])
