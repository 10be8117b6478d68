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
    numbered,
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
    """

    rows: Integers
    fold: Integers
    predicted: Predictions

    def scores(self) -> list[dict[str, float]]:
        """Return every score of each fold."""
        return [score(self.predicted.take(self.fold == number))
                for number in range(int(self.fold.max(initial=-1)) + 1)]  # fmt: skip

    def with_output(self, output: Floats) -> Self:
        """Return the same with other probabilities."""
        return replace(self, predicted=replace(self.predicted, output=output))

    def decided_from(self, threshold: float | None) -> Self:
        """Return the same with the positive class predicted from a threshold on."""
        return replace(self, predicted=replace(self.predicted, threshold=threshold))

    def frame(self, keys: pd.Series[str]) -> pd.DataFrame:
        """Return row key, fold, truth and prediction of each row, in the table's order."""
        made = self.predicted
        known = {ROW_KEY: keys.iloc[self.rows].to_numpy(), "fold": self.fold, "actual": made.actual}
        frame = predictions_frame(made.output, made.classes, made.threshold)
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
    truth, weight
        The target of all training rows, as the estimator sees it, and how much each row counts.
    """
    classes = class_names(contract)
    rows = _joined([validate for _, validate in splits], np.intp)
    fold = _joined([np.full(len(one), k) for k, (_, one) in enumerate(splits)], np.intp)
    output = np.concatenate(outputs) if outputs else np.empty((0, max(1, len(classes))))
    known = numbered(truth[rows], classes)
    counts = None if weight is None else weight[rows]
    order = np.argsort(rows, kind="stable")
    made = Predictions(contract.task, classes, known, output, weight=counts)
    return OutOfFold(rows[order], fold[order], made.take(order))


def _joined(parts: Sequence[npt.NDArray[Any]], dtype: type[np.intp]) -> Integers:
    return np.concatenate(parts).astype(dtype) if parts else np.empty(0, dtype)
