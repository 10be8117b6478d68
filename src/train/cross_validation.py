"""Score an unfitted model on folds of the training set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.pipeline import Pipeline

from src.base.contract import Contract
from src.base.errors import InputError
from src.base.prepared import as_features
from src.modelling.metrics import score
from src.modelling.predictions import labels, predictions

Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def folds(train: pd.DataFrame, contract: Contract, count: int, seed: int) -> list[Fold]:
    """Assign the training set's rows to folds as the contract's roles demand.

    A ``group`` stays in one fold; with a ``time`` each fold is validated on what comes after its
    training rows; otherwise rows are shuffled, classes in equal shares.

    Raises
    ------
    InputError
        There are fewer rows, groups or rows of every class than folds.
    """
    classes = contract.task != "regression"
    truth = labels(train[contract.target], contract)
    groups, times = (train[name[0]] if (name := contract.names(role)) else None
                     for role in ("group", "time"))  # fmt: skip
    try:
        if times is not None:
            order = np.argsort(times.to_numpy(), kind="stable")
            split = TimeSeriesSplit(count).split(order)
            return [(order[fit], order[validate]) for fit, validate in split]
        if groups is not None:
            by_group = StratifiedGroupKFold if classes else GroupKFold
            folder = by_group(count, shuffle=True, random_state=seed)
            return list(folder.split(train, truth, groups.astype("str")))
        by_row = StratifiedKFold if classes else KFold
        return list(by_row(count, shuffle=True, random_state=seed).split(train, truth))
    except ValueError as error:
        raise InputError(
            f"params.yaml: train.folds: {count} folds do not fit the training set of {len(train)} "
            f"rows ({error}). Take fewer folds, or 0 for none."
        ) from None


def cross_validate(
    model: Pipeline, train: pd.DataFrame, contract: Contract, splits: list[Fold]
) -> Iterator[dict[str, float]]:
    """Fit a clone of the model on each fold's training rows, yield its scores on the others."""
    features = as_features(train, contract)
    target: pd.Series[Any] = train[contract.target]
    truth = labels(target, contract)
    for fit, validate in splits:
        if contract.task != "regression" and len(np.unique(truth[fit])) < 2:
            raise InputError(
                f"params.yaml: train.folds: a fold of {len(fit)} training rows holds one class of "
                f"{contract.target} only. Take fewer folds, or 0 for none."
            )
        fitted = clone(model).fit(features.iloc[fit], truth[fit])
        yield score(predictions(fitted, features.iloc[validate], target.iloc[validate], contract))
