"""The mean of several fitted models as one: scikit-learn's own voting, with no class of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy.typing as npt
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from src.base.contract import Task

Columns = Any
"""A pandas DataFrame or a NumPy array, whatever the feature steps make."""


def mean_of(
    members: Sequence[BaseEstimator], task: Task, columns: Columns, truth: npt.NDArray[Any]
) -> BaseEstimator:
    """Return the model that predicts the mean of what its members predict.

    What a fitted voting knows twice is left out, as the model's file would hold it twice.

    Parameters
    ----------
    columns, truth
        What they were fitted on, for the names of columns and classes: nothing is fitted again.
    """
    names = [f"fold{place}" for place in range(len(members))]
    frozen = [(name, FrozenEstimator(one)) for name, one in zip(names, members, strict=True)]
    voting = (
        VotingRegressor(frozen) if task == "regression" else VotingClassifier(frozen, voting="soft")
    ).fit(columns, truth)
    voting.estimators = [(name, clone(one)) for name, one in zip(names, members, strict=True)]
    voting.estimators_ = list(members)
    del voting.named_estimators_
    return voting


def members_of(model: BaseEstimator) -> list[BaseEstimator]:
    """Return the fitted models whose mean a model's last step is; only that step if it is none."""
    last = learner(model)
    if isinstance(last, VotingClassifier | VotingRegressor):
        return [one for member in last.estimators_ for one in members_of(member)]
    return [last]


def learner(model: BaseEstimator) -> BaseEstimator:
    """Return what is inside a pipeline's last step, beneath threshold and calibration."""
    return list(layers(model))[-1]


def calibration_of(model: BaseEstimator) -> str | None:
    """Return how a model's probabilities are calibrated; None where they are not."""
    *around, _ = layers(model)
    found = (one.method for one in around if isinstance(one, CalibratedClassifierCV))
    return next(found, None)


def layers(model: BaseEstimator) -> Iterator[BaseEstimator]:
    """Yield a model, and what each wrapper holds, down to the estimator or a mean of some."""
    yield model
    if isinstance(model, Pipeline):
        yield from layers(model[-1])
    elif isinstance(model, VotingClassifier) and len(model.estimators) == 1:
        yield from layers(getattr(model, "estimators_", [model.estimators[0][1]])[0])
    elif isinstance(model, FixedThresholdClassifier):
        yield from layers(getattr(model, "estimator_", model.estimator))
    elif isinstance(model, CalibratedClassifierCV):  # ours holds a mean; one of the user's does not
        for calibrated in getattr(model, "calibrated_classifiers_", [])[:1]:
            if isinstance(calibrated.estimator, VotingClassifier):
                yield calibrated.estimator
