"""Assign the rows of the training set to folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from src.base.contract import ROW_KEY, Contract
from src.base.errors import InputError
from src.modelling.predictions import labels

Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def folds(train: pd.DataFrame, contract: Contract, count: int, seed: int) -> list[Fold]:
    """Assign the training set's rows to folds as the contract's roles demand.

    A ``group`` stays in one fold; with a ``time`` each fold is validated on what comes after its
    training rows; otherwise rows are shuffled, classes in equal shares, and rows with one key stay
    in one fold, as they stay on one side of the split.

    Raises
    ------
    InputError
        There are fewer keys, groups or rows of every class than folds.
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
        return _by_key(train[ROW_KEY], truth, StratifiedKFold if classes else KFold, count, seed)
    except ValueError as error:
        raise InputError(
            f"params.yaml: train.folds: {count} folds do not fit the training set of {len(train)} "
            f"rows ({error}). Take fewer folds, or 0 for none."
        ) from None


def _by_key(
    keys: pd.Series[str], truth: npt.NDArray[Any], folder: type[KFold | StratifiedKFold],
    count: int, seed: int,
) -> list[Fold]:  # fmt: skip
    """Assign each key to a fold, classes by its first row.

    StratifiedGroupKFold does the same by a search that takes minutes from 10^6 keys on.
    """
    codes, uniques = pd.factorize(keys)
    first = np.zeros(len(uniques), np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    fold = np.empty(len(uniques), np.intp)
    splits = folder(count, shuffle=True, random_state=seed).split(first, truth[first])
    for number, (_, validate) in enumerate(splits):
        fold[validate] = number
    of_row = fold[codes]
    return [
        (np.flatnonzero(of_row != number), np.flatnonzero(of_row == number))
        for number in range(count)
    ]


def require_classes(contract: Contract, splits: Sequence[Fold], truth: npt.NDArray[Any]) -> None:
    """Refuse folds that cannot be trained on.

    Raises
    ------
    InputError
        A fold's training rows hold one class only.
    """
    if contract.task == "regression":
        return
    classes = len(pd.unique(truth))
    for (fit, _), missing in zip(splits, absent_classes(splits, truth), strict=True):
        if classes - len(missing) < 2:
            raise InputError(
                f"params.yaml: train.folds: a fold of {len(fit)} training rows holds one class of "
                f"{contract.target} only. Take fewer folds, or 0 for none."
            )


def absent_classes(splits: Sequence[Fold], truth: npt.NDArray[Any]) -> list[list[str]]:
    """Return of each fold the classes that none of its training rows is of."""
    codes, names = pd.factorize(truth, sort=True)
    return [
        [str(name) for name in names[np.bincount(codes[fit], minlength=len(names)) == 0]]
        for fit, _ in splits
    ]
