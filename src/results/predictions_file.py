"""The predictions of the test set as evaluate records them and the gate reads them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.base.contract import ROW_KEY, Contract
from src.base.errors import InputError
from src.modelling.predictions import (
    PROBABILITY,
    Floats,
    Integers,
    Predictions,
    are_probabilities,
    class_names,
    decided,
    numbered,
    predictions_frame,
)

UNIT = "unit"
"""The column of each row's unit, see :mod:`src.results.units`."""

WEIGHT = "weight"
"""The column of how much each row counts; absent where all count the same."""

THRESHOLD = "threshold"
"""The column of the model's threshold, the same in each row; absent where it has none."""

BATCH = 2**20
"""Rows whose texts are hashed at once."""

SLICE = "slice_"
"""What the column of each row's slice is called, before the name of the column it is by."""


@dataclass(frozen=True)
class Recorded:
    """The predictions of ``n`` test rows, with each row's key and unit.

    Attributes
    ----------
    slices
        The slice of each row by the name of the column it is by; shape ``(n, columns)``.
    """

    keys: pd.Series[str]
    units: Integers
    predicted: Predictions
    slices: pd.DataFrame

    @property
    def unit_count(self) -> int:
        """The number of different units."""
        return len(np.unique(self.units))


def pair(own: pd.Series[str], other: pd.Series[str]) -> tuple[Integers, Integers]:
    """Find the rows that two tables have in common.

    A key that occurs several times is paired by its occurrences: the first with the first, and so
    on; those one side has more of stay unpaired.

    Returns
    -------
    Positions in either table, ``m`` each, in the order of the first.
    """
    sides = [
        pd.DataFrame({"key": keys.to_numpy(), "place": np.arange(len(keys))})
        for keys in (own, other)
    ]
    for side in sides:
        side["occurrence"] = side.groupby("key").cumcount()
    both = sides[0].merge(sides[1], on=["key", "occurrence"], suffixes=("_own", "_other"))
    both = both.sort_values("place_own")
    return both["place_own"].to_numpy(np.intp), both["place_other"].to_numpy(np.intp)


def recorded_frame(
    keys: pd.Series[str], units: Integers, predicted: Predictions, slices: pd.DataFrame
) -> pd.DataFrame:
    """Return what is known of each test row, its prediction, probabilities and slices."""
    actual = {UNIT: units, "actual": predicted.actual}
    known = keys.reset_index(drop=True).to_frame().assign(**actual)
    if predicted.weight is not None:
        known[WEIGHT] = predicted.weight
    if predicted.threshold is not None:
        known[THRESHOLD] = predicted.threshold
    frame = predictions_frame(predicted.output, predicted.classes, predicted.threshold)
    parts = [known, frame, slices.reset_index(drop=True).add_prefix(SLICE)]
    return pd.concat(parts, axis=1)


def read_predictions(path: Path, contract: Contract) -> Recorded:
    """Read a file of :func:`recorded_frame`.

    In a file without units, of an earlier version, each key is one.

    Raises
    ------
    InputError
        The file is missing or unreadable, has other columns or no rows, a value is null or not
        finite, a weight not above 0, a class is unknown, probabilities do not sum to one, or the
        prediction does not follow from them.
    """
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are of both kinds
        raise InputError(f"{path}: cannot be read ({error}). Run `dvc repro`.") from None
    fault = _fault(frame, contract)
    if fault:
        raise InputError(f"{path}: {fault}. Make it again with `dvc repro --force evaluate`.")
    keys = frame[ROW_KEY].astype("str")
    units = frame[UNIT].to_numpy(np.intp) if UNIT in frame else pd.factorize(keys)[0]
    slices = frame.filter(regex=f"^{SLICE}").rename(columns=lambda name: name.removeprefix(SLICE))
    weight = frame[WEIGHT].to_numpy(np.float64) if WEIGHT in frame else None
    if contract.task == "regression":
        truth = frame["actual"].to_numpy(np.float64)
        output = frame[["predicted"]].to_numpy(np.float64)
        made = Predictions(contract.task, (), truth, output, weight=weight)
        return Recorded(keys, units, made, slices)
    classes = class_names(contract)
    output = frame[[f"{PROBABILITY}{name}" for name in classes]].to_numpy(np.float64)
    truth = numbered(frame["actual"].to_numpy(), classes)
    threshold = float(frame[THRESHOLD].iloc[0]) if THRESHOLD in frame else None
    predicted = Predictions(contract.task, classes, truth, output, threshold, weight)
    return Recorded(keys, units, predicted, slices)


