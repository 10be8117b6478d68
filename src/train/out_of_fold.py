"""What each fold's model predicts of the rows that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from src.base.contract import ROW_KEY, Contract
from src.fitting.cross_validation import Fold
from src.modelling.metrics import score
from src.modelling.predictions import (
    Floats,
    Integers,
    Predictions,
    class_names,
    predictions_frame,
)


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of training rows, each by the model of the fold that it was left out of.

    Attributes
    ----------
    rows
        Their positions in the training set, shape ``(n,)``; by time, the first ones have none.
    fold
        The number of each one's fold.
    predicted
        Truth and prediction.
    thresholds
        From which the positive class is predicted, of each fold; None where it is the most
        probable one.
    """

    rows: Integers
    fold: Integers
    predicted: Predictions
    thresholds: Floats | None = None

    @property
    def folds(self) -> range:
        """The numbers of the folds."""
        return range(int(self.fold.max(initial=-1)) + 1)

    def scores(self) -> list[dict[str, float]]:
        """Return every score of each fold."""
        made = [self.predicted.take(self.fold == number) for number in self.folds]
        if self.thresholds is not None:
            made = [replace(one, threshold=float(at))
                    for one, at in zip(made, self.thresholds, strict=True)]  # fmt: skip
        return [score(one) for one in made]

    def without(self, number: int) -> Self:
        """Return the same without the rows of a fold."""
        rest = self.fold != number
        return replace(self, rows=self.rows[rest], fold=self.fold[rest],
                       predicted=self.predicted.take(rest))  # fmt: skip

    def with_output(self, output: Floats) -> Self:
        """Return the same with other probabilities."""
        return replace(self, predicted=replace(self.predicted, output=output))

    def frame(self, keys: pd.Series[str], first: int = 0) -> pd.DataFrame:
        """Return row key, fold, truth and prediction of consecutive rows, in the table's order.

        Parameters
        ----------
        keys
            Those of the rows, of which the first one stands at a position of the training set.
        """
        here = slice(*np.searchsorted(self.rows, (first, first + len(keys))))
        made = self.predicted.take(here)
        known = {
            ROW_KEY: keys.iloc[self.rows[here] - first].reset_index(drop=True),
            "fold": self.fold[here].astype(np.intp), "actual": made.actual,
        }  # fmt: skip
        threshold = None if self.thresholds is None else self.thresholds[self.fold[here]]
        frame = predictions_frame(made.output, made.classes, threshold)
        return pd.concat([pd.DataFrame(known), frame], axis=1)


def collect(
    splits: Sequence[Fold],
    outputs: Sequence[Floats],
    truth: npt.NDArray[Any],
    weight: Floats | None,
    contract: Contract,
) -> OutOfFold:
    """Put the folds' predictions together, in the table's order.

    Parameters
    ----------
    truth
        Of all training rows, as :func:`src.modelling.predictions.target_numbers` returns it.
    weight
        How much each row counts.
    """
    classes = class_names(contract)
    fold = np.full(len(truth), -1, np.min_scalar_type(-len(splits) - 1))
    output = np.zeros((len(truth), max(1, len(classes))))
    for number, made in enumerate(outputs):
        _, validate = splits[number]
        fold[validate], output[validate] = number, made
    rows = np.flatnonzero(fold >= 0)
    known = truth.astype(np.intp) if classes else truth
    every = Predictions(contract.task, classes, known, output, weight=weight)
    return OutOfFold(rows, fold[rows], every if len(rows) == len(truth) else every.take(rows))
