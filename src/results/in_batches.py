"""Predict a prepared set that need not fit in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from src.base.contract import Contract
from src.base.prepared import as_features, prepared_batches
from src.modelling.predictions import Predictions, predictions


def predictions_of(
    estimator: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    path: Path,
    contract: Contract,
    kept: npt.NDArray[np.bool_] | None = None,
) -> Predictions:
    """Let a fitted estimator predict the rows of a set, batch by batch.

    Only truth, prediction and weight of the rows are held together.

    Parameters
    ----------
    kept
        Shape ``(rows,)``: which rows are predicted, at least one; None for all.

    Raises
    ------
    InputError
        The set cannot be read, or the estimator cannot predict on it.
    """
    made, first = [], 0
    for batch in prepared_batches(path, contract):
        rows = batch if kept is None else batch[kept[first : first + len(batch)]]
        first += len(batch)
        if len(rows):
            made.append(predictions(estimator, as_features(rows, contract), rows, contract))
    return made[0] if len(made) == 1 else joined(made)


def joined(parts: list[Predictions]) -> Predictions:
    """Put the predictions of one estimator on several parts of a table together."""
    first = parts[0]
    weights = [part.weight for part in parts if part.weight is not None]
    return Predictions(
        first.task,
        first.classes,
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.output for part in parts]),
        first.threshold,
        np.concatenate(weights) if weights else None,
    )