def _fault(frame: pd.DataFrame, contract: Contract) -> str | None:  # noqa: PLR0911 - one a fault
    """Say what is wrong with the frame, if anything is."""
    classes = class_names(contract)
    probabilities = [f"{PROBABILITY}{name}" for name in classes]
    threshold = [THRESHOLD] if contract.task == "binary" else []
    weight = [WEIGHT] if contract.weight is not None else []
    expected = [ROW_KEY, UNIT, "actual", *weight, *threshold, "predicted", *probabilities]
    optional = {UNIT, *threshold}
    found = [name for name in frame.columns if not name.startswith(SLICE)]
    if found != [name for name in expected if name in found or name not in optional]:
        return f"found the columns {found}, expected {expected}"
    if frame.empty:
        return "no rows"
    empty = [name for name in found if frame[name].isna().any()]
    if empty:
        return f"column {empty[0]} holds nulls"
    if UNIT in frame and not pd.api.types.is_integer_dtype(frame[UNIT]):
        return f"expected whole numbers in column {UNIT}"
    if THRESHOLD in frame and not _is_threshold(frame[THRESHOLD]):
        return f"expected one probability in column {THRESHOLD}"
    if WEIGHT in frame and not _are_weights(frame[WEIGHT]):
        return f"expected finite numbers above 0 in column {WEIGHT}"
    numbers = frame[probabilities or ["actual", "predicted"]]
    if not all(pd.api.types.is_float_dtype(dtype) for dtype in numbers.dtypes):
        return f"expected floats in {list(numbers.columns)}"
    if not np.isfinite(numbers.to_numpy(np.float64)).all():
        return f"a value of {list(numbers.columns)} is not finite"
    return _class_fault(frame, numbers.to_numpy(np.float64), classes) if classes else None


def _class_fault(frame: pd.DataFrame, values: Floats, classes: tuple[str, ...]) -> str | None:
    """Say what is wrong with classes and probabilities, if anything is."""
    unknown = (set(frame["actual"].unique()) | set(frame["predicted"].unique())) - set(classes)
    if unknown:
        return f"unknown classes {sorted(map(str, unknown))}, data/schema.yaml has {list(classes)}"
    if not are_probabilities(values):
        return "probabilities of a row are negative or do not sum to one"
    threshold = float(frame[THRESHOLD].iloc[0]) if THRESHOLD in frame else None
    if (np.array(classes)[decided(values, threshold)] != frame["predicted"].to_numpy()).any():
        which = "most probable class" if threshold is None else f"one from {threshold:g} on"
        return f"column predicted is not the {which}"
    return None


def _is_threshold(cells: pd.Series[Any]) -> bool:
    return (
        pd.api.types.is_float_dtype(cells)
        and (cells == cells.iloc[0]).all()
        and 0 < cells.iloc[0] < 1
    )


def _are_weights(cells: pd.Series[Any]) -> bool:
    return pd.api.types.is_float_dtype(cells) and bool((np.isfinite(cells) & (cells > 0)).all())


def identity(keys: pd.Series[str], truth: pd.Series[Any]) -> str:
    """Return a SHA-256 of the test set's row keys and truth, in their order."""
    digest = hashlib.sha256()
    for values in (keys, truth):
        for first in range(0, len(values), BATCH):
            texts = map(str, values.iloc[first : first + BATCH].tolist())
            digest.update(("\n" * (first > 0) + "\n".join(texts)).encode())
        digest.update(b"\0")
    return digest.hexdigest()
