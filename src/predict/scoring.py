"""From a batch of a new table to its predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from src.base.contract import Contract
from src.base.errors import InputError
from src.base.prepared import as_features
from src.modelling.predictions import class_names, predict_raw, predictions_frame, threshold_of
from src.tables.convert import Violation
from src.tables.validate import check_batch


def score_batch(
    model: Any,  # noqa: ANN401 - any fitted scikit-learn estimator
    batch: pd.DataFrame,
    contract: Contract,
) -> tuple[pd.DataFrame, list[Violation]]:
    """Check a batch and predict its rows, in their order.

    Parameters
    ----------
    contract
        As :func:`check_batch` takes it.

    Returns
    -------
    Columns as of :func:`src.modelling.predictions.predictions_frame`; empty where the batch breaks
    the contract, which the violations tell.
    """
    frame, violations = check_batch(batch, contract)
    if violations:
        return pd.DataFrame(), violations
    output = predict_raw(model, as_features(frame, contract), contract)
    return predictions_frame(output, class_names(contract), threshold_of(model)), []


def beside(ids: Mapping[str, pa.Array], scored: pd.DataFrame) -> pa.Table:
    """Return the ids and, right of them, the predictions; see :func:`require_other_names`."""
    require_other_names(ids, map(str, scored))
    new = pa.Table.from_pandas(scored, preserve_index=False)
    return pa.table({**ids, **dict(zip(new.column_names, new, strict=True))})


def require_other_names(ids: Iterable[str], predictions: Iterable[str]) -> None:
    """Refuse ids that a prediction would replace.

    Raises
    ------
    InputError
        An id has the name of a prediction.
    """
    both = sorted({*ids} & {*predictions})
    if both:
        raise InputError(
            f"column {both[0]}: has role id, and predictions have a column of that name. Rename it "
            "in the table and in data/schema.yaml."
        )
