"""The predictions of the test set as evaluate records them and the gate reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.base.contract import ROW_KEY, Contract
from src.base.errors import InputError
from src.modelling.predictions import PROBABILITY, Predictions, class_names, predictions_frame

TOLERANCE = 1e-4
"""How far a row's probabilities may be from a sum of one: linear models give them in float32."""


def recorded_frame(keys: pd.Series[str], predicted: Predictions) -> pd.DataFrame:
    """Return row key, truth, prediction and probabilities, a row for each of the test set's."""
    truth = predicted.truth
    actual = np.array(predicted.classes)[truth] if predicted.classes else truth
    known = keys.reset_index(drop=True).to_frame().assign(actual=actual)
    return pd.concat([known, predictions_frame(predicted.output, predicted.classes)], axis=1)


def read_predictions(path: Path, contract: Contract) -> tuple[pd.Series[str], Predictions]:
    """Read a file of :func:`recorded_frame`: the row keys and the predictions, ``n`` rows each.

    Raises
    ------
    InputError
        The file is missing or unreadable, has other columns or no rows, a value is null or not
        finite, a class is unknown, probabilities do not sum to one, or the prediction is not the
        most probable class.
    """
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are of both kinds
        raise InputError(f"{path}: cannot be read ({error}). Run `dvc repro`.") from None
    fault = _fault(frame, contract)
    if fault:
        raise InputError(f"{path}: {fault}. Make it again with `dvc repro --force evaluate`.")
    keys = frame[ROW_KEY].astype("str")
    if contract.task == "regression":
        truth = frame["actual"].to_numpy(np.float64)
        return keys, Predictions(
            contract.task, (), truth, frame[["predicted"]].to_numpy(np.float64)
        )
    classes = class_names(contract)
    output = frame[[f"{PROBABILITY}{name}" for name in classes]].to_numpy(np.float64)
    truth = pd.Index(classes).get_indexer(pd.Index(frame["actual"]))
    return keys, Predictions(contract.task, classes, truth, output)


def _fault(frame: pd.DataFrame, contract: Contract) -> str | None:  # noqa: PLR0911 - one a fault
    """Say what is wrong with the frame, if anything is."""
    classes = class_names(contract)
    expected = [ROW_KEY, "actual", "predicted", *(f"{PROBABILITY}{name}" for name in classes)]
    if list(frame.columns) != expected:
        return f"found the columns {list(frame.columns)}, expected {expected}"
    if frame.empty:
        return "no rows"
    empty = [name for name in expected if frame[name].isna().any()]
    if empty:
        return f"column {empty[0]} holds nulls"
    numbers = frame[["actual", "predicted"] if contract.task == "regression" else expected[3:]]
    if not all(pd.api.types.is_float_dtype(dtype) for dtype in numbers.dtypes):
        return f"expected floats in {list(numbers.columns)}"
    values = numbers.to_numpy(np.float64)
    if not np.isfinite(values).all():
        return f"a value of {list(numbers.columns)} is not finite"
    if contract.task == "regression":
        return None
    unknown = (set(frame["actual"].unique()) | set(frame["predicted"].unique())) - set(classes)
    if unknown:
        return f"unknown classes {sorted(map(str, unknown))}, data/schema.yaml has {list(classes)}"
    if (values < 0).any() or (np.abs(values.sum(axis=1) - 1) > TOLERANCE).any():
        return "probabilities of a row are negative or do not sum to one"
    if (np.array(classes)[values.argmax(axis=1)] != frame["predicted"].to_numpy()).any():
        return "column predicted is not the most probable class"
    return None


def identity(keys: pd.Series[str], truth: pd.Series[Any]) -> str:
    """Return a SHA-256 of the test set's row keys and truth, in their order."""
    digest = hashlib.sha256()
    for values in (keys, truth):
        digest.update("\n".join(values.astype("object").map(str)).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def truth_names(predicted: Predictions) -> pd.Series[Any]:
    """Return the truth as the table has it: names of classes, or numbers."""
    if predicted.task == "regression":
        return pd.Series(predicted.truth)
    return pd.Series(np.array(predicted.classes)[predicted.truth])
