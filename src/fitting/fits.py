"""Fit the model on each fold and as a whole, with what folds share computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.fitting.cross_validation import Fold
from src.fitting.learners import settled
from src.modelling import parallel
from src.modelling.ensemble import Columns
from src.modelling.predictions import Floats, Integers, predict_raw, weight_of
from src.modelling.threads import limited


@dataclass(frozen=True)
class Fits:
    """What is fitted on folds.

    Attributes
    ----------
    shared
        The fitted feature steps that every fold has in common.
    rest
        What each fold fits: the estimator, or the whole pipeline.
    columns
        What the shared steps have made of all training rows.
    truth
        The target of these, as the estimator sees it.
    weight
        How much each of these counts, as :func:`weights` returns it.
    """

    shared: list[tuple[str, BaseEstimator]]
    rest: BaseEstimator
    columns: Columns
    truth: npt.NDArray[Any]
    weight: Floats | None

    @property
    def cells(self) -> int:
        """How many cells one fit holds in memory."""
        return int(np.prod(self.columns.shape))

    @property
    def divided(self) -> bool:
        """Whether a fit has all processes for itself, instead of one of them."""
        return False

    @property
    def example(self) -> tuple[Columns, npt.NDArray[Any]]:
        """Columns and truth of as many rows as show the columns' names and all classes."""
        rows = one_of_each(self.truth)
        return _rows(self.columns, rows), self.truth[rows]

    def fit(self, rows: Integers | slice) -> BaseEstimator:
        """Fit a clone of the model on some rows, each as much as it counts."""
        model, columns, truth = clone(self.rest), _rows(self.columns, rows), self.truth[rows]
        estimator = model
        if isinstance(model, Pipeline):  # one step after the other: of ours nothing is known
            estimator = model[-1]
            with limited(0, estimator):
                columns = model[:-1].fit_transform(columns, truth)
        given = {} if self.weight is None else {"sample_weight": self.weight[rows]}
        with limited(self.cells, estimator):
            estimator.fit(columns, truth, **given)
        return settled(model)

    def predict(self, model: BaseEstimator, rows: Integers, contract: Contract) -> Floats:
        """Let a fitted model predict some rows."""
        return predict_raw(model, _rows(self.columns, rows), contract)


@dataclass(frozen=True)
class Member:
    """A model fitted on a fold's training rows, and what it predicts of the others."""

    model: BaseEstimator
    output: Floats


def one_of_each(truth: npt.NDArray[Any]) -> Integers:
    """Return the first row of each class, in the order of classes; of numbers the first row."""
    if truth.dtype.kind == "f":
        return np.arange(min(1, len(truth)))
    rows = np.flatnonzero(~pd.Series(truth).duplicated())
    return rows[np.argsort(truth[rows])]


def weights(train: pd.DataFrame, contract: Contract) -> Floats | None:
    """Return how much each training row counts; None where all count the same.

    It is 1 on average, so that penalties, the least weight of a leaf and what a calibration takes
    for prior knowledge mean what they mean without weights.
    """
    raw = weight_of(train, contract)
    return None if raw is None else raw / raw.mean()


def shared(
    model: Pipeline, own: int, features: pd.DataFrame, truth: npt.NDArray[Any],
    weight: Floats | None,
) -> Fits:  # fmt: skip
    """Fit the feature steps once on all training rows.

    Only skrub's and scikit-learn's own, and without the target: levels, medians and scales of the
    validation rows are then known to the fold, which moves no score by more than its noise
    (benchmarks/ensemble.py). Steps of one's own may learn anything from a row: with them, each fold
    fits everything.

    Parameters
    ----------
    own
        How many of the first steps are one's own.
    """
    if own:
        return Fits([], model, features, truth, weight)
    steps = clone(model[:-1])
    with limited(0, steps):
        columns = steps.fit_transform(features)
    return Fits(steps.steps, model[-1], columns, truth, weight)


def fit_folds(
    kinds: Sequence[Fits], contract: Contract, splits: Sequence[Fold]
) -> Iterator[Member]:
    """Fit a clone of each model on each fold's training rows, in parallel where that is faster.

    Returns
    -------
    Of each fold all models, one fold after the other.

    Raises
    ------
    InputError
        A process was killed.
    """
    tasks = [(fits, splits, number) for number in range(len(splits)) for fits in kinds]
    if any(fits.divided for fits in kinds):
        return map(partial(_fit_one, contract), tasks)
    return parallel.each(partial(_fit_one, contract), tasks, max(fits.cells for fits in kinds))


def _fit_one(contract: Contract, task: tuple[Fits, Sequence[Fold], int]) -> Member:
    # Folds travel whole and are listed where they are fitted: a list takes more memory.
    fits, splits, number = task
    return fit_fold(contract, (fits, splits[number]))


def fit_fold(contract: Contract, task: tuple[Fits, Fold]) -> Member:
    """Fit a clone of the model on a fold's training rows; predict the others."""
    fits, (fit, validate) = task
    model = fits.fit(fit)
    return Member(model, fits.predict(model, validate, contract))


def _rows(columns: Columns, rows: Integers | slice) -> Columns:
    return columns.iloc[rows] if isinstance(columns, pd.DataFrame) else columns[rows]
