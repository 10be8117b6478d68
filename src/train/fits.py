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
from src.base.errors import InputError
from src.modelling import parallel
from src.modelling.ensemble import Columns, learner, mean_of
from src.modelling.predictions import Floats, predict_raw
from src.modelling.threads import limited
from src.train.cross_validation import Fold
from src.train.settings import Train

FINAL = "params.yaml: train.final"
REFIT = "Set train.final to refit"


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
    """

    shared: list[tuple[str, BaseEstimator]]
    rest: BaseEstimator
    columns: Columns
    truth: npt.NDArray[Any]

    @property
    def cells(self) -> int:
        """How many cells one fit works on."""
        return int(np.prod(self.columns.shape))


@dataclass(frozen=True)
class Member:
    """A model fitted on a fold's training rows, and what it predicts of the others."""

    model: BaseEstimator
    output: Floats


def shared(model: Pipeline, own: int, features: pd.DataFrame, truth: npt.NDArray[Any]) -> Fits:
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
        return Fits([], model, features, truth)
    steps = clone(model[:-1])
    with limited(0, steps):
        columns = steps.fit_transform(features)
    return Fits(steps.steps, model[-1], columns, truth)


def fit_folds(fits: Fits, contract: Contract, splits: Sequence[Fold]) -> Iterator[Member]:
    """Fit a clone of the model on each fold's training rows, in parallel where that is faster.

    Raises
    ------
    InputError
        A process was killed.
    """
    return parallel.each(partial(_fit, fits, contract), splits, fits.cells)


def _fit(fits: Fits, contract: Contract, fold: Fold) -> Member:
    fit, validate = fold
    with limited(0, fits.rest):
        model = clone(fits.rest).fit(_rows(fits.columns, fit), fits.truth[fit])
        return Member(model, predict_raw(model, _rows(fits.columns, validate), contract))


def _rows(columns: Columns, rows: npt.NDArray[np.intp]) -> Columns:
    return columns.iloc[rows] if isinstance(columns, pd.DataFrame) else columns[rows]


def require_folds(
    contract: Contract, settings: Train, splits: Sequence[Fold], truth: npt.NDArray[Any]
) -> None:
    """Refuse folds, before any is fitted, whose models or whose mean cannot be.

    Raises
    ------
    InputError
        A fold's training rows hold one class only. Or the model is to be the mean of the folds'
        models, and there are none, they are by time, or one has not seen every class.
    """
    if settings.final == "ensemble":
        _require_mean(contract, splits)
    if contract.task == "regression":
        return
    codes, names = pd.factorize(truth, sort=True)
    for place, (fit, _) in enumerate(splits):
        missing = names[np.bincount(codes[fit], minlength=len(names)) == 0]
        if settings.final == "ensemble" and len(missing):
            raise InputError(
                f"{FINAL}: the training rows of fold {place} hold none of the class "
                f"{str(missing[0])!r}. {REFIT}."
            )
        if len(names) - len(missing) < 2:
            raise InputError(
                f"params.yaml: train.folds: a fold of {len(fit)} training rows holds one class of "
                f"{contract.target} only. Take fewer folds, or 0 for none."
            )


def _require_mean(contract: Contract, splits: Sequence[Fold]) -> None:
    if not splits:
        raise InputError(
            f"{FINAL}: an ensemble is the mean of the folds' models, and train.folds is 0. "
            f"{REFIT}, or train.folds to 5."
        )
    if contract.names("time"):
        raise InputError(
            f"{FINAL}: with a column of role 'time' the folds' models have not seen the latest "
            f"rows, and their mean would forget them. {REFIT}."
        )


def final(
    fits: Fits, members: Sequence[Member], contract: Contract, settings: Train
) -> BaseEstimator:
    """Return the fitted model: the mean of the folds' models, or one fitted on all rows."""
    if settings.final == "refit":
        with limited(fits.cells, learner(fits.rest)):
            return clone(fits.rest).fit(fits.columns, fits.truth)
    models = [member.model for member in members]
    return mean_of(models, contract.task, fits.columns, fits.truth)


def whole(fits: Fits, model: BaseEstimator) -> Pipeline:
    """Return the fitted model behind the steps that the folds have shared."""
    if isinstance(model, Pipeline):
        return model
    return Pipeline([*fits.shared, (type(model).__name__.lower(), model)])
