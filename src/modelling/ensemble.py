"""The mean of several fitted models as one: scikit-learn's own voting, with no class of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from src.base.contract import Task

Columns = Any
"""A pandas DataFrame or a NumPy array, whatever the feature steps make."""


def mean_of(
    members: Sequence[BaseEstimator],
    task: Task,
    columns: Columns,
    truth: npt.NDArray[Any],
) -> BaseEstimator:
    """Return the model that predicts the mean of what its members predict.

    Parameters
    ----------
    columns, truth
        What they were fitted on, for the names of columns and classes: nothing is fitted again.

    Raises
    ------
    ValueError
        A member has not seen every class.
    """
    named = [(f"fold{place}", FrozenEstimator(member)) for place, member in enumerate(members)]
    if task == "regression":
        return VotingRegressor(named).fit(columns, truth)
    classes = np.unique(truth)
    for name, member in named:
        missing = sorted(set(classes) - set(member.classes_))
        if missing:
            raise ValueError(
                f"the training rows of {name} hold none of the class {str(missing[0])!r}"
            )
    return VotingClassifier(named, voting="soft").fit(columns, truth)


def members_of(model: BaseEstimator) -> list[BaseEstimator]:
    """Return the fitted models whose mean a model's last step is; only that step if it is none."""
    last = learner(model)
    if isinstance(last, VotingClassifier | VotingRegressor):
        return [learner(member) for member in last.estimators_]
    return [last]


def learner(model: BaseEstimator) -> BaseEstimator:
    """Return what is inside a pipeline's last step, beneath a threshold."""
    if isinstance(model, Pipeline):
        return learner(model[-1])
    if isinstance(model, FixedThresholdClassifier):
        return learner(getattr(model, "estimator_", model.estimator))
    return learner(model.estimator) if isinstance(model, FrozenEstimator) else model
