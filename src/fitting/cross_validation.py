"""Assign the rows of the training set to folds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from src.modelling.predictions import target_numbers

Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
"""Positions of the rows that are fitted, and of those that are predicted."""

BATCH = 2**20
"""Keys that are hashed at once."""


@dataclass(frozen=True)
class Splits(Sequence[Fold]):
    """Folds, whose rows are listed when they are asked for: all lists take 40 bytes a row.

    Attributes
    ----------
    of_row
        Shape ``(rows,)``: the number of the fold that predicts each row.
    order
        Where folds are by time, the position of each row of ``of_row``, in the order of time: a
        fold is then fitted on the rows of those before it, and on rows of the number -1.
    """

    of_row: npt.NDArray[np.signedinteger[Any]]
    total: int
    order: npt.NDArray[np.intp] | None = None

    def __len__(self) -> int:
        """Return the number of folds."""
        return self.total

    def __getitem__(self, number: int) -> Fold:  # type: ignore[override] # no slices
        """Return the rows of a fold."""
        if not 0 <= number < self.total:
            raise IndexError(number)
        validate = np.flatnonzero(self.of_row == number)
        if self.order is None:
            return np.flatnonzero(self.of_row != number), validate
        return self.order[self.of_row < number], self.order[validate]


def folds(train: pd.DataFrame, contract: Contract, count: int, seed: int) -> Splits:
    """Assign the training set's rows to folds as the contract's roles demand.

    A ``group`` stays in one fold; with a ``time`` each fold is validated on what comes after its
    training rows, and rows of one time stay in one fold; otherwise rows are shuffled, classes in
    equal shares, and rows with one key stay in one fold, as they stay on one side of the split.

    Raises
    ------
    InputError
        There are fewer keys, groups, times or rows of every class than folds.
    """
    classes = contract.task != "regression"
    truth = target_numbers(train[contract.target], contract)
    groups, times = (train[name[0]] if (name := contract.names(role)) else None
                     for role in ("group", "time"))  # fmt: skip
    of_row = np.full(len(train), -1, np.min_scalar_type(-count))
    order = None
    try:
        if times is not None:
            order = np.argsort(times.to_numpy(), kind="stable")
            splits = _by_time(times.to_numpy()[order], count)
        elif groups is not None:
            by_group = StratifiedGroupKFold if classes else GroupKFold
            folder = by_group(count, shuffle=True, random_state=seed)
            splits = folder.split(train, truth, groups.astype("str"))
        else:
            folder = (StratifiedKFold if classes else KFold)(count, shuffle=True, random_state=seed)
            splits = _by_key(train[ROW_KEY], truth, folder)
        for number, (_, validate) in enumerate(splits):
            of_row[validate] = number
    except ValueError as error:
        raise InputError(
            f"params.yaml: train.folds: {count} folds do not fit the training set of {len(train)} "
            f"rows ({error}). Take fewer folds, or 0 for none."
        ) from None
    return Splits(of_row, count, order)


def _by_time(times: npt.NDArray[Any], count: int) -> Iterator[Fold]:
    """Divide rows in the order of time as TimeSeriesSplit does, but never between two of one time.

    Raises
    ------
    ValueError
        There are too few different times.
    """
    starts = np.flatnonzero(times[1:] != times[:-1]) + 1
    if len(starts) < count:
        raise ValueError(f"by time they need {count + 1} different times, found {len(starts) + 1}")
    begins, place = [], -1
    for number, (_, validate) in enumerate(TimeSeriesSplit(count).split(times)):
        nearest = int(np.searchsorted(starts, validate[0], side="right")) - 1
        place = min(max(nearest, place + 1), len(starts) - count + number)
        begins.append(int(starts[place]))
    for begin, end in itertools.pairwise([*begins, len(times)]):
        yield np.arange(begin), np.arange(begin, end)


def _by_key(
    keys: pd.Series[str], truth: npt.NDArray[Any], folder: KFold | StratifiedKFold
) -> Iterator[Fold]:
    """Assign each key to a fold, classes by its first row.

    StratifiedGroupKFold does the same by a search that takes minutes from 10^6 keys on. Keys are
    compared by a hash of 64 bits: a table of them takes a tenth of the memory.
    """
    codes, uniques = pd.factorize(_hashes(keys))
    first = np.zeros(len(uniques), np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    for fit, validate in folder.split(first, truth[first]):
        inside = np.zeros(len(first), np.bool_)
        inside[validate] = True
        yield fit, np.flatnonzero(inside[codes])


def _hashes(keys: pd.Series[str]) -> npt.NDArray[np.uint64]:
    found = np.empty(len(keys), np.uint64)
    for first in range(0, len(keys), BATCH):
        batch = keys.iloc[first : first + BATCH].to_numpy(object)
        found[first : first + BATCH] = pd.util.hash_array(batch, categorize=False)
    return found


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


def absent_classes(splits: Sequence[Fold], truth: npt.NDArray[Any]) -> list[list[Any]]:
    """Return of each fold the classes that none of its training rows is of, as in ``truth``."""
    codes, names = pd.factorize(truth, sort=True)
    return [list(names[np.bincount(codes[fit], minlength=len(names)) == 0]) for fit, _ in splits]
